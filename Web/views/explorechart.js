// @ts-check
// Explore's chart with its head: the unit once, what it is compared with, what the doubt is, and a tooltip that names
// what is under the pointer.
import { markup, useEffect } from "../preact.js";
import { firstFlow } from "../clock.js";
import { heat, heatRows, ROW } from "../charts/heat.js";
import { FRAME } from "../charts/axis.js";
import {
    bothWays,
    completeBuckets,
    direction,
    drawable,
    isWhole,
    largest,
    order,
    shares,
    sign,
    timeseries,
} from "../charts/timeseries.js";
import { explainRange, referenceOf, selectionOf } from "../explained.js";
import { navigate } from "../store.js";
import { span } from "../time.js";
import { duration, full, isMean, isTotal, percent, prefixed, scaleOf, short, total } from "../units.js";
import { nameAndId } from "../words.js";
import { Chart } from "./chart.js";
import { ChartToggles } from "./charttoggles.js";
import { Multiples } from "./multiples.js";
import { Manual } from "./manuallink.js";
import { Swatch } from "./parts.js";
import { DIRECTION_NAMES, TipHead } from "./throughput.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */
/** @typedef {import("../colour.js").Paint} Paint */
/** @typedef {import("../charts/axis.js").Theme} Theme */
/** @typedef {import("../charts/timeseries.js").TimeChart} TimeChart */

/** The most values that a tooltip lists. */
const LISTED = 14;
/** What screen readers hear of each chart. @type {Record<string, string>} */
const SAID = {
    area: "Stacked areas",
    share: "Shares of all",
    lines: "Lines",
    bars: "Stacked bars",
    grid: "A small chart for each value",
    heat: "Cells, stronger for more,",
};

/** @param {{graph: Graph, paints: Paint[], state: import("../state.js").State, zone: "utc"|"local", lifted?: number}} props */
export function ExploreChart({ graph: answer, paints: own, state, zone, lifted }) {
    const graph = bothWays(answer);
    const paints = graph.series.map((series, place) =>
        own[place] ?? own[answer.series.findIndex(({ key, kind }) => kind === series.kind && key.join() === series.key.join())] ??
            { kind: series.kind, slot: series.kind === "value" ? 1 : 0, pattern: 0 }
    );
    const stack = order(graph.series);
    const chart = /** @type {TimeChart} */ (["grid", "heat"].includes(state.chart) ? "lines" : state.chart);
    const most = largest(graph, drawable(chart, graph.unit));
    const unit = state.chart === "share" && !isMean(graph.unit) ? "%" : prefixed(graph.unit, scaleOf(most).prefix);
    const empty = graph.series.every((series) => series.total === 0);
    useEffect(() => {
        const explain = () => explainRange(graph.from, graph.to);
        addEventListener("netmeta-explain", explain);
        return () => removeEventListener("netmeta-explain", explain);
    }, [graph.from, graph.to]);
    const zoom = (/** @type {number} */ from, /** @type {number} */ to) => navigate({ from: String(from), to: String(to) });
    const pending = graph.spread && (graph.settled ?? graph.to) < graph.to ? graph.spread.timeout : 0;
    const shared = {
        inputs: [answer, state.chart, zone],
        range: graph,
        times: graph.times,
        bucket: graph.bucket,
        zone,
        zoom,
        explain: explainRange,
        marks: marks(state),
        pending,
        label: `${SAID[state.chart] ?? "Lines"} over time; the table below has the figures`,
    };
    const lines = {
        ...shared,
        cells: state.chart === "bars",
        lifted: lifted === undefined ? undefined : stack.indexOf(lifted),
        tip: (/** @type {number} */ index) =>
            markup`<${Tip} graph=${graph} paints=${paints} chart=${chart} index=${index} zone=${zone} />`,
        option: (/** @type {number} */ width, /** @type {Theme} */ theme) =>
            timeseries(graph, { chart, theme, zone, width, paints, begins: firstFlow() }),
    };
    return markup`<section class="panel chart-panel" aria-label="Chart">
        <div class="head"><b>${unit}</b><span class="dim cut">${per(graph)}${remark(graph, state)}</span>
            <${Manual} doc="console/what-the-figures-mean" about="what the figures mean" />
            <span class="grow"></span><${ChartToggles} graph=${answer} state=${state} />
            <button class="explain-button" aria-pressed=${state.explain !== ""} title="What changed in this range, against the time before; or drag over a part of it"
                onClick=${() => state.explain ? navigate({ explain: "" }) : explainRange(graph.from, graph.to)}>Explain <kbd>e</kbd></button></div>
        ${state.chart === "grid"
        ? markup`<${Multiples} graph=${graph} paints=${paints} shared=${shared} name=${seriesName} />`
        : state.chart === "heat"
        ? markup`<${Heat} graph=${graph} paints=${paints} shared=${shared} zone=${zone} />`
        : markup`<${Chart} ...${lines} />`}
        ${empty && markup`<div class="over-chart"><strong>No flow matches in this range.</strong>
            <span class="dim">${advice(state)}</span></div>`}
        <${Beside} graph=${graph} zone=${zone} />
    </section>`;
}

