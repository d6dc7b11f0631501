// @ts-check
// The eight relations, as NetMeta's dashboard has them. Pure.

/**
 * @typedef {object} Relation
 * @property {string} id
 * @property {string} title
 * @property {string} [direction] the part of the filter that chooses it; flows whose direction nobody told pass both
 * @property {number} limit paths
 * @property {string[][]} stages columns that make a node, from left to right
 * @property {string[]} heads of the stages
 */

const INBOUND = "Incoming != no";
const OUTBOUND = "Incoming != yes";
// An interface's number means nothing without its exporter, nor a port without its protocol.
const SERVICE = ["DstAddr", "Proto", "DstPort"];
const SYSTEMS = { limit: 20, stages: [["SrcAS"], ["DstAS"]], heads: ["Source AS", "Destination AS"] };
const INTERFACES = {
    limit: 30,
    stages: [["SrcAS"], ["OutIf", "SamplerAddress"], ["DstAS"]],
    heads: ["Source AS", "Egress interface", "Destination AS"],
};
const SERVICES = { limit: 30, stages: [["SrcAS"], SERVICE], heads: ["Source AS", "Service"] };

/** @type {Relation[]} */
export const RELATIONS = [
    { id: "as-in", title: "AS to AS, inbound", direction: INBOUND, ...SYSTEMS },
    { id: "as-out", title: "AS to AS, outbound", direction: OUTBOUND, ...SYSTEMS },
    { id: "if-in", title: "AS to AS by egress interface, inbound", direction: INBOUND, ...INTERFACES },
    { id: "if-out", title: "AS to AS by egress interface, outbound", direction: OUTBOUND, ...INTERFACES },
    {
        id: "hosts",
        title: "Host to host",
        limit: 30,
        stages: [["SrcAddr"], ["DstAddr"]],
        heads: ["Source", "Destination"],
    },
    {
        id: "ports",
        title: "Host and port to host and port",
        limit: 30,
        stages: [["SrcAddr", "Proto", "SrcPort"], ["DstAddr", "Proto", "DstPort"]],
        heads: ["Source", "Destination"],
    },
    { id: "service-in", title: "AS to service, inbound", direction: INBOUND, ...SERVICES },
    { id: "service-out", title: "AS to service, outbound", direction: OUTBOUND, ...SERVICES },
];

/** @param {Relation} relation @returns {string[]} each column once, as the API is asked */
export function columnsOf({ stages }) {
    return [...new Set(stages.flat())];
}
