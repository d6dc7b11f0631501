// @ts-check
// Is the picture complete? Rows: received = stored + in flight + lost; datagrams and sets that were lost; on every page.
import { markup, useState } from "../preact.js";
import { now } from "../clock.js";
import { lossReasons } from "../losses.js";
import { navigate } from "../store.js";
import { clockWithSeconds, day, stamp } from "../time.js";
import { counted, duration, full, percent } from "../units.js";
import { Icon, useMedia } from "./parts.js";

/** @typedef {import("../types/api.d.ts").Health} HealthAnswer */
/** @typedef {import("../losses.js").Reason} Reason */

/** Seconds of lag that a batch doesn't explain any more. */
const LATE = 10;

/** @param {{loaded: import("../data.js").Loaded<HealthAnswer>, zone: "utc"|"local"}} props */
export function HealthStrip({ loaded, zone }) {
    const phone = useMedia("(max-width: 959px)");
    const strip = phone ? PhoneStrip : WideStrip;
    // Figures that were right once are no answer to the question whether the picture is complete now.
    const health = loaded.error ? undefined : loaded.data;
    // One element whatever is in it: the page around it is put together but once.
    return markup`<div class=${phone && health ? "health phone" : "health"} role="status" aria-label="Health">${health
        ? markup`<${strip} health=${health} zone=${zone} />`
        : loaded.error
        ? markup`<${Unknown} error=${loaded.error} retry=${loaded.retry} />`
        : markup`<span class="dim">${loaded.long ? "Waiting for the server to answer …" : "Reading health …"}</span>`}</div>`;
}

/** @param {{error: import("../api.js").ApiError, retry: () => void}} props nobody knows whether the picture is complete */
function Unknown({ error, retry }) {
    return markup`<span class="dot crit"></span><b>Health unknown</b><span class="dim cut" title=${error.message}>${error.message}</span>
        <span class="grow"></span><button class="quiet" onClick=${retry}>Try again</button>`;
}

/** @param {{health: HealthAnswer, zone: "utc"|"local"}} props */
function WideStrip({ health, zone }) {
    const [wide, widest] = [useMedia("(min-width: 1360px)"), useMedia("(min-width: 1720px)")];
    const narrow = useMedia("(max-width: 1199px)");
    const { rows, datagrams } = health.losses;
    const reasons = lossReasons(health.losses);
    // Losses come before what is only good to know.
    const roomy = widest || (wide && reasons.length === 0);
    const since = day(health.since, zone) === day(now(), zone)
        ? clockWithSeconds(health.since, zone)
        : `${day(health.since, zone)} ${clockWithSeconds(health.since, zone).slice(0, 5)}`;
    return markup`<span class=${`dot ${grade(health)}`}></span>
        <span class="pair" title="Rows that the decoder wrote">Received <b>${full(rows.written)}</b></span>
        ${rows.holds
            ? markup`<span class="op">=</span>`
            : markup`<span class="op crit-text" title="The counters contradict each other: a fault of the program">≠</span>`}
        <span class="pair">stored <b>${full(rows.stored)}</b></span><span class="op">+</span>
        <span class="pair">in flight <b>${full(rows.inFlight.total)}</b></span><span class="op">+</span>
        <span class="pair">lost <b class=${rows.lost.total > 0 ? "warn-text" : ""}>${full(rows.lost.total)}</b>
            <span class="dim">rows</span></span>
        ${!narrow && datagrams.arrived > 0 && markup`<span class="pair edge first" title=${datagramsInWords(health)}>
            <b>${full(datagrams.arrived)}</b> datagrams${datagrams.lost.total > 0
            ? markup`, <b class="warn-text">${percent(datagrams.lost.total / datagrams.arrived)} %</b> lost`
            : ", none lost"}</span>`}
        <${Reasons} reasons=${reasons} most=${roomy ? 2 : narrow ? 0 : 1} />
        <span class="grow"></span>
        ${roomy && datagrams.arrived > 0 &&
        markup`<span class="pair edge" title="Datagrams or records missing in the exporters' sequence numbers: an estimate, in no sum">gaps
            <b class=${health.gapsBefore > 0 ? "warn-text" : ""}>${health.gapsBefore > 0 && "≈ "}${full(health.gapsBefore)}</b></span>`}
        <${Lag} health=${health} />
        ${(roomy || datagrams.arrived === 0) &&
        markup`<span class="pair edge" title=${stamp(health.since, zone)}>${datagrams.arrived === 0 ? "counting " : ""}since ${since}</span>`}
        <button class="quiet" onClick=${openLosses} title="What became of everything, stage by stage, and what to do">${
        reasons.length > 0 ? "What to do" : "Account"}<${Icon} name="right" /></button>`;
}

