// @ts-check
// What several panels of a page fail with alike is told once, above them, with one way to try again.
import { markup, useEffect, useLayoutEffect, useState } from "../preact.js";
import { Failure } from "./parts.js";

/** @typedef {import("../data.js").Loaded<unknown>} Loaded */
/** @typedef {import("../api.js").ApiError} ApiError */
/** @typedef {{error: ApiError, retry: () => void, above: boolean}} Failed above: a read of the page itself, which has no panel */

/** @type {Map<object, Failed>} what is drawn and failed, each under a key of its own */
const failed = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();

/** @param {Failed} one @returns {string} equal for what people need to read only once */
const saying = ({ error }) => `${error.code} ${error.message}`;

/** @returns {Map<string, Failed[]>} what is told above the panels, by what it says: the page's own, and what panels have alike */
function alike() {
    /** @type {Map<string, Failed[]>} */
    const found = new Map();
    for (const one of failed.values()) found.set(saying(one), [...found.get(saying(one)) ?? [], one]);
    return new Map([...found].filter(([, all]) => all.length > 1 || all[0].above));
}

/** Draws the component anew when another panel fails or is read after all. */
function useFailed() {
    const [, redraw] = useState(0);
    useEffect(() => {
        const listener = () => redraw((/** @type {number} */ count) => count + 1);
        listeners.add(listener);
        // What failed before this frame was heard by nobody.
        listener();
        return () => void listeners.delete(listener);
    }, []);
}

/** @param {Loaded} loaded whether it failed in a way that its panel has to tell: the top bar tells of a server that is away */
export function isFailed({ error }) {
    return error !== undefined && !["network", "cancelled"].includes(error.code);
}

/**
 * The failed read of one panel, told there or, if others fail alike, above; nothing while it didn't fail.
 * @param {{loaded: Loaded, above?: boolean}} props
 */
export function PanelFailure({ loaded, above = false }) {
    return isFailed(loaded) && markup`<${Told} loaded=${loaded} above=${above} />`;
}

/** @param {{loaded: Loaded, above: boolean}} props */
function Told({ loaded, above }) {
    useFailed();
    const error = /** @type {ApiError} */ (loaded.error);
    const one = { error, retry: loaded.retry, above };
    const say = saying(one);
    useLayoutEffect(() => {
        const key = {};
        failed.set(key, one);
        listeners.forEach((listener) => listener());
        return () => {
            failed.delete(key);
            listeners.forEach((listener) => listener());
        };
    }, [say]);
    if (above) return null;
    if (!alike().has(say)) return markup`<${Failure} error=${error} retry=${loaded.retry} />`;
    return markup`<p class="empty">${loaded.data === undefined ? "Not read" : "Not read anew"}: see the top of the page.</p>`;
}

/** Stands above the panels. @param {{reads?: Loaded[]}} props the page's own reads, which no panel tells of */
export function SharedFailure({ reads = [] }) {
    useFailed();
    return markup`${reads.map((loaded, place) => markup`<${PanelFailure} key=${place} loaded=${loaded} above=${true} />`)}
        ${[...alike()].map(([say, all]) => markup`<${Failure} key=${say} error=${all[0].error} retry=${() => all.forEach(({ retry }) => retry())} />`)}`;
}
