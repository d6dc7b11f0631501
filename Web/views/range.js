// @ts-check
// The range of the page: named ranges, two free ends, and a step either way.
import { markup, useLayoutEffect, useRef, useState } from "../preact.js";
import { firstFlow, now as clockNow, rangeOf } from "../clock.js";
import { navigate, usePreferences } from "../store.js";
import { isLive, parseEnd, PRESETS, resolve, shift, span, stamp } from "../time.js";
import { Dropdown, Icon, moveFocus } from "./parts.js";

/** @typedef {import("../state.js").State} State */

const now = () => Math.floor(clockNow());

const SINCE_FIRST = "Since the first flow";

/** @param {{state: State, align?: "left"|"right"}} props */
export function RangePicker({ state, align = "right" }) {
    const { zone } = usePreferences();
    const asked = rangeOf(state) ?? { from: state.from === "auto" ? "-1h" : state.from, to: state.to };
    const range = resolve(asked, now());
    const preset = isLive(state) ? PRESETS.find(({ from }) => from === asked.from) : undefined;
    const name = preset?.name ?? (isLive(state) ? liveName(asked.from) : "");
    const words = span(range, zone, now());
    const label = markup`<span class="range-name">${name || words}</span>${name && markup`<span class="dim range-span">${words}</span>`}
        <${Icon} name="down" />`;
    const title = `${stamp(range.from, zone)} to ${stamp(range.to, zone)}`;
    return markup`<div class="range joined">
        <button class="step" title="One length earlier (←)" aria-label="Earlier" onClick=${() =>
        navigate(shift(asked, -1, now()))}>
            <${Icon} name="left" /></button>
        <${Dropdown} label=${label} align=${align} title=${title} name=${`Range: ${name || words}`}>
            ${(/** @type {() => void} */ close) =>
        markup`<${RangeMenu} state=${state} range=${range} zone=${zone} close=${close} />`}<//>
        <button class="step" title="One length later (→)" aria-label="Later" disabled=${isLive(state)}
            onClick=${() => navigate(shift(asked, 1, now()))}><${Icon} name="right" /></button>
    </div>`;
}

/** The named ranges; all there is leads while a server is young. */
function presets() {
    const first = firstFlow();
    const young = typeof first === "number" && now() - first < 3600;
    return young ? [{ from: "auto", name: SINCE_FIRST }, ...PRESETS] : PRESETS;
}

/** @param {string} from of a range that ends now */
function liveName(from) {
    if (from.startsWith("-")) return `Last ${from.slice(1, -1)} ${from.endsWith("m") ? "min" : from.slice(-1)}`;
    return from === String(firstFlow()) ? SINCE_FIRST : "Up to now";
}

/** @param {{state: State, range: {from: number, to: number}, zone: "utc"|"local", close: () => void}} props */
function RangeMenu({ state, range, zone, close }) {
    const [from, setFrom] = useState(stamp(range.from, zone));
    const [to, setTo] = useState(isLive(state) ? "now" : stamp(range.to, zone));
    const [wrong, setWrong] = useState("");
    const list = useRef(/** @type {HTMLElement|null} */ (null));
    useLayoutEffect(() => {
        const start = list.current?.querySelector('[aria-checked="true"]') ?? list.current?.querySelector("button");
        /** @type {HTMLElement|null|undefined} */ (start)?.focus({ preventScroll: true });
    }, []);
    const chosen = presets().some(({ from }) => from === state.from) ? state.from : rangeOf(state)?.from;
    /** @param {string} from @param {string} to */
    const go = (from, to) => {
        navigate({ from, to });
        close();
    };
    const apply = (/** @type {Event} */ event) => {
        event.preventDefault();
        const first = parseEnd(from, zone);
        const last = parseEnd(to, zone);
        if (first === undefined || last === undefined) {
            return setWrong("Write 2026-11-23 18:00:00, a length such as -90m, or now.");
        }
        const time = resolve({ from: first, to: last }, now());
        if (String(time.from) !== first && !first.startsWith("-")) return setWrong("The range ends before it begins.");
        go(first, last);
    };
    const input = (/** @type {(text: string) => void} */ set) => (/** @type {Event} */ event) =>
        set(/** @type {HTMLInputElement} */ (event.target).value);
    return markup`<div class="range-menu">
        <div class="menu" role="menu" aria-label="Ranges" ref=${list} onKeyDown=${moveFocus}>${presets().map((preset) =>
            markup`<button
            key=${preset.from} role="menuitemradio" aria-checked=${isLive(state) && preset.from === chosen}
            onClick=${() => go(preset.from, "now")}>${preset.name}</button>`
        )}</div>
        <form onSubmit=${apply}>
            <label>From<input value=${from} onInput=${input(setFrom)} spellcheck="false" autocomplete="off" /></label>
            <label>To<input value=${to} onInput=${input(setTo)} spellcheck="false" autocomplete="off" /></label>
            <div class="hint">${wrong ? markup`<span class="warn-text" role="alert">${wrong}</span>` : "A time, a length such as -90m, or now"}</div>
            <button class="primary" type="submit">Show</button>
        </form></div>`;
}
