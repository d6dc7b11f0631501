// @ts-check
// What has distributions over time, and the filter of one bin. Pure.

/** What has distributions, as people call it; filterable is whether the filter language knows the column. */
export const SUBJECTS = [
    { column: "PacketSize", name: "packet size", filterable: false },
    { column: "FlowDuration", name: "flow duration", filterable: false },
    { column: "IPTTL", name: "TTL", filterable: true },
    { column: "SrcPort", name: "source port", filterable: true },
    { column: "DstPort", name: "destination port", filterable: true },
    { column: "Bytes", name: "bytes of a flow", filterable: true },
    { column: "Packets", name: "packets of a flow", filterable: true },
];

/** @param {string} column @param {{from: number, to: number|null}} bin */
export function condition(column, { from, to }) {
    if (to === null) return `${column} >= ${from}`;
    return to - from === 1 ? `${column} = ${from}` : `${column} between ${from} and ${to - 1}`;
}
