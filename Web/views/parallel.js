// @ts-check
// The parallel ways of one pair: each shape that tracelb found as a drawing, and its links as a table.
import { markup, useState } from "../preact.js";
import { BOX, diamond } from "../charts/diamond.js";
import { milliseconds } from "../charts/rtt.js";
import { stamp } from "../time.js";
import { counted, full, percent } from "../units.js";

/** @typedef {import("../types/api.d.ts").TraceLinks} TraceLinks */
/** @typedef {import("../types/api.d.ts").TraceShape} TraceShape */
/** @typedef {import("../types/api.d.ts").TraceLink} TraceLink */
/** @typedef {import("../time.js").Zone} Zone */

/** Shares are written at links between two columns where there are so many at most: more would stand on each other. */
const SHARES = 4;

/** @param {{answer: TraceLinks, zone: Zone, faded: boolean}} props */
export function Parallel({ answer, zone, faded }) {
    if (answer.shapes.length === 0) return null;
    return markup`<section class=${faded ? "panel faded" : "panel"} aria-label="Parallel ways"><div class="head"><h2>Parallel ways</h2>
        <span class="dim cut">as tracelb finds them; a share is of its probes, not of traffic${answer.cut && "; there are more than are shown"}</span></div>
        ${answer.shapes.map((shape, index) =>
        markup`<${Shape} key=${shape.shape} shape=${shape} destination=${answer.destination} zone=${zone} open=${index === 0} />`
    )}</section>`;
}

/** @param {{shape: TraceShape, destination: string, zone: Zone, open: boolean}} props */
function Shape({ shape, destination, zone, open }) {
    const layout = diamond(shape.hops);
    const times = shape.first === shape.last ? stamp(shape.first, zone) : `${stamp(shape.first, zone)} to ${stamp(shape.last, zone)}`;
    const width = layout.beside > 1 ? `${full(layout.beside)} ways beside each other` : "one way only";
    return markup`<details class="shape" open=${open}><summary><b>${shape.method}</b> ${counted(shape.traces, "trace")}, ${width}
            <span class="dim">${counted(shape.nodes, "node")}, ${counted(shape.links, "link")}; ${times}</span></summary>
        <div class="scroll"><${Drawing} layout=${layout} destination=${destination} /></div>
        <details class="shape-links"><summary>${counted(shape.hops.length, "row")} as a table</summary><${Table} hops=${shape.hops} /></details>
    </details>`;
}

/** @param {{layout: import("../charts/diamond.js").Layout, destination: string}} props */
function Drawing({ layout, destination }) {
    const [lit, setLit] = useState("");
    const { columns, vertices, edges, width, height } = layout;
    const shared = edges.filter(({ share }) => share !== null && share < 1);
    const crowd = new Map(/** @type {[number, number][]} */ ([]));
    for (const { source } of shared) crowd.set(source.x, (crowd.get(source.x) ?? 0) + 1);
    return markup`<div class="diamond" role="group" aria-label="Links between hops; the table below has them as text"
            style=${{ width: `${width}px`, height: `${height}px` }}>
        <svg width=${width} height=${height} aria-hidden="true">${edges.map(({ source, target, share, sure, path }) => {
        const state = lit === "" ? "" : lit === source.id || lit === target.id ? " lit" : " unlit";
        return markup`<path key=${`${source.id} ${target.id}`} class=${`${sure ? "sure" : "unsure"}${state}`} d=${path}
                style=${{ strokeWidth: `${1.5 + 4 * (share !== null && share < 1 ? share : 0)}px` }} />`;
    })}</svg>
        ${columns.map(({ x, width: wide, first, last }) =>
        markup`<div class="ttl" key=${first} style=${{ left: `${x}px`, width: `${wide}px` }}>TTL ${first}${last > first && ` to ${last}`}</div>`
    )}
        ${vertices.map((vertex) =>
        markup`<div key=${vertex.id} class=${vertex.address === null ? "vertex silent" : vertex.address === destination ? "vertex end" : "vertex"}
                onMouseEnter=${() => setLit(vertex.id)} onMouseLeave=${() => setLit("")}
                style=${{ left: `${vertex.x}px`, top: `${vertex.y}px`, width: `${vertex.width}px`, height: `${BOX}px` }}>
                <span class="mono">${vertex.address ?? "no answer"}</span>
                <span class="about">${facts(vertex)}</span></div>`
    )}
        ${shared.filter(({ source }) => (crowd.get(source.x) ?? 0) <= SHARES).map(({ source, target, share, probes, middle }) =>
        markup`<span key=${`${source.id} ${target.id}`} class="share" title=${counted(probes, "probe")}
                style=${{ left: `${middle.x}px`, top: `${middle.y}px` }}>${Math.round(100 * (share ?? 0))} %</span>`
    )}</div>`;
}

/** @param {import("../charts/diamond.js").Vertex} vertex */
function facts({ as, leastRtt, labels }) {
    return [as > 0 ? `AS${as}` : "", leastRtt > 0 ? milliseconds(leastRtt) : "", labels.length > 0 ? "MPLS" : ""].filter(Boolean).join(" · ");
}

/** @param {{hops: TraceLink[]}} props */
function Table({ hops }) {
    const sums = new Map(/** @type {[string, number][]} */ ([]));
    for (const { from, hop, probes } of hops) sums.set(`${from} ${hop}`, (sums.get(`${from} ${hop}`) ?? 0) + probes);
    return markup`<div class="scroll"><table class="hops"><thead><tr><th class="num">TTL</th><th>Behind</th><th class="num">Hops</th><th>Address</th>
        <th>AS</th><th class="num">Probes</th><th class="num">Share</th><th class="num">Best</th><th class="num">Median</th><th>MPLS</th></tr></thead>
        <tbody>${hops.map(({ from, hop, ttl, address, as, probes, leastRtt, medianRtt, labels }) => {
        const all = sums.get(`${from} ${hop}`) ?? 0;
        return markup`<tr key=${`${from} ${hop} ${address}`} class=${address === null ? "silent" : ""}>
                <td class="num">${ttl > 0 ? ttl : ""}</td><td>${from === "::" ? "no answer" : from}</td><td class="num">${hop}</td><td>${address ?? "no answer"}</td>
                <td>${as > 0 ? `AS${as}` : address !== null && markup`<span class="dim">unknown</span>`}</td>
                <td class="num">${address === null ? "" : full(probes)}</td>
                <td class="num">${address !== null && all > 0 ? `${percent(probes / all)} %` : ""}</td>
                <td class="num">${leastRtt > 0 ? milliseconds(leastRtt) : ""}</td><td class="num">${medianRtt > 0 ? milliseconds(medianRtt) : ""}</td>
                <td>${labels.map((one) => one.join(" ")).join(" | ")}</td></tr>`;
    })}</tbody></table></div>`;
}
