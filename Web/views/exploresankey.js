// @ts-check
// Explore's sankey: the paths between the values of two or more dimensions, and under it the paths as a table.
import { markup, useRef, useState } from "../preact.js";
import * as api from "../api.js";
import { rangeOf, storedPart } from "../clock.js";
import { amountOf } from "../charts/sankey.js";
import { csvLines } from "../charts/legend.js";
import { useData } from "../data.js";
import { columnsOf, stagesOf } from "../relations.js";
import { MAX_DIMENSIONS } from "../state.js";
import { navigate, usePreferences } from "../store.js";
import { isLive } from "../time.js";
import { full, isMean, percent, prefixed } from "../units.js";
import { capital, words } from "../words.js";
import { Bench } from "./bench.js";
import { advice } from "./explorechart.js";
import { ValueMenu } from "./legendtable.js";
import { PathTable, Sankey } from "./sankey.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Top} Top */

/** What is offered to someone who has fewer than two dimensions. */
const PAIRS = [["SrcAS", "DstAS"], ["SrcAddr", "DstAddr"], ["SamplerAddress", "InIf", "OutIf"]];

/** @param {{state: State, schema: import("../data.js").Loaded<import("../api.js").Schema>}} props */
export function ExploreSankey({ state, schema }) {
    const { refresh } = usePreferences();
    const [open, setOpen] = useState(/** @type {import("./sankey.js").Chosen|null} */ (null));
    const enough = state.dimensions.length >= 2;
    const range = rangeOf(state);
    // A ribbon is as wide as its traffic: average sizes have no sums, so their bytes are drawn.
    const unit = isMean(state.unit) ? "bytes" : state.unit;
    const { from, to } = storedPart(range ?? state);
    const wanted = stagesOf(state.dimensions, MAX_DIMENSIONS);
    const parameters = {
        from,
        to,
        dimensions: columnsOf({ stages: wanted }).join(","),
        filter: state.filter,
        unit,
        limit: state.top,
        direction: ["all", "split"].includes(state.direction) ? undefined : state.direction,
        detail: state.detail === "raw" ? "raw" : undefined,
    };
    const asked = range !== null && enough ? `sankey ${state.from} ${JSON.stringify(parameters)}` : "";
    const loaded = useData(asked, (signal, id) => api.top(parameters, signal, id), isLive(state) ? refresh : 0);
    const top = loaded.data;
    // The answer before stays until the next one is there, with its own stages.
    const shown = useRef(wanted);
    if (!loaded.stale) shown.current = wanted;
    const stages = top ? shown.current : wanted;
    const titles = stages.map(([column]) => capital(words(column)));
    const places = stages.map((columns) => columns.map((column) => top?.dimensions.indexOf(column) ?? -1));
    const said = top && top.rows.reduce((sum, row) => sum + (row.kind === "other" ? 0 : amountOf(row, unit)), 0);
    const all = top ? top.rows.reduce((sum, row) => sum + amountOf(row, unit), 0) : 0;
    const summary = top && markup`${full(top.rows.filter(({ kind }) => kind !== "other").length)} largest of ${full(top.groups)} paths, ${percent(all > 0 ? (said ?? 0) / all : 0)} % of all; `;
    const table = top && {
        name: `netmeta-paths-${top.dimensions.join("-")}-${top.from}-${top.to}`,
        csv: () =>
            csvLines([
                [...top.dimensions, "bytes", "packets", "flows"],
                ...top.rows.map((row) => [
                    ...top.dimensions.map((_, place) => row.kind === "other" ? (place === 0 ? "Other" : "") : row.key[place]),
                    ...[row.bytes, row.packets, row.flows].map(String),
                ]),
            ]),
    };
    if (!enough) return markup`<${Bench} state=${state} schema=${schema} title="Sankey" asked="none" loaded=${NOTHING}>
        <section class="panel"><div class="start"><p><strong>A sankey shows paths between the values of two or more dimensions.</strong></p>
        <p class="dim">Add dimensions on the left, or begin with</p>
        <div class="filter-buttons">${PAIRS.map((pair) =>
        markup`<button key=${pair.join()} onClick=${() => navigate({ dimensions: pair })}>${pair.map(words).join(" → ")}</button>`
    )}</div></div></section><//>`;
    return markup`<${Bench} state=${state} schema=${schema} title=${capital(stages.map(([column]) => words(column)).join(" to "))} asked=${asked} loaded=${loaded}
        summary=${summary} table=${table}>
        ${top && top.dimensions.length >= 2 && markup`<section class="panel chart-panel" aria-label="Chart">
            <div class="head"><b>${prefixed(unit, "")}</b><span class="dim cut">
                ${isMean(state.unit) ? "bytes, since average sizes have no sums; " : ""}what a bar has is the sum of the paths shown</span></div>
            ${all === 0
        ? markup`<div class="over-chart"><strong>No flow matches in this range.</strong><span class="dim">${advice(state)}</span></div><div class="chart-space"></div>`
        : markup`<${Sankey} top=${top} stages=${stages} titles=${titles} state=${state} schema=${schema.data} height=${360}
                label=${`Paths from ${titles.join(" to ")}; the table below has the figures`} />`}</section>
        <section class="panel table-panel paths-below" aria-label="Legend"><${PathTable} top=${top} places=${places} stages=${stages} titles=${titles} open=${setOpen} />
            ${open && markup`<${ValueMenu} graph=${{ dimensions: open.columns, unit: top.unit }} state=${state} schema=${schema.data}
                at=${{ series: { ...open, total: open.amount, share: all > 0 ? open.amount / all : 0 }, place: 0, x: open.x, y: open.y }}
                close=${() => setOpen(null)} />`}</section>`}<//>`;
}

/** What is loaded when nothing is asked. @type {import("../data.js").Loaded<any>} */
const NOTHING = {
    data: { sql: "", exact: true, assumedSampling: 0, statistics: { rows: 0, elapsed: 0, source: "", resolution: 1 } },
    error: undefined,
    stale: false,
    slow: false,
    long: undefined,
    cancel: () => {},
    retry: () => {},
};
