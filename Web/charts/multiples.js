// @ts-check
// Which lines share a small chart, and where all small charts end. Pure.
import { order, sign } from "./timeseries.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */

/** @param {Graph} graph @returns {number[][]} the places of each value's series, largest value first */
export function groups(graph) {
    /** @type {Map<string, number[]>} */
    const found = new Map();
    for (const place of order(graph.series)) {
        const { kind, key } = graph.series[place];
        const id = `${kind} ${key.join("\u001f")}`;
        found.set(id, [...(found.get(id) ?? []), place]);
    }
    // What is drawn above zero names the chart.
    return [...found.values()].map((places) => places.sort((a, b) => sign(graph.series[b]) - sign(graph.series[a])));
}

/** @param {number} most @returns {number} 1, 2 or 5 times a power of ten, not below */
export function niceEnd(most) {
    if (!(most > 0)) return 1;
    const power = 10 ** Math.floor(Math.log10(most));
    return ([1, 2, 5].find((step) => step * power >= most) ?? 10) * power;
}
