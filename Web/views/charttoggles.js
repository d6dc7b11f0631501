// @ts-check
// What a time chart can be compared with, and how long flows count: three choices in the chart's head.
import { markup } from "../preact.js";
import { navigate } from "../store.js";
import { duration } from "../units.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../state.js").State} State */

/** Buckets under this many seconds are spread by the server unless told otherwise: the usual active timeout. */
export const USUAL_TIMEOUT = 60;

const PREVIOUS = [["", "Compare: nothing"], ["period", "Period before"], ["day", "Day before"], ["week", "Week before"]];

/** @param {{graph: Graph, state: State}} props */
export function ChartToggles({ graph, state }) {
    const usual = graph.bucket < USUAL_TIMEOUT && state.from !== "auto";
    // What was chosen, not what the answer has: that comes later.
    const isSpread = state.spread === "on" || state.spread === "auto" && usual;
    const split = state.direction === "split";
    const checked = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).checked;
    const spread = (/** @type {boolean} */ wanted) =>
        navigate({ spread: wanted === usual ? "auto" : wanted ? "on" : "off" });
    return markup`<div class="toggles">
        <select aria-label="Compare with" title="The same values earlier, dashed" value=${state.previous}
            onChange=${(/** @type {Event} */ event) =>
        navigate({ previous: /** @type {State["previous"]} */ (/** @type {HTMLSelectElement} */ (event.target).value) })}>
            ${PREVIOUS.map(([value, name]) =>
        markup`<option key=${value} value=${value} selected=${value === state.previous}>${name}</option>`
    )}</select>
        <label class="check" title=${split
        ? "Not while in and out are drawn apart: both would stand below zero"
        : "Below zero the other direction of the same values: source and destination, ingress and egress, in and out change places in dimensions, filter and direction"}>
            <input type="checkbox" checked=${state.reverse} disabled=${split}
                onChange=${(/** @type {Event} */ event) => navigate({ reverse: checked(event) })} />Both directions</label>
        <label class="check" title=${`NetFlow and IPFIX flows count over their lifetime and not when they were received. By itself where a range was chosen and a point is shorter than ${duration(USUAL_TIMEOUT)}. Without it, figures are those of plain SQL.`}>
            <input type="checkbox" checked=${isSpread}
                onChange=${(/** @type {Event} */ event) => spread(checked(event))} />Spread long flows</label>
    </div>`;
}
