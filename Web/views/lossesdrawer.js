// @ts-check
// What became of everything that came in: what was lost and what to do, the sums, the stages, sockets, exporters.
import { markup, useRef } from "../preact.js";
import * as api from "../api.js";
import { useData } from "../data.js";
import { reasonWords } from "../doubts.js";
import { one, reasonName } from "../losses.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { stamp } from "../time.js";
import { bytes, counted, duration, full, percent } from "../units.js";
import { Manual } from "./manuallink.js";
import { Failure, Icon, Skeleton, useModal } from "./parts.js";
import { Tables } from "./tablesection.js";
import { follow, overviewStart } from "./topbar.js";

/** @typedef {import("../types/api.d.ts").Losses} Losses */
/** @typedef {import("../types/api.d.ts").LossReason} LossReason */
/** @typedef {import("../state.js").State} State */

/** Exporters that are listed. */
const MOST = 20;

/** @param {{state: State, health: import("../types/api.d.ts").Health|undefined, zone: "utc"|"local"}} props */
export function LossesDrawer({ state, health, zone }) {
    const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
    const loaded = useData("losses", api.losses, 2);
    useModal(dialog);
    const losses = loaded.data;
    return markup`<dialog ref=${dialog} class="drawer wide" aria-label="Account of losses" onClose=${() => navigate({ losses: false })}
        onClick=${(/** @type {MouseEvent} */ event) => event.target === dialog.current && dialog.current?.close()}>
        <div class="drawer-head"><h2>What became of everything</h2>
            <span class="dim cut grow">${losses && `since ${stamp(losses.since, zone)}, ${duration(losses.at - losses.since)}`}</span>
            <${Manual} doc="losses" about="what is counted where" />
            <button class="quiet" aria-label="Close" autofocus onClick=${() => dialog.current?.close()}><${Icon} name="close" /></button></div>
        <div class="drawer-body" tabindex="0" role="group" aria-label="Details">
            ${losses && markup`<${Advice} losses=${losses} /><${Sums} losses=${losses} /><${Stages} losses=${losses} />
                <${Sockets} losses=${losses} /><${Sources} losses=${losses} /><${Tables} health=${health} /><${Exporters} losses=${losses} state=${state} /><${Estimates} losses=${losses} />`}
            ${!losses && (loaded.error
                ? markup`<${Failure} error=${loaded.error} retry=${loaded.retry} />`
                : markup`<${Skeleton} />`)}
        </div>
    </dialog>`;
}

/** @param {{losses: Losses}} props what happened, and what to do about it */
function Advice({ losses }) {
    const found = losses.stages.flatMap((stage) => stage.lost).filter(({ count }) => count > 0);
    // Single records that tell nothing come everywhere: they are counted below, and are no alarm.
    const alarming = found.filter(({ reason }) => reason !== "rejected_record");
    return markup`<section aria-label="What to do">
        ${alarming.length === 0 && markup`<p class="doubt"><span class="dot ok"></span><span>Nothing was lost on the way from the socket to the store.</span></p>`}
        ${alarming.map((reason) =>
            markup`<div class="doubt" key=${reason.reason}><span class="dot warn"></span>
                <div><strong>${capital(reasonName(reason.reason))}: ${counted(reason.count, one(reason.unit))}</strong>${shareOf(reason, losses)}
                    <div>${reason.explanation}${kinds(reason)}</div>
                    ${reason.reason === "not_allowed" && losses.refused.length > 0 && markup`<div>From ${
                        losses.refused.slice(0, 5).map(({ address, datagrams }) => `${address} (${full(datagrams)})`).join(", ")}${
                        losses.refused.length > 5 && ` and ${losses.refused.length - 5} more`}.</div>`}
                    <div class="dim">${reason.remedy}</div></div></div>`
        )}
    </section>`;
}

/** @param {LossReason} reason @param {Losses} losses */
function shareOf(reason, losses) {
    const whole = { datagrams: losses.datagrams.arrived, rows: losses.rows.written }[reason.unit];
    if (!whole) return null;
    const estimate = reason.reason === "kernel_drop" && losses.estimates.kernelDropRows > 0
        ? `, about ${full(losses.estimates.kernelDropRows)} rows`
        : "";
    return markup`<span class="dim"> ${percent(reason.count / whole)} % of all ${reason.unit}${estimate}</span>`;
}

/** @param {LossReason} reason */
function kinds(reason) {
    const found = Object.entries(reason.kinds).sort((a, b) => b[1] - a[1]);
    return found.length === 0 ? "" : ` They were ${found.map(([kind, count]) => `${full(count)} ${reasonWords(kind)}`).join(", ")}.`;
}

