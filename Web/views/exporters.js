// @ts-check
// Who sends to us, and what is doubtful about it: silence, gaps, sampling rate, templates.
import { markup, useState } from "../preact.js";
import { now } from "../clock.js";
import { doubts, isOff, problemWords, SILENT } from "../doubts.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { stamp } from "../time.js";
import { counted, duration, full, parts, short } from "../units.js";
import { protocol, source } from "../words.js";
import { ExporterDrawer } from "./exporterdrawer.js";
import { Manual } from "./manuallink.js";
import { Icon, Skeleton, useMedia } from "./parts.js";
import { exploreOfExporter, follow } from "./topbar.js";

/** @typedef {import("../types/api.d.ts").Exporter} Exporter */
/** @typedef {import("../state.js").State} State */

/** @param {Exporter} exporter */
export function isSilent(exporter) {
    return now() - exporter.lastSeen > SILENT;
}

const COLUMNS = /** @type {const} */ ([
    ["name", "Exporter"],
    ["bits", "bit/s"],
    ["flows", "Flows/s"],
    ["seen", "Last seen"],
    ["gaps", "Gaps"],
    ["sampling", "Sampling"],
    ["source", "Rate from"],
    ["templates", "Templates"],
]);

/** @type {Record<string, (exporter: Exporter) => string|number>} */
const VALUES = {
    name: (exporter) => exporter.name ?? exporter.address,
    bits: (exporter) => exporter.bitsPerSecond,
    flows: (exporter) => exporter.flowsPerSecond,
    seen: (exporter) => -exporter.lastSeen,
    gaps: (exporter) => exporter.sequenceGaps,
    sampling: (exporter) => exporter.sampling.rate,
    source: (exporter) => exporter.sampling.source,
    templates: (exporter) => exporter.templates.missing,
};

/** @param {{state: State, exporters: Exporter[]|undefined, zone: "utc"|"local"}} props */
export function ExportersPanel({ state, exporters, zone }) {
    const phone = useMedia("(max-width: 699px)");
    const [sort, setSort] = useState({ column: "bits", sense: -1 });
    const read = VALUES[sort.column];
    const sorted = [...exporters ?? []].sort((a, b) => {
        const [left, right] = [read(a), read(b)];
        const order = typeof left === "number"
            ? left - Number(right)
            : left.localeCompare(String(right), "en", { numeric: true });
        return sort.sense * order || a.address.localeCompare(b.address);
    });
    const choose = (/** @type {string} */ column) =>
        setSort({
            column,
            sense: column === sort.column ? -sort.sense : column === "name" || column === "source" ? 1 : -1,
        });
    return markup`<section class="panel" aria-label="Exporters">
        <div class="head"><h2>Exporters</h2><span class="dim cut">${exporters && summary(exporters)}</span>
            <${Manual} doc="exporters/four-settings-that-matter-on-every-device" about="settings that matter on every exporter" /></div>
        ${!exporters && markup`<${Skeleton} />`}
        ${exporters && sorted.length === 0 &&
        markup`<p class="empty">No exporter has sent a datagram since the server started.</p>`}
        ${phone && sorted.map((exporter) =>
            markup`<${PhoneRow} key=${exporter.address} exporter=${exporter} />`
        )}
        ${!phone && sorted.length > 0 && markup`<div class="scroll"><table class="exporters">
            <thead><tr>${COLUMNS.map(([column, name]) =>
                markup`<th key=${column} class=${`c-${column}`}
                aria-sort=${column === sort.column ? (sort.sense < 0 ? "descending" : "ascending") : undefined}>
                <button onClick=${() => choose(column)}>${name}</button></th>`
            )}<th class="c-more"><span class="hidden">Details</span></th></tr></thead>
            <tbody>${sorted.map((exporter) =>
                markup`<${Row} key=${exporter.address} state=${state} exporter=${exporter} zone=${zone} />`
            )}</tbody>
        </table></div>`}
        ${state.exporter !== "" &&
        markup`<${ExporterDrawer} key=${state.exporter} address=${state.exporter} state=${state} zone=${zone}
            listed=${exporters?.find(({ address }) => address === state.exporter)} />`}
    </section>`;
}