/** @param {Graph} graph what a point stands for */
function per({ unit, bucket }) {
    return isTotal(unit) ? `per ${duration(bucket)}` : `${duration(bucket)} average`;
}

/** @param {Graph} graph @param {import("../state.js").State} state */
function remark(graph, state) {
    const unknown = graph.series.some((series) => series.direction === "unknown");
    const remarks = [
        state.direction === "split" &&
        `out is drawn below zero${unknown ? "; what has no direction told stands above, with in" : ""}`,
        graph.reverse && "the other direction is drawn below zero",
        isMean(graph.unit) && ["area", "share", "bars"].includes(state.chart) && "lines, since averages don’t add up",
        state.chart === "grid" && "all to one scale",
        state.chart === "heat" && "stronger is more, by the cube root; others clipped",
    ].filter(Boolean);
    return remarks.map((text) => `; ${text}`).join("");
}

/** @param {{graph: Graph, zone: "utc"|"local"}} props what the lines alone don't tell */
function Beside({ graph, zone }) {
    const { spread, previous } = graph;
    const outside = spread && [
        spread.before > 0 && `${total(spread.before, graph.unit)} before the range`,
        spread.after > 0 && `${total(spread.after, graph.unit)} after it`,
    ].filter(Boolean).join(" and ");
    const nothing = previous?.series.every((series) => series.total === 0);
    return markup`${previous && markup`<p class="under">${nothing ? "" : markup`<span class="dashed"></span> `}${nothing
        ? `Nothing is stored of ${span(previous, zone, graph.to)}, to compare with.`
        : `dashed: ${span(previous, zone, graph.to)}, ${duration(previous.seconds)} before`}</p>`}
        ${spread && (outside || spread.apart > 0) && markup`<p class="under">Flows are spread over their lifetime.
            ${outside && ` They also have ${outside}.`}
            ${spread.apart > 0 && ` ${full(spread.apart)} flows count when they were received: their times can’t be.`}</p>`}`;
}

/** @param {{graph: Graph, paints: Paint[], shared: object, zone: "utc"|"local"}} props a row for each value */
function Heat({ graph, paints, shared, zone }) {
    const rows = heatRows(graph);
    const names = (/** @type {number} */ place) => seriesName(graph.series[place]);
    const tip = (/** @type {number} */ index, /** @type {number} */ down) => {
        const place = rows[Math.floor(down * rows.length)];
        const series = graph.series[place];
        return series && markup`<${TipHead} graph=${graph} index=${index} zone=${zone} count=${completeBuckets(graph)} />
            <div class="tip-row"><${Swatch} paint=${paints[place]} /><span class="cut">${seriesName(series)}</span>
                <b>${full(series.values[index] ?? 0)}</b></div>`;
    };
    const option = (/** @type {number} */ width, /** @type {Theme} */ theme) =>
        heat(graph, { theme, zone, width, frame: heatFrame(), paints, label: names });
    return markup`<${Chart} ...${shared} cells=${true} frame=${heatFrame()} height=${
        Math.max(120, rows.length * ROW + FRAME.top + FRAME.bottom)
    } tip=${tip} option=${option} />`;
}

