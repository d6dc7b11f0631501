// @ts-check
// Rows as a table, or as cards on a phone. One stop for Tab; arrows move among rows and values, Enter opens.
import { markup, useEffect, useRef, useState } from "../preact.js";
import { cell, head, isRight, isSingle } from "../flowcells.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { FlowMenu } from "./flowmenu.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../api.js").Schema} Schema */
/** @typedef {import("../types/api.d.ts").SchemaColumn} SchemaColumn */
/** @typedef {import("./flowtail.js").FlowRow} FlowRow */

/**
 * @param {{rows: FlowRow[], columns: string[], state: State, schema: Schema|undefined, zone: "utc"|"local", dated: boolean, faded: boolean,
 *   open: (place: string) => void, onMenu: (open: boolean) => void, cards: boolean}} props
 */
export function FlowTable({ rows, columns, state, schema, zone, dated, faded, open, onMenu, cards }) {
    const [menu, setMenu] = useState(/** @type {{row: FlowRow, column: SchemaColumn, at: DOMRect, from: HTMLElement}|null} */ (null));
    const [active, setActive] = useState("");
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    const shown = columns.map((name) => columnOf(schema, name));
    const before = useRef("");
    // The row that is open leads the focus when it changes by the arrows, and stays in sight when it is closed.
    useEffect(() => {
        const row = box.current?.querySelector(`[data-place="${state.row || before.current}"]`);
        row?.scrollIntoView({ block: "nearest" });
        before.current = state.row;
        if (state.row !== "" && box.current?.contains(document.activeElement)) /** @type {HTMLElement|null|undefined} */ (row?.querySelector("a"))?.focus({ preventScroll: true });
    }, [state.row]);
    // From nowhere in the page the arrow leads into the list; within it, it goes on.
    useEffect(() => {
        const enter = (/** @type {KeyboardEvent} */ event) => {
            if (event.key !== "ArrowDown" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
            if (document.activeElement !== document.body) return;
            const stop = /** @type {HTMLElement|null|undefined} */ (box.current?.querySelector('tbody a[tabindex="0"]'));
            if (!stop) return;
            event.preventDefault();
            stop.focus();
        };
        addEventListener("keydown", enter);
        return () => removeEventListener("keydown", enter);
    }, []);
    const show = (/** @type {FlowRow} */ row, /** @type {SchemaColumn} */ column, /** @type {HTMLElement} */ from) => {
        setMenu({ row, column, at: from.getBoundingClientRect(), from });
        onMenu(true);
    };
    const close = () => {
        menu?.from.focus({ preventScroll: true });
        setMenu(null);
        onMenu(false);
    };
    const stop = rows.some(({ key }) => key === active) ? active : rows[0].key;
    if (cards) {
        return markup`<section class=${faded ? "panel faded" : "panel"} aria-label="Rows" ref=${box}>${rows.map((row) =>
            markup`<${Card} key=${row.key} row=${row} columns=${shown} state=${state} zone=${zone} dated=${dated} open=${open} />`
        )}</section>`;
    }
    return markup`<section class=${faded ? "panel table-panel faded" : "panel table-panel"} aria-label="Rows">
        <div class="scroll flows-scroll"><table class="flow-table" ref=${box} onKeyDown=${(/** @type {KeyboardEvent} */ event) => move(event, state.row !== "")}>
            <thead><tr>${shown.map((column) => markup`<${Head} key=${column.name} column=${column} state=${state} />`)}</tr></thead>
            <tbody>${rows.map((row) =>
        markup`<${Row} key=${row.key} row=${row} columns=${shown} state=${state} zone=${zone} dated=${dated} open=${open} menu=${show}
            stop=${row.key === stop} onFocus=${() => setActive(row.key)} />`
    )}</tbody>
        </table></div>
        ${menu && markup`<${FlowMenu} column=${menu.column} row=${menu.row.row} label=${menu.row.labels[menu.column.name]} at=${menu.at} state=${state}
            open=${() => open(menu.row.place)} close=${close} />`}
    </section>`;
}

/** @param {Schema|undefined} schema @param {string} name @returns {SchemaColumn} one that isn't known (yet) is a number */
function columnOf(schema, name) {
    return schema?.columns.find((column) => column.name === name) ??
        { name, number: 0, type: "", kind: name.startsWith("Time") ? "time" : "number", unit: "", group: "", dimension: false, mirror: null, documentation: "" };
}

/** @param {{column: SchemaColumn, state: State}} props */
function Head({ column, state }) {
    const { name, kind, documentation } = column;
    const side = isRight(kind) ? "" : "left";
    if (state.live || !isSingle(kind)) return markup`<th class=${`plain ${side}`} title=${documentation}>${head(name)}</th>`;
    const order = state.order === "" ? "-TimeReceived" : state.order;
    const sorted = order.replace("-", "") === name;
    const down = sorted ? !order.startsWith("-") : isRight(kind) || kind === "time";
    const next = down ? `-${name}` : name;
    return markup`<th class=${side} aria-sort=${sorted ? (order.startsWith("-") ? "descending" : "ascending") : undefined}>
        <button title=${documentation} onClick=${() => navigate({ order: next === "-TimeReceived" ? "" : next }, { replace: true })}>${head(name)}</button></th>`;
}

/**
 * @param {{row: FlowRow, columns: SchemaColumn[], state: State, zone: "utc"|"local", dated: boolean, open: (place: string) => void,
 *   menu: (row: FlowRow, column: SchemaColumn, from: HTMLElement) => void, stop: boolean, onFocus: () => void}} props
 */
function Row({ row, columns, state, zone, dated, open, menu, stop, onFocus }) {
    return markup`<tr data-place=${row.place} aria-current=${row.place === state.row ? "true" : undefined} onFocusCapture=${onFocus}>
        ${columns.map((column, index) => {
        const { text, more, mood, title } = cell(column, row.row[column.name], row.labels[column.name], zone, dated);
        const style = `${isRight(column.kind) ? "" : "left"}${mood === "doubt" ? " warn-text" : mood === "unknown" ? " dim" : ""}${column.kind === "asn" ? " as" : ""}`;
        // A column of ports is read by its digits; names would push them about.
        const body = markup`<span class="cut">${text}${more && column.kind !== "port" && markup` <span class="id">${more}</span>`}</span>`;
        const opener = markup`<a class="row-link" href=${link(state, { row: row.place })} tabindex=${stop ? 0 : -1} title=${title}
            aria-label=${index === 0 ? `Open the flow of ${text}` : "Open the flow"}
            onClick=${(/** @type {MouseEvent} */ event) => {
            if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            open(row.place);
        }}>${index === 0 && column.kind === "time" ? body : ""}</a>`;
        // The first cell opens the row; where that is not the time, its value keeps its menu beside the link.
        if (index === 0 && column.kind === "time") return markup`<td key=${column.name} class=${style}>${opener}</td>`;
        return markup`<td key=${column.name} class=${style}>${index === 0 && opener}${isSingle(column.kind)
            ? markup`<button class="value-button" tabindex="-1" aria-haspopup="menu" title=${title}
                onClick=${(/** @type {MouseEvent} */ event) => menu(row, column, /** @type {HTMLElement} */ (event.currentTarget))}>${body}</button>`
            : markup`<span class="value-text cut" title=${title}>${text}</span>`}</td>`;
    })}</tr>`;
}

/** @param {{row: FlowRow, columns: SchemaColumn[], state: State, zone: "utc"|"local", dated: boolean, open: (place: string) => void}} props */
function Card({ row, columns, state, zone, dated, open }) {
    const of = (/** @type {string} */ name) => {
        const column = columns.find((column) => column.name === name);
        return column && cell(column, row.row[name], row.labels[name], zone, dated);
    };
    const [time, source, target, from, to] = ["TimeReceived", "SrcAddr", "DstAddr", "SrcPort", "DstPort"].map(of);
    const port = (/** @type {import("../flowcells.js").Cell|undefined} */ cell) => cell && cell.mood === "" ? ` :${cell.text}` : "";
    const rest = columns.filter(({ name }) => !["TimeReceived", "SrcAddr", "DstAddr", "SrcPort", "DstPort"].includes(name));
    return markup`<button class="flow-card" data-place=${row.place} aria-current=${row.place === state.row ? "true" : undefined} onClick=${() => open(row.place)}>
        <span class="flow-ends">${source && markup`<b>${source.text}${port(from)}</b>`}
            ${target && markup`<b><span class="dim">› </span>${target.text}${port(to)}</b>`}</span>
        <span class="dim">${time?.text}</span>
        <span class="flow-rest">${rest.map((column) => {
        const { text, mood } = cell(column, row.row[column.name], row.labels[column.name], zone, dated);
        return mood === "unknown" ? null : markup`<span key=${column.name}><span class="dim">${head(column.name)}</span> <span class=${mood === "doubt" ? "warn-text" : ""}>${text}</span></span>`;
    })}</span></button>`;
}

/**
 * Arrows among rows and values; with a row open, up and down are the drawer's.
 * @param {KeyboardEvent} event
 * @param {boolean} isOpen
 */
function move(event, isOpen) {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = target.closest("tbody tr");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const stops = (/** @type {Element|null} */ row) => /** @type {HTMLElement[]} */ ([...row?.querySelectorAll("a, button") ?? []]);
    const place = stops(row).indexOf(target);
    /** @type {HTMLElement|undefined} */
    let next;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") next = stops(row)[place + (event.key === "ArrowRight" ? 1 : -1)] ?? target;
    else if (isOpen) return;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        const other = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
        next = stops(other)[place] ?? target;
    } else if (event.key === "Home") next = stops(/** @type {Element} */ (row.parentElement).firstElementChild)[place];
    else if (event.key === "End") next = stops(/** @type {Element} */ (row.parentElement).lastElementChild)[place];
    else return;
    event.preventDefault();
    next?.focus();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
