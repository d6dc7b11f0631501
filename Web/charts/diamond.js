// @ts-check
// Parallel ways as tracelb found them: columns of what answers at one TTL, and links between them. What has nothing beside
// it stands in one column, so that only the diamonds take room. Pure: links of the API in, places out.

/** @typedef {import("../types/api.d.ts").TraceLink} TraceLink */

/**
 * @typedef {object} Vertex
 * @property {string} id
 * @property {string|null} address null where nothing answered
 * @property {number} as 0 where it isn't known
 * @property {number} ttl
 * @property {number} leastRtt microseconds, 0 where it isn't known
 * @property {number[][]} labels
 * @property {number} x
 * @property {number} y
 * @property {number} width
 */
/**
 * @typedef {object} Edge
 * @property {Vertex} source
 * @property {Vertex} target
 * @property {number|null} share of the probes behind the node that went here; null where which went where isn't told
 * @property {number} probes
 * @property {boolean} sure whether the two were seen behind each other
 * @property {string} path of an SVG
 * @property {{x: number, y: number}} middle a point of it nearer to the source
 */
/** @typedef {{x: number, width: number, first: number, last: number, vertices: Vertex[], single: boolean}} Column */
/** @typedef {{columns: Column[], vertices: Vertex[], edges: Edge[], width: number, height: number, beside: number}} Layout */

/** Pixels of a vertex: two lines of text. */
export const BOX = 38;
/** Pixels above the columns, for the TTLs. */
export const HEAD = 22;
const ROW = BOX + 10;
const GAP = 84;
const LETTER = 7;
const LEAST = 104;

/**
 * @param {TraceLink[]} hops of one shape
 * @returns {Layout}
 */
export function diamond(hops) {
    const { vertices, pairs } = graph(hops);
    const layers = new Map(/** @type {[number, Vertex[]][]} */ ([]));
    for (const vertex of vertices.values()) layers.set(vertex.ttl, [...layers.get(vertex.ttl) ?? [], vertex]);
    const ttls = [...layers.keys()].sort((a, b) => a - b);
    /** @type {Column[]} */
    const columns = [];
    for (const ttl of ttls) {
        const own = layers.get(ttl) ?? [];
        const before = columns[columns.length - 1];
        if (own.length === 1 && before?.single) {
            before.vertices.push(own[0]);
            before.last = ttl;
        } else columns.push({ x: 0, width: 0, first: ttl, last: ttl, vertices: [...own], single: own.length === 1 });
    }
    const height = HEAD + ROW * Math.max(0, ...columns.map((column) => column.vertices.length));
    let x = 0;
    for (const column of columns) {
        if (!column.single) order(column.vertices, pairs);
        column.x = x;
        column.width = Math.max(LEAST, ...column.vertices.map((vertex) => LETTER * words(vertex).length + 18));
        const top = HEAD + (height - HEAD - ROW * column.vertices.length) / 2;
        column.vertices.forEach((vertex, index) => {
            [vertex.x, vertex.y, vertex.width] = [column.x, top + ROW * index, column.width];
        });
        x += column.width + GAP;
    }
    const edges = pairs.map((pair) => ({ ...pair, ...line(pair) }));
    const beside = Math.max(
        0,
        ...[...layers.values()].map((layer) => layer.filter(({ address }) => address !== null).length),
    );
    return { columns, vertices: [...vertices.values()], edges, width: Math.max(0, x - GAP), height, beside };
}

/** The longest text of a vertex. @param {Vertex} vertex */
function words(vertex) {
    return vertex.address ?? "no answer";
}

/** @typedef {{source: Vertex, target: Vertex, share: number|null, probes: number, sure: boolean}} Pair */

/**
 * Who answered, and what is behind what.
 * @param {TraceLink[]} hops
 * @returns {{vertices: Map<string, Vertex>, pairs: Pair[]}}
 */
