// @ts-check
// The events that all charts of the page draw: read once for the range that they share, and again as time goes on.
import { useEffect, useState } from "./preact.js";
import * as api from "./api.js";
import { within } from "./events.js";
import { usePreferences } from "./store.js";

/** @typedef {import("./types/api.d.ts").NetEvent} NetEvent */
/** @typedef {import("./events.js").Range} Range */

/** Events of one read at most; a chart with more than that would be one colour. */
const MOST = 200;
/** Seconds after which events are read again where nothing else says so. */
const PAUSE = 10;

/** @type {Map<object, Range>} what is wanted, by who wants it */
const wanted = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {{range: Range, events: NetEvent[], cut: boolean}} */
let known = { range: { from: 0, to: 0 }, events: [], cut: false };
let timer = 0;
let abort = new AbortController();
let pause = PAUSE;

/**
 * The events of a range, the newest first; none while people don't want to see any.
 * @param {Range} range
 * @returns {NetEvent[]}
 */
export function useEvents({ from, to }) {
    const { events, refresh } = usePreferences();
    const [, redraw] = useState(0);
    useEffect(() => {
        if (events === "off") return;
        const key = {};
        const listener = () => redraw((/** @type {number} */ count) => count + 1);
        wanted.set(key, { from, to });
        listeners.add(listener);
        pause = refresh || PAUSE;
        const { range } = known;
        // A range that moves on by a few seconds has to be read again; charts of the same one share a read.
        if (range.from !== from || range.to !== to) schedule(0);
        return () => {
            wanted.delete(key);
            listeners.delete(listener);
            if (wanted.size === 0) stop();
        };
    }, [from, to, events, refresh]);
    return events === "off" ? [] : within(known.events, { from, to });
}

/** @param {number} seconds */
function schedule(seconds) {
    clearTimeout(timer);
    timer = setTimeout(readAll, seconds * 1000);
}

function stop() {
    clearTimeout(timer);
    abort.abort();
    known = { range: { from: 0, to: 0 }, events: [], cut: false };
}

async function readAll() {
    const ranges = [...wanted.values()];
    if (ranges.length === 0) return;
    const from = Math.min(...ranges.map((range) => range.from));
    const to = Math.max(...ranges.map((range) => range.to));
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    try {
        if (!document.hidden) {
            const { events, cut } = await api.events(
                { from: Math.floor(from), to: Math.ceil(to), limit: MOST },
                signal,
            );
            known = { range: { from, to }, events, cut };
            for (const listener of [...listeners]) listener();
        }
    } catch {
        // Charts without bands are still right; the page itself says that the server is away.
    }
    if (!signal.aborted) schedule(pause);
}
