// @ts-check
// The work bench: the query on the left in reading order, its chart and its legend table on the right.
import { markup, useState } from "../preact.js";
import * as api from "../api.js";
import { now, overAll, rangeOf, storedPart } from "../clock.js";
import { paints } from "../colour.js";
import { useData, useReady } from "../data.js";
import { link, MAX_DIMENSIONS } from "../state.js";
import { navigate, usePreferences } from "../store.js";
import { isLive, resolve, zoneOfDays } from "../time.js";
import { full, groupCount, isScaled, percent, short } from "../units.js";
import { capital, list, words } from "../words.js";
import { UndoRedo } from "./bench.js";
import { USUAL_TIMEOUT } from "./charttoggles.js";
import { ExploreChart } from "./explorechart.js";
import { ExplainPanel } from "./explain.js";
import { ExploreSankey } from "./exploresankey.js";
import { ExploreValues } from "./explorevalues.js";
import { ExportMenu, SqlView } from "./export.js";
import { LegendTable } from "./legendtable.js";
import { CopyButton, Failure, Icon, Skeleton } from "./parts.js";
import { QueryPanel } from "./querypanel.js";
import { Reading } from "./reading.js";
import { flowsStart, follow } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Graph} Graph */

/** @param {{state: State, schema: import("../data.js").Loaded<import("../api.js").Schema>}} props */
export function Explore({ state, schema }) {
    const Bench = state.chart === "sankey" ? ExploreSankey : state.chart === "values" ? ExploreValues : ExploreTime;
    return markup`<${Bench} state=${state} schema=${schema} />`;
}

/** @param {{state: State, schema: import("../data.js").Loaded<import("../api.js").Schema>}} props */
function ExploreTime({ state, schema }) {
    const { zone, refresh } = usePreferences();
    const [lifted, setLifted] = useState(/** @type {number|undefined} */ (undefined));
    const [sql, setSql] = useState(false);
    const range = rangeOf(state);
    const ends = resolve(range ?? state, now());
    const asked = query(state, ends.to - ends.from, zone);
    const parameters = { ...asked, ...storedPart(range ?? state, asked.spread === "off" ? 0 : USUAL_TIMEOUT) };
    const key = range === null ? "" : `explore ${state.from} ${JSON.stringify(parameters)}`;
    const loaded = useData(key, async (signal, id) => overAll(await api.graph(parameters, signal, id), range ?? state), isLive(state) ? refresh : 0);
    const graph = loaded.data;
    const settled = range !== null && !loaded.stale || loaded.error !== undefined;
    useReady(
        settled && (schema.data !== undefined || schema.error !== undefined),
        `${key} ${state.chart} ${state.sort} ${state.losses} ${state.explain} ${state.against} ${settled}`,
    );

    const filterError = loaded.error?.parameter === "filter" ? loaded.error : undefined;
    const colours = graph ? paints(graph.series) : [];
    return markup`<div class="bench">
        <${QueryPanel} state=${state} schema=${schema.data} error=${filterError} />
        <main id="main" class="result">
            <div class="title-line">
                <${UndoRedo} />
                <h1>${title(state)}</h1>
                <span class="dim summary">${graph && !loaded.stale && markup`<${Summary} graph=${graph} state=${state} />`}</span>
                <span class="grow"></span>
                <div class="title-buttons">
                <button aria-pressed=${sql} disabled=${!graph} onClick=${() =>
        setSql(!sql)}><${Icon} name="code" />SQL</button>
                <a class="button" href=${link(flowsStart(state), {})} onClick=${follow(flowsStart(state))}
                    title="The rows behind the chart"><${Icon} name="rows" />Flows</a>
                <${ExportMenu} graph=${loaded.stale ? undefined : graph} state=${state} />
                <${CopyButton} text=${new URL(link(state, {}), location.href).href} label="Link" /></div>
            </div>
            ${loaded.error && !["network", "cancelled"].includes(loaded.error.code) && (filterError
            ? markup`<div class="notice crit" role="status"><span class="dot crit"></span><div class="grow"><strong>The filter is not understood.</strong> ${loaded.error.message}
                <div class="dim">${graph ? "The chart still shows the query before." : "Correct it on the left; its place is marked there."}</div></div>
                <button onClick=${() => navigate({ filter: "" })}>Show without filter</button></div>`
            : markup`<${Failure} error=${loaded.error} retry=${loaded.retry} />`)}
            ${graph && mixesInterfaces(graph) && markup`<div class="notice" role="status"><span class="dot"></span>
                <span class="grow">Interfaces of the same number on different exporters are added up here.</span>
                <button disabled=${state.dimensions.length >= MAX_DIMENSIONS}
                    onClick=${() => navigate({ dimensions: ["SamplerAddress", ...state.dimensions] })}>Split by exporter</button></div>`}
            ${sql && graph && markup`<${SqlView} sql=${[graph.surveySql, graph.rankingSql, graph.sql].filter(Boolean).join(";\n\n")} close=${() => setSql(false)} />`}
            <div class="over"><${Reading} reads=${[loaded]} />
            ${graph
            ? markup`<div class=${loaded.stale ? "stack faded" : "stack"}>
                    <div class=${state.explain ? "explain-row" : "stack"}>
                    <${ExploreChart} graph=${graph} paints=${colours} state=${state} zone=${zone} lifted=${lifted} />
                    ${state.explain && markup`<${ExplainPanel} state=${state} zone=${zone} />`}</div>
                    <${LegendTable} graph=${graph} paints=${colours} state=${state} schema=${schema.data} lift=${setLifted} /></div>`
            : (!loaded.error || loaded.error.code === "cancelled") &&
                markup`<div class="stack"><section class="panel"><div class="chart-space tall">${loaded.slow && markup`<${Skeleton} tall=${true} />`}</div></section>
                    <section class="panel">${loaded.slow && markup`<${Skeleton} lines=${8} />`}</section></div>`}
            </div>
        </main>
    </div>`;
}