/** Room for the names of rows, less of it on a phone. */
function heatFrame() {
    return { ...FRAME, left: innerWidth < 700 ? 112 : 190 };
}

/** @param {import("../state.js").State} state @returns {{from: number, to: number, kind: "selection"|"reference"}[]} */
function marks(state) {
    const selection = selectionOf(state);
    if (!selection) return [];
    return [{ ...selection, kind: "selection" }, { ...referenceOf(selection, state.against), kind: "reference" }];
}

/** @param {import("../state.js").State} state */
export function advice(state) {
    if (state.direction === "in" || state.direction === "out") {
        return `No exporter said “${state.direction}” of these flows; many don't tell the direction. Choose “all”.`;
    }
    if (firstFlow() === null) return "This server has stored no flow yet; Overview shows how to point an exporter here.";
    return state.filter.trim() === "" ? "Choose a longer or an earlier range." : "Widen the filter or the range.";
}

/** @param {{graph: Graph, paints: Paint[], chart: TimeChart, index: number, zone: "utc"|"local"}} props */
function Tip({ graph, paints, chart, index, zone }) {
    const parts = chart === "share" && !isMean(graph.unit) ? shares(graph).series : null;
    const rows = graph.series.map((series, place) => ({ place, series, value: series.values[index] ?? 0 }))
        .filter(({ value }) => value > 0).sort((a, b) => sign(b.series) - sign(a.series) || b.value - a.value);
    const sums = [1, -1].map((sense) => rows.filter(({ series }) => sign(series) === sense));
    const before = graph.previous?.series.reduce((sum, series) => sum + (series.values[index] ?? 0), 0);
    return markup`<${TipHead} graph=${graph} index=${index} zone=${zone} count=${completeBuckets(graph)} />
        ${rows.slice(0, LISTED).map(({ place, series, value }) =>
        markup`<div class="tip-row" key=${place}>
            ${isWhole(series)
            ? markup`<span class=${`key-swatch ${direction(series) ?? "in"}`}></span>`
            : markup`<${Swatch} paint=${paints[place]} />`}
            <span class="cut">${seriesName(series)}</span>
            <b title=${full(value)}>${parts && `${percent(parts[place].values[index])} % · `}${short(value)}</b></div>`
    )}
        ${rows.length > LISTED &&
        markup`<div class="tip-row"><span></span><span class="dim">${rows.length - LISTED} more</span></div>`}
        ${!isMean(graph.unit) && sums.map((side, place) =>
        side.length > 1 && markup`<div class="tip-row sum" key=${place}><span></span><span>${
            graph.reverse ? (place === 0 ? "Sum" : "Sum of the other direction") : "Sum"
        }</span><b>${short(side.reduce((all, { value }) => all + value, 0))}</b></div>`
    )}
        ${before !== undefined && !isMean(graph.unit) &&
        markup`<div class="tip-row"><span class="dashed"></span><span class="dim">before</span><b>${short(before)}</b></div>`}
        ${rows.length === 0 && markup`<div class="tip-row"><span></span><span class="dim">nothing</span><b>0</b></div>`}`;
}

/** @param {string} label "Netflix AS2906": what is cut off for want of room is then the number */
const nameFirst = (label) => nameAndId(label).filter((part) => part !== "").join(" ");

/** @param {Series} series */
export function seriesName(series) {
    const name = series.kind === "other" ? "Other" : series.labels.map(nameFirst).join(" · ");
    const side = series.isReverse ? "Other direction" : DIRECTION_NAMES[series.direction ?? ""];
    if (isWhole(series)) return side ?? "All";
    return side ? `${name}, ${side.toLowerCase()}` : name;
}
