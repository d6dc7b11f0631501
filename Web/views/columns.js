// @ts-check
// Which columns Flows shows: all of the schema by topic, with a box to find one. The choice is in the address.
import { markup, useEffect, useRef, useState } from "../preact.js";
import { USUAL } from "../flowcells.js";
import { navigate } from "../store.js";
import { capital } from "../words.js";
import { Dropdown, Icon, moveFocus } from "./parts.js";

/** @typedef {import("../api.js").Schema} Schema */

/** @param {{columns: string[], schema: Schema|undefined}} props */
export function ColumnChooser({ columns, schema }) {
    const chosen = `${columns.length}${schema ? ` of ${schema.columns.length}` : ""}`;
    const label = markup`<${Icon} name="columns" />${chosen}`;
    return markup`<${Dropdown} label=${label} align="right" name=${`Columns: ${chosen}`} title="Which columns are shown">
        ${() => markup`<${ColumnList} columns=${columns} schema=${schema} />`}<//>`;
}

/** @param {{columns: string[], schema: Schema|undefined}} props */
function ColumnList({ columns, schema }) {
    const [find, setFind] = useState("");
    const input = useRef(/** @type {HTMLElement|null} */ (null));
    useEffect(() => input.current?.focus(), []);
    const wanted = find.trim().toLowerCase();
    const found = (schema?.columns ?? []).filter(({ name, documentation }) =>
        wanted === "" || `${name} ${documentation}`.toLowerCase().includes(wanted)
    );
    // What has it in its name was meant more likely than what has it in its sentence.
    const named = found.filter(({ name }) => name.toLowerCase().includes(wanted));
    const groups = [...new Set([...named, ...found].map(({ group }) => group))];
    const toggle = (/** @type {string} */ name) => {
        const next = columns.includes(name) ? columns.filter((column) => column !== name) : [...columns, name];
        choose(next.length === 0 ? USUAL : next);
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" && event.target === input.current && (named[0] ?? found[0])) {
            event.preventDefault();
            toggle((named[0] ?? found[0]).name);
        } else moveFocus(event);
    };
    return markup`<div class="dimension-list column-list" onKeyDown=${onKey}>
        <input ref=${input} placeholder="Find a column" aria-label="Find a column" spellcheck="false" value=${find}
            onInput=${(/** @type {Event} */ event) => setFind(/** @type {HTMLInputElement} */ (event.target).value)} />
        <div class="scroll">${groups.map((group) =>
        markup`<fieldset key=${group}><legend class="menu-head">${capital(group)}</legend>
            ${found.filter((column) => column.group === group).map((column) =>
            markup`<label key=${column.name} title=${column.documentation}><input type="checkbox" checked=${columns.includes(column.name)}
                onChange=${() => toggle(column.name)} /><span>${column.name}</span><span class="hint cut">${column.documentation}</span></label>`
        )}</fieldset>`
    )}
        ${found.length === 0 && markup`<p class="empty">${schema ? "No such column." : "The list is not read yet."}</p>`}</div>
        <div class="column-buttons"><button onClick=${() => choose(USUAL)}>The usual ones</button>
            <button disabled=${!schema} onClick=${() => choose((schema?.columns ?? []).map(({ name }) => name))}>All</button></div>
    </div>`;
}

/** @param {string[]} columns sorting and choosing are no steps that Back goes through */
function choose(columns) {
    navigate({ columns: columns.join() === USUAL.join() ? [] : columns }, { replace: true });
}
