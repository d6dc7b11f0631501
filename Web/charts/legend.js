// @ts-check
// The rows of the table under the chart, which is its legend, and its export. Pure.
import { totalUnit } from "../units.js";
import { completeBuckets } from "./timeseries.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */
/** @typedef {{index: number, series: Series, last: number}} Row index is the series' place in the answer */

/** The measures, in the table's order. */
export const MEASURES = /** @type {const} */ (["last", "average", "peak", "p95", "total", "share"]);

/**
 * Rows in the asked order; Other stays last.
 * @param {Graph} graph
 * @param {string} sort a measure or "d0".."d4" for a dimension, "-" in front for descending
 * @returns {Row[]}
 */
export function rows(graph, sort) {
    const count = toldBuckets(graph);
    const all = graph.series.map((series, index) => ({ index, series, last: series.values[count - 1] ?? 0 }));
    const column = sort.replace("-", "");
    const sense = sort.startsWith("-") ? -1 : 1;
    return all.sort((a, b) => {
        const others = Number(a.series.kind === "other") - Number(b.series.kind === "other");
        return others || sense * compare(value(a, column), value(b, column)) || a.index - b.index;
    });
}

/**
 * How many buckets have all their flows: where flows are spread, those that go on are still to be reported.
 * @param {Graph} graph
 */
export function toldBuckets(graph) {
    const settled = graph.settled ?? graph.to;
    const live = settled < graph.to;
    const late = live ? graph.spread?.timeout ?? 0 : 0;
    return completeBuckets({ ...graph, settled: settled - late });
}

/**
 * The mean of a series over a part of the chart; null where the chart has not all of that part.
 * @param {Graph} graph
 * @param {number[]} values one a bucket
 * @param {{from: number, to: number}} part
 * @returns {number|null}
 */
export function meanOver({ from, to, times, bucket }, values, part) {
    if (part.from < from || part.to > to) return null;
    let [sum, seconds] = [0, 0];
    times.forEach((time, index) => {
        const within = Math.min(time + bucket, part.to) - Math.max(time, part.from);
        if (within <= 0) return;
        sum += within * (values[index] ?? 0);
        seconds += within;
    });
    return seconds > 0 ? sum / seconds : null;
}

/** @param {Row} row @param {string} column @returns {string|number} */
function value(row, column) {
    const dimension = /^d(\d)$/.exec(column);
    if (dimension) return row.series.key[Number(dimension[1])] ?? "";
    if (column === "last") return row.last;
    return /** @type {Record<string, number>} */ (/** @type {unknown} */ (row.series))[column] ?? row.series.total;
}

/** @param {string|number} a @param {string|number} b numbers by size, also in text, the rest by name */
function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
}

/**
 * The table as CSV (RFC 4180), figures in full.
 * @param {Graph} graph
 * @param {string} sort
 */
export function csv(graph, sort) {
    const split = graph.series.some((series) => series.direction !== null && series.direction !== undefined);
    const head = [
        ...graph.dimensions,
        ...(split ? ["direction"] : []),
        ...MEASURES.map((name) => column(name, graph.unit)),
    ];
    const body = rows(graph, sort).map(({ series, last }) => [
        ...graph.dimensions.map((_, place) =>
            series.kind === "other" ? (place === 0 ? "Other" : "") : series.key[place] ?? ""
        ),
        ...(split ? [series.direction ?? ""] : []),
        ...[last, series.average, series.peak, series.p95, series.total, series.share].map(String),
    ]);
    return csvLines([head, ...body]);
}

/** @param {string[][]} lines @returns {string} CSV (RFC 4180) */
export function csvLines(lines) {
    return lines.map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** @param {string} measure @param {string} unit */
function column(measure, unit) {
    if (measure === "share") return measure;
    return `${measure} (${measure === "total" ? totalUnit(unit).words : unit})`;
}

/** @param {string} text quoted where needed; a text that a spreadsheet would run as a formula gets an apostrophe */
function cell(text) {
    const safe = /^[=+@\t\r\n-]/.test(text) && !/^-\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
