// @ts-check
// Questions to the store that are under way: they take turns, are watched while somebody looks, and are ended when
// nobody wants their answer any more. The server doesn't see that a browser stopped waiting, so it is told.
import { short } from "./units.js";

/** @typedef {import("./types/api.d.ts").Question} Question */

/**
 * Questions that are asked at once. The server runs two at a time, and a browser keeps six connections to a server:
 * some have to be free for watching and cancelling.
 */
const AT_ONCE = 3;
/** Milliseconds between two looks at questions that take long. */
const LOOK = 500;
/** Milliseconds in which most questions are answered. */
const MOMENT = 250;

/** @type {(() => void)[]} */
const queue = [];
/** @type {Set<string>} */
const asked = new Set();
/** @type {Set<string>} */
const unwanted = new Set();

/** @returns {string} a new name for a question; randomUUID is there over https and on loopback only */
export function newQuestion() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Asks a question when it is its turn; when the signal says that nobody waits any more, the server is told as well.
 * @template T
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} ask
 * @returns {Promise<T>}
 */
export async function ask(id, signal, ask) {
    while (asked.size >= AT_ONCE && !signal.aborted) await turn(signal);
    const leave = () => void cancel(id);
    try {
        signal.throwIfAborted();
        asked.add(id);
        signal.addEventListener("abort", leave);
        return await ask();
    } finally {
        signal.removeEventListener("abort", leave);
        asked.delete(id);
        queue.shift()?.();
    }
}

/** @param {AbortSignal} signal @returns {Promise<void>} when a question before it has ended, or its signal says so */
function turn(signal) {
    return new Promise((resolve) => {
        queue.push(resolve);
        signal.addEventListener("abort", () => {
            const place = queue.indexOf(resolve);
            if (place >= 0) queue.splice(place, 1);
            resolve();
        }, { once: true });
    });
}

/**
 * Ends a question that is still under way after a moment: most have their answer by then, and a browser complains
 * about each request that comes too late.
 * @param {string} id
 */
async function cancel(id) {
    unwanted.add(id);
    await new Promise((resolve) => setTimeout(resolve, MOMENT));
    const questions = await list().catch(() => []);
    if (unwanted.delete(id) && questions.some((question) => question.id === id)) end(id);
}

/** @param {string} id */
function end(id) {
    fetch(`./api/v1/questions/cancel?id=${id}`, { method: "POST", keepalive: true }).catch(() => {});
}

// With the page its questions go; there is no time to ask first.
globalThis.addEventListener?.("pagehide", () => {
    for (const id of [...asked, ...unwanted]) end(id);
    unwanted.clear();
});

/** @returns {Promise<Question[]>} */
async function list() {
    const response = await fetch("./api/v1/questions", { headers: { Accept: "application/json" } });
    return response.ok ? (await response.json()).questions : [];
}

/** @type {Set<(questions: Question[]) => void>} */
const watchers = new Set();
let isLooking = false;

/**
 * Tells what is under way, twice a second while anybody watches.
 * @param {(questions: Question[]) => void} watcher
 * @returns {() => void} ends it
 */
export function watch(watcher) {
    watchers.add(watcher);
    look();
    return () => void watchers.delete(watcher);
}

async function look() {
    if (isLooking) return;
    isLooking = true;
    while (watchers.size > 0) {
        const questions = await list().catch(() => []);
        for (const watcher of [...watchers]) watcher(questions);
        await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    isLooking = false;
}

/**
 * "Reading 34 % of 98.0 M rows · 2.1 s", as far as it is known.
 * @param {Question[]} questions those of one panel; one that isn't listed waits for its turn
 * @param {number} seconds of waiting
 * @param {string} [what] is read
 */
export function progress(questions, seconds, what) {
    const running = questions.filter(({ rowsRead }) => rowsRead > 0);
    const read = running.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
    const total = running.reduce((sum, { rowsTotal }) => sum + (rowsTotal ?? NaN), 0);
    // What is to be read is an estimate, which may turn out too low.
    const rows = total >= read && read > 0
        ? ` ${Math.floor(read / total * 100)} % of ${short(total)} rows`
        : read > 0
        ? ` ${short(read)} rows so far`
        : "";
    return `${what ? `${what}: reading` : "Reading"}${rows} · ${seconds.toFixed(1)} s`;
}
