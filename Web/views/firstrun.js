// @ts-check
// No exporter yet: how to point one here, and how to see demo traffic.
import { markup, useState } from "../preact.js";
import { clockWithSeconds } from "../time.js";
import { bytes, counted, full } from "../units.js";
import { Manual } from "./manuallink.js";
import { CopyButton } from "./parts.js";
import { SNIPPETS } from "./snippets.js";

/** @typedef {import("../types/api.d.ts").Health} Health */

const HOST = ["conntrack", "nflog", "mirror"];
const LOOPBACK = /^(localhost|127\.|::1$|\[::1\]$)/;

/** @param {{health: Health, exporters: import("../types/api.d.ts").Exporter[], zone: "utc"|"local"}} props */
export function FirstRun({ health, exporters, zone }) {
    const [chosen, setChosen] = useState(0);
    const [host, setHost] = useState(location.hostname.replace(/^\[|\]$/g, ""));
    const snippet = SNIPPETS[chosen];
    const port = portOf(health, snippet.port);
    const lines = snippet.lines(host, port);
    const datagrams = exporters.reduce((sum, exporter) => sum + exporter.datagrams, 0);
    const free = health.store.freeDiskBytes;
    return markup`<main id="main" class="first-run">
        <h1><span class="dot hollow big"></span>Waiting for the first flow</h1>
        <p class="lead">Listening since ${clockWithSeconds(health.since, zone)}. ${datagrams === 0
            ? "No datagram has arrived yet."
            : `${counted(datagrams, "datagram")} arrived from ${counted(exporters.length, "exporter")}, but no flow yet: its template may still be missing.`}
            ${" "}Point a router here, or start demo traffic; this page turns into the overview by itself when the first record is stored.</p>
        <div class="first-grid">
            <section class="panel" aria-label="Point an exporter here">
                <div class="head"><h2>Point an exporter here</h2><${Manual} doc="exporters" about="pointing exporters at NetMeta" /><span class="grow"></span>
                    <label class="host">this collector is <input class="mono" value=${host} spellcheck="false" autocomplete="off" size="16"
                        onInput=${(/** @type {Event} */ event) =>
        setHost(/** @type {HTMLInputElement} */ (event.target).value.trim())} /></label></div>
                <div class="tabs" role="tablist" onKeyDown=${(/** @type {KeyboardEvent} */ event) =>
        turn(event, chosen, setChosen)}>
                    ${SNIPPETS.map(({ name }, index) =>
            markup`<button key=${name} role="tab" aria-selected=${index === chosen}
                        tabindex=${index === chosen ? 0 : -1} onClick=${() => setChosen(index)}>${name}</button>`
        )}</div>
                <div class="code-box"><pre tabindex="0"><code>${marked(lines, host, port)}</code></pre><${CopyButton} text=${lines} label="Copy" /></div>
                ${LOOPBACK.test(host) &&
        markup`<p class="under warn-text">${host} only works for an exporter on this very host. For any other, type the
                    address by which it reaches this collector in the field above.</p>`}
                <p class="under">${snippet.after}</p>
                <p class="under dim">${snippet.tested}</p>
            </section>
            <div class="first-side">
                <section class="panel" aria-label="Demo traffic"><div class="head"><h2>Or look around first</h2></div>
                    <p class="under">A small virtual ISP: several routers with v5, v9, IPFIX and sFlow, a day curve, and an attack every few
                        minutes. It sends real datagrams until you stop it.</p>
                    <p class="under dim">In a shell on this host</p>
                    <div class="code-box line"><pre><code>netmeta demo</code></pre><${CopyButton} text="netmeta demo" /></div></section>
                <section class="panel" aria-label="Listening"><div class="head"><h2>Listening</h2></div>
                    ${health.listeners.length + health.sources.length === 0 &&
        markup`<p class="under warn-text">No listener is open: see the server's log.</p>`}
                    ${health.listeners.map((listener) =>
            markup`<div class="fact" key=${listener.protocol + listener.address}>
                        <span class="dot ok"></span><span><span class="mono">${listener.address.replace(/.*:/, "")}/${listener.protocol}</span> ${listener.purpose}</span>
                        <span class="grow"></span><span class="dim cut">${listener.address.replace(/:\d+$/, "")}</span></div>`
        )}
                    ${health.sources.map(({ kind, name, advice, failure }) => {
            const trouble = failure ?? advice[0];
            return markup`<div class=${trouble === undefined ? "fact" : "fact told"} key=${`${kind}/${name}`}><span class=${trouble === undefined ? "dot ok" : "dot warn"}></span>
                        <span>${kind === "scamper" ? "Traces" : HOST.includes(kind) ? "This host" : "A cloud"}, by ${kind}</span><span class="grow"></span>
                        <span class="dim">${trouble ?? name}</span></div>`;
        }
        )}</section>
                <section class="panel" aria-label="This collector"><div class="head"><h2>This collector</h2><span class="grow"></span>
                    <span class="dim">${health.version}</span></div>
                    <div class="fact"><span class=${health.ready ? "dot ok" : "dot warn"}></span><span>Store, ${health.store.kind}</span><span class="grow"></span>
                        <span class="dim">${health.ready ? "ready" : "not ready"}</span></div>
                    ${free !== null && markup`<div class="fact"><span class="dot ok"></span><span>Free disk</span><span class="grow"></span>
                        <span class="dim" title=${`${full(free)} bytes`}>${bytes(free)}</span></div>`}
                    <div class="fact"><span class="dot ok"></span><span>Raw flows are kept</span><span class="grow"></span>
                        <span class="dim">${counted(health.store.retentionDays, "day")}</span></div>
                    ${health.store.retention.budgetBytes !== null &&
        markup`<div class="fact"><span class="dot ok"></span><span>Disk budget</span><span class="grow"></span>
                        <span class="dim">${bytes(health.store.retention.budgetBytes)}</span></div>`}</section>
            </div>
        </div>
    </main>`;
}

/**
 * The port of the listener for a kind of exporter; the usual one when the server names none.
 * @param {Health} health
 * @param {"flow"|"sflow"} kind
 */
function portOf(health, kind) {
    const udp = health.listeners.filter(({ protocol }) => protocol === "udp");
    const wanted = kind === "sflow" ? /sflow/i : /netflow|ipfix/i;
    const found = udp.find(({ purpose }) => wanted.test(purpose)) ?? udp[0];
    return found?.address.replace(/.*:/, "") ?? (kind === "sflow" ? "6343" : "2055");
}

/** @param {string} lines @param {string} host @param {string} port what belongs to this collector stands out */
function marked(lines, host, port) {
    if (host === "") return lines;
    return lines.split(/(\s|:(?=\d+\s|\d+$)|=)/).map((piece) =>
        piece === port || piece === host || piece === `[${host}]` ? markup`<mark>${piece}</mark>` : piece
    );
}

/** @param {KeyboardEvent} event @param {number} chosen @param {(index: number) => void} choose */
function turn(event, chosen, choose) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (chosen + step + SNIPPETS.length) % SNIPPETS.length;
    choose(next);
    /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (event.currentTarget).children[next])?.focus();
}
