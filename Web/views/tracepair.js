// @ts-check
// One monitor and one destination: round-trip times, ways and their changes, loss and labels hop by hop.
import { markup } from "../preact.js";
import { milliseconds, momentsOf, pathChanges, pathLetters, rtt } from "../charts/rtt.js";
import { navigate } from "../store.js";
import { stamp } from "../time.js";
import { full, percent } from "../units.js";
import { asPath } from "../words.js";
import { Chart } from "./chart.js";
import { Parallel } from "./parallel.js";

/** @typedef {import("../types/api.d.ts").TracePair} Answer */
/** @typedef {import("../time.js").Zone} Zone */

/** Changes of way that are listed. */
const CHANGES = 12;

/** @param {{answer: Answer, links: import("../types/api.d.ts").TraceLinks|undefined, zone: Zone, faded: boolean}} props */
export function TracePair({ answer, links, zone, faded }) {
    const parallel = links && markup`<${Parallel} answer=${links} zone=${zone} faded=${faded} />`;
    if (answer.traces.length === 0 && answer.pings.length === 0) {
        if (links && links.shapes.length > 0) return parallel;
        return markup`<section class="panel" aria-label="Round-trip times"><div class="empty">
            <strong>Nothing was measured in this range.</strong> Choose a longer or an earlier one.</div></section>`;
    }
    const letters = pathLetters(answer.paths);
    const panel = faded ? "panel faded" : "panel";
    return markup`<section class=${panel} aria-label="Round-trip times">
            <div class="head"><h2>Round-trip times</h2><span class="dim cut">ms; ${words(answer)}</span></div>
            <${Times} answer=${answer} zone=${zone} letters=${letters} /></section>
        <div class="trace-columns">
            ${answer.hops.length > 0 && markup`<section class=${panel} aria-label="Hops"><div class="head"><h2>Hops</h2>
                <span class="dim cut">loss is of traces that asked at this TTL</span></div><${Hops} answer=${answer} /></section>`}
            ${answer.paths.length > 0 && markup`<section class=${panel} aria-label="Ways"><div class="head"><h2>Ways</h2>
                <span class="dim cut">${changeWords(answer)}</span></div>
                <${Ways} answer=${answer} letters=${letters} zone=${zone} /><${Changes} answer=${answer} letters=${letters} zone=${zone} /></section>`}
        </div>${parallel}`;
}

/** @param {{answer: Answer, zone: Zone, letters: Map<string, string>}} props */
function Times({ answer, zone, letters }) {
    const { from, to, traces, pings, paths } = answer;
    const times = momentsOf(traces, pings);
    const colours = () => {
        const style = getComputedStyle(document.documentElement);
        return [1, 6, 3, 8, 2, 7, 4, 5, 9, 10, 11, 12].map((slot) => style.getPropertyValue(`--s${slot}`).trim());
    };
    const tip = (/** @type {number} */ index) => {
        const time = times[index];
        const own = traces.filter((trace) => trace.time === time);
        const pinged = pings.filter((ping) => ping.time === time);
        return markup`<div class="tip-head">${stamp(time, zone)}</div>
            ${own.map((trace) =>
            markup`<div class="tip-row"><span></span><span>${trace.method}${letters.has(trace.path) ? `, way ${letters.get(trace.path)}` : ""}</span>
                <b>${trace.reached && trace.rtt > 0 ? milliseconds(trace.rtt) : trace.stopReason.toLowerCase()}</b></div>`
        )}${pinged.map((ping) =>
            markup`<div class="tip-row"><span></span><span>ping, ${ping.received} of ${ping.sent}</span>
                <b>${ping.received > 0 ? milliseconds(ping.averageRtt) : "no answer"}</b></div>`
        )}`;
    };
    return markup`<${Nearest} times=${times} range=${{ from, to }}>${(/** @type {{times: number[], bucket: number, place: (index: number) => number}} */ grid) =>
        markup`<div class="rtt-space"><${Chart} inputs=${[answer, zone]} range=${{ from, to }} times=${grid.times} bucket=${grid.bucket}
            zone=${zone} flows=${false} tip=${(/** @type {number} */ index) => tip(grid.place(index))}
            zoom=${(/** @type {number} */ start, /** @type {number} */ end) => navigate({ from: String(start), to: String(end) })}
            label=${`Round-trip times from ${answer.monitor || "the monitor"} to ${answer.destination}; the tables below have the hops and the ways`}
            option=${(/** @type {number} */ width, /** @type {import("../charts/axis.js").Theme} */ theme) =>
            rtt({ from, to }, traces, pings, {
                paths,
                theme,
                zone,
                width,
                colours: colours(),
                missing: getComputedStyle(document.documentElement).getPropertyValue("--crit").trim(),
            })} /></div>`}<//>
        <div class="rtt-legend">${paths.map(({ path }, index) =>
        markup`<span key=${path}><i style=${{ background: colours()[index % 12] }}></i>way ${letters.get(path)}</span>`
    )}${pings.length > 0 && markup`<span><i class="dashed"></i>ping</span>`}
        ${traces.some(({ reached }) => !reached) && markup`<span><i class="missing"></i>not reached</span>`}</div>`;
}

/**
 * A chart's pointer finds places in a grid of equal steps; measurements lie anywhere. Each step has the nearest one.
 * @param {{times: number[], range: {from: number, to: number},
 *   children: (grid: {times: number[], bucket: number, place: (index: number) => number}) => unknown}} props
 */
