// @ts-check
// Is the picture complete? received = stored + in flight + lost : reasons, on every page.
import { markup, useState } from "../preact.js";
import { now } from "../clock.js";
import { clockWithSeconds, day, stamp } from "../time.js";
import { duration, full, percent } from "../units.js";
import { Icon, useMedia } from "./parts.js";

/** @typedef {import("../types/api.d.ts").Health} HealthAnswer */

/** @param {{health: HealthAnswer|undefined, zone: "utc"|"local"}} props */
export function HealthStrip({ health, zone }) {
    const phone = useMedia("(max-width: 959px)");
    const roomy = useMedia("(min-width: 1360px)");
    const narrow = useMedia("(max-width: 1099px)");
    const [open, setOpen] = useState(false);
    if (!health) {
        return markup`<div class="health" role="status" aria-label="Health"><span class="dim">Reading health …</span></div>`;
    }
    const { received, stored, inFlight, lost } = health.losses;
    const share = received > 0 ? lost.total / received : 0;
    const dot = health.status === "down"
        ? "crit"
        : lost.total > 0 || health.status === "degraded"
        ? "warn"
        : received === 0
        ? "hollow"
        : "ok";
    const lag = received > 0 && health.lag !== null && markup`<span class="pair">lag <b class=${health.lag > 10 ? "warn-text" : ""}>${duration(health.lag)}</b></span>`;
    if (phone) {
        return markup`<div class="health phone" role="status" aria-label="Health">
            <button class="health-line" aria-expanded=${open} onClick=${() => setOpen(!open)}>
                <span class=${`dot ${dot}`}></span>
                <span>Lost <b class=${lost.total > 0 ? "warn-text" : ""}>${full(lost.total)}</b>${" "}
                    <span class="dim">${lost.total > 0 && `${percent(share)} % of `}${lost.total === 0 && "of "}${full(received)}</span></span>
                <span class="grow"></span>${lag}<${Icon} name="down" /></button>
            ${open && markup`<dl class="health-list">
                <dt>Received</dt><dd>${full(received)}</dd><dt>= stored</dt><dd>${full(stored)}</dd>
                <dt>+ in flight</dt><dd>${full(inFlight)}</dd><dt>+ lost</dt><dd>${full(lost.total)}</dd>
                ${reasons(lost.reasons).map(([name, count]) =>
                    markup`<dt class="sub">${name}</dt><dd class="warn-text">${full(count)}</dd>`
                )}
                <dt>Gaps before us</dt><dd class=${health.gapsBefore > 0 ? "warn-text" : ""}>${health.gapsBefore > 0 && "≈ "}${full(health.gapsBefore)}</dd>
                <dt>Counting since</dt><dd>${stamp(health.since, zone)}</dd></dl>`}
        </div>`;
    }
    const holds = received === stored + inFlight + lost.total;
    const since = day(health.since, zone) === day(now(), zone)
        ? clockWithSeconds(health.since, zone)
        : `${day(health.since, zone)} ${clockWithSeconds(health.since, zone).slice(0, 5)}`;
    return markup`<div class="health" role="status" aria-label="Health">
        <span class=${`dot ${dot}`}></span>
        <span class="pair">Received <b>${full(received)}</b></span>
        ${holds
            ? markup`<span class="op">=</span>`
            : markup`<span class="op warn-text" title="The counters were read while they moved">≈</span>`}
        <span class="pair">stored <b>${full(stored)}</b></span><span class="op">+</span>
        <span class="pair">in flight <b>${full(inFlight)}</b></span><span class="op">+</span>
        <span class="pair">lost <b class=${lost.total > 0 ? "warn-text" : ""}>${full(lost.total)}</b>
            ${lost.total > 0 && markup`<span class="dim">${percent(share)} %</span>`}</span>
        ${lost.total > 0 &&
        markup`<span class="op">:</span><${Reasons} reasons=${lost.reasons} most=${roomy ? 3 : narrow ? 0 : 2} />`}
        <span class="grow"></span>
        ${received > 0 &&
        markup`<span class="pair edge" title="Datagrams or records missing in the exporters' sequence numbers: an estimate, not in the sum">gaps before us
            <b class=${health.gapsBefore > 0 ? "warn-text" : ""}>${health.gapsBefore > 0 && "≈ "}${full(health.gapsBefore)}</b></span>`}
        ${lag && markup`<span class="edge">${lag}</span>`}
        ${(roomy || received === 0) &&
        markup`<span class="pair edge" title=${stamp(health.since, zone)}>${received === 0 ? "counting " : ""}since ${since}</span>`}
    </div>`;
}

/** @param {Record<string, number>} counts @returns {[string, number][]} largest first, zeros left out */
function reasons(counts) {
    return Object.entries(counts).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1])
        .map(([name, count]) => [name.replaceAll("_", " "), count]);
}

/** @param {{reasons: Record<string, number>, most: number}} props */
function Reasons({ reasons: counts, most }) {
    const all = reasons(counts);
    const shown = all.length <= most + 1 && most > 0 ? all : all.slice(0, most);
    const rest = all.slice(shown.length);
    return markup`${shown.map(([name, count]) =>
            markup`<span class="reason" key=${name}>${name} <b class="warn-text">${full(count)}</b></span>`
        )}
        ${rest.length > 0 && markup`<span class="reason" title=${rest.map(([name, count]) => `${name} ${full(count)}`).join(", ")}>
            ${shown.length === 0 ? `${rest.length} reason${rest.length === 1 ? "" : "s"}` : `${rest.length} more`}
            ${" "}<b class="warn-text">${full(rest.reduce((sum, [, count]) => sum + count, 0))}</b></span>`}`;
}