/** @param {{losses: Losses}} props the three equations, each exact */
function Sums({ losses }) {
    const { datagrams, records, rows } = losses;
    return markup`<section class="facts" aria-label="Sums"><h3>Sums <span class="dim">exact, of one moment</span></h3>
        <${Sum} holds=${datagrams.holds} name="Datagrams" whole=${["arrived", datagrams.arrived]}
            parts=${[["decoded", datagrams.decoded], ["lost", datagrams.lost.total]]} />
        <${Sum} holds=${records.holds} name="Records" whole=${["read", records.read + records.reverseRows]}
            parts=${[["rows", records.rows], ["events", records.events], ["rejected", records.rejected]]} />
        <${Sum} holds=${rows.holds} name="Rows" whole=${["received", rows.written]}
            parts=${[["stored", rows.stored], ["in flight", rows.inFlight.total], ["lost", rows.lost.total]]} />
    </section>`;
}

/** @param {{name: string, holds: boolean, whole: [string, number], parts: [string, number][]}} props */
function Sum({ name, holds, whole, parts }) {
    const bad = (/** @type {string} */ part, /** @type {number} */ count) => part === "lost" && count > 0;
    return markup`<p class="sum"><span class="sum-name">${name}</span>
        <span class="pair">${whole[0]} <b>${full(whole[1])}</b></span>
        <span class=${holds ? "op" : "op crit-text"}>${holds ? "=" : "≠"}</span>
        ${parts.map(([part, count], index) =>
            markup`${index > 0 && markup`<span class="op">+</span>`}<span class="pair" key=${part}>${part}${" "}
                <b class=${bad(part, count) ? "warn-text" : ""}>${full(count)}</b></span>`
        )}
        ${!holds && markup`<span class="crit-text">The counters contradict each other: a fault of the program, please report it.</span>`}</p>`;
}

/** @param {{losses: Losses}} props */
function Stages({ losses }) {
    return markup`<section class="facts" aria-label="Stages"><h3>Stages</h3><table class="stages">
        ${losses.stages.map(({ stage, explanation, figures, lost }) =>
            markup`<tbody key=${stage}>
                <tr><th scope="rowgroup" colspan="4">${capital(stage)} <span class="dim">${explanation}</span></th></tr>
                ${figures.map(({ name, unit, value, explanation: words }) =>
                    markup`<tr key=${name}><td>${reasonName(name)}</td><td class="main">${full(value)}</td><td>${unit}</td><td>${words}</td></tr>`
                )}
                ${lost.map(({ reason, unit, count, explanation: words }) =>
                    markup`<tr key=${reason}><td>lost: ${reasonName(reason)}</td>
                        <td class=${count > 0 ? "main warn-text" : "dim"}>${full(count)}</td><td>${unit}</td><td>${count > 0 ? words : ""}</td></tr>`
                )}</tbody>`
        )}</table></section>`;
}

/** @param {{losses: Losses}} props */
function Sockets({ losses }) {
    return markup`<section class="facts" aria-label="Sockets"><h3>Sockets</h3><div class="scroll"><table class="stages numbers">
        <thead><tr><th>Listens on</th><th>Read</th><th>Dropped</th><th class="words">Receive buffer</th></tr></thead>
        <tbody>${losses.listeners.map(({ protocol, address, purpose, read, buffer, sessions }) =>
            markup`<tr key=${`${address}/${protocol}`}><td title=${purpose}>${address}/${protocol}</td><td data-head="Read">${full(read)}</td>
                <td data-head="Dropped" class=${buffer && buffer.drops > 0 ? "main warn-text" : "dim"}>${buffer ? full(buffer.drops) : "–"}</td>
                <td class="words" data-head=${buffer ? "Receive buffer" : undefined}>${buffer
                ? markup`<span class="meter" title=${`${full(buffer.used)} of ${full(buffer.bytes)} bytes in use`}><span
                    style=${{ width: `${Math.min(100, buffer.bytes > 0 ? 100 * buffer.used / buffer.bytes : 0)}%` }}></span></span>
                    ${bytes(buffer.used)} of ${bytes(buffer.bytes)}${buffer.bytes < buffer.asked &&
                markup`<span class="warn-text">, ${bytes(buffer.asked)} asked for</span>`}`
                : sessions && `${counted(sessions.open, "session")} open${sessions.notAllowed + sessions.tooMany > 0
                    ? `, ${full(sessions.notAllowed + sessions.tooMany)} refused` : ""}`}</td></tr>`
        )}</tbody></table></div></section>`;
}

