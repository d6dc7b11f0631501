import { changed, DEFAULTS, format, parse } from "../../Web/state.js";
import { equal } from "./assert.js";

// These strings are in people's bookmarks: a change here breaks their links.
const LINKS = [
    ["", {}],
    ["?from=-1h", { from: "-1h" }],
    ["?from=-6h", { from: "-6h" }],
    ["?p=explore&d=SrcAddr", { page: "explore", dimensions: ["SrcAddr"] }],
    ["?p=explore&from=1700000000&to=1700003600&d=SrcAS,InIf&c=lines&u=packet/s&dir=split&n=20&by=max&b=60&s=peak", {
        page: "explore",
        from: "1700000000",
        to: "1700003600",
        dimensions: ["SrcAS", "InIf"],
        chart: "lines",
        unit: "packet/s",
        direction: "split",
        top: 20,
        by: "max",
        bucket: 60,
        sort: "peak",
    }],
    ["?p=explore&f=SrcAS+=+13335+and+not+(Proto+=+%22TCP%22)", {
        page: "explore",
        filter: 'SrcAS = 13335 and not (Proto = "TCP")',
    }],
    ["?p=explore&from=-7d&rows=raw", { page: "explore", from: "-7d", detail: "raw" }],
    ["?p=explore&d=SrcAS,DstAS&c=sankey&u=byte/packet", {
        page: "explore",
        dimensions: ["SrcAS", "DstAS"],
        chart: "sankey",
        unit: "byte/packet",
    }],
    ["?p=explore&c=values&v=DstPort&u=flows", { page: "explore", chart: "values", column: "DstPort", unit: "flows" }],
    ["?p=explore&d=Proto&c=bars&sp=off&bi=1&pp=week", {
        page: "explore",
        dimensions: ["Proto"],
        chart: "bars",
        spread: "off",
        reverse: true,
        previous: "week",
    }],
    ["?p=explore&c=share&sp=on&pp=period", { page: "explore", chart: "share", spread: "on", previous: "period" }],
    ["?p=relations&from=-6h&f=Proto+=+6", { page: "relations", from: "-6h", filter: "Proto = 6" }],
    ["?m=as,hosts", { mirrored: ["as", "hosts"] }],
    ["?e=192.0.2.9", { exporter: "192.0.2.9" }],
    ["?e=2001:db8::1", { exporter: "2001:db8::1" }],
    ["?l=1", { losses: true }],
    ["?p=flows&from=-6h&f=Proto+=+17&cols=TimeReceived,SrcAddr,Bytes&o=-Bytes", {
        page: "flows",
        from: "-6h",
        filter: "Proto = 17",
        columns: ["TimeReceived", "SrcAddr", "Bytes"],
        order: "-Bytes",
    }],
    ["?p=flows&from=1700000000&to=1700003600&at=100@1700003000-1f-2-a2001:db8::1&row=1700002999-ff", {
        page: "flows",
        from: "1700000000",
        to: "1700003600",
        place: "100@1700003000-1f-2-a2001:db8::1",
        row: "1700002999-ff",
    }],
    ["?p=flows&live=1", { page: "flows", live: true }],
    ["?p=explore&x=1700000000-1700000600&xr=day", {
        page: "explore",
        explain: "1700000000-1700000600",
        against: "day",
    }],
    ["?p=docs", { page: "docs" }],
    ["?p=audit", { page: "audit" }],
    ["?p=docs&doc=names/lists-of-names", { page: "docs", doc: "names/lists-of-names" }],
];

for (const [query, change] of LINKS) {
    Deno.test(`the link ${query || "without a query"} is pinned both ways`, () => {
        const state = { ...DEFAULTS, .../** @type {object} */ (change) };
        equal(format(state), query);
        equal(parse(String(query)), state);
    });
}

Deno.test("any filter survives the way through the URL", () => {
    for (
        const filter of [
            "a + b",
            "100%",
            "x & y = z",
            "DstPort in (80, 443)",
            "é ✓ 😀",
            "#c\nline 2",
            'q "\\""',
            "a=b&f=c",
        ]
    ) {
        equal(parse(format({ ...DEFAULTS, filter })).filter, filter);
    }
});

Deno.test("what makes no sense in a link falls back to the default", () => {
    const state = parse(
        "?p=nowhere&from=yesterday&to=12:00&d=1x,Src-AS,,SrcAS,SrcAS&n=9999&b=-1&dir=up&u=javascript:1&s=<b>&e=edge'1&c=pie&v=1&sp=0&bi=2&pp=year&x=now-1h&xr=month&doc=../x",
    );
    equal(state, { ...DEFAULTS, dimensions: ["SrcAS"], top: 50 });
    equal(parse("?d=A,B,C,D,E,F,G,H").dimensions.length, 6);
    equal(parse("?n=0").top, 1);
});

Deno.test("a place in a list and an open row go with their list", () => {
    const state = { ...DEFAULTS, page: /** @type {const} */ ("flows"), place: "100@1-2-3", row: "1-2" };
    const [place, row] = ["", ""];
    equal(changed(state, { filter: "Proto = 6" }), { ...state, filter: "Proto = 6", place, row });
    equal(changed(state, { from: "-6h" }), { ...state, from: "-6h", place, row });
    equal(changed(state, { live: true }), { ...state, live: true, place, row });
    equal(changed(state, { place: "200@1-2-3", to: "9" }), { ...state, place: "200@1-2-3", to: "9", row });
    equal(changed(state, { row: "1-3" }), { ...state, row: "1-3" });
    equal(changed(state, { filter: "Proto = 6", row: "1-2" }), { ...state, filter: "Proto = 6", place, row: "1-2" });
    equal(changed(state, { columns: ["Bytes"] }), { ...state, columns: ["Bytes"] });
});