/** @param {{state: State, exporter: Exporter, zone: "utc"|"local"}} props */
function Row({ state, exporter, zone }) {
    const { sampling, templates, sequenceGaps: gaps } = exporter;
    const unknown = sampling.source === "unknown";
    const silent = isSilent(exporter);
    const off = isOff(exporter);
    const target = exploreOfExporter(state, exporter);
    const found = doubts(exporter, now());
    return markup`<tr>
        <td class="c-name" title=${[
        `${exporter.address}: ${counted(exporter.datagrams, "datagram")}, ${counted(exporter.flows, "flow")}`,
        ...found.map(({ what }) => what),
    ].join("\n")}>
            <span class=${`dot ${grade(found)}`}></span>
            <a class="row-link" href=${link(target, {})} onClick=${follow(target)}>${exporter.name ?? exporter.address}</a>
            <span class="id">${exporter.protocols.map(protocol).join(", ")}</span></td>
        <td class="c-bits main" title=${`${full(exporter.bitsPerSecond)} bit/s over the last minute`}>${unknown && exporter.bitsPerSecond > 0 && "≥ "}${short(exporter.bitsPerSecond)}</td>
        <td class="c-flows">${exporter.flowsPerSecond < 10 ? short(exporter.flowsPerSecond) : full(Math.round(exporter.flowsPerSecond))}</td>
        <td class=${silent || off ? "c-seen crit-text" : "c-seen"} title=${off ? exporter.problem : stamp(exporter.lastSeen, zone)}>${
        off ? problemWords(exporter) : ago(exporter)}</td>
        <td class=${gaps > 0 ? "c-gaps warn-text" : "c-gaps"} title="Estimated from sequence numbers since the server started">${gaps > 0 ? `≈ ${short(gaps)}` : "0"}</td>
        <td class="c-sampling">${unknown
        ? markup`<span class="flag warn" title=${found.find(({ what }) => what.startsWith("Sampling"))?.why}>unknown</span>`
        : markup`<span title=${`From ${source(sampling.source)}`}>1:${full(sampling.rate)}</span>`}</td>
        <td class=${unknown ? "c-source warn-text" : "c-source"}>${source(sampling.source)}</td>
        <td class=${templates.missing > 0 ? "c-templates warn-text" : "c-templates"}
            title=${templates.missing > 0 ? `${templates.missing} of the templates that data was sent for never arrived` : undefined}>${templateWords(exporter)}</td>
        <td class="c-more"><button class="quiet" aria-label=${`Details of ${exporter.name ?? exporter.address}`} title="Details"
            onClick=${() => navigate({ exporter: exporter.address })}><${Icon} name="right" /></button></td>
    </tr>`;
}

/** @param {{exporter: Exporter}} props a tap opens the details, which lead on to Explore */
function PhoneRow({ exporter }) {
    const unknown = exporter.sampling.source === "unknown";
    const silent = isSilent(exporter);
    return markup`<button class="phone-row" onClick=${() => navigate({ exporter: exporter.address })}>
        <span class=${`dot ${grade(doubts(exporter, now()))}`}></span>
        <span class="cut"><b>${exporter.name ?? exporter.address}</b> <span class="id">${exporter.protocols.map(protocol).join(", ")}</span></span>
        <span class="value">${unknown && exporter.bitsPerSecond > 0 && "≥ "}${shortWithUnit(exporter.bitsPerSecond)}</span>
        <span class="second cut">${unknown
            ? markup`<span class="flag warn">rate unknown</span> assumed 1:1`
            : `1:${full(exporter.sampling.rate)} from ${source(exporter.sampling.source)}`}</span>
        <span class=${silent || isOff(exporter) ? "value second crit-text" : exporter.sequenceGaps > 0 ? "value second warn-text" : "value second"}>
            ${isOff(exporter)
            ? problemWords(exporter)
            : silent
            ? `silent ${ago(exporter)}`
            : exporter.sequenceGaps > 0
            ? `gaps ≈ ${short(exporter.sequenceGaps)}`
            : `${ago(exporter)} ago`}</span>
    </button>`;
}

/** @param {number} bits "6.91 Gbit/s" */
function shortWithUnit(bits) {
    const { text, prefix } = parts(bits);
    return `${text} ${prefix}bit/s`;
}

/** @param {Exporter} exporter */
function ago(exporter) {
    return duration(Math.max(0, Math.round((now() - exporter.lastSeen) * 10) / 10));
}

/** @param {import("../doubts.js").Doubt[]} found the colour of the worst */
function grade(found) {
    return found.length === 0 ? "ok" : found[0].grade;
}

/** @param {Exporter} exporter v5 and sFlow have a fixed form and need no template */
function templateWords(exporter) {
    const { known, missing } = exporter.templates;
    if (known + missing > 0) return `${known} / ${known + missing}`;
    return exporter.protocols.some((name) => /v5|sflow/i.test(name)) ? "fixed" : "–";
}

/** @param {Exporter[]} exporters */
function summary(exporters) {
    const silent = exporters.filter(isSilent).length;
    const off = exporters.filter(isOff).length;
    const unknown = exporters.filter(({ sampling }) => sampling.source === "unknown").length;
    const word = (/** @type {number} */ count) => count === 1 ? "one" : String(count);
    return [
        full(exporters.length),
        off > 0 ? `${word(off)} switched off` : "",
        silent > 0 ? `${silent > 1 && silent === exporters.length ? "all" : word(silent)} silent` : "",
        unknown > 0 ? `${word(unknown)} with sampling unknown` : "",
    ].filter((text) => text !== "").join(", ");
}