/** @param {{losses: Losses}} props */
function Sources({ losses }) {
    if (losses.sources.length === 0) return null;
    return markup`<section class="facts" aria-label="Sources"><h3>Sources</h3><div class="scroll"><table class="stages numbers">
        <thead><tr><th>Source</th><th>Read</th><th>Rows</th><th>Lost or rejected</th><th title="Since the end of a cloud's newest record, or the start of scamper's newest measurement">Behind</th><th class="words">What to do</th></tr></thead>
        <tbody>${losses.sources.map(({ kind, name, read, rows, lost, lag, advice, failure }) => {
        const all = Object.values(lost).reduce((sum, count) => sum + count, 0);
        const reasons = Object.entries(lost).map(([reason, count]) => `${reason} ${full(count)}`).join(", ");
        return markup`<tr key=${`${kind}/${name}`}><td>${kind} ${name}</td><td data-head="Read">${full(read)}</td><td data-head="Rows">${full(rows)}</td>
                <td data-head="Lost or rejected" class=${all > 0 ? "main warn-text" : "dim"}>${full(all)}</td>
                <td data-head=${lag === null ? undefined : "Behind"}>${lag === null ? "" : duration(Math.max(0, lag))}</td><td class="words">${failure !== null && markup`<b class="warn-text">${failure}</b>`}
                    ${[reasons, ...advice.filter((words) => words !== failure)].filter((words) => words !== "").join("; ")}</td></tr>`;
    })}</tbody></table></div></section>`;
}

/** @param {{losses: Losses, state: State}} props */
function Exporters({ losses, state }) {
    const { list, total } = losses.exporters;
    const lossy = list.filter(({ lost, missingDatagrams, missingRecords }) =>
        missingDatagrams + missingRecords > 0 || Object.values(lost).some((count) => count > 0)
    );
    const shown = lossy.slice(0, MOST);
    return markup`<section class="facts" aria-label="Exporters"><h3>Exporters <span class="dim">${
        lossy.length === 0 ? `${full(total)}, none with losses` : `most losses first, ${full(shown.length)} of ${full(total)}`}</span></h3>
        ${shown.length > 0 && markup`<div class="scroll"><table class="stages numbers">
        <thead><tr><th>Exporter</th><th>Rows</th><th>Malformed</th><th>No template</th><th>Rejected</th><th>Gaps</th></tr></thead>
        <tbody>${shown.map((exporter) => {
            const { address, name, rows, lost, missingDatagrams, missingRecords } = exporter;
            const target = { ...overviewStart(state), exporter: address };
            const malformed = lost.malformed + lost.malformed_set;
            const gaps = missingDatagrams > 0 ? `≈ ${counted(missingDatagrams, "datagram")}` : missingRecords > 0 ? `≈ ${counted(missingRecords, "record")}` : "0";
            return markup`<tr key=${address}><td><a href=${link(target, {})} onClick=${follow(target)}>${name ?? address}</a></td>
                <td data-head="Rows">${full(rows)}</td><td data-head="Malformed" class=${mark(malformed)}>${full(malformed)}</td>
                <td data-head="No template" class=${mark(lost.no_template)}>${full(lost.no_template)}</td>
                <td data-head="Rejected" class=${mark(lost.rejected_record)}>${full(lost.rejected_record)}</td>
                <td data-head="Gaps" class=${mark(missingDatagrams + missingRecords)}>${gaps}</td></tr>`;
        })}</tbody></table></div>`}</section>`;
}

/** @param {string} name */
function capital(name) {
    return name[0].toUpperCase() + name.slice(1);
}

/** @param {number} count */
function mark(count) {
    return count > 0 ? "main warn-text" : "dim";
}

/** @param {{losses: Losses}} props */
function Estimates({ losses }) {
    const { missingDatagrams, missingRecords, missingRows, kernelDropRows, rowsBeforeUs } = losses.estimates;
    const about = (/** @type {number} */ count) => count > 0 ? `≈ ${full(count)}` : "0";
    return markup`<section class="facts" aria-label="Estimates"><h3>Estimates <span class="dim">in none of the sums</span></h3>
        <table class="stages"><tbody>
        <tr><td>missing by sequence numbers</td><td class="main">${about(missingRows)}</td><td>rows</td>
            <td>${about(missingDatagrams)} datagrams of NetFlow v9 and sFlow, ${about(missingRecords)} records of NetFlow v5 and IPFIX</td></tr>
        <tr><td>of these in kernel drops</td><td class="main">${about(kernelDropRows)}</td><td>rows</td><td>at the rows that a datagram of the same socket gave</td></tr>
        <tr><td>lost before this host</td><td class="main">${about(rowsBeforeUs)}</td><td>rows</td><td>the rest: at the exporter, or on the way here</td></tr>
        </tbody></table></section>`;
}
