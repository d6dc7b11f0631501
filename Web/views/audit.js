// @ts-check
// What people did and tried to do, for admins: the newest first, as the server's audit log has it.
import { markup, useState } from "../preact.js";
import * as api from "../api.js";
import { useData, useReady } from "../data.js";
import { usePreferences } from "../store.js";
import { stamp } from "../time.js";
import { counted, full } from "../units.js";
import { Manual } from "./manuallink.js";
import { Failure, Skeleton } from "./parts.js";

/** @typedef {import("../types/api.d.ts").AuditEvent} AuditEvent */

/** Lines that are read at first, and all that the server has in memory. */
const FEW = 100;
const ALL = 1000;
/** Seconds between two reads, at least. */
const PAUSE = 10;

/** What was done, and whether it is a refusal. @type {Record<string, {words: string, refused?: true}>} */
const KINDS = {
    "login": { words: "Logged in" },
    "login-failed": { words: "Login failed", refused: true },
    "logout": { words: "Logged out" },
    "refused": { words: "Refused", refused: true },
    "view-saved": { words: "View saved" },
    "view-changed": { words: "View changed" },
    "view-deleted": { words: "View deleted" },
    "event-saved": { words: "Event told" },
    "event-deleted": { words: "Event deleted" },
    "import": { words: "Import" },
    "sql": { words: "SQL" },
    "cancelled": { words: "Question cancelled" },
    "settings": { words: "Settings" },
};

export function Audit() {
    const { zone, refresh } = usePreferences();
    const [limit, setLimit] = useState(FEW);
    const [kind, setKind] = useState("");
    const [wanted, want] = useState("");
    const key = `audit ${limit}`;
    const loaded = useData(key, (signal) => api.audit(limit, signal), refresh > 0 ? Math.max(refresh, PAUSE) : 0);
    useReady(loaded.data !== undefined && !loaded.stale || loaded.error !== undefined, key);
    const events = loaded.data?.events ?? [];
    const shown = events.filter((event) => (kind === "" || event.kind === kind) && tells(event, wanted.trim().toLowerCase()));
    return markup`<main id="main">
        <div class="title-line"><h1>Audit log</h1>
            <span class="dim summary">${events.length > 0 && summary(shown.length, events.length)}</span><span class="grow"></span>
            <div class="title-buttons">
                <select class="audit-kind" aria-label="Kind" value=${kind} onChange=${(/** @type {Event} */ event) =>
        setKind(/** @type {HTMLSelectElement} */ (event.target).value)}>
                    <option value="">All kinds</option>
                    ${Object.entries(KINDS).map(([name, { words }]) =>
        markup`<option key=${name} value=${name} selected=${name === kind}>${words}</option>`
    )}</select>
                <input type="search" class="audit-find" placeholder="User, address or text" aria-label="Find" value=${wanted}
                    onInput=${(/** @type {Event} */ event) => want(/** @type {HTMLInputElement} */ (event.target).value)} />
                <${Manual} doc="auth/what-people-did" about="the audit log" /></div></div>
        ${loaded.error && !["network", "cancelled"].includes(loaded.error.code) &&
        markup`<${Failure} error=${loaded.error} retry=${loaded.retry} />`}
        ${!loaded.data && !loaded.error && loaded.slow && markup`<section class="panel" aria-label="Audit log"><${Skeleton} lines=${8} /></section>`}
        ${loaded.data && !loaded.error && markup`<section class=${loaded.stale ? "panel faded" : "panel"} aria-label="Audit log">
            ${shown.length === 0
            ? markup`<div class="empty"><strong>${events.length === 0 ? "Nothing was noted yet." : "Nothing fits."}</strong>
                ${events.length === 0
                ? " Logins, refusals, saved views, events, imports and people's SQL appear here."
                : ` None of the ${counted(events.length, "line")} that were read. Older ones are in audit.ndjson of the data folder.`}</div>`
            : markup`<${Lines} events=${shown} zone=${zone} />`}
            ${limit === FEW && events.length === FEW &&
            markup`<div class="audit-more"><button onClick=${() => setLimit(ALL)}>Read up to ${full(ALL)}</button></div>`}</section>`}
    </main>`;
}

/** @param {{events: AuditEvent[], zone: "utc"|"local"}} props */
function Lines({ events, zone }) {
    return markup`<div class="scroll" tabindex="0" role="group" aria-label="Lines of the audit log"><table class="audit">
        <thead><tr><th>Time</th><th>What</th><th>Who</th><th>Address</th><th>About</th></tr></thead>
        <tbody>${events.map((event, index) =>
        markup`<tr key=${`${event.time} ${events.length - index}`}><td>${stamp(event.time, zone)}</td>
            <td class=${KINDS[event.kind]?.refused ? "warn-text" : "main"}>${KINDS[event.kind]?.words ?? event.kind}</td>
            <td>${event.user === "" ? markup`<span class="dim">nobody known</span>` : event.user}
                ${event.role !== null && event.user !== "" && markup` <span class="id">${event.role}</span>`}</td>
            <td>${event.address || "–"}</td>
            <td class="audit-detail">${event.detail}${event.leftOut > 0 &&
            markup`<span class="dim"> and ${full(event.leftOut)} more like it before, counted only</span>`}</td></tr>`
    )}</tbody></table></div>`;
}

/** @param {AuditEvent} event @param {string} wanted in small letters */
function tells(event, wanted) {
    return [event.user, event.address, event.detail].some((text) => text.toLowerCase().includes(wanted));
}

/** @param {number} shown @param {number} read */
function summary(shown, read) {
    return shown === read ? `the newest ${counted(read, "line")}` : `${full(shown)} of the newest ${counted(read, "line")}`;
}
