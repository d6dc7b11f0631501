// @ts-check
// What happened in the range and isn't traffic: attacks, deployments, notes; each with its figures and its text.
import { markup, useState } from "../preact.js";
import * as api from "../api.js";
import { rangeOf } from "../clock.js";
import { useData, useReady } from "../data.js";
import { ADDRESS, around, tone } from "../events.js";
import { link } from "../state.js";
import { navigate, prefer, usePreferences } from "../store.js";
import { isLive } from "../time.js";
import { full } from "../units.js";
import { when, zoomTo } from "./eventbands.js";
import { Manual } from "./manuallink.js";
import { CopyButton, Failure, Icon, Skeleton } from "./parts.js";
import { exploreStart, follow } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").NetEvent} NetEvent */
/** @typedef {import("../time.js").Zone} Zone */

/** Events of a page. */
const ROWS = 200;

/** @param {{state: State}} props */
export function Events({ state }) {
    const { zone, refresh, events: onCharts } = usePreferences();
    const [kind, setKind] = useState("");
    const range = rangeOf(state);
    const key = range === null ? "" : `events ${JSON.stringify({ ...range, kind })}`;
    const loaded = useData(
        key,
        (signal) => api.events({ from: range?.from, to: range?.to, kind, limit: ROWS }, signal),
        isLive(state) ? refresh : 0,
    );
    useReady(loaded.data !== undefined && !loaded.stale || loaded.error !== undefined, `${key} ${loaded.data?.events.length}`);
    const answer = loaded.data;
    return markup`<main id="main">
        <div class="title-line"><h1>Events</h1>
            <span class="dim summary">${answer && summary(answer)}</span><span class="grow"></span>
            <div class="title-buttons">
                ${kind !== "" && markup`<button onClick=${() => setKind("")}>Only ${kind}<${Icon} name="close" /></button>`}
                <label class="check" title="Bands and marks over every time chart"><input type="checkbox" checked=${onCharts === "on"}
                    onChange=${(/** @type {Event} */ event) =>
        prefer({ events: /** @type {HTMLInputElement} */ (event.target).checked ? "on" : "off" })} />Show on charts</label>
                <${Manual} doc="events" about="telling NetMeta of events" /></div></div>
        ${loaded.error && !["network", "cancelled"].includes(loaded.error.code) &&
        markup`<${Failure} error=${loaded.error} retry=${loaded.retry} />`}
        ${!answer && !loaded.error && loaded.slow && markup`<section class="panel" aria-label="Events"><${Skeleton} lines=${8} /></section>`}
        ${answer && answer.events.length === 0 && markup`<section class="panel" aria-label="Events"><div class="empty">
            <strong>Nothing was told of this range.</strong> FastNetMon's attacks appear here, and whatever scripts post, for example
            <div class="code-box line"><pre tabindex="0">${example()}</pre><${CopyButton} text=${example()} /></div></div></section>`}
        ${answer && answer.events.length > 0 && markup`<section class=${loaded.stale ? "panel faded" : "panel"} aria-label="Events">
            <div class="event-list">${answer.events.map((event) =>
            markup`<${Row} key=${event.id} event=${event} state=${state} range=${answer} zone=${zone} only=${setKind} />`
        )}</div></section>`}
    </main>`;
}

/**
 * @param {{event: NetEvent, state: State, range: {from: number, to: number}, zone: Zone, only: (kind: string) => void}} props
 */
function Row({ event, state, range, zone, only }) {
    const [open, setOpen] = useState(false);
    const figures = Object.entries(event.figures);
    const tags = Object.entries(event.tags);
    const target = ADDRESS.test(event.subject)
        ? { ...exploreStart(state), ...around(event), dimensions: ["SrcAddr"], filter: `Addr = ${event.subject}` }
        : null;
    return markup`<article class=${`event ${tone(event.kind)}`}>
        <div class="event-head">
            <span class=${`event-dot ${tone(event.kind)}`}></span>
            <button class="chip" title=${`Only ${event.kind}`} onClick=${() => only(event.kind)}>${event.kind}</button>
            <strong class="event-title">${event.title}</strong>
            ${event.end === null && markup`<span class="flag crit">goes on</span>`}
            <span class="grow"></span>
            <span class="dim">${when(event, zone)}</span>
            <button class="quiet" title="This time on Overview" aria-label=${`Overview at ${event.title}`} onClick=${() => {
        navigate({ page: "overview" });
        zoomTo(event, range);
    }}><${Icon} name="area" /></button>
            <button class="quiet" aria-expanded=${open} aria-label=${`Details of ${event.title}`} onClick=${() => setOpen(!open)}>
                <${Icon} name=${open ? "down" : "right"} /></button></div>
        <div class="event-facts">
            ${event.subject !== "" && (target
        ? markup`<a href=${link(target, {})} onClick=${follow(target)} title="Its traffic at that time">${event.subject}</a>`
        : markup`<span>${event.subject}</span>`)}
            ${tags.slice(0, open ? tags.length : 6).map(([name, word]) =>
        markup`<span key=${`t${name}`} class="pair"><span class="dim">${name}</span> ${word}</span>`
    )}
            ${figures.slice(0, open ? figures.length : 4).map(([name, number]) =>
        markup`<span key=${`f${name}`} class="pair"><span class="dim">${name}</span> <b>${full(number)}</b></span>`
    )}
            <span class="dim">by ${event.source}</span></div>
        ${open && event.text !== "" && markup`<${Text} event=${event} />`}
    </article>`;
}

/** @param {{event: NetEvent}} props what came, as it came; all of it once somebody looks */
function Text({ event }) {
    const whole = useData(event.textCut ? `event ${event.id} ${event.updated}` : "", (signal) => api.event(event.id, signal), 0);
    return markup`<pre class="event-text" tabindex="0">${whole.data?.text ?? event.text}</pre>`;
}

/** @param {import("../types/api.d.ts").Events} answer */
function summary({ events, cut }) {
    const open = events.filter(({ end }) => end === null).length;
    const count = events.length === 1 ? "1 event" : `${full(events.length)}${cut ? " newest" : ""} events`;
    return `${count}${open > 0 ? `, ${full(open)} going on` : ""}`;
}

function example() {
    return `curl -d '{"kind":"deploy","title":"shop 7.1"}' ${location.origin}/api/v1/events`;
}
