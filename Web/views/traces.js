// @ts-check
// What scamper measured: who reaches whom how fast and which way, and everything about one pair.
import { markup } from "../preact.js";
import * as api from "../api.js";
import { rangeOf } from "../clock.js";
import { useData, useReady } from "../data.js";
import { milliseconds } from "../charts/rtt.js";
import { link } from "../state.js";
import { usePreferences } from "../store.js";
import { isLive, stamp } from "../time.js";
import { full, percent } from "../units.js";
import { asPath } from "../words.js";
import { Manual } from "./manuallink.js";
import { Failure, Icon, Skeleton } from "./parts.js";
import { follow } from "./topbar.js";
import { TracePair } from "./tracepair.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").TracePairs} TracePairs */

/** @param {{state: State}} props */
export function Traces({ state }) {
    const { zone, refresh } = usePreferences();
    const range = rangeOf(state);
    const interval = isLive(state) ? refresh : 0;
    const one = state.target !== "";
    const listKey = range === null || one ? "" : `traces ${JSON.stringify(range)}`;
    const pairKey = range === null || !one ? "" : `trace ${JSON.stringify({ ...range, t: state.target, m: state.monitor })}`;
    const listed = useData(listKey, (signal, id) => api.tracePairs({ ...range }, signal, id), interval);
    const pair = useData(
        pairKey,
        (signal, id) => api.tracePair({ ...range, destination: state.target, monitor: state.monitor }, signal, id),
        interval,
    );
    // What tracelb found comes behind: without it the page is whole for most.
    const linkedPairs = useData(listKey && `${listKey} links`, (signal, id) => api.traceLinkPairs({ ...range }, signal, id), interval);
    const links = useData(
        pairKey && `${pairKey} links`,
        (signal, id) => api.traceLinks({ ...range, destination: state.target, monitor: state.monitor }, signal, id),
        interval,
    );
    const loaded = one ? pair : listed;
    useReady(loaded.data !== undefined && !loaded.stale || loaded.error !== undefined, `${listKey} ${pairKey}`);
    return markup`<main id="main">
        <div class="title-line"><h1>Traces</h1>
            ${one && markup`<a class="button" href=${link(state, { target: "", monitor: "" })} onClick=${follow({ target: "", monitor: "" })}>
                <${Icon} name="left" />All</a><span class="trace-title"><b>${state.monitor || "unnamed monitor"}</b> to <b>${state.target}</b></span>`}
            <span class="dim summary">${!one && listed.data && summary(listed.data)}</span><span class="grow"></span>
            <div class="title-buttons"><${Manual} doc="traces" about="traceroutes and pings" /></div></div>
        ${loaded.error && !["network", "cancelled"].includes(loaded.error.code) &&
        markup`<${Failure} error=${loaded.error} retry=${loaded.retry} />`}
        ${!loaded.data && !loaded.error && loaded.slow && markup`<section class="panel" aria-label="Traces"><${Skeleton} lines=${8} /></section>`}
        ${!one && listed.data && markup`<${List} answer=${listed.data} parallel=${linkedPairs.data?.pairs ?? []} state=${state} zone=${zone} faded=${listed.stale} />`}
        ${one && pair.data && markup`<${TracePair} answer=${pair.data} links=${links.data} zone=${zone} faded=${pair.stale} />`}
        ${[one ? links : linkedPairs].map(({ error, retry }) =>
            error && !loaded.error && !["network", "cancelled"].includes(error.code) && markup`<${Failure} key="links" error=${error} retry=${retry} />`
        )}
    </main>`;
}

/**
 * @param {{answer: TracePairs, parallel: import("../types/api.d.ts").TraceLinkPairs["pairs"], state: State, zone: "utc"|"local", faded: boolean}} props
 */
function List({ answer, parallel, state, zone, faded }) {
    // Those with most traces first, then what was only pinged, then what only tracelb looked at.
    const [traces, pings, links] = [byPair(answer.traces), byPair(answer.pings), byPair(parallel)];
    const rows = [...byPair([...answer.traces, ...answer.pings, ...parallel])].map(([key, { monitor, destination }]) => (
        { key, monitor, destination, trace: traces.get(key), ping: pings.get(key), links: links.get(key) }
    ));
    if (rows.length === 0) {
        return markup`<section class="panel" aria-label="Traces"><div class="empty"><strong>Nothing was measured in this range.</strong>${" "}
            Files of scamper come in by <code>netmeta import warts FILE</code>, or from a watched folder.</div></section>`;
    }
    return markup`<section class=${faded ? "panel faded" : "panel"} aria-label="Traces"><div class="scroll"><table class="traces">
        <thead><tr><th>Monitor</th><th>Destination</th><th class="num">Traces</th><th class="num">Reached</th><th class="num">RTT</th>
            <th class="num">Ways</th><th class="num" title="Most addresses beside each other at one TTL, as tracelb found them">Parallel</th><th>AS path</th><th class="num">Ping loss</th><th class="num">Ping RTT</th><th>Last</th></tr></thead>
        <tbody>${rows.map(({ key, monitor, destination, trace, ping, links }) => {
        const target = { target: destination, monitor };
        const lost = trace ? 1 - trace.reached / trace.traces : 0;
        return markup`<tr key=${key}><td>${monitor || markup`<span class="dim">unnamed</span>`}</td>
                <td><a class="row-link" href=${link(state, target)} onClick=${follow(target)}>${destination}</a></td>
                <td class="num">${trace ? full(trace.traces) : "–"}</td>
                <td class=${lost > 0 ? "num warn-text" : "num"}>${trace ? `${percent(1 - lost)} %` : "–"}</td>
                <td class="num">${trace && trace.medianRtt > 0 ? milliseconds(trace.medianRtt) : "–"}</td>
                <td class="num">${trace ? full(trace.paths) : "–"}</td>
                <td class="num">${links ? full(links.width) : "–"}</td>
                <td class="as-path">${trace ? asPath(trace.asPath) : "–"}</td>
                <td class=${ping && ping.received < ping.sent ? "num warn-text" : "num"}>${ping ? `${percent(1 - ping.received / Math.max(1, ping.sent))} %` : "–"}</td>
                <td class="num">${ping && ping.received > 0 ? milliseconds(ping.medianRtt) : "–"}</td>
                <td class="dim">${stamp(Math.max(trace?.last ?? 0, ping?.last ?? 0, links?.last ?? 0), zone)}</td></tr>`;
    })}</tbody></table></div></section>`;
}

/**
 * @template {{monitor: string, destination: string}} Pair
 * @param {Pair[]} pairs
 * @returns {Map<string, Pair>}
 */
function byPair(pairs) {
    return new Map(pairs.map((pair) => [`${pair.monitor} ${pair.destination}`, pair]));
}

/** @param {TracePairs} answer */
function summary({ traces, pings }) {
    const count = traces.reduce((sum, pair) => sum + pair.traces, 0);
    const sent = pings.reduce((sum, pair) => sum + pair.sent, 0);
    return `${full(count)} ${count === 1 ? "trace" : "traces"}${sent > 0 ? `, ${full(sent)} pings` : ""}`;
}
