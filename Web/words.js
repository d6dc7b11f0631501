// @ts-check
// Column names as people say them: SrcAS is "source AS". Pure; made from the name, so that new columns need no entry.

/** @type {Record<string, string>} */
const WORDS = {
    Src: "source",
    Dst: "destination",
    In: "ingress",
    Out: "egress",
    If: "interface",
    Addr: "address",
    AS: "AS",
    Net: "prefix length",
    Mac: "MAC",
    Proto: "protocol",
    Ip: "IP",
    IP: "IP",
    Tcp: "TCP",
    Icmp: "ICMP",
    IPTTL: "TTL",
    ID: "",
    Bi: "biflow",
    Flow: "flow",
    Tos: "ToS",
    Vlan: "VLAN",
    Vrf: "VRF",
    Id: "",
    Sampler: "exporter",
    Address: "",
    EType: "Ethertype",
};

/**
 * @param {string} column
 * @returns {string} lower case but for abbreviations
 */
export function words(column) {
    // "City" is the name's column.
    const tokens =
        column.replace(/CityId$/, "CityNumber").match(/EType|IPv6|IPv4|[A-Z]{2,}(?![a-z])|[A-Z]?[a-z0-9]+/g) ??
            [column];
    const said = tokens.map((token) =>
        WORDS[token] ?? (/^([A-Z]{2,}|IPv[46])$/.test(token) ? token : token.toLowerCase())
    );
    // SrcNet is a prefix's length, SrcNetName the name of the network.
    const phrase = said.filter((word) => word !== "").join(" ").replace("prefix length ", "network ");
    return phrase.replace("IP ToS", "ToS") || column;
}

/** What has a column of its own besides those of both ends, called the same: VlanId, CloudRegion. */
const BESIDES_ENDS = /^(Src|Dst)(Vlan$|Cloud)/;

/**
 * What either end of a column and its mirror is called: SrcAddr or DstAddr is "address".
 * @param {string} column
 */
export function eitherWords(column) {
    const said = words(column.replace(/^(Src|Dst|In|Out)(?=[A-Z])/, ""));
    return BESIDES_ENDS.test(column) ? `either ${said}` : said;
}

/** @param {string} text */
export function capital(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * "a", "a and b", "a, b and c".
 * @param {string[]} items
 */
export function list(items) {
    return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/**
 * A label as name and identifier: "443 https", "AS2906 Netflix" and "edge-1 192.0.2.1" have both, "10.0.0.1" has only
 * the first. The name comes first, so that where room is short the identifier gives way.
 * @param {string} label
 * @returns {[string, string]}
 */
export function nameAndId(label) {
    const system = /^(AS\d+) (.+)$/.exec(label);
    if (system) return [system[2], system[1]];
    const named = /^(.+) (if \d+(?: of any exporter)?|[\d.]{7,}|[\da-f]*:[\da-f:.]*)$/.exec(label) ??
        /^(\d+) ([^\d].*)$/.exec(label);
    return named ? [named[1], named[2]] : [label, ""];
}

/** @param {string} name of a protocol as the API tells it: "v9" for "NetFlow v9" */
export function protocol(name) {
    return name.replace(/^NetFlow[ _](?=v\d)/i, "").replace(/^SFLOW(_\d)?$/i, "sFlow").replace(/^V(?=\d)/, "v");
}

/** @param {string} name where a sampling rate is known from */
export function source(name) {
    return { options: "options", record: "each record", configuration: "config", unknown: "assumed 1:1" }[name] ?? name;
}

/** @param {number[]} path */
export function asPath(path) {
    return path.length === 0 ? "–" : path.map((number) => `AS${number}`).join(" › ");
}