/** @param {{health: HealthAnswer, zone: "utc"|"local"}} props */
function PhoneStrip({ health, zone }) {
    const [open, setOpen] = useState(false);
    const { rows, datagrams } = health.losses;
    const reasons = lossReasons(health.losses);
    return markup`<button class="health-line" aria-expanded=${open} onClick=${() => setOpen(!open)}>
            <span class=${`dot ${grade(health)}`}></span>
            <span class="cut">${reasons.length > 0
                ? markup`<b class="warn-text">${inWords(reasons[0])}</b>${reasons.length > 1 && `, ${full(reasons.length - 1)} more`}`
                : markup`Nothing lost <span class="dim">of ${full(rows.written)}</span>`}</span>
            <span class="grow"></span><${Lag} health=${health} /><${Icon} name="down" /></button>
        ${open && markup`<dl class="health-list">
            <dt>Rows received</dt><dd>${full(rows.written)}</dd><dt>= stored</dt><dd>${full(rows.stored)}</dd>
            <dt>+ in flight</dt><dd>${full(rows.inFlight.total)}</dd><dt>+ lost</dt><dd>${full(rows.lost.total)}</dd>
            <dt>Datagrams arrived</dt><dd>${full(datagrams.arrived)}</dd>
            <dt>= decoded</dt><dd>${full(datagrams.decoded)}</dd><dt>+ lost</dt><dd>${full(datagrams.lost.total)}</dd>
            ${reasons.map((reason) =>
                markup`<dt class="sub" key=${reason.name}>${reason.words}</dt><dd class="warn-text">${counted(reason.count, reason.unit)}</dd>`
            )}
            <dt>Gaps in sequence</dt><dd class=${health.gapsBefore > 0 ? "warn-text" : ""}>${health.gapsBefore > 0 && "≈ "}${full(health.gapsBefore)}</dd>
            <dt>Counting since</dt><dd>${stamp(health.since, zone)}</dd></dl>
            <button class="health-more" onClick=${openLosses}>${reasons.length > 0 ? "What to do" : "The whole account"}</button>`}`;
}

/** @param {{health: HealthAnswer}} props */
function Lag({ health }) {
    if (health.lag === null) return null;
    return markup`<span class="pair edge" title="Seconds until a received row can be queried">lag
        <b class=${health.lag > LATE ? "warn-text" : ""}>${duration(health.lag)}</b></span>`;
}

/** @param {{reasons: Reason[], most: number}} props the largest ones, and the number of the others */
function Reasons({ reasons, most }) {
    const shown = reasons.length <= most ? reasons : reasons.slice(0, most);
    const rest = reasons.slice(shown.length);
    return markup`${shown.map((reason) =>
            markup`<button class="reason" key=${reason.name} onClick=${openLosses} title="What it means, and what to do">${reason.words}
                <b class="warn-text">${counted(reason.count, reason.unit)}</b></button>`
        )}
        ${rest.length > 0 && markup`<button class="reason" onClick=${openLosses} title=${rest.map(inWords).join("\n")}>${
        shown.length === 0 ? counted(rest.length, "reason") : `${rest.length} more`}</button>`}`;
}

/** @param {Reason} reason "kernel drop 12,345 datagrams" */
function inWords(reason) {
    return `${reason.words} ${counted(reason.count, reason.unit)}`;
}

/** @param {HealthAnswer} health */
function datagramsInWords({ losses: { datagrams } }) {
    return `${full(datagrams.arrived)} arrived = ${full(datagrams.decoded)} decoded + ${full(datagrams.lost.total)} lost`;
}

/** @param {HealthAnswer} health the colour of the dot */
function grade(health) {
    if (health.status === "down") return "crit";
    if (health.status === "degraded") return "warn";
    return health.losses.datagrams.arrived === 0 ? "hollow" : "ok";
}

function openLosses() {
    navigate({ losses: true });
}
