// @ts-check
// One of Overview's bar tables. The server ranks; a click on a value opens it in Explore.
import { markup, useState } from "../preact.js";
import * as api from "../api.js";
import { paints } from "../colour.js";
import { useData } from "../data.js";
import { all, term } from "../filter.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { full, groupCount, percent, short } from "../units.js";
import { nameAndId } from "../words.js";
import { isFailed, PanelFailure } from "./failures.js";
import { Segments, Skeleton, Swatch } from "./parts.js";
import { Reading } from "./reading.js";
import { exploreStart, follow } from "./topbar.js";

/** @typedef {import("../types/api.d.ts").Top} Top */
/** @typedef {import("../types/api.d.ts").TopRow} TopRow */
/**
 * @typedef {object} Table
 * @property {string} id
 * @property {string} title
 * @property {string} head
 * @property {{name: string, columns: string[]}[]} sides two; the first column names the value, the others tell it apart
 * @property {number} start the side that is shown first
 * @property {string} next
 * @property {boolean} mirrored whether the other side is shown
 */

/** Rows before Other. */
const ROWS = 9;

/** @type {Record<string, {unit: string, of: (row: TopRow, seconds: number) => number}>} */
const MEASURES = {
    bits: { unit: "bit/s", of: (row, seconds) => row.bytes * 8 / seconds },
    packets: { unit: "packet/s", of: (row, seconds) => row.packets / seconds },
};

/** @param {{table: Table, state: import("../state.js").State, range: import("../time.js").Range, refresh: number, active: boolean}} props */
export function TopTable({ table, state, range, refresh, active }) {
    const [sort, setSort] = useState({ column: "bits", sense: -1 });
    const [measure, setMeasure] = useState("bits");
    const { from, to } = range;
    const { name: side, columns } = table.sides[table.mirrored ? 1 - table.start : table.start];
    const dimensions = columns.join();
    const unit = MEASURES[measure].unit;
    const loaded = useData(
        active ? `top ${dimensions} ${from} ${to} ${unit}` : "",
        (signal, id) => api.top({ from, to, dimensions, unit, limit: ROWS }, signal, id),
        refresh,
    );
    const choose = (/** @type {string} */ name) => {
        setSort({ column: name, sense: name === sort.column ? -sort.sense : name === "name" ? 1 : -1 });
        if (name in MEASURES) setMeasure(name);
    };
    const turn = (/** @type {string} */ chosen) => {
        const others = state.mirrored.filter((id) => id !== table.id);
        navigate({ mirrored: chosen === table.sides[table.start].name ? others : [...others, table.id] }, { replace: true });
    };
    const top = loaded.data;
    const heads = [["name", table.head], ["bits", "bit/s"], ["packets", "Packets/s"], ["share", "%"]];
    return markup`<section class=${loaded.stale && top ? "panel faded" : "panel"} aria-label=${table.title}>
        <div class="head"><h2 class="cut">${table.title}</h2><span class="grow"></span>
            <${Segments} plain=${true} label="Side" value=${side} choose=${turn}
                options=${table.sides.map(({ name }) => ({ value: name, label: name }))} /></div>
        <${Reading} reads=${[loaded]} />
        <${PanelFailure} loaded=${loaded} />
        ${(top || !isFailed(loaded)) && markup`<table class="top-table"><thead><tr>${heads.map(([name, text]) =>
            markup`<th key=${name} class=${`c-${name}`}
            aria-sort=${name === sort.column ? (sort.sense < 0 ? "descending" : "ascending") : undefined}>
            <button onClick=${() => choose(name)}>${text}</button></th>`
        )}</tr></thead>
            ${top && markup`<tbody>${body(top, columns, table, state, sort, measure)}</tbody>`}</table>`}
        ${!top && loaded.slow && markup`<${Skeleton} lines=${ROWS} />`}
        ${top && top.rows.length === 0 && markup`<p class="empty">Nothing in this range.</p>`}
    </section>`;
}

/**
 * @param {Top} top
 * @param {string[]} columns
 * @param {Table} table
 * @param {import("../state.js").State} state
 * @param {{column: string, sense: number}} sort
 * @param {string} measure
 */
