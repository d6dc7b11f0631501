// @ts-check
// Paths between values as ribbons between bars. Pure: an answer of the API in, places of nodes and links out.
import { paints } from "../colour.js";
import { inUnit } from "../units.js";

/** @typedef {import("../types/api.d.ts").Top} Top */
/** @typedef {import("../types/api.d.ts").TopRow} TopRow */
/** @typedef {import("../colour.js").Paint} Paint */

/**
 * @typedef {object} Node
 * @property {string} id
 * @property {number} stage
 * @property {string[]} key its values, one a column of its stage; empty for Other
 * @property {string[]} labels
 * @property {"value"|"unknown"|"other"} kind
 * @property {Paint} paint
 * @property {number} amount bytes, packets or flows of the paths through it
 * @property {number} x
 * @property {number} y
 * @property {number} height
 */
/**
 * @typedef {object} Link
 * @property {string} id
 * @property {Node} source
 * @property {Node} target
 * @property {number} amount
 * @property {string} path of an SVG
 */
/** @typedef {{nodes: Node[], links: Link[], height: number, amount: number, paths: number}} Layout */

/** Pixels of a node's bar. */
export const NODE = 10;
/** Pixels that a node takes at least, for its label. */
const LINE = 16;
/** Pixels between nodes. */
const GAP = 6;

/** From this share of all on, Other would leave no room for the paths; then it is not drawn, which has to be said. */
const OTHER = 0.5;

/**
 * The paths to draw, and what share of all is left out.
 * @param {Top} top
 * @returns {{drawn: Top, left: number}}
 */
export function drawable(top) {
    const total = top.rows.reduce((sum, row) => sum + amountOf(row, top.unit), 0);
    const rows = top.rows.filter(({ kind }) => kind !== "other");
    const other = total - rows.reduce((sum, row) => sum + amountOf(row, top.unit), 0);
    return other > OTHER * total ? { drawn: { ...top, rows }, left: other / total } : { drawn: top, left: 0 };
}

/** What a row has in the unit that was asked for. @param {TopRow} row @param {string} unit */
export function amountOf(row, unit) {
    if (unit.startsWith("packet")) return row.packets;
    return unit.startsWith("flow") ? row.flows : row.bytes;
}

/**
 * Bars for each value in each stage, and ribbons between neighbours. Sums are those of the paths: what is under Other
 * as a path is Other in every stage.
 *
 * @param {Top} top
 * @param {number[][]} stages places of the dimensions that make a node, from left to right
 * @param {{width: number, height: number, left: number, right: number}} room height is that of the largest bars;
 *   labels may need more
 * @returns {Layout}
 */
export function sankey(top, stages, { width, height, left, right }) {
    const nodes = gather(top, stages);
    const total = top.rows.reduce((sum, row) => sum + amountOf(row, top.unit), 0);
    const scale = total > 0 ? height / total : 0;
    const columns = stages.map((_, stage) => nodes.filter((node) => node.stage === stage));
    const links = connect(top, stages, nodes);
    columns.forEach((column, stage) => {
        sortColumn(column, stage === 0 ? [] : links.filter(({ target }) => target.stage === stage));
        const step = stages.length === 1 ? 0 : (width - left - right - NODE) / (stages.length - 1);
        let y = 0;
        for (const node of column) {
            node.height = Math.max(1, node.amount * scale);
            node.x = left + stage * step;
            // A bar lower than its label stands in the middle of the label's line.
            const line = Math.max(LINE, node.height);
            node.y = y + (line - node.height) / 2;
            y += line + GAP;
        }
    });
    const ends = columns.map((column) => column.reduce((end, node) => Math.max(end, node.y + node.height), 0));
    const most = Math.max(LINE, ...ends.map((end) => end + GAP));
    // Shorter columns stand in the middle.
    columns.forEach((column, stage) => column.forEach((node) => (node.y += (most - ends[stage] - GAP) / 2)));
    draw(links, scale);
    return { nodes, links, height: most, amount: total, paths: top.rows.filter(({ kind }) => kind !== "other").length };
}

/** @param {TopRow} row @param {number[]} stage @param {number} place @returns {string} */
function idOf(row, stage, place) {
    return row.kind === "other"
        ? `${place} other`
        : `${place} ${stage.map((column) => row.key[column]).join("\u001f")}`;
}

