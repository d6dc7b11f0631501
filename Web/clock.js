// @ts-check
// What the server told about time: its clock, and since when flows are stored.
import { automatic, resolve } from "./time.js";

/** A clock that is off by less says nothing: answers take a while and their stamp has whole seconds. */
const AGREES = 2;

let ahead = 0;
/** @type {number|null|undefined} */
let first;

/**
 * Learns the server's clock from an answer, so that a wrong clock here makes no exporter look silent.
 * @param {string|null} date the answer's Date header
 */
export function tellDate(date) {
    const difference = Date.parse(date ?? "") / 1000 - Date.now() / 1000;
    if (Number.isFinite(difference)) ahead = Math.abs(difference) > AGREES ? difference : 0;
}

/** Unix seconds by the server's clock. */
export function now() {
    return Date.now() / 1000 + ahead;
}

/** @param {number|null} oldest when the oldest stored flow was received; null when there is none */
export function tellFirstFlow(oldest) {
    first = oldest;
}

/** When the oldest stored flow was received; undefined before the server told. */
export function firstFlow() {
    return first;
}

/**
 * The range as the API takes it: "auto" becomes the last hour or, on a younger server, all there is.
 * @param {import("./time.js").Range} range
 * @returns {import("./time.js").Range|null} null before the server told since when flows are stored: what is asked
 *   earlier would be asked a second time, of the part with flows
 */
export function rangeOf({ from, to }) {
    if (first === undefined) return null;
    return { from: from === "auto" ? automatic(first, now()) : from, to };
}

/**
 * The part of a range of which flows are stored: averages over the rest would be too low, since nothing is known of it.
 * A range that ends with the first flow stays whole: of a moment there are no averages.
 * @param {import("./time.js").Range} range
 * @param {number} [lead] seconds before the first flow was received that it was under way
 * @returns {import("./time.js").Range}
 */
export function storedPart(range, lead = 0) {
    const { from, to } = resolve(range, now());
    const start = (first ?? 0) - lead;
    return first && from < start && first < to - AGREES ? { from: String(start), to: range.to } : range;
}

/**
 * An answer about the stored part of a range, to be drawn over all of it.
 * @template {{from: number, to: number}} T
 * @param {T} answer
 * @param {import("./time.js").Range} range
 */
export function overAll(answer, range) {
    return { ...answer, from: Math.min(answer.from, resolve(range, answer.to).from) };
}
