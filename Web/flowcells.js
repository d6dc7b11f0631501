// @ts-check
// A value of a row as a cell: what is read, what tells more, and whether it is doubtful. Pure.
import { clockWithSeconds, day, stamp } from "./time.js";
import { full } from "./units.js";
import { nameAndId } from "./words.js";

/** @typedef {import("./types/api.d.ts").FlowValue} FlowValue */
/** @typedef {import("./time.js").Zone} Zone */
/**
 * @typedef {object} Cell
 * @property {string} text
 * @property {string} more after the text, dimmed; "" for nothing
 * @property {""|"unknown"|"doubt"} mood nobody told it, or it is an assumption
 * @property {string} title all of it
 */

/** The columns that Flows shows unless others are chosen. */
export const USUAL = [
    "TimeReceived",
    "SamplerAddress",
    "SrcAddr",
    "DstAddr",
    "Proto",
    "SrcPort",
    "DstPort",
    "SrcAS",
    "DstAS",
    "Bytes",
    "Packets",
    "SamplingRate",
];

/** @type {Record<string, string>} heads of columns whose names are longer than their values, or need a word more */
const HEADS = {
    TimeReceived: "Received",
    SamplerAddress: "Exporter",
    SrcAddr: "Source",
    DstAddr: "Destination",
    SamplingRate: "Rate 1:n",
};

/** @param {string} column */
export function head(column) {
    return HEADS[column] ?? column;
}

const RIGHT = new Set(["counter", "number", "port"]);

/** @param {string} kind of a column, as the schema has it: numbers stand right */
export function isRight(kind) {
    return RIGHT.has(kind);
}

/** @param {string} kind whether one value of the column can be asked for in a filter */
export function isSingle(kind) {
    return kind !== "numbers" && kind !== "strings";
}

/**
 * @param {{name: string, kind: string}} column
 * @param {FlowValue} value
 * @param {string|undefined} label what people call it, where that is something else
 * @param {Zone} zone
 * @param {boolean} [dated] whether times need their day
 * @returns {Cell}
 */
export function cell({ name, kind }, value, label, zone, dated = false) {
    const text = valueText(value);
    if (kind === "time") {
        const time = Date.parse(text) / 1000;
        if (!(time > 0)) return { text: "–", more: "", mood: "unknown", title: "not told" };
        const face = clockWithSeconds(time, zone);
        return { text: dated ? `${day(time, zone)} ${face}` : face, more: "", mood: "", title: stamp(time, zone) };
    }
    if (name === "SamplingRate") {
        return label === "unknown"
            ? { text: "unknown", more: "", mood: "doubt", title: "Nobody told the rate: assumed 1:1" }
            : { text: full(Number(value)), more: "", mood: "", title: `1:${full(Number(value))}` };
    }
    if (label === "unknown" || text === "" || (!isSingle(kind) && isEmpty(value))) {
        return { text: label ?? "–", more: "", mood: "unknown", title: `${name}: nobody told it` };
    }
    if (kind === "counter") return { text: full(Number(value)), more: "", mood: "", title: `${full(Number(value))}` };
    if (label === undefined) return { text, more: "", mood: "", title: text };
    const title = label.includes(text) ? label : `${label} (${text})`;
    // An exporter is known by its name; of other ends the address is what one looks for.
    if (kind === "address") {
        const given = label.endsWith(` ${text}`) ? label.slice(0, -text.length - 1) : label;
        return name === "SamplerAddress"
            ? { text: given, more: "", mood: "", title }
            : { text, more: given, mood: "", title };
    }
    if (kind === "asn") return { text, more: label.replace(/^AS\d+ ?/, ""), mood: "", title };
    const [first, rest] = nameAndId(label);
    return { text: first, more: rest, mood: "", title };
}

/** @param {FlowValue} value as text: lists with spaces, texts by name with theirs */
export function valueText(value) {
    if (Array.isArray(value)) return value.join(" ");
    if (value !== null && typeof value === "object") {
        return Object.entries(value).map(([key, text]) => `${key}: ${text}`).join(", ");
    }
    return value === null ? "" : String(value);
}

/** @param {FlowValue} value */
function isEmpty(value) {
    return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/**
 * "showing 50 of 1,200 a second": how much of what arrives is seen.
 * @param {{shown: number, matched: number, seconds: number}} look
 */
export function rateWords({ shown, matched, seconds }) {
    const rate = (/** @type {number} */ count) => full(Math.round(count / Math.max(1, seconds)));
    return shown === matched
        ? `showing all ${rate(matched)} a second`
        : `showing ${rate(shown)} of ${rate(matched)} a second`;
}
