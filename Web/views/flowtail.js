// @ts-check
// What arrives, as rows on top of those before. While it is held, rows wait; beyond a bound the oldest of them go, counted.
import { useEffect, useRef, useState } from "../preact.js";
import * as api from "../api.js";
import { ApiError } from "../api.js";

/** @typedef {import("../types/api.d.ts").FlowValue} FlowValue */
/** @typedef {{key: string, place: string, row: Record<string, FlowValue>, labels: Record<string, string>}} FlowRow */
/**
 * @typedef {object} Tail
 * @property {FlowRow[]} rows the newest first
 * @property {number} waiting rows that wait while the list is held
 * @property {number} dropped rows that waited and are gone
 * @property {import("../types/api.d.ts").TailLine|undefined} look the last look at what arrived
 * @property {ApiError|undefined} error why nothing is shown
 * @property {string} problem why the last look failed; the next may go well
 */

/** Rows that are shown, and that wait, at the most. */
const MOST = 500;
/** Milliseconds until a stream that ended is asked for again. */
const AGAIN = 2000;

/** @type {Tail} */
const NOTHING = { rows: [], waiting: 0, dropped: 0, look: undefined, error: undefined, problem: "" };

/** @param {import("../types/api.d.ts").FlowList} list @returns {FlowRow[]} */
export function rowsOf(list) {
    /** @type {Map<string, number>} */
    const seen = new Map();
    return list.rows.map((row, index) => {
        const place = list.places[index];
        // Rows that are equal in all have one place, so their order tells them apart.
        const copy = seen.get(place) ?? 0;
        seen.set(place, copy + 1);
        return { key: `${place} ${copy}`, place, row, labels: list.labels[index] ?? {} };
    });
}

/**
 * @param {import("../api.js").Parameters|null} parameters null watches nothing
 * @param {boolean} held whether new rows have to wait
 * @returns {Tail}
 */
export function useTail(parameters, held) {
    const [tail, setTail] = useState(NOTHING);
    const waiting = useRef(/** @type {FlowRow[]} */ ([]));
    const holding = useRef(held);
    holding.current = held;
    const key = JSON.stringify(parameters);
    useEffect(() => {
        waiting.current = [];
        setTail(NOTHING);
        if (parameters === null) return;
        let abort = new AbortController();
        let timer = 0;
        const take = (/** @type {import("../types/api.d.ts").TailLine} */ line) => {
            if (line.problem) return setTail((old) => ({ ...old, problem: line.problem ?? "", error: undefined }));
            const { columns, rows, labels, places } = line;
            const fresh = columns && rows && labels && places ? rowsOf({ columns, rows, labels, places }) : [];
            if (holding.current) {
                const all = [...fresh, ...waiting.current];
                waiting.current = all.slice(0, MOST);
                return setTail((old) => ({
                    ...old,
                    waiting: waiting.current.length,
                    dropped: old.dropped + all.length - waiting.current.length,
                    look: line.matched === undefined ? old.look && { ...old.look, behind: line.behind } : line,
                    problem: "",
                    error: undefined,
                }));
            }
            setTail((old) => ({
                ...old,
                rows: [...fresh, ...old.rows].slice(0, MOST),
                look: line.matched === undefined ? old.look && { ...old.look, behind: line.behind } : line,
                problem: "",
                error: undefined,
            }));
        };
        const watch = async () => {
            const { signal } = abort;
            try {
                for await (const line of api.tail(parameters, signal)) {
                    if (signal.aborted) return;
                    take(line);
                }
            } catch (error) {
                if (signal.aborted) return;
                const failure = error instanceof ApiError ? error : new ApiError("network", "The server is not reachable.");
                setTail((old) => ({ ...old, error: failure }));
                // What is wrong with the question stays wrong.
                if (failure.parameter) return;
            }
            if (!signal.aborted) timer = setTimeout(watch, AGAIN);
        };
        // A page that nobody sees takes no place from others.
        const seen = () => {
            abort.abort();
            clearTimeout(timer);
            if (document.hidden) return;
            abort = new AbortController();
            watch();
        };
        document.addEventListener("visibilitychange", seen);
        if (!document.hidden) watch();
        return () => {
            document.removeEventListener("visibilitychange", seen);
            abort.abort();
            clearTimeout(timer);
        };
    }, [key]);
    useEffect(() => {
        if (held || waiting.current.length === 0) return;
        const fresh = waiting.current;
        waiting.current = [];
        setTail((old) => ({ ...old, rows: [...fresh, ...old.rows].slice(0, MOST), waiting: 0, dropped: 0 }));
    }, [held]);
    return tail;
}
