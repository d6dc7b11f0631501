import { and, term } from "../../Web/filter.js";
import { eitherWords, list, nameAndId, words } from "../../Web/words.js";
import { equal } from "./assert.js";

Deno.test("terms quote what the language would read as something else", () => {
    equal([
        term("SrcAS", "13335"),
        term("SrcAddr", "2001:db8::1"),
        term("DstAddr", "10.0.0.1", false, true),
        term("SrcMac", "00:11:22:aa:bb:cc"),
        term("SrcAS", "0", true),
        term("Name", 'a "b" \\ or 1=1'),
        term("Name", "unknown"),
    ], [
        "SrcAS = 13335",
        "SrcAddr = 2001:db8::1",
        "DstAddr != 10.0.0.1",
        "SrcMac = 00:11:22:aa:bb:cc",
        "SrcAS = unknown",
        'Name = "a \\"b\\" \\\\ or 1=1"',
        'Name = "unknown"',
    ]);
});

Deno.test("a condition joins what is there without changing its meaning", () => {
    equal([and("", "A = 1"), and("A = 1", "A = 1"), and("A = 1", "B = 2"), and("A = 1 or B = 2", "C = 3")], [
        "A = 1",
        "A = 1",
        "A = 1 and B = 2",
        "(A = 1 or B = 2) and C = 3",
    ]);
});

Deno.test("columns and labels in words", () => {
    equal(
        [
            "SrcAS",
            "InIf",
            "DstAddr",
            "SamplerAddress",
            "EType",
            "Proto",
            "IPTTL",
            "SrcVlan",
            "NextHopAS",
            "FlowDirection",
        ].map(words),
        [
            "source AS",
            "ingress interface",
            "destination address",
            "exporter",
            "Ethertype",
            "protocol",
            "TTL",
            "source VLAN",
            "next hop AS",
            "flow direction",
        ],
    );
    equal(words("SrcCityId"), "source city number");
    // No two columns of the schema are called the same.
    const columns = [...Deno.readTextFileSync("../Docs/schema.md").matchAll(/^\| `(\w+)` \|/gm)].map(([, column]) =>
        column
    );
    const called = new Map([...new Set(columns)].map((column) => [words(column), column]));
    equal(called.size, new Set(columns).size);
    equal(columns.length > 100, true);
    // What either end is called is no other column's name.
    equal(["SrcAddr", "InIf", "SrcVlan", "VlanId", "DstCloudZone"].map(eitherWords), [
        "address",
        "interface",
        "either VLAN",
        "VLAN",
        "either cloud zone",
    ]);
    equal([list(["a"]), list(["a", "b"]), list(["a", "b", "c"])], ["a", "a and b", "a, b and c"]);
    equal(nameAndId("xe-0/0/1 if 9"), ["xe-0/0/1", "if 9"]);
    equal(nameAndId("lo0 if 3 of any exporter"), ["lo0", "if 3 of any exporter"]);
    equal(nameAndId("443 https"), ["443", "https"]);
    equal(nameAndId("AS2906 Netflix, Inc. AS40027"), ["Netflix, Inc. AS40027", "AS2906"]);
    equal([nameAndId("if 3"), nameAndId("10.0.0.1"), nameAndId("AS2906")], [["if 3", ""], ["10.0.0.1", ""], [
        "AS2906",
        "",
    ]]);
    equal(nameAndId("edge-1.fra 192.0.2.1"), ["edge-1.fra", "192.0.2.1"]);
    equal(nameAndId("a.example.net 2001:db8::1"), ["a.example.net", "2001:db8::1"]);
    equal(nameAndId("::ffff:192.0.2.1"), ["::ffff:192.0.2.1", ""]);
    // A description that only ends like an address keeps all of its words.
    equal(nameAndId("to core: uplink 1"), ["to core: uplink 1", ""]);
});
