// @ts-check
// The row of key figures. "Now" is the newest complete bucket; direction is only told where the exporters told it.
import { markup } from "../preact.js";
import { completeBuckets, firstBucket, NEWEST, newest } from "../charts/timeseries.js";
import { sparkline } from "../charts/sparkline.js";
import { firstFlow, now as clockNow } from "../clock.js";
import { counted, duration, full, groupCount, parts, percentile, prefixed, short } from "../units.js";
import { isOff, problemWords } from "../doubts.js";
import { isSilent } from "./exporters.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */

const DIRECTIONS =
    /** @type {const} */ ([["in", "In"], ["out", "Out"], ["unknown", "Direction unknown"]]);

/**
 * @param {{live: boolean, failed: boolean, bits?: Graph, packets?: Graph, flows?: Graph, hosts?: import("../types/api.d.ts").Top,
 *   exporters?: import("../types/api.d.ts").Exporter[], store?: import("../types/api.d.ts").Health["store"]}} props
 */
export function KeyFigures({ live, failed, bits, packets, flows, hosts, exporters, store }) {
    const told = bits ? DIRECTIONS.filter(([direction]) => sum(bits, direction).some((value) => value > 0)) : [];
    const cells = [];
    // Of a range that has ended the newest is not what is now.
    const when = (/** @type {string} */ name) => `${name}, ${live ? "now" : "at the end"}`;
    if (!bits) cells.push(markup`<${Waiting} name=${when("Throughput")} failed=${failed} />`);
    else if (told.length === 0) {
        cells.push(markup`<${Rate} name=${when("Throughput")} graph=${bits} values=${sum(bits)} />`);
    } else {
        for (const [direction, name] of told) {
            // When nobody tells the direction there is one throughput, and the line under it says why.
            const only = told.length === 1 && direction === "unknown";
            cells.push(
                markup`<${Rate} key=${direction} name=${only ? when("Throughput") : direction === "unknown" ? name : when(name)} graph=${bits} values=${sum(bits, direction)} direction=${direction}
                more=${only ? "direction unknown" : undefined} />`,
            );
        }
    }
    cells.push(
        packets && bits
            ? markup`<${Rate} name=${when("Packets")} graph=${packets} values=${sum(packets)} more=${size(bits, packets)} />`
            : markup`<${Waiting} name=${when("Packets")} failed=${failed} />`,
    );
    cells.push(
        flows
            ? markup`<${Rate} name=${when("Flows")} graph=${flows} values=${sum(flows)} more="stored per second" exact=${true} />`
            : markup`<${Waiting} name=${when("Flows")} failed=${failed} />`,
    );
    if (exporters) {
        const off = exporters.filter(isOff);
        const silent = exporters.filter((exporter) => !isOff(exporter) && isSilent(exporter));
        cells.push(
            markup`<${Figure} name="Exporters" text=${full(exporters.length - silent.length - off.length)} unit=${`of ${full(exporters.length)} sending`}
            sub=${off.length > 0 ? problemWords(off[0]) : silent.length === 0 ? "none silent" : silentWords(silent)}
            title=${off[0]?.problem ?? undefined} warn=${silent.length + off.length > 0} />`,
        );
    }
    if (hosts) {
        const { text, prefix } = parts(hosts.groups);
        cells.push(
            markup`<${Figure} name="Source hosts" text=${hosts.groupsExact ? text : `≈ ${text}`} unit=${prefix} title=${`${groupCount(hosts)} ${hosts.groups === 1 ? "address" : "addresses"}`}
            sub=${hosts.groupsExact ? "in the range, exact" : "in the range, estimated"} />`,
        );
    }
    if (store) {
        const { text, prefix } = parts(store.bytes);
        const kept = store.oldest === null ? 0 : clockNow() - store.oldest;
        cells.push(
            markup`<${Figure} name="Stored" text=${text} unit=${`${prefix}B`} title=${`${full(store.bytes)} bytes, ${counted(store.rows, "row")} of ${duration(kept)}; raw flows are kept for ${counted(store.retentionDays, "day")}${store.retention.sentence === null ? "" : `; ${store.retention.sentence}`}`}
            sub=${[store.oldest === null ? "nothing" : duration(kept), keeps(store.retention)].filter((part) => part !== "")} warn=${store.retention.missingBytes > 0} />`,
        );
    }
    return markup`<section class="panel keys" aria-label="Key figures">${cells}</section>`;
}

