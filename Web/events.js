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

/** @param {string} kind @returns {"attack"|"deploy"|"other"} which colour a kind has */
export function tone(kind) {
    return kind === "attack" || kind === "alert" ? "attack" : kind === "deploy" ? "deploy" : "other";
}
