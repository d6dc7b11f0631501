// @ts-check
// All that is known of one exporter: what is doubtful and what to do, what it sent, its clock, the names that it told.
import { markup, useRef, useState } from "../preact.js";
import * as api from "../api.js";
import { now } from "../clock.js";
import { useData } from "../data.js";
import { clockWords, doubts, reasonWords } from "../doubts.js";
import { and, term } from "../filter.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { stamp } from "../time.js";
import { counted, duration, full, short } from "../units.js";
import { protocol, source } from "../words.js";
import { Manual } from "./manuallink.js";
import { Icon, Skeleton, useModal } from "./parts.js";
import { exploreOfExporter, follow } from "./topbar.js";

/** @typedef {import("../types/api.d.ts").Exporter} Exporter */
/** @typedef {import("../types/api.d.ts").NameKind} NameKind */
/** @typedef {import("../state.js").State} State */

/** Names that are drawn at once; the box above them finds the others. */
const MOST_NAMES = 100;

/** Lists of names: what they are called, and the columns that hold such a number. */
const NAMES = /** @type {const} */ ([
    ["interfaces", "Interfaces", "If"],
    ["vrfs", "VRFs", "Vrf"],
    ["applications", "Applications", "ApplicationId"],
    ["samplers", "Samplers", ""],
]);

/**
 * @param {{address: string, listed: Exporter|undefined, state: State, zone: "utc"|"local"}} props
 *   `listed` is shown until the answer with the names is here
 */
export function ExporterDrawer({ address, listed, state, zone }) {
    const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
    const loaded = useData(`exporter ${address}`, (signal) => api.exporter(address, signal), 10);
    const exporter = loaded.data?.exporters[0] ?? listed;
    useModal(dialog);
    const close = () => navigate({ exporter: "" });
    return markup`<dialog ref=${dialog} class="drawer" aria-label=${`Exporter ${exporter?.name ?? address}`} onClose=${close}
        onClick=${(/** @type {MouseEvent} */ event) => event.target === dialog.current && dialog.current?.close()}>
        <div class="drawer-head"><h2>${exporter?.name ?? address}</h2><${Manual} doc="names/names" about="where names come from" />
            <span class="dim cut grow">${exporter && subtitle(exporter)}</span>
            <button class="quiet" aria-label="Close" autofocus onClick=${() => dialog.current?.close()}><${Icon} name="close" /></button></div>
        <div class="drawer-body" tabindex="0" role="group" aria-label="Details">
            ${exporter && markup`<${Facts} exporter=${exporter} state=${state} zone=${zone} />`}
            ${!exporter && (loaded.error
                ? markup`<p class="empty">${loaded.error.message}</p>`
                : loaded.data
                ? markup`<p class="empty">Nothing was heard of ${address} since the server started.</p>`
                : markup`<${Skeleton} />`)}
        </div>
    </dialog>`;
}

/** @param {Exporter} exporter */
function subtitle(exporter) {
    const words = [exporter.name ? exporter.address : "", exporter.protocols.map(protocol).join(", ")];
    return words.filter((text) => text !== "").join(", ");
}

