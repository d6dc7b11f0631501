import { DEFAULTS, format, parse } from "../../Web/state.js";
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
    ["?m=as,hosts", { mirrored: ["as", "hosts"] }],
    ["?e=192.0.2.9", { exporter: "192.0.2.9" }],
    ["?e=2001:db8::1", { exporter: "2001:db8::1" }],
    ["?l=1", { losses: true }],
    ["?p=docs", { page: "docs" }],
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
        "?p=admin&from=yesterday&to=12:00&d=1x,Src-AS,,SrcAS,SrcAS&n=9999&b=-1&dir=up&u=javascript:1&s=<b>&e=edge'1&doc=../x",
    );
    equal(state, { ...DEFAULTS, dimensions: ["SrcAS"], top: 50 });
    equal(parse("?d=A,B,C,D,E,F,G").dimensions.length, 5);
    equal(parse("?n=0").top, 1);
});