function body(top, columns, table, state, sort, measure) {
    const seconds = Math.max(1, top.to - top.from);
    const colours = paints(top.rows);
    const value = MEASURES[measure].of;
    // Other's bar is clipped to the scale of the rest, else it would flatten them all.
    const most = Math.max(1e-9, ...top.rows.filter((row) => row.kind !== "other").map((row) => value(row, seconds)));
    const named = top.rows.filter((row) => row.kind !== "other").length;
    const rows = top.rows.map((row, index) => ({ row, paint: colours[index] })).sort((a, b) => {
        const others = Number(a.row.kind === "other") - Number(b.row.kind === "other");
        return others || sort.sense * order(a.row, b.row, sort.column, seconds);
    });
    const mark = top.assumedSampling > 0 ? "≥ " : "";
    return rows.map(({ row, paint }) => {
        const bits = MEASURES.bits.of(row, seconds);
        const packets = MEASURES.packets.of(row, seconds);
        const width = `${Math.min(1, value(row, seconds) / most) * 100}%`;
        return markup`<tr key=${row.key.join()}>
            <td class="c-name"><span class=${row.kind === "other" ? "data-bar other" : "data-bar"}><span style=${{
            width,
        }}></span></span>
                <${Swatch} paint=${paint} /><${Name} row=${row} columns=${columns} table=${table} state=${state} others=${groupCount(top, named)} /></td>
            <td class=${measure === "bits" ? "c-bits main" : "c-bits"} title=${`${mark}${full(bits)} bit/s, ${full(row.bytes)} bytes`}>${mark && row.bytes > 0 && markup`<span class="mark">≥</span> `}${short(bits)}</td>
            <td class=${measure === "packets" ? "c-packets main" : "c-packets"} title=${`${mark}${full(packets)} packets/s, ${full(row.packets)} packets`}>${short(packets)}</td>
            <td class="c-share" title=${`${percent(row.share)} %`}>${oneDecimal(row.share)}</td></tr>`;
    });
}

/** @param {{row: TopRow, columns: string[], table: Table, state: import("../state.js").State, others: string}} props */
function Name({ row, columns, table, state, others }) {
    if (row.kind === "other") {
        return markup`<span class="cut dim">${others} ${others === "1" ? "other" : "others"}</span>`;
    }
    const target = {
        ...exploreStart(state),
        dimensions: [table.next],
        filter: all(columns.map((column, place) => term(column, row.key[place] ?? "", isUnknown(row, place)))),
    };
    const [name, id] = nameOf(row);
    return markup`<a class="row-link name-and-id" href=${link(target, {})} onClick=${follow(target)} title=${columns.map((column, place) => `${column} ${row.labels[place] ?? row.key[place]}`).join(", ")}>
        <span class="cut">${name}</span>${id && markup` <span class="id">${id}</span>`}</a>`;
}

/** @param {number} share for a narrow column, whose title has it with all digits */
function oneDecimal(share) {
    return share > 0 && share < 0.0005 ? "< 0.1" : percent(share);
}

/** @param {TopRow} row @param {number} place */
function isUnknown(row, place) {
    return row.kind === "unknown" || row.labels[place] === "unknown";
}

/**
 * What the row is called, and what tells it apart: "443" and "TCP https", "if 3" and the exporter, "ICMP" alone.
 * @param {TopRow} row
 * @returns {[string, string]}
 */
function nameOf(row) {
    const rest = row.labels.slice(1).filter((_, index) => !isUnknown(row, index + 1));
    if (isUnknown(row, 0)) {
        // ICMP has no ports; an interface that nobody told is still that of one exporter.
        return row.labels[1]?.includes("ICMP") ? [row.labels[1], ""] : ["unknown", rest.join(" ")];
    }
    const [name, id] = nameAndId(row.labels[0] ?? row.key[0]);
    // "et-0/0/1 edge-1": with names for both, number and address are left to the title.
    return [name, [...rest.map((label) => nameAndId(label)[0]), /^if /.test(id) ? "" : id].filter((text) => text !== "").join(" ")];
}

/** @param {TopRow} a @param {TopRow} b @param {string} column @param {number} seconds */
function order(a, b, column, seconds) {
    if (column === "name") return a.key.join().localeCompare(b.key.join(), "en", { numeric: true });
    if (column === "share") return a.share - b.share;
    return MEASURES[column].of(a, seconds) - MEASURES[column].of(b, seconds);
}
