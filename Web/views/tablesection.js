// @ts-check
// The files and URLs that flows get ASes, places, names and next hops from: how much is in them, how old, what is wrong.
import { markup } from "../preact.js";
import { now } from "../clock.js";
import { tablesOf } from "../tables.js";
import { duration, full } from "../units.js";

/** @typedef {import("../types/api.d.ts").Health} Health */

/** @param {{health: Health|undefined}} props nothing where none is configured */
export function Tables({ health }) {
    const tables = health ? tablesOf(health) : [];
    if (tables.length === 0) return null;
    return markup`<section class="facts" aria-label="Tables"><h3>Tables <span class="dim">${
        health?.asMap?.problem ?? "what flows are filled from"}</span></h3><div class="scroll"><table class="stages numbers">
        <thead><tr><th>File or URL</th><th>Entries</th><th>Changed</th><th>Asked</th><th class="words">Problem</th></tr></thead>
        <tbody>${tables.map(({ kind, source, entries, changed, checked, problem }) =>
        markup`<tr key=${`${kind}/${source}`}><td>${kind}: ${source}</td><td data-head="Entries">${entries === null ? "–" : full(entries)}</td>
                <td data-head="Changed">${ago(changed)}</td><td data-head="Asked" title="When the server was last asked for something newer">${ago(checked)}</td>
                <td class=${problem ? "words warn-text" : "words"}>${problem ?? ""}</td></tr>`
    )}</tbody></table></div></section>`;
}

/** @param {number|null} time */
function ago(time) {
    return time === null ? "–" : `${duration(Math.max(0, now() - time))} ago`;
}
