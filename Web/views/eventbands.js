// @ts-check
// Events over a time chart: a band while something went on, a line for a moment, and a mark above that tells what it was.
import { markup, useState } from "../preact.js";
import { pixelOf } from "../charts/axis.js";
import { useEvents } from "../eventfeed.js";
import { bandsOf, labelsOf, tone } from "../events.js";
import { navigate } from "../store.js";
import { span, stamp } from "../time.js";
import { duration } from "../units.js";

/** @typedef {import("../types/api.d.ts").NetEvent} NetEvent */
/** @typedef {import("../time.js").Zone} Zone */

/** Pixels that a mark takes; marks nearer than that are one. */
const MARK = 10;
/** Events that one tag names. */
const NAMED = 4;

/**
 * @param {{range: {from: number, to: number}, width: number, frame: import("../charts/axis.js").Frame, zone: Zone,
 *   pointer: {x: number}|null}} props
 */
export function EventBands({ range, width, frame, zone }) {
    const [open, setOpen] = useState(-1);
    const events = useEvents(range);
    if (width === 0 || events.length === 0) return null;
    const bands = bandsOf(events, range).map((band) => {
        const left = pixelOf(band.from, width, range, frame);
        return { ...band, left, wide: Math.max(1, pixelOf(band.to, width, range, frame) - left) };
    });
    const marks = marksOf(bands);
    const labels = labelsOf(marks.map(({ left, events }) => ({ left, title: brief(events) })), {
        left: frame.left,
        right: width - frame.right,
    });
    return markup`${bands.map(({ event, left, wide, point }) =>
        markup`<div key=${event.id} class=${`event-band ${tone(event.kind)} ${point ? "point" : event.end === null ? "open" : ""}`}
            style=${{ left: `${left}px`, width: `${wide}px`, top: `${frame.top}px`, bottom: `${frame.bottom}px` }}></div>`
    )}${marks.map((mark, index) =>
        markup`<button key=${mark.events[0].id} class=${`event-mark ${tone(mark.events[0].kind)}`} aria-label=${words(mark.events, zone)}
            style=${{ left: `${mark.left}px`, top: `${Math.max(0, frame.top - 8)}px` }}
            onPointerDown=${(/** @type {Event} */ event) => event.stopPropagation()}
            onPointerEnter=${() => setOpen(index)} onPointerLeave=${() => setOpen(-1)}
            onFocus=${() => setOpen(index)} onBlur=${() => setOpen(-1)}
            onClick=${() => zoomTo(mark.events[0], range)}></button>`
    )}${labels.map((label, index) =>
        label && markup`<span key=${`of ${marks[index].events[0].id}`} aria-hidden="true"
            class=${`event-label ${tone(marks[index].events[0].kind)}${label.end ? " end" : ""}`}
            style=${{ left: `${label.left}px`, width: `${label.width}px`, top: `${frame.top - 11}px` }}>${brief(marks[index].events)}</span>`
    )}${marks[open] && markup`<${Tag} mark=${marks[open]} width=${width} top=${frame.top} zone=${zone} />`}`;
}

/** @param {{mark: {left: number, events: NetEvent[]}, width: number, top: number, zone: Zone}} props */
function Tag({ mark, width, top, zone }) {
    const side = mark.left > width / 2 ? { right: `${width - mark.left - 5}px` } : { left: `${mark.left - 5}px` };
    return markup`<div class="event-tag" role="tooltip" style=${{ ...side, top: `${top + 6}px` }}>
        ${mark.events.slice(0, NAMED).map((event) =>
        markup`<div key=${event.id}><span class=${`event-dot ${tone(event.kind)}`}></span><strong>${event.title}</strong>
            <span class="dim">${when(event, zone)}</span></div>`
    )}${mark.events.length > NAMED && markup`<div class="dim">and ${mark.events.length - NAMED} more</div>`}</div>`;
}

/**
 * One mark where events begin so close to each other that theirs would overlap.
 * @param {{event: NetEvent, left: number}[]} bands
 */
function marksOf(bands) {
    /** @type {{left: number, events: NetEvent[]}[]} */
    const marks = [];
    for (const { event, left } of [...bands].sort((a, b) => a.left - b.left)) {
        const last = marks.at(-1);
        if (last && left - last.left < MARK) last.events.push(event);
        else marks.push({ left, events: [event] });
    }
    return marks;
}

/** @param {NetEvent} event @param {Zone} zone */
export function when(event, zone) {
    if (event.end === event.start) return stamp(event.start, zone);
    if (event.end === null) return `since ${stamp(event.start, zone)}, goes on`;
    return `${span({ from: event.start, to: event.end }, zone, event.end)}, ${duration(event.end - event.start)}`;
}

/** @param {NetEvent[]} events of one mark */
function brief([first, ...others]) {
    return others.length > 0 ? `${first.title} +${others.length}` : first.title;
}

/** @param {NetEvent[]} events @param {Zone} zone */
function words(events, zone) {
    const [first, ...others] = events;
    return `${first.kind}: ${first.title}, ${when(first, zone)}${others.length > 0 ? `, and ${others.length} more` : ""}`;
}

/**
 * The event with as much again on either side.
 * @param {NetEvent} event
 * @param {{from: number, to: number}} range
 */
export function zoomTo(event, range) {
    const end = event.end ?? range.to;
    const margin = Math.max(60, Math.round((end - event.start) / 2));
    navigate({ from: String(Math.floor(event.start - margin)), to: event.end === null ? "now" : String(Math.ceil(end + margin)) });
}
