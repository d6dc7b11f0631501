// @ts-check
// What the page is showing (in the URL) and how the reader likes it (remembered in this browser).
import { useEffect, useState } from "./preact.js";
import { changed as changedState, format, parse } from "./state.js";

/** @typedef {import("./state.js").State} State */

/** @type {Set<() => void>} */
const listeners = new Set();
let state = parse(location.search);
let place = Number(history.state?.place ?? 0);
let furthest = place;

function changed() {
    for (const listener of [...listeners]) listener();
}

addEventListener("popstate", (event) => {
    place = Number(event.state?.place ?? 0);
    state = parse(location.search);
    document.documentElement.dataset.ready = "false";
    changed();
});

/** @returns {State} */
export function current() {
    return state;
}

/**
 * Goes to a changed state. A step can be undone with Back; `replace` is for what is not a step, such as sorting.
 * @param {Partial<State>} change
 * @param {{replace?: boolean}} [how]
 */
export function navigate(change, how = {}) {
    const next = changedState(state, change);
    const address = format(next);
    if (address === format(state)) return;
    state = next;
    if (how.replace) {
        history.replaceState({ place }, "", `./${address}`);
    } else {
        place += 1;
        furthest = place;
        history.pushState({ place }, "", `./${address}`);
        document.documentElement.dataset.ready = "false";
    }
    changed();
}

/** Whether there is a step of ours to undo or to do again. */
export function steps() {
    return { undo: place > 0, redo: place < furthest };
}

/** Re-renders the component on every change of state. @returns {State} */
export function useStateOfPage() {
    useRedraw(listeners);
    return state;
}

/** @param {Set<() => void>} among */
function useRedraw(among) {
    const [, redraw] = useState(0);
    useEffect(() => {
        const listener = () => redraw((/** @type {number} */ count) => count + 1);
        among.add(listener);
        return () => void among.delete(listener);
    }, []);
}

/** @typedef {{theme: "system"|"dark"|"light", zone: "local"|"utc", refresh: number, events: "on"|"off"}} Preferences refresh in seconds, 0 = off; events on charts */

/** The offered pauses between two reads, in seconds. */
export const REFRESH = [0, 1, 5, 10, 30, 60, 300];

/** @type {Set<() => void>} */
const preferenceListeners = new Set();
/** @type {Preferences} */
const preferences = {
    theme: /** @type {Preferences["theme"]} */ (remembered("theme", ["system", "dark", "light"])),
    zone: /** @type {Preferences["zone"]} */ (remembered("zone", ["local", "utc"])),
    refresh: Number(remembered("refresh", ["10", ...REFRESH.map(String)])),
    events: /** @type {Preferences["events"]} */ (remembered("events", ["on", "off"])),
};

/** @param {string} name @param {string[]} allowed the first is the default */
function remembered(name, allowed) {
    try {
        const value = localStorage.getItem(`netmeta.${name}`);
        return value !== null && allowed.includes(value) ? value : allowed[0];
    } catch {
        return allowed[0];
    }
}

/** @param {Partial<Preferences>} change */
export function prefer(change) {
    Object.assign(preferences, change);
    for (const [name, value] of Object.entries(change)) {
        try {
            localStorage.setItem(`netmeta.${name}`, String(value));
        } catch {
            // Storage is forbidden: the choice holds until the page closes.
        }
    }
    if (change.theme) dispatchEvent(new Event("netmeta-theme-choice"));
    for (const listener of [...preferenceListeners]) listener();
}

/** @returns {Preferences} */
export function usePreferences() {
    useRedraw(preferenceListeners);
    return preferences;
}
