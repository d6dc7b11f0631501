// @ts-check
// What all time charts share: the frame around the plot and both axes. Pure: data in, ECharts option out.
import { scaleOf, threeDigits } from "../units.js";
import { tickLabel, ticks } from "../time.js";

/** @typedef {import("../colour.js").Paint} Paint */
/** @typedef {import("../time.js").Zone} Zone */

/**
 * @typedef {object} Theme the colours of the page, read from its custom properties
 * @property {string} surface
 * @property {string} text
 * @property {string} axis
 * @property {string} grid
 * @property {string} zero
 * @property {string} axisText
 * @property {string} font
 * @property {number} size of the axes' labels, in pixels
 * @property {string} in colour of the direction
 * @property {string} out
 * @property {string} accent what belongs to no value
 * @property {(paint: Paint) => string} colour
 * @property {(paint: Paint) => unknown} fill colour, or a pattern where the paint has one
 */

/** @typedef {{left: number, right: number, top: number, bottom: number}} Frame pixels between the chart's edge and the plot */

/** @type {Frame} */
export const FRAME = { left: 46, right: 14, top: 8, bottom: 22 };
/** Time labels keep this distance. */
const LABEL_DISTANCE = 96;
/** Pixels from the middle of a label to its end. */
const LABEL_HALF = 20;

/**
 * @param {{from: number, to: number}} range
 * @param {number} width of the whole chart
 * @param {Zone} zone
 * @param {Theme} theme
 * @param {Frame} [frame]
 */
export function timeAxis(range, width, zone, theme, frame = FRAME) {
    const { times, step } = ticks(range.from, range.to, (width - frame.left - frame.right) / LABEL_DISTANCE, zone);
    const ends = { min: range.from, max: range.to };
    // ECharts stacks over a time axis, but only a value axis takes ticks of our choosing: one carries the series
    // and is hidden, the other lies over it and is seen.
    const carrier = { ...ends, type: "time", show: false };
    // A label at the very end would be cut by the edge.
    const last = times[times.length - 1] ?? range.from;
    const room = (range.to - last) / (range.to - range.from) * (width - frame.left - frame.right) + frame.right;
    const seen = {
        ...ends,
        type: "value",
        position: "bottom",
        axisLine: { show: true, onZero: false, lineStyle: { color: theme.axis } },
        axisTick: { show: true, length: 4, lineStyle: { color: theme.axis }, customValues: times },
        splitLine: { show: false },
        axisLabel: {
            customValues: times,
            color: theme.axisText,
            fontSize: theme.size,
            fontFamily: theme.font,
            hideOverlap: true,
            ...(room < LABEL_HALF ? { alignMaxLabel: "right" } : {}),
            formatter: (/** @type {number} */ value) => tickLabel(value, step, zone),
        },
    };
    return [carrier, seen];
}

/**
 * Where a bucket ends: a day is an hour shorter or longer when clocks change.
 * @param {{times: number[], bucket: number}} answer
 * @param {number} index
 */
export function endOf({ times, bucket }, index) {
    return times[index + 1] ?? times[index] + bucket;
}

/**
 * @param {number} largest of all absolute values; tells the prefix, which stands in the chart's head
 * @param {Theme} theme
 */
export function valueAxis(largest, theme) {
    const { factor } = scaleOf(largest);
    return {
        type: "value",
        splitNumber: 4,
        ...(largest === 0 ? { min: 0, max: 1 } : {}),
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: true, lineStyle: { color: theme.grid, width: 1 } },
        axisLabel: {
            color: theme.axisText,
            fontSize: theme.size,
            fontFamily: theme.font,
            formatter: (/** @type {number} */ value) => axisNumber(value / factor),
        },
    };
}

/**
 * An axis of shares, from 0 to 100 %; below zero too when something is drawn there.
 * @param {boolean} below
 * @param {Theme} theme
 */
export function shareAxis(below, theme) {
    const axis = valueAxis(1, theme);
    return { ...axis, min: below ? -1 : 0, max: 1, axisLabel: { ...axis.axisLabel, formatter: percentage } };
}

/** @param {number} share */
const percentage = (share) => axisNumber(Math.round(share * 100));

/** @param {number} value a tick without prefix, no more digits than it has */
export function axisNumber(value) {
    const rounded = Number(value.toPrecision(4));
    return Number.isInteger(rounded)
        ? `${rounded < 0 ? "−" : ""}${Math.abs(rounded)}`
        : threeDigits(rounded).replace(/0+$/, "");
}

/**
 * The time under a pixel, clipped to the plot.
 * @param {number} x from the chart's left edge
 * @param {number} width of the whole chart
 * @param {{from: number, to: number}} range
 * @param {Frame} [frame]
 */
export function timeAt(x, width, range, frame = FRAME) {
    const share = (x - frame.left) / Math.max(1, width - frame.left - frame.right);
    return range.from + Math.min(1, Math.max(0, share)) * (range.to - range.from);
}

/**
 * The pixel of a time.
 * @param {number} time
 * @param {number} width
 * @param {{from: number, to: number}} range
 * @param {Frame} [frame]
 */
export function pixelOf(time, width, range, frame = FRAME) {
    return frame.left + (time - range.from) / (range.to - range.from) * (width - frame.left - frame.right);
}