/**
 * Whether interfaces are shown without their exporters, of which there are several: the server's labels say so.
 * @param {Graph} graph
 */
function mixesInterfaces({ series }) {
    return series.some(({ labels }) => labels.some((label) => label.endsWith(" of any exporter")));
}

/**
 * What the API is asked for a state.
 * @param {State} state
 * @param {number} [length] seconds of the range, which the period before is as long as
 * @param {"utc"|"local"} [zone] whose days are buckets
 * @returns {import("../api.js").Parameters}
 */
export function query(state, length = 3600, zone = /** @type {"utc"|"local"} */ ("utc")) {
    const split = state.direction === "split";
    // A range from the first flow until now gets longer every second; asked anew every minute is enough.
    const step = isLive(state) && !state.from.startsWith("-") ? 60 : 1;
    const period = Math.ceil(Math.round(length) / step) * step;
    const back = { "": undefined, period, day: 86400, week: 604800 }[state.previous];
    return {
        from: state.from,
        to: state.to,
        dimensions: state.dimensions.join(","),
        filter: state.filter,
        unit: state.unit,
        limit: state.top,
        by: state.by,
        direction: split || state.direction === "all" ? undefined : state.direction,
        split: split ? "direction" : undefined,
        bucket: state.bucket || undefined,
        zone: zoneOfDays(zone, state.bucket, length),
        detail: state.detail === "raw" ? "raw" : undefined,
        // All of a young server begins with its first flows, whose lifetimes lie before it: they would not be seen.
        spread: state.spread === "auto" && state.from === "auto" ? "off" : state.spread,
        reverse: state.reverse && !split ? "on" : undefined,
        previous: back,
    };
}

/** @param {State} state */
function title(state) {
    const measure = { "bit/s": "Throughput", "packet/s": "Packets", "flow/s": "Flows", "byte/packet": "Packet size" }[state.unit] ??
        capital(state.unit);
    const direction = state.direction === "in" ? " in" : state.direction === "out" ? " out" : "";
    return measure + direction + (state.dimensions.length === 0 ? "" : ` by ${list(state.dimensions.map(words))}`);
}

/** @param {{graph: Graph, state: State}} props how the picture was made */
function Summary({ graph, state }) {
    const { statistics } = graph;
    const { rows, elapsed } = statistics;
    const took = elapsed < 1 ? `${Math.max(1, Math.round(elapsed * 1000))} ms` : `${elapsed.toFixed(1)} s`;
    const summed = statistics.resolution > 1;
    const kind = summed ? `rows, from ${duration(statistics.resolution)} sums` : "raw rows";
    const groups = graph.dimensions.length > 0 &&
        `top ${full(Math.min(graph.shown, graph.groups))} of ${groupCount(graph)}, `;
    return markup`${groups}<span class=${graph.exact ? "" : "warn-text"}>${graph.exact ? "exact" : "approximate"}</span>,${" "}
        <span title=${`${full(rows)} rows, from the table ${statistics.source}`}>${short(rows)} ${kind}</span> in ${took}
        ${(summed || state.detail === "raw") &&
        markup` <a href=${link(state, { detail: summed ? "raw" : "automatic" })}
            onClick=${follow({ detail: summed ? "raw" : "automatic" })}
            title="Both give the same figures; sums are read faster">${summed ? "read raw rows" : "use sums"}</a>`}
        ${graph.assumedSampling > 0 && isScaled(graph.unit) &&
        markup`<span class="warn-text" title="Nobody told the sampling rate of these rows, so the figures are lower bounds">
            ; ≥ sampling rate unknown, assumed 1:1${graph.assumedSampling < 0.9995 && ` for ${percent(graph.assumedSampling)} % of rows`}</span>`}`;
}

/** @param {number} seconds of one step @returns {string} as an adjective: 1-minute, 1-hour */
function duration(seconds) {
    return seconds % 3600 === 0 ? `${seconds / 3600}-hour` : `${seconds / 60}-minute`;
}
