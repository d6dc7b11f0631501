// @ts-check
// Explore's chart with its head: the unit once, what the doubt is, and a tooltip that names what is under the pointer.
import { markup } from "../preact.js";
import { firstFlow } from "../clock.js";
import { completeBuckets, isWhole, largest, order, timeseries } from "../charts/timeseries.js";
import { navigate } from "../store.js";
import { duration, prefixed, scaleOf, short } from "../units.js";
import { Chart } from "./chart.js";
import { Manual } from "./manuallink.js";
import { Swatch } from "./parts.js";
import { DIRECTION_NAMES, TipHead } from "./throughput.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../colour.js").Paint} Paint */

/** The most values that a tooltip lists. */
const LISTED = 14;

/** @param {{graph: Graph, paints: Paint[], state: import("../state.js").State, zone: "utc"|"local", lifted?: number}} props */
export function ExploreChart({ graph, paints, state, zone, lifted }) {
    const stack = order(graph.series);
    const unit = prefixed(graph.unit, scaleOf(largest(graph, state.chart)).prefix);
    const empty = graph.series.every((series) => series.total === 0);
    const split = state.direction === "split";
    const tip = (/** @type {number} */ index) =>
        markup`<${Tip} graph=${graph} paints=${paints} stack=${stack} index=${index} zone=${zone} />`;
    return markup`<section class="panel chart-panel" aria-label="Chart">
        <div class="head"><b>${unit}</b><span class="dim">${duration(graph.bucket)} average</span>
            <${Manual} doc="console/what-the-figures-mean" about="what the figures mean" />
            ${split && markup`<span class="dim cut">out is drawn below zero${graph.series.some(({ direction }) => direction === "unknown") &&
            "; what has no direction told stands above, with in"}</span>`}</div>
        <${Chart} inputs=${[
        graph,
        state.chart,
        zone,
    ]} range=${graph} times=${graph.times} bucket=${graph.bucket} zone=${zone} tip=${tip}
            lifted=${lifted === undefined ? undefined : stack.indexOf(lifted)}
            zoom=${(/** @type {number} */ from, /** @type {number} */ to) =>
        navigate({ from: String(from), to: String(to) })}
            label=${`${state.chart === "area" ? "Stacked areas" : "Lines"} over time; the table below has the figures`}
            option=${(/** @type {number} */ width, /** @type {import("../charts/axis.js").Theme} */ theme) =>
        timeseries(graph, { chart: state.chart, theme, zone, width, paints, begins: firstFlow() })} />
        ${empty && markup`<div class="over-chart"><strong>No flow matches in this range.</strong>
            <span class="dim">${advice(state)}</span></div>`}
    </section>`;
}

/** @param {import("../state.js").State} state */
function advice(state) {
    if (state.direction === "in" || state.direction === "out") {
        return `No exporter said “${state.direction}” of these flows; many don't tell the direction. Choose “all”.`;
    }
    return state.filter.trim() === "" ? "Choose a longer or an earlier range." : "Widen the filter or the range.";
}

/** @param {{graph: Graph, paints: Paint[], stack: number[], index: number, zone: "utc"|"local"}} props */
function Tip({ graph, paints, stack, index, zone }) {
    const rows = stack.map((place) => ({
        place,
        series: graph.series[place],
        value: graph.series[place].values[index] ?? 0,
    }))
        .filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
    const sum = rows.reduce((all, { value }) => all + value, 0);
    return markup`<${TipHead} graph=${graph} index=${index} zone=${zone} count=${completeBuckets(graph)} />
        ${rows.slice(0, LISTED).map(({ place, series, value }) =>
            markup`<div class="tip-row" key=${place}>
            ${isWhole(series)
                    ? markup`<span class=${`key-swatch ${series.direction ?? "in"}`}></span>`
                    : markup`<${Swatch} paint=${paints[place]} />`}
            <span class="cut">${seriesName(series)}</span><b>${short(value)}</b></div>`
        )}
        ${rows.length > LISTED &&
        markup`<div class="tip-row"><span></span><span class="dim">${rows.length - LISTED} more</span></div>`}
        ${rows.length > 1 && markup`<div class="tip-row sum"><span></span><span>Sum</span><b>${short(sum)}</b></div>`}
        ${rows.length === 0 && markup`<div class="tip-row"><span></span><span class="dim">nothing</span><b>0</b></div>`}`;
}

/** @param {import("../types/api.d.ts").Series} series */
export function seriesName(series) {
    const name = series.kind === "other" ? "Other" : series.labels.join(" · ");
    const direction = DIRECTION_NAMES[series.direction ?? ""];
    if (isWhole(series)) return direction ?? "All";
    return direction ? `${name}, ${direction.toLowerCase()}` : name;
}
