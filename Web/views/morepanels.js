// @ts-check
// Overview's further panels, each read when it is scrolled to and each a way into Explore.
import { markup } from "../preact.js";
import * as api from "../api.js";
import { firstFlow, overAll } from "../clock.js";
import { inUnit } from "../units.js";
import { completeBuckets, isWhole, largest, timeseries } from "../charts/timeseries.js";
import { paints } from "../colour.js";
import { useData } from "../data.js";
import { all, term } from "../filter.js";
import { question } from "../panels.js";
import { GROUPS } from "../panelset.js";
import { DEFAULTS, link } from "../state.js";
import { navigate } from "../store.js";
import { duration, full, groupCount, isScaled, percent, prefixed, scaleOf, short } from "../units.js";
import { capital, words } from "../words.js";
import { Chart } from "./chart.js";
import { seriesName } from "./explorechart.js";
import { about, Distribution } from "./explorevalues.js";
import { isFailed, PanelFailure } from "./failures.js";
import { Icon, Skeleton, Swatch } from "./parts.js";
import { Reading } from "./reading.js";
import { useSeen } from "./seen.js";
import { DIRECTION_NAMES, TipHead } from "./throughput.js";
import { exploreStart, follow } from "./topbar.js";

/** @typedef {import("../panels.js").PanelOf} PanelOf */
/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */
/** @typedef {import("../types/api.d.ts").Top} Top */
/** @typedef {{state: State, range: import("../time.js").Range, asked: import("../time.js").Range, zone: "utc"|"local", refresh: number, active: boolean}} Shared */

/** The most names in a tooltip, and under a chart. */
const LISTED = 12;

/** @param {Shared} shared range is the part of what was asked of which flows are stored */
export function MorePanels(shared) {
    return markup`${GROUPS.map(({ title, panels }) =>
        markup`<div class="more-head" key=${title}><h2>${title}</h2></div>
        <div class="more-panels" key=${`${title} panels`}>${panels.map((panel) =>
            markup`<${Panel} key=${panel.id} panel=${panel} ...${shared} />`
        )}</div>`
    )}`;
}

/** @param {Shared & {panel: PanelOf}} props */
function Panel({ panel, state, range, asked, zone, refresh, active }) {
    const [element, seen] = useSeen();
    const unit = DEFAULTS.unit === state.unit || isRate(state.unit) ? state.unit : DEFAULTS.unit;
    const parameters = question(panel, range, unit);
    const loaded = useData(
        seen && active ? `panel ${panel.kind} ${asked.from} ${JSON.stringify(parameters)}` : "",
        async (signal, id) => {
            if (panel.kind === "top") return await api.top(parameters, signal, id);
            const read = panel.kind === "graph" ? api.graph : api.values;
            return overAll(await read(parameters, signal, id), asked);
        },
        refresh,
    );
    /** @type {any} */
    const data = loaded.data;
    const target = targetOf(panel, state, unit);
    return markup`<section ref=${element} class=${`panel${panel.wide ? " wide" : ""}${loaded.stale && data ? " faded" : ""}`}
        aria-label=${panel.title} data-panel=${panel.id} data-drawn=${data !== undefined && !loaded.stale}>
        <div class="head"><h2 class="cut">${panel.title}</h2><span class="dim cut">${data && said(panel, data)}</span><span class="grow"></span>
            <a class="quiet button" href=${link(target, {})} onClick=${follow(target)} title="Open in Explore"
                aria-label=${`Open ${panel.title} in Explore`}><${Icon} name="open" /></a></div>
        <${Reading} reads=${[loaded]} />
        <${PanelFailure} loaded=${loaded} />
        ${!data
        ? !isFailed(loaded) && markup`<div class="chart-space">${seen && loaded.slow && markup`<${Skeleton} tall=${true} />`}</div>`
        : panel.kind === "graph"
        ? markup`<${Lines} graph=${data} zone=${zone} />`
        : panel.kind === "top"
        ? markup`<${Table} top=${data} state=${state} panel=${panel} />`
        : markup`<${Distribution} values=${data} zone=${zone} height=${272} />`}
    </section>`;
}

/** @param {string} unit */
function isRate(unit) {
    return unit.endsWith("/s");
}

/** @param {PanelOf} panel @param {State} state @param {string} unit @returns {State} */
function targetOf(panel, state, unit) {
    return {
        ...exploreStart(state),
        dimensions: panel.dimensions ?? [],
        chart: panel.kind === "values" ? "values" : panel.kind === "graph" ? "lines" : "area",
        column: panel.column ?? DEFAULTS.column,
        unit: panel.unit ?? unit,
        top: Math.min(panel.limit ?? DEFAULTS.top, 50),
        filter: panel.filter ?? "",
        direction: panel.split ? "split" : panel.direction ?? "all",
    };
}

/** @param {PanelOf} panel @param {any} data */
function said(panel, data) {
    if (panel.kind === "values") return about(data);
    const bound = data.assumedSampling > 0 && isScaled(data.unit) ? "≥ " : "";
    const groups = `top ${full(Math.min(data.shown, data.groups))} of ${groupCount(data)}`;
    return panel.kind === "graph"
        ? `${bound}${prefixed(data.unit, scaleOf(largest(data, "lines")).prefix)}, ${duration(data.bucket)} average; ${groups}`
        : `${bound}${groups}`;
}