function Nearest({ times, range, children }) {
    const steps = 400;
    const bucket = Math.max(1, (range.to - range.from) / steps);
    const grid = Array.from({ length: steps + 1 }, (_, index) => range.from + index * bucket);
    const places = grid.map((time) => {
        let [low, high] = [0, times.length - 1];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (times[middle] < time) low = middle + 1;
            else high = middle;
        }
        return low > 0 && time - times[low - 1] < Math.abs(times[low] - time) ? low - 1 : low;
    });
    // The crosshair stands on the measurement itself.
    return children({ times: grid, bucket, place: (index) => places[index] });
}

/** @param {{answer: Answer}} props */
function Hops({ answer }) {
    const losses = new Map(answer.losses.map((loss) => [loss.ttl, loss]));
    const ttls = [...new Set([...answer.losses.map(({ ttl }) => ttl), ...answer.hops.map(({ ttl }) => ttl)])].sort((a, b) => a - b);
    const longest = Math.max(1, ...answer.hops.map(({ medianRtt }) => medianRtt));
    return markup`<div class="scroll"><table class="hops"><thead><tr><th class="num">TTL</th><th>Address</th><th>AS</th><th class="num">Seen</th>
        <th class="num">Loss</th><th class="num">Best</th><th class="num">Median</th><th class="num">Worst</th><th>MPLS</th></tr></thead>
        <tbody>${ttls.flatMap((ttl) => {
        const hops = answer.hops.filter((hop) => hop.ttl === ttl);
        const loss = losses.get(ttl);
        const lost = loss && loss.asked > 0 ? 1 - loss.answered / loss.asked : 0;
        const lossCell = markup`<td class=${lost > 0 ? "num warn-text" : "num"}>${loss ? `${percent(lost)} %` : "–"}</td>`;
        if (hops.length === 0) {
            return [markup`<tr key=${ttl} class="silent"><td class="num">${ttl}</td><td class="dim">no answer</td><td></td><td class="num">0</td>${lossCell}
                <td></td><td></td><td></td><td></td></tr>`];
        }
        return hops.map((hop, index) =>
            markup`<tr key=${`${ttl} ${hop.address}`}><td class="num">${index === 0 ? ttl : ""}</td><td>${hop.address}</td>
                <td>${hop.as > 0 ? `AS${hop.as}` : markup`<span class="dim">unknown</span>`}</td><td class="num">${full(hop.traces)}</td>
                ${index === 0 ? lossCell : markup`<td></td>`}
                <td class="num">${milliseconds(hop.leastRtt)}</td>
                <td class="num bar" style=${{ "--share": `${Math.round(100 * hop.medianRtt / longest)}%` }}>${milliseconds(hop.medianRtt)}</td>
                <td class="num">${milliseconds(hop.mostRtt)}</td>
                <td>${hop.labels.map((labels) => labels.join(" ")).join(" | ")}${hop.quotedTtl > 1 &&
                markup` <span class="flag" title="The router quoted a TTL above 1: a tunnel before it that doesn't answer">q ${hop.quotedTtl}</span>`}</td></tr>`
        );
    })}</tbody></table></div>`;
}

/** @param {{answer: Answer, letters: Map<string, string>, zone: Zone}} props */
function Ways({ answer, letters, zone }) {
    return markup`<ol class="ways">${answer.paths.map((path) =>
        markup`<li key=${path.path}><div><b>${letters.get(path.path)}</b> ${full(path.traces)} ${path.traces === 1 ? "trace" : "traces"}${
            path.medianRtt > 0 ? `, ${milliseconds(path.medianRtt)}` : ""}
            <span class="dim">${stamp(path.first, zone)} to ${stamp(path.last, zone)}</span></div>
            ${path.asPath.length > 0 && markup`<div class="as-path">${asPath(path.asPath)}</div>`}
            <div class="way-hops">${path.hops.map((hop) => hop.address).join(" › ")}</div></li>`
    )}</ol>`;
}

/** @param {{answer: Answer, letters: Map<string, string>, zone: Zone}} props the newest changes first */
function Changes({ answer, letters, zone }) {
    const changes = pathChanges(answer.traces).reverse();
    if (changes.length === 0) return null;
    return markup`<table class="changes"><tbody>${changes.slice(0, CHANGES).map(({ time, from, to }) =>
        markup`<tr key=${`${time} ${from} ${to}`}><td>${stamp(time, zone)}</td><td>${letters.get(from) ?? "other"} → ${letters.get(to) ?? "other"}</td></tr>`
    )}</tbody></table>${changes.length > CHANGES && markup`<p class="dim pad">and ${full(changes.length - CHANGES)} earlier ones</p>`}`;
}

/** @param {Answer} answer */
function words({ traces, pings, cut }) {
    const parts = [];
    if (traces.length > 0) parts.push(`${full(traces.length)} ${traces.length === 1 ? "trace" : "traces"}`);
    if (pings.length > 0) parts.push(`${full(pings.length)} ${pings.length === 1 ? "ping" : "pings"}`);
    return `${parts.join(", ")}${cut ? ", the newest of more" : ""}; a line a way, dotted where it changes`;
}

/** @param {Answer} answer */
function changeWords({ traces }) {
    const changes = pathChanges(traces).length;
    return changes === 0 ? "no change" : changes === 1 ? "1 change" : `${full(changes)} changes`;
}