/** @param {{exporter: Exporter, state: State, zone: "utc"|"local"}} props */
function Facts({ exporter, state, zone }) {
    const { sampling, settings, sets, records, templates, clock, memory } = exporter;
    const found = doubts(exporter, now());
    const target = exploreOfExporter(state, exporter);
    const silence = Math.max(0, now() - exporter.lastSeen);
    const unknown = sampling.source === "unknown";
    return markup`
        <div class="drawer-links"><a class="button" href=${link(target, {})} onClick=${follow(target)}>Explore its traffic</a></div>
        ${found.length === 0 && markup`<p class="doubt"><span class="dot ok"></span><span>Nothing is doubtful about it.</span></p>`}
        ${found.map(({ grade, what, why }) =>
            markup`<div class="doubt" key=${what}><span class=${`dot ${grade}`}></span>
                <div><strong>${what}</strong><div class="dim">${why}</div></div></div>`
        )}
        <${Group} title="Sampling" rows=${[
            ["Rate", unknown ? markup`<span class="flag warn">unknown</span>` : `1:${full(sampling.rate)}`, rateFrom(exporter)],
            ["Configured", settings.samplingRate === null ? "–" : `1:${full(settings.samplingRate)}`, "samplers"],
            ["Held for the rate", held(settings.holdForRate), settings.holdForRate > 0 ? counted(sets.held, "data set") : ""],
        ]} />
        <${Group} title="Received since the server started" rows=${[
            ["Datagrams", full(exporter.datagrams)],
            ["Last", `${duration(silence)} ago`, stamp(exporter.lastSeen, zone)],
            ["Flow records", full(records.flow)],
            ["Flows stored", full(exporter.flows), settings.tunnel === "inner" ? "inner packets of tunnels" : ""],
            ["Events without traffic", full(records.events)],
            ["Options records", full(records.options)],
            ["Counter samples", full(records.counters)],
            ["Rejected", full(records.rejected), "", records.rejected > 0],
            ["Skipped", full(records.skipped), "no column for them"],
            ...Object.entries(exporter.malformed).map(([reason, count]) =>
                ["Malformed", full(count), reasonWords(reason), true]),
        ]} />
        <${Group} title="Templates and order" rows=${[
            ["Templates known", full(templates.known), settings.templates === "automatic" ? "" : `of ${settings.templates === "port" ? "the same port only" : "any port"}`],
            ["Missing", full(templates.missing), "", templates.missing > 0],
            ["Waiting data sets", full(sets.waiting)],
            ["Came before their template", full(sets.parked)],
            ["Lost for want of it", full(sets.withoutTemplate), "", sets.withoutTemplate > 0],
            ["Unknown sets", full(sets.unknown), "", sets.unknown > 0],
            ["Not remembered", full(memory.refused), "for want of room", memory.refused > 0],
            ["Gaps in sequence", exporter.sequenceGaps > 0 ? `≈ ${full(exporter.sequenceGaps)}` : "0", "", exporter.sequenceGaps > 0],
            ["Sequence began anew", full(exporter.sequenceRestarts), "restarts"],
            ["Dropped by the agent", full(exporter.agentDrops), "sFlow", exporter.agentDrops > 0],
            ["Clock", clockWords(exporter), clock.wrongDatagrams > 0 ? `${counted(clock.wrongDatagrams, "datagram")} not believed` : "", clock.wrongDatagrams > 0],
        ]} />
        ${exporter.snmp && markup`<${Group} title="SNMP" rows=${[
            ["Version", exporter.snmp.version],
            ["Calls itself", exporter.snmp.name ?? "–"],
            ["Interfaces", full(exporter.snmp.interfaces)],
            ["Last names", exporter.snmp.answered === null ? "never" : `${duration(Math.max(0, now() - exporter.snmp.answered))} ago`, "",
                exporter.snmp.answered === null],
        ]} />`}
        ${exporter.router && markup`<${Group} title="Routes of its router (BMP)" rows=${[
            ["Router", exporter.router.address, exporter.router.name],
            ["Sessions", full(exporter.router.sessions), exporter.router.sessions > 0 ? "" : "routes are held for a while", exporter.router.sessions === 0],
            ["IPv4 prefixes", full(exporter.router.prefixesV4)],
            ["IPv6 prefixes", full(exporter.router.prefixesV6)],
            ["Routes", full(exporter.router.routes), "of all views and peers"],
            ["Left out", full(exporter.router.refused), "for want of memory", exporter.router.refused > 0],
        ]} />`}
        ${Object.keys(exporter.statistics).length > 0 && markup`<${Group} title="What it says of itself" rows=${
            Object.entries(exporter.statistics).map(([name, value]) => [spaced(name), full(value)])
        } />`}
        ${NAMES.filter(([kind]) => exporter.named[kind] > 0).map(([kind, title, column]) =>
            markup`<${Names} key=${kind} kind=${kind} title=${title} column=${column} exporter=${exporter} state=${state} />`
        )}`;
}

/**
 * Rows of a name, a value, a remark, and whether the value is a bad sign.
 * @param {{title: string, rows: [string, unknown, (string|undefined)?, boolean?][]}} props
 */
function Group({ title, rows }) {
    return markup`<section class="facts" aria-label=${title}><h3>${title}</h3><dl>${rows.map(([name, value, remark, bad]) =>
        markup`<div key=${`${name} ${remark ?? ""}`}><dt>${name}</dt>
            <dd class=${bad ? "warn-text" : value === "0" || value === "–" ? "dim" : ""}>${value}</dd>
            <dd class="remark">${remark}</dd></div>`
    )}</dl></section>`;
}

/** @param {{kind: NameKind, title: string, column: string, exporter: Exporter, state: State}} props */
function Names({ kind, title, column, exporter, state }) {
    const [wanted, want] = useState("");
    const names = exporter.names?.[kind];
    const found = (names ?? []).filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(wanted.toLowerCase()));
    return markup`<details class="facts"><summary>${title} <span class="dim">${full(exporter.named[kind])} named</span></summary>
        ${names === undefined && markup`<${Skeleton} lines=${3} />`}
        ${names && names.length > 20 && markup`<input type="search" placeholder="Number or part of a name" aria-label=${`Find in ${title}`}
            value=${wanted} onInput=${(/** @type {InputEvent} */ event) => want(/** @type {HTMLInputElement} */ (event.currentTarget).value)} />`}
        <dl>${found.slice(0, MOST_NAMES).map(({ id, name, speed }) => {
            const target = column === "" ? undefined : {
                ...exploreOfExporter(state, exporter),
                filter: and(term("SamplerAddress", exporter.address), term(column, id)),
            };
            return markup`<div key=${id}><dt>${id}</dt><dd class="cut wide" title=${name}>${target
                ? markup`<a href=${link(target, {})} onClick=${follow(target)}>${name}</a>`
                : name}</dd>${speed !== undefined && markup`<dd class="remark">${short(speed)}bit/s</dd>`}</div>`;
        })}</dl>
        ${names && found.length > MOST_NAMES && markup`<p class="dim">and ${full(found.length - MOST_NAMES)} more</p>`}
        ${names && found.length === 0 && markup`<p class="dim">None has “${wanted}” in it.</p>`}
    </details>`;
}

/** @param {Exporter} exporter */
function rateFrom({ sampling }) {
    if (sampling.source === "unknown") return "assumed 1:1";
    return sampling.source === "configuration" ? "from the configuration" : `from ${source(sampling.source)}`;
}

/** @param {number} seconds */
function held(seconds) {
    return seconds === 0 ? "–" : `up to ${duration(seconds)}`;
}

/** @param {string} name "notSentFlowTotalCount" in words */
function spaced(name) {
    const words = name.replace(/TotalCount$/, "").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return words[0].toUpperCase() + words.slice(1);
}