function graph(hops) {
    const vertices = new Map(/** @type {[string, Vertex][]} */ ([]));
    const add = (
        /** @type {string} */ id,
        /** @type {string|null} */ address,
        /** @type {number} */ as,
        /** @type {number} */ ttl,
    ) => {
        const known = vertices.get(id);
        if (known) return known;
        const made = { id, address, as, ttl, leastRtt: 0, labels: [], x: 0, y: 0, width: 0 };
        vertices.set(id, made);
        return made;
    };
    // The nearest place of an address that has several.
    for (const hop of [...hops].sort((a, b) => a.ttl - b.ttl)) {
        if (hop.address === null) continue;
        const vertex = add(hop.address, hop.address, hop.as, hop.ttl);
        if (vertex.leastRtt === 0 || hop.leastRtt > 0 && hop.leastRtt < vertex.leastRtt) vertex.leastRtt = hop.leastRtt;
        for (const labels of hop.labels) {
            if (!vertex.labels.some((known) => String(known) === String(labels))) {
                vertex.labels = [...vertex.labels, labels];
            }
        }
    }
    const nodes = new Map(/** @type {[string, TraceLink[]][]} */ ([]));
    for (const hop of hops) nodes.set(hop.from, [...nodes.get(hop.from) ?? [], hop]);
    for (const [from, own] of nodes) {
        // The first node answers to no link: it is before what is behind it.
        const places = own.filter(({ ttl }) => ttl > 0).map(({ ttl, hop }) => ttl - hop);
        add(from, from === "::" ? null : from, own[0].fromAs, places.length > 0 ? Math.min(...places) : 1);
    }
    const pairs = new Map(/** @type {[string, Pair][]} */ ([]));
    for (const [from, own] of nodes) {
        const node = /** @type {Vertex} */ (vertices.get(from));
        let before = [node];
        for (let place = 1; own.some(({ hop }) => hop === place); place += 1) {
            const here = own.filter(({ hop }) => hop === place);
            const all = here.reduce((sum, { probes }) => sum + probes, 0);
            const now = here.map((hop) =>
                hop.address === null
                    ? add(`${from} ${place}`, null, 0, node.ttl + place)
                    : add(hop.address, hop.address, hop.as, hop.ttl)
            );
            const sure = before.length === 1 || here.length === 1;
            for (const source of before) {
                here.forEach((hop, index) => {
                    const key = `${source.id} > ${now[index].id}`;
                    const share = before.length === 1 && all > 0 && hop.address !== null ? hop.probes / all : null;
                    const pair = { source, target: now[index], share, probes: hop.probes, sure };
                    if (source !== now[index] && !pairs.get(key)?.sure) pairs.set(key, pair);
                });
            }
            before = now;
        }
    }
    return { vertices, pairs: [...pairs.values()] };
}

/**
 * Puts what is beside each other into the order of what is before it, so that fewer links cross.
 * @param {Vertex[]} vertices
 * @param {Pair[]} pairs
 */
function order(vertices, pairs) {
    const places = new Map(vertices.map((vertex) => {
        const sources = pairs.filter(({ target }) => target === vertex).map(({ source }) => source.y);
        return [vertex, sources.length > 0 ? sources.reduce((sum, y) => sum + y, 0) / sources.length : 0];
    }));
    // Silence stands last.
    const silent = (/** @type {Vertex} */ { address }) => address === null ? 1 : 0;
    vertices.sort((a, b) =>
        silent(a) - silent(b) || (places.get(a) ?? 0) - (places.get(b) ?? 0) ||
        a.id.localeCompare(b.id, "en", { numeric: true })
    );
}

/** @param {Pair} pair */
function line({ source, target }) {
    const below = source.x === target.x;
    const [x1, y1] = below
        ? [source.x + source.width / 2, source.y + BOX]
        : [source.x + source.width, source.y + BOX / 2];
    const [x2, y2] = below ? [target.x + target.width / 2, target.y] : [target.x, target.y + BOX / 2];
    if (below) return { path: `M${x1} ${y1}V${y2}`, middle: { x: x1, y: (y1 + y2) / 2 } };
    const bend = (x2 - x1) / 2;
    // Before the middle: links that part at the source are apart there, and those of two sources don't cross yet.
    const at = 0.4;
    const y = y1 + (y2 - y1) * (3 * at * at - 2 * at * at * at);
    const x = x1 + (x2 - x1) * (1.5 * at * (1 - at) * (1 - at) + 1.5 * at * at * (1 - at) + at * at * at);
    return { path: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`, middle: { x, y } };
}
