// @ts-check
// What an explanation says in words: pure, but for the step that opens one.
import { navigate } from "./store.js";
import { full, short } from "./units.js";
import { capital, eitherWords, words } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./types/api.d.ts").Explained} Explained */
/** @typedef {import("./types/api.d.ts").ExplainPart} Part */
/** @typedef {import("./types/api.d.ts").ExplainSide} Side */

const BACK = { before: 0, day: 86400, week: 604800 };

/** @param {number} from @param {number} to Unix seconds */
export function explainRange(from, to) {
    navigate({ explain: `${Math.floor(from)}-${Math.floor(to)}` });
}

/** @param {State} state the selection that is explained, if one is */
export function selectionOf({ explain }) {
    const [from, to] = explain.split("-").map(Number);
    return to > from ? { from, to } : null;
}

/**
 * What it is compared with: the time of the same length before it, or the same time of an earlier day.
 * @param {{from: number, to: number}} selection
 * @param {State["against"]} against
 */
export function referenceOf({ from, to }, against) {
    const back = BACK[against] || to - from;
    return { from: Math.max(0, from - back), to: Math.max(1, to - back) };
}

/**
 * What a value is of: "Destination port", "Source network", "Interface" for either end.
 * @param {Part} part
 * @param {boolean} [either]
 */
export function subject(part, either = false) {
    const column = part.dimensions[part.dimensions.length - 1];
    const said = either ? eitherWords(column) : words(column);
    return capital(part.network ? said.replace("address", "network") : said);
}

/** @param {Part} part the value itself, and what it means something with: a port's protocol, an interface's exporter */
export function valueAndCompanion(part) {
    const last = part.labels.length - 1;
    return { value: part.labels[last] ?? "", companion: part.labels.slice(0, last).join(" ") };
}

/** @param {{before: number, after: number}} rates "+16.9 %", "new", "gone" */
export function relative({ before, after }) {
    if (before === 0) return after === 0 ? "0 %" : "new";
    if (after === 0) return "gone";
    const change = (after - before) / before * 100;
    if (change >= 1000) return `× ${short(after / before)}`;
    return `${change < 0 ? "−" : "+"}${Math.abs(change).toFixed(Math.abs(change) < 9.95 ? 1 : 0)} %`;
}

/** Distinct values that are many more, or fewer, tell what kind of traffic it is. */
const TELLING = 3;
const ENOUGH = 20;

/**
 * What is strange about a cause's traffic: "destination ports 3 → 60,112".
 * @param {{before: Side, after: Side}} signs
 * @param {boolean} exact
 * @returns {string[]}
 */
export function symptoms({ before, after }, exact) {
    const about = exact ? "" : "≥ ";
    const found = Object.keys(after.distinct).flatMap((column) => {
        const [old, now] = [before.distinct[column] ?? 0, after.distinct[column]];
        if (Math.max(old, now) < ENOUGH || Math.max(old, now) < TELLING * Math.min(old, now)) return [];
        const name = words(column);
        return [`${name.endsWith("s") ? `${name}es` : `${name}s`} ${about}${full(old)} → ${about}${full(now)}`];
    });
    const main = after.packets >= before.packets ? after : before;
    if (main.packets > 0) found.push(`${full(Math.round(main.bytes / main.packets))} bytes a packet`);
    return found;
}

/**
 * Units in which the difference is much larger than in the one that is looked at.
 * @param {Explained} answer
 * @returns {{unit: string, change: string}[]}
 */
export function clearer(answer) {
    const size = (/** @type {{before: number, after: number}} */ { before, after }) =>
        Math.abs(Math.log(Math.max(after, 1e-9) / Math.max(before, 1e-9)));
    const here = size(answer);
    return Object.entries(answer.totals)
        .filter(([unit, rates]) => unit !== answer.unit && size(rates) > Math.max(0.1, 2 * here))
        .map(([unit, rates]) => ({ unit, change: relative(rates) }));
}
