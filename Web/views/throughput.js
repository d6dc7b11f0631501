// @ts-check
// Overview's chart: in above zero, out below, and what no exporter told the direction of as a series of its own.
import { markup } from "../preact.js";
import { firstFlow } from "../clock.js";
import { completeBuckets, firstBucket, isWhole, largest, newest, timeseries } from "../charts/timeseries.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { clock, clockWithSeconds, day } from "../time.js";
import { duration, full, percentile, prefixed, scaleOf, short } from "../units.js";
import { Chart } from "./chart.js";
import { isFailed, PanelFailure } from "./failures.js";
import { Manual } from "./manuallink.js";
import { Icon, Segments, Skeleton } from "./parts.js";
import { Reading } from "./reading.js";
import { exploreStart, follow } from "./topbar.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */

/** @type {Record<string, string>} */
export const DIRECTION_NAMES = { in: "In", out: "Out", unknown: "Direction unknown" };

/** @param {{state: import("../state.js").State, loaded: import("../data.js").Loaded<Graph>, zone: "utc"|"local"}} props */
export function ThroughputPanel({ state, loaded, zone }) {
    const graph = loaded.data;
    const explore = { ...exploreStart(state), dimensions: [], direction: /** @type {const} */ ("split") };
    const unit = graph ? prefixed(graph.unit, scaleOf(largest(graph, "area")).prefix) : state.unit;
    return markup`<section class=${loaded.stale && graph ? "panel faded" : "panel"} aria-label="Throughput">
        <div class="head"><h2>Throughput</h2><span class="dim cut">${unit}${graph && `, ${duration(graph.bucket)} average, all exporters`}</span>
            <${Manual} doc="console/what-the-figures-mean" about="what the figures mean" /><span class="grow"></span>
            <${Segments} plain=${true} label="Unit" value=${state.unit} choose=${(/** @type {string} */ unit) =>
        navigate({ unit })}
                options=${["bit/s", "packet/s", "flow/s"].map((value) => ({ value, label: value }))} />
            <a class="quiet button" href=${link(explore, {})} onClick=${follow(explore)} title="Open in Explore" aria-label="Open in Explore">
                <${Icon} name="open" /></a></div>
        <${Reading} reads=${[loaded]} />
        <${PanelFailure} loaded=${loaded} />
        ${graph
            ? markup`<${Throughput} graph=${graph} zone=${zone} />`
            : !isFailed(loaded) && markup`<div class="chart-space">${loaded.slow && markup`<${Skeleton} tall=${true} />`}</div>`}
    </section>`;
}

/** @param {{graph: Graph, zone: "utc"|"local"}} props */
function Throughput({ graph, zone }) {
    const shown = { ...graph, series: graph.series.filter((series) => isWhole(series) && series.total > 0) };
    const count = completeBuckets(graph);
    const main = shown.series.find((series) => series.direction === "in") ?? shown.series[0];
    const p95 = main ? percentile(main.values.slice(firstBucket(graph, firstFlow()), count), 0.95) : 0;
    const word = main && main.direction !== "unknown" && main.direction ? ` ${main.direction}` : "";
    const last = (/** @type {import("../types/api.d.ts").Series} */ series) =>
        newest(series.values.slice(firstBucket(graph, firstFlow()), count), graph.bucket);
    const references = p95 ? [p95] : [];
    const tip = (/** @type {number} */ index) =>
        markup`<${ThroughputTip} graph=${shown} index=${index} zone=${zone} count=${count} />`;
    return markup`<div class="legend">
            ${shown.series.map((series) =>
            markup`<span key=${series.direction}><span class=${`key-swatch ${series.direction ?? "in"}`}></span>
                ${DIRECTION_NAMES[series.direction ?? ""] ?? "All"}${" "}
                <b title=${`${full(last(series))} ${graph.unit}, the newest`}>${short(last(series))}</b></span>`
        )}
            ${p95 > 0 && markup`<span><span class="dotted"></span>p95${word} <b>${short(p95)}</b></span>`}
            ${shown.series.length === 0 && markup`<span class="dim">no traffic in this range</span>`}
            ${graph.assumedSampling > 0 && graph.unit !== "flow/s" && markup`<span class="warn-text"
                title="Nobody told the sampling rate of these rows, so the figures are lower bounds">≥ sampling rate unknown, assumed 1:1</span>`}
        </div>
        <${Chart} inputs=${[
        graph,
        zone,
    ]} range=${graph} times=${graph.times} bucket=${graph.bucket} zone=${zone} tip=${tip}
            zoom=${(/** @type {number} */ from, /** @type {number} */ to) =>
        navigate({ from: String(from), to: String(to) })}
            label="Throughput over time; out is drawn below zero"
            option=${(/** @type {number} */ width, /** @type {import("../charts/axis.js").Theme} */ theme) =>
        timeseries(shown, { chart: "lines", theme, zone, width, paints: [], references, begins: firstFlow() })} />`;
}

/** @param {{graph: Graph, index: number, zone: "utc"|"local", count: number}} props */
function ThroughputTip({ graph, index, zone, count }) {
    return markup`<${TipHead} graph=${graph} index=${index} zone=${zone} count=${count} />
        ${graph.series.map((series) =>
            markup`<div class="tip-row" key=${series.direction}>
            <span class=${`key-swatch ${series.direction ?? "in"}`}></span><span>${DIRECTION_NAMES[series.direction ?? ""] ?? "All"}</span>
            <b>${short(series.values[index] ?? 0)}</b></div>`
        )}`;
}

/** @param {{graph: Graph, index: number, zone: "utc"|"local", count: number}} props the time of a tooltip, and whether it is over */
export function TipHead({ graph, index, zone, count }) {
    const time = graph.times[index];
    const face = graph.bucket < 60 ? clockWithSeconds(time, zone) : clock(time, zone);
    return markup`<div class="tip-head"><b>${graph.to - graph.from > 86400 && `${day(time, zone)} `}${face}</b>
        <span class="dim">${duration(graph.bucket)}${index >= count && ", still filling"}</span><span class="grow"></span>
        <span class="dim">${graph.unit}</span></div>`;
}
