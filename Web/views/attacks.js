// @ts-check
// Attacks that go on, above everything else on Overview: what, since when, how much, and the ways to look at it.
import { markup } from "../preact.js";
import { now } from "../clock.js";
import { useEvents } from "../eventfeed.js";
import { ADDRESS, around, tone } from "../events.js";
import { link } from "../state.js";
import { clockWithSeconds, stamp } from "../time.js";
import { duration, full } from "../units.js";
import { eventsStart, exploreStart, flowsStart, follow } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").NetEvent} NetEvent */

/** Attacks that have a line of their own. */
const MOST = 3;

/** @param {{range: {from: number, to: number}, state: State, zone: import("../time.js").Zone}} props the range that the charts share */
export function Attacks({ range, state, zone }) {
    const going = useEvents(range).filter(({ end, kind }) => end === null && tone(kind) === "attack");
    if (going.length === 0) return null;
    const more = going.length - MOST;
    return markup`<section aria-label="Attacks that go on" class="attacks">
        ${going.slice(0, MOST).map((event) => markup`<${Line} key=${event.id} event=${event} state=${state} zone=${zone} />`)}
        ${more > 0 && markup`<a href=${link(eventsStart(state), {})} onClick=${follow(eventsStart(state))}>${full(more)} more</a>`}</section>`;
}

/** @param {{event: NetEvent, state: State, zone: import("../time.js").Zone}} props */
function Line({ event, state, zone }) {
    const filter = ADDRESS.test(event.subject) ? `Addr = ${event.subject}` : "";
    const seconds = Math.max(0, Math.floor(now()) - event.start);
    /** @type {State} */
    const explained = { ...exploreStart(state), ...around(event), explain: `${event.start}-${Math.floor(now())}` };
    /** @type {State} */
    const flows = { ...flowsStart(state), from: String(event.start), to: "now", filter };
    return markup`<div class="notice crit" role="status"><span class="dot crit"></span>
        <strong>${event.title}</strong>
        <span class="dim">since ${seconds < 43200 ? clockWithSeconds(event.start, zone) : stamp(event.start, zone)} (${duration(seconds)})</span>
        <span class="dim">${Object.entries(event.figures).slice(0, 3).map(([name, number]) => `${full(number)} ${name}`).join(", ")}</span>
        <span class="grow"></span>
        ${seconds > 0 && markup`<a href=${link(explained, {})} onClick=${follow(explained)}>Explain</a>`}
        <a href=${link(flows, {})} onClick=${follow(flows)}>Show flows</a></div>`;
}