/** @param {{graph: Graph, zone: "utc"|"local"}} props */
function Lines({ graph: answer, zone }) {
    // Other would be the highest line of all and flatten what the panel is about; Explore has it.
    const graph = { ...answer, series: answer.series.filter(({ kind, total }) => kind !== "other" && total > 0) };
    const colours = paints(graph.series);
    const tip = (/** @type {number} */ index) => {
        const rows = graph.series.map((series, place) => ({ series, place, value: series.values[index] ?? 0 }))
            .filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
        return markup`<${TipHead} graph=${graph} index=${index} zone=${zone} count=${completeBuckets(graph)} />
            ${rows.slice(0, LISTED).map(({ series, place, value }) =>
            markup`<div class="tip-row" key=${place}><${Swatch} paint=${colours[place]} /><span class="cut">${seriesName(series)}</span><b>${short(value)}</b></div>`
        )}
            ${rows.length > LISTED && markup`<div class="tip-row"><span></span><span class="dim">${rows.length - LISTED} more</span></div>`}
            ${rows.length === 0 && markup`<div class="tip-row"><span></span><span class="dim">nothing</span><b>0</b></div>`}`;
    };
    const named = graph.series.map((series, place) => ({ series, place })).filter(({ series }, place) =>
        graph.series.findIndex(({ key }) => key.join() === series.key.join()) === place
    );
    return markup`<${Chart} inputs=${[answer, zone]} range=${graph} times=${graph.times} bucket=${graph.bucket} zone=${zone} tip=${tip}
            label="Lines over time; out is drawn below zero"
            zoom=${(/** @type {number} */ from, /** @type {number} */ to) => navigate({ from: String(from), to: String(to) })}
            option=${(/** @type {number} */ width, /** @type {import("../charts/axis.js").Theme} */ theme) =>
        timeseries(graph, { chart: "lines", theme, zone, width, paints: colours, begins: firstFlow() })} />
        <div class="series-names">${named.slice(0, LISTED).map(({ series, place }) =>
        markup`<span key=${place}><${Swatch} paint=${colours[place]} /><span class="cut">${isWhole(series) ? DIRECTION_NAMES[series.direction ?? ""] ?? "All" : series.labels.join(" · ")}</span></span>`
    )}${graph.series.length === 0 && markup`<span>nothing in this range</span>`}</div>`;
}

/** @param {{top: Top, state: State, panel: PanelOf}} props */
function Table({ top, state, panel }) {
    const seconds = Math.max(1, top.to - top.from);
    const colours = paints(top.rows);
    const named = top.rows.filter(({ kind }) => kind !== "other").length;
    const columns = /** @type {const} */ ([["bytes", "Bytes"], ["packets", "Packets"], ["flows", "Flows"]]);
    return markup`<div class="scroll"><table><thead><tr>${top.dimensions.map((column) =>
        markup`<th class="c-name" key=${column}><button tabindex="-1">${capital(words(column))}</button></th>`
    )}
        <th><button tabindex="-1">bit/s</button></th>${columns.map(([key, name]) => markup`<th key=${key}><button tabindex="-1">${name}</button></th>`)}
        <th><button tabindex="-1">%</button></th></tr></thead>
        <tbody>${top.rows.map((row, place) => {
        const other = row.kind === "other";
        /** @type {State} */
        const target = {
            ...exploreStart(state),
            dimensions: [nextOf(top.dimensions)],
            direction: panel.direction ?? "all",
            filter: all([
                ...(panel.filter ? [panel.filter] : []),
                ...top.dimensions.map((column, index) => term(column, row.key[index] ?? "", row.labels[index] === "unknown")),
            ]),
        };
        return markup`<tr key=${row.kind + row.key.join()}>${top.dimensions.map((column, index) =>
            markup`<td class="c-name" key=${column}>${index === 0 && markup`<${Swatch} paint=${colours[place]} /> `}${other
                ? index === 0 && markup`<span class="dim">${groupCount(top, named)} others</span>`
                : index === 0
                ? markup`<a class="row-link" href=${link(target, {})} onClick=${follow(target)}>${row.labels[0]}</a>`
                : row.labels[index]}</td>`
        )}
            <td title=${full(inUnit(row.bytes, seconds, "bit/s"))}>${short(inUnit(row.bytes, seconds, "bit/s"))}</td>
            ${columns.map(([key]) => markup`<td key=${key} class=${key === "bytes" ? "main" : ""} title=${full(row[key])}>${short(row[key])}</td>`)}
            <td>${percent(row.share)}</td></tr>`;
    })}</tbody></table>${top.rows.length === 0 && markup`<p class="empty">Nothing in this range.</p>`}</div>`;
}

/** @param {string[]} dimensions what a row is best split by: something that it doesn't tell yet */
function nextOf(dimensions) {
    return ["SrcAddr", "DstAddr", "DstPort", "InIf"].find((column) => !dimensions.includes(column)) ?? "SrcAddr";
}
