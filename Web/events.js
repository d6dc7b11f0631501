// @ts-check
// What a chart draws of events. Pure.

/** @typedef {import("./types/api.d.ts").NetEvent} NetEvent */
/** @typedef {{from: number, to: number}} Range */

/**
 * Those that have a part in the range.
 * @param {NetEvent[]} events
 * @param {Range} range
 */
export function within(events, { from, to }) {
    return events.filter(({ start, end }) => start < to && (end === null || end >= from));
}

/**
 * What a chart draws, the longest first so that short ones lie above.
 * @param {NetEvent[]} events
 * @param {Range} range
 * @returns {{event: NetEvent, from: number, to: number, point: boolean}[]}
 */
export function bandsOf(events, { from, to }) {
    return within(events, { from, to }).map((event) => ({
        event,
        from: Math.max(event.start, from),
        to: Math.min(event.end ?? to, to),
        point: event.end === event.start,
    })).sort((a, b) => (b.to - b.from) - (a.to - a.from) || a.event.id.localeCompare(b.event.id));
}

/** Pixels of one character of a label, roughly; what is too long is cut by the page. */
const CHARACTER = 6.5;
/** Pixels between a mark and its label. */
const BESIDE = 8;
/** A long label with less room says nothing. */
const LEAST = 56;

/**
 * Where the titles of marks stand: right of the mark, or left of it where more room is, never over another one.
 * @param {{left: number, title: string}[]} marks from left to right, in pixels
 * @param {{left: number, right: number}} room pixels
 * @returns {({left: number, width: number, end: boolean}|null)[]} end is whether the text ends at the mark; null has no room
 */
export function labelsOf(marks, room) {
    let taken = room.left;
    return marks.map(({ left, title }, index) => {
        const wanted = Math.ceil(title.length * CHARACTER);
        const after = (marks[index + 1]?.left ?? room.right) - BESIDE - (left + BESIDE);
        const before = left - BESIDE - taken;
        const end = after < wanted && before > after;
        const width = Math.min(wanted, end ? before : after);
        const fits = width >= Math.min(LEAST, wanted);
        taken = fits && !end ? left + BESIDE + width : left + BESIDE;
        if (!fits) return null;
        return { left: end ? left - BESIDE - width : left + BESIDE, width, end };
    });
}

/** What subjects are that flows can be filtered to. */
export const ADDRESS = /^[0-9a-f:.]+$/i;

/** @param {NetEvent} event @returns {{from: string, to: string}} the range around it */
export function around({ start, end }) {
    const margin = Math.max(300, ((end ?? start) - start) / 2);
    return { from: String(Math.floor(start - margin)), to: end === null ? "now" : String(Math.ceil(end + margin)) };
}

/** @param {string} kind @returns {"attack"|"deploy"|"other"} which colour a kind has */
export function tone(kind) {
    return kind === "attack" || kind === "alert" ? "attack" : kind === "deploy" ? "deploy" : "other";
}