/**
 * How far back rows will reach at this rate, in a few words.
 * @param {import("../types/api.d.ts").Health["store"]["retention"]} retention
 */
function keeps(retention) {
    if (retention.missingBytes > 0) return "disk full";
    return retention.keepsSeconds === null ? "" : `keeps ${duration(retention.keepsSeconds)}`;
}

/** @param {{name: string, text: string, unit: string, sub?: unknown, title?: string, spark?: string, warn?: boolean}} props */
function Figure({ name, text, unit, sub, title, spark, warn }) {
    return markup`<div class="key" title=${title}>
        <div class="key-name">${name}</div>
        <div class="key-line"><div class="key-value"><b>${text}</b> <span>${unit}</span></div>
            ${spark && markup`<svg class="spark" viewBox="0 0 62 22" preserveAspectRatio="none" aria-hidden="true"><path d=${spark} /></svg>`}</div>
        <div class=${warn ? "key-sub warn-text" : "key-sub"}>${[sub].flat().map((part) => markup`<span>${part}</span>`)}</div>
    </div>`;
}

/** @param {{graph: Graph, values: number[], name: string, direction?: string, more?: string, exact?: boolean}} props */
function Rate({ graph, values, name, direction, more, exact }) {
    const now = newest(values, graph.bucket);
    // Flows are counted, so they are shown as counted while they fit.
    const whole = graph.unit === "flow/s" && now >= 100 && now < 1e6;
    const { text, prefix } = whole ? { text: full(Math.round(now)), prefix: "" } : parts(now, 1);
    const unit = graph.unit === "flow/s" ? `${prefix} /s` : prefixed(graph.unit, prefix);
    const average = values.reduce((all, value) => all + value, 0) / Math.max(1, values.length);
    const bound = graph.assumedSampling > 0 && !exact && now > 0;
    const over = Math.min(values.length, Math.ceil(NEWEST / graph.bucket)) * graph.bucket;
    const p95 = percentile(values, 0.95);
    const title = `${bound ? "At least " : ""}${full(now)} ${graph.unit}` +
        `, average of the newest ${duration(over)}; over the range average ${full(average)}, p95 ${full(p95)}` +
        (bound ? "; sampling rate unknown, assumed 1:1" : "") +
        (direction === "unknown" ? "; NetFlow v5 and some templates don't tell the direction" : "");
    return markup`<${Figure} name=${name} text=${(bound ? "≥ " : "") + text} unit=${unit} title=${title} spark=${sparkline(values, 62, 22)}
        sub=${more ?? [`avg ${short(average)}`, `p95 ${short(p95)}`]} />`;
}

/** @param {{name: string, failed: boolean}} props of a figure that failed nothing comes until it is asked for anew */
function Waiting({ name, failed }) {
    return markup`<div class="key"><div class="key-name">${name}</div>${failed
        ? markup`<div class="key-line dim">not read</div>`
        : markup`<div class="skeleton"></div>`}</div>`;
}

/**
 * The complete buckets of one direction, or of all; none from before flows were stored, which would thin the average.
 * @param {Graph} graph
 * @param {string} [direction]
 */
function sum(graph, direction) {
    const count = completeBuckets(graph);
    const values = new Array(count).fill(0);
    const begin = firstBucket(graph, firstFlow());
    for (const series of graph.series) {
        if (direction !== undefined && (series.direction ?? "unknown") !== direction) continue;
        for (let index = 0; index < count; index += 1) values[index] += series.values[index] ?? 0;
    }
    return values.slice(begin);
}

/** @param {Graph} bits @param {Graph} packets */
function size(bits, packets) {
    const bytes = bits.series.reduce((all, series) => all + series.total, 0);
    const count = packets.series.reduce((all, series) => all + series.total, 0);
    return count > 0 ? `avg size ${full(Math.round(bytes / count))} B` : "–";
}

/** @param {import("../types/api.d.ts").Exporter[]} silent */
function silentWords(silent) {
    const [first] = silent;
    if (silent.length > 1) return `${silent.length} silent`;
    return `${first.name ?? first.address} silent for ${duration(clockNow() - first.lastSeen)}`;
}
