// @ts-check
// The dimensions of a query as chips: add from the schema, remove, reorder by dragging or with the arrow keys.
import { markup, useEffect, useRef, useState } from "../preact.js";
import { MAX_DIMENSIONS } from "../state.js";
import { navigate } from "../store.js";
import { capital } from "../words.js";
import { Dropdown, Icon, moveFocus } from "./parts.js";

/** @typedef {import("../api.js").Schema} Schema */

/** @param {{dimensions: string[], schema: Schema|undefined}} props */
export function Dimensions({ dimensions, schema }) {
    const [dragged, setDragged] = useState(-1);
    const [over, setOver] = useState(-1);
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    const move = (/** @type {number} */ from, /** @type {number} */ to) => {
        if (from < 0 || to < 0 || to >= dimensions.length || from === to) return;
        const next = [...dimensions];
        next.splice(to, 0, ...next.splice(from, 1));
        navigate({ dimensions: next });
    };
    const onKey = (/** @type {KeyboardEvent} */ event, /** @type {number} */ place) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(place, place + step);
        requestAnimationFrame(() =>
            /** @type {HTMLElement} */ (box.current?.querySelectorAll(".grip")[place + step])?.focus()
        );
    };
    const end = () => {
        setDragged(-1);
        setOver(-1);
    };
    return markup`<div class="chips" ref=${box}>
        ${dimensions.map((column, place) =>
            markup`<span key=${column} draggable="true"
            class=${`chip${place === dragged ? " dragged" : ""}${place === over && dragged >= 0 && over !== dragged ? " over" : ""}`}
            title=${about(schema, column)}
            onDragStart=${(/** @type {DragEvent} */ event) => {
                event.dataTransfer?.setData("text/plain", column);
                setDragged(place);
            }}
            onDragOver=${(/** @type {DragEvent} */ event) => {
                event.preventDefault();
                setOver(place);
            }}
            onDrop=${(/** @type {DragEvent} */ event) => {
                event.preventDefault();
                move(dragged, place);
                end();
            }} onDragEnd=${end}>
            <button class="grip" aria-label=${`${column}, place ${place + 1}: arrow keys move it`} onKeyDown=${(
                /** @type {KeyboardEvent} */ event,
            ) => onKey(event, place)}>⋮⋮</button>
            ${column}
            <button class="remove" aria-label=${`Remove ${column}`} onClick=${() =>
                navigate({ dimensions: dimensions.filter((name) => name !== column) })}>
                <${Icon} name="close" /></button></span>`
        )}
        ${dimensions.length < MAX_DIMENSIONS &&
        markup`<${Dropdown} class="add" label=${markup`<${Icon} name="plus" />Add`} name="Add a dimension">
            ${(/** @type {() => void} */ close) =>
            markup`<${DimensionList} schema=${schema} taken=${dimensions}
                choose=${(/** @type {string} */ column) => {
                close();
                navigate({ dimensions: [...dimensions, column] });
            }} />`}<//>`}
    </div>`;
}

/** @param {Schema|undefined} schema @param {string} column */
function about(schema, column) {
    return schema?.columns.find(({ name }) => name === column)?.documentation;
}

/**
 * The columns that can be grouped by, under their topics, with a box to find one.
 * @param {{schema: Schema|undefined, taken: string[], choose: (column: string) => void}} props
 */
export function DimensionList({ schema, taken, choose }) {
    const [find, setFind] = useState("");
    const input = useRef(/** @type {HTMLElement|null} */ (null));
    useEffect(() => input.current?.focus(), []);
    const wanted = find.trim().toLowerCase();
    const found = (schema?.columns ?? []).filter((column) =>
        column.dimension && !taken.includes(column.name) &&
        (wanted === "" || `${column.name} ${column.documentation}`.toLowerCase().includes(wanted))
    );
    // A hit in the name is what was meant; the documentation is for those who don't know the name.
    const ranked = wanted === "" ? found : [...found].sort((a, b) => rank(a.name, wanted) - rank(b.name, wanted));
    const groups = [...new Set(ranked.map(({ group }) => group))];
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" && document.activeElement === input.current && ranked.length > 0) {
            event.preventDefault();
            choose(ranked[0].name);
        } else moveFocus(event);
    };
    return markup`<div class="dimension-list" onKeyDown=${onKey}>
        <input ref=${input} placeholder="Find a dimension" aria-label="Find a dimension" spellcheck="false" value=${find}
            onInput=${(/** @type {Event} */ event) => setFind(/** @type {HTMLInputElement} */ (event.target).value)} />
        <div class="scroll menu">${groups.map((group) =>
            markup`<div key=${group}>
            <div class="menu-head">${capital(group)}</div>
            ${ranked.filter((column) => column.group === group).map((column) =>
                    markup`<button key=${column.name} title=${column.documentation}
                onClick=${() =>
                        choose(
                            column.name,
                        )}><span>${column.name}</span><span class="hint cut">${column.documentation}</span></button>`
                )}
        </div>`
        )}
        ${ranked.length === 0 &&
        markup`<p class="empty">${schema ? "No such dimension." : "The list is not read yet."}</p>`}</div>
    </div>`;
}

/** @param {string} name @param {string} wanted */
function rank(name, wanted) {
    const place = name.toLowerCase().indexOf(wanted);
    return place < 0 ? 1000 : place;
}