/** @param {Top} top @param {number[][]} stages @returns {Node[]} */
function gather(top, stages) {
    /** @type {Map<string, Node>} */
    const found = new Map();
    stages.forEach((stage, place) => {
        for (const row of top.rows) {
            const id = idOf(row, stage, place);
            const other = row.kind === "other";
            const labels = other ? ["Other"] : stage.map((column) => row.labels[column] ?? row.key[column]);
            const unknown = labels.every((label) => label === "unknown");
            const node = found.get(id) ?? {
                id,
                stage: place,
                key: other ? [] : stage.map((column) => row.key[column]),
                labels,
                kind: /** @type {Node["kind"]} */ (other ? "other" : unknown ? "unknown" : "value"),
                paint: { kind: "other", slot: 0, pattern: 0 },
                amount: 0,
                x: 0,
                y: 0,
                height: 0,
            };
            node.amount += amountOf(row, top.unit);
            found.set(id, node);
        }
    });
    const nodes = [...found.values()].filter(({ amount }) => amount > 0);
    // The same value has the same colour in every stage, and in charts of one dimension.
    const all = paints(nodes);
    nodes.forEach((node, index) => (node.paint = all[index]));
    return nodes;
}

/** @param {Top} top @param {number[][]} stages @param {Node[]} nodes @returns {Link[]} */
function connect(top, stages, nodes) {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    /** @type {Map<string, Link>} */
    const links = new Map();
    for (const row of top.rows) {
        for (let place = 1; place < stages.length; place += 1) {
            const source = byId.get(idOf(row, stages[place - 1], place - 1));
            const target = byId.get(idOf(row, stages[place], place));
            if (!source || !target) continue;
            const id = `${source.id}>${target.id}`;
            const link = links.get(id) ?? { id, source, target, amount: 0, path: "" };
            link.amount += amountOf(row, top.unit);
            links.set(id, link);
        }
    }
    return [...links.values()].filter(({ amount }) => amount > 0);
}

/**
 * The first stage by size, later ones by where their ribbons come from; unknown and Other last.
 * @param {Node[]} column
 * @param {Link[]} incoming
 */
function sortColumn(column, incoming) {
    const rank = { value: 0, unknown: 1, other: 2 };
    const pull = new Map(column.map((node) => {
        const links = incoming.filter(({ target }) => target === node);
        const weight = links.reduce((sum, { amount }) => sum + amount, 0);
        const where = links.reduce((sum, { amount, source }) => sum + amount * (source.y + source.height / 2), 0);
        return [node, weight > 0 ? where / weight : 0];
    }));
    column.sort((a, b) =>
        (rank[a.kind] === 2 ? 1 : 0) - (rank[b.kind] === 2 ? 1 : 0) ||
        (incoming.length === 0 ? rank[a.kind] - rank[b.kind] : 0) ||
        (pull.get(a) ?? 0) - (pull.get(b) ?? 0) || b.amount - a.amount || (a.id < b.id ? -1 : 1)
    );
}

/** @param {Link[]} links @param {number} scale ribbons leave and arrive in the order of where they go and come from */
function draw(links, scale) {
    const offsets = { out: new Map(), in: new Map() };
    const take = (/** @type {Map<Node, number>} */ map, /** @type {Node} */ node, /** @type {number} */ height) => {
        const start = map.get(node) ?? 0;
        map.set(node, start + height);
        return start;
    };
    /** @type {Map<Link, number>} */
    const leaves = new Map();
    for (const link of [...links].sort((a, b) => a.target.y - b.target.y)) {
        leaves.set(link, link.source.y + take(offsets.out, link.source, link.amount * scale));
    }
    for (const link of [...links].sort((a, b) => a.source.y - b.source.y)) {
        const height = Math.max(0.5, link.amount * scale);
        const [y0, y1] = [leaves.get(link) ?? 0, link.target.y + take(offsets.in, link.target, link.amount * scale)];
        const [x0, x1] = [link.source.x + NODE, link.target.x];
        const bend = (x0 + x1) / 2;
        const n = (/** @type {number} */ value) => Number(value.toFixed(1));
        link.path = `M${n(x0)} ${n(y0)}C${n(bend)} ${n(y0)} ${n(bend)} ${n(y1)} ${n(x1)} ${n(y1)}` +
            `V${n(y1 + height)}C${n(bend)} ${n(y1 + height)} ${n(bend)} ${n(y0 + height)} ${n(x0)} ${n(y0 + height)}Z`;
    }
}

/**
 * An amount in the unit of the answer.
 * @param {Top} top
 * @param {number} amount
 */
export function valueOf(top, amount) {
    return inUnit(amount, Math.max(1, top.to - top.from), top.unit);
}
