// @ts-check
// The panels of NetMeta's dashboard that Overview's upper part has no equal of. Pure.

/**
 * @typedef {object} PanelOf
 * @property {string} id
 * @property {string} title
 * @property {"graph"|"top"|"values"} kind
 * @property {string[]} [dimensions]
 * @property {string} [column] of a distribution
 * @property {string} [unit]
 * @property {number} [limit]
 * @property {string} [filter]
 * @property {"in"|"out"} [direction]
 * @property {boolean} [split] whether in and out are drawn apart
 * @property {boolean} [wide]
 */

/** @type {{title: string, panels: PanelOf[]}[]} */
export const GROUPS = [
    {
        title: "Traffic",
        panels: [
            { id: "proto", title: "IP protocols", kind: "graph", dimensions: ["Proto"], limit: 8, split: true },
            { id: "etype", title: "Ethernet types", kind: "graph", dimensions: ["EType"], limit: 8, split: true },
            {
                id: "exporters",
                title: "Flows of each exporter",
                kind: "graph",
                dimensions: ["SamplerAddress"],
                unit: "flow/s",
                limit: 20,
            },
            { id: "nexthops", title: "Next hops", kind: "top", dimensions: ["NextHop"], limit: 100 },
            {
                id: "ingress",
                title: "Ingress interfaces",
                kind: "graph",
                dimensions: ["InIf", "SamplerAddress"],
                limit: 10,
                split: true,
            },
            {
                id: "egress",
                title: "Egress interfaces",
                kind: "graph",
                dimensions: ["OutIf", "SamplerAddress"],
                limit: 10,
                split: true,
            },
        ],
    },
    {
        title: "Autonomous systems",
        panels: [
            {
                id: "source-as",
                title: "Source AS of what comes in",
                kind: "top",
                dimensions: ["SrcAS"],
                limit: 100,
                direction: "in",
            },
            {
                id: "destination-as",
                title: "Destination AS of what goes out",
                kind: "top",
                dimensions: ["DstAS"],
                limit: 100,
                direction: "out",
            },
            {
                id: "source-as-time",
                title: "Source AS of what comes in, over time",
                kind: "graph",
                dimensions: ["SrcAS"],
                limit: 10,
                direction: "in",
            },
            {
                id: "destination-as-time",
                title: "Destination AS of what goes out, over time",
                kind: "graph",
                dimensions: ["DstAS"],
                limit: 10,
                direction: "out",
            },
        ],
    },
    {
        title: "Details",
        panels: [
            {
                id: "flags",
                title: "TCP flags",
                kind: "graph",
                dimensions: ["TCPFlags"],
                filter: "Proto = TCP",
                limit: 10,
                split: true,
            },
            {
                id: "vlans",
                title: "VLANs",
                kind: "graph",
                dimensions: ["VlanId", "SamplerAddress"],
                limit: 10,
                split: true,
            },
            {
                id: "source-ports",
                title: "Source ports",
                kind: "graph",
                dimensions: ["SrcPort", "Proto"],
                limit: 10,
                split: true,
            },
            {
                id: "destination-ports",
                title: "Destination ports",
                kind: "graph",
                dimensions: ["DstPort", "Proto"],
                limit: 10,
                split: true,
            },
        ],
    },
    {
        title: "Hosts and flows",
        panels: [
            {
                id: "sources",
                title: "Source addresses",
                kind: "graph",
                dimensions: ["SrcAddr"],
                limit: 10,
                split: true,
            },
            {
                id: "destinations",
                title: "Destination addresses",
                kind: "graph",
                dimensions: ["DstAddr"],
                limit: 10,
                split: true,
            },
            {
                id: "tcp-sources",
                title: "Source addresses of TCP, by exporter",
                kind: "top",
                dimensions: ["SrcAddr", "SamplerAddress"],
                filter: "Proto = TCP",
                limit: 100,
            },
            {
                id: "tcp-destinations",
                title: "Destination addresses of TCP, by exporter",
                kind: "top",
                dimensions: ["DstAddr", "SamplerAddress"],
                filter: "Proto = TCP",
                limit: 100,
            },
            {
                id: "flows",
                title: "Largest flows",
                kind: "top",
                dimensions: ["SrcAddr", "SrcPort", "DstAddr", "DstPort", "Proto", "SamplerAddress"],
                limit: 100,
                wide: true,
            },
        ],
    },
    {
        title: "Distributions",
        panels: [
            { id: "ttl", title: "TTL", kind: "values", column: "IPTTL", unit: "flow/s" },
            { id: "size", title: "Packet size", kind: "values", column: "PacketSize", unit: "flow/s" },
            { id: "source-port", title: "Source port", kind: "values", column: "SrcPort", unit: "flow/s" },
            { id: "destination-port", title: "Destination port", kind: "values", column: "DstPort", unit: "flow/s" },
        ],
    },
];

/**
 * What the API is asked for a panel.
 * @param {PanelOf} panel
 * @param {import("./time.js").Range} range
 * @param {string} unit where the panel has none of its own
 * @returns {Record<string, string|number|undefined>}
 */
export function question(panel, { from, to }, unit) {
    const shared = { from, to, filter: panel.filter, unit: panel.unit ?? unit, direction: panel.direction };
    if (panel.kind === "values") return { ...shared, column: panel.column };
    return {
        ...shared,
        dimensions: panel.dimensions?.join(","),
        limit: panel.limit,
        split: panel.split ? "direction" : undefined,
    };
}
