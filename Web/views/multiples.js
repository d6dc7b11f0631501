// @ts-check
// A small chart for each value, all to one scale: what is alike in shape is seen at once, however small.
import { markup } from "../preact.js";
import { firstFlow } from "../clock.js";
import { groups, niceEnd } from "../charts/multiples.js";
import { completeBuckets, isWhole, timeseries } from "../charts/timeseries.js";
import { full, prefixed, scaleOf, short } from "../units.js";
import { Chart } from "./chart.js";
import { Swatch } from "./parts.js";
import { TipHead } from "./throughput.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */
/** @typedef {import("../colour.js").Paint} Paint */

/** Pixels of one small chart. */
const HEIGHT = 132;

/**
 * @param {{graph: Graph, paints: Paint[], shared: {zone: "utc"|"local"} & Record<string, unknown>,
 *   name: (series: Series) => string}} props graph with both ways among its series
 */
export function Multiples({ graph, paints, shared, name }) {
    const height = niceEnd(Math.max(...graph.series.flatMap(({ values }) => values), ...previousValues(graph), 0));
    const unit = prefixed(graph.unit, scaleOf(height).prefix);
    return markup`<div class="multiples">${groups(graph).map((places) =>
        markup`<${Small} key=${graph.series[places[0]].key.join() + graph.series[places[0]].kind} graph=${graph} places=${places}
            paints=${paints} shared=${shared} name=${name} height=${height} unit=${unit} />`
    )}</div>`;
}

/**
 * @param {{graph: Graph, places: number[], paints: Paint[], shared: {zone: "utc"|"local"} & Record<string, unknown>,
 *   name: (series: Series) => string, height: number, unit: string}} props
 */
function Small({ graph, places, paints, shared, name, height, unit }) {
    const series = places.map((place) => graph.series[place]);
    const own = places.map((place) => paints[place]);
    const main = series[0];
    const previous = graph.previous && {
        ...graph.previous,
        series: graph.previous.series.filter(({ key, kind }) => kind === main.kind && key.join() === main.key.join()),
    };
    const one = { ...graph, series, previous };
    const tip = (/** @type {number} */ index) =>
        markup`<${TipHead} graph=${one} index=${index} zone=${shared.zone} count=${completeBuckets(one)} />
            ${series.map((line, place) =>
            markup`<div class="tip-row" key=${place}><${Swatch} paint=${own[place]} /><span class="cut">${name(line)}</span>
                <b>${full(line.values[index] ?? 0)}</b></div>`
        )}`;
    return markup`<figure class="small">
        <figcaption>${!isWhole(main) && markup`<${Swatch} paint=${own[0]} />`}<span class="cut" title=${name(main)}>${name(main)}</span>
            <b title=${`${full(main.average)} ${graph.unit} on average`}>${short(main.average)}</b></figcaption>
        <${Chart} ...${shared} inputs=${[
        ...(/** @type {unknown[]} */ (shared.inputs)),
        height,
    ]} height=${HEIGHT} tip=${tip} label=${`${name(main)} over time, in ${unit}`}
            option=${(/** @type {number} */ width, /** @type {import("../charts/axis.js").Theme} */ theme) =>
        timeseries(one, { chart: "area", theme, zone: shared.zone, width, paints: own, begins: firstFlow(), height })} />
    </figure>`;
}

/** @param {Graph} graph */
function previousValues(graph) {
    return (graph.previous?.series ?? []).flatMap(({ values }) => values);
}
