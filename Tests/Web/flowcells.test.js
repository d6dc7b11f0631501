import { cell, rateWords, valueText } from "../../Web/flowcells.js";
import { equal } from "./assert.js";

/** @param {string} name @param {string} kind @param {import("../../Web/flowcells.js").FlowValue} value @param {string} [label] */
function shown(name, kind, value, label) {
    const { text, more, mood } = cell({ name, kind }, value, label, "utc");
    return [text, more, mood];
}

Deno.test("values are told as people read them", () => {
    equal(shown("TimeReceived", "time", "2026-11-23T05:59:59Z"), ["05:59:59", "", ""]);
    equal(shown("TimeFlowStart", "time", "1970-01-01T00:00:00Z"), ["–", "", "unknown"]);
    equal(
        cell({ name: "TimeReceived", kind: "time" }, "2026-11-23T05:59:59Z", undefined, "utc", true).text,
        "23 Nov 05:59:59",
    );
    equal(shown("Bytes", "counter", 1204880), ["1,204,880", "", ""]);
    equal(shown("SamplingRate", "number", 1024), ["1,024", "", ""]);
    equal(shown("SamplingRate", "number", 1, "unknown"), ["unknown", "", "doubt"]);
    equal(shown("SamplerAddress", "address", "192.0.2.9", "edge-2.fra 192.0.2.9"), ["edge-2.fra", "", ""]);
    equal(shown("SrcAddr", "address", "192.0.2.9", "www.example.net 192.0.2.9"), ["192.0.2.9", "www.example.net", ""]);
    equal(shown("SrcAddr", "address", "::", "unknown"), ["unknown", "", "unknown"]);
    equal(shown("SrcPort", "port", 443, "443 https"), ["443", "https", ""]);
    equal(shown("SrcAS", "asn", 13335, "AS13335 Cloudflare"), ["13335", "Cloudflare", ""]);
    equal(shown("InIf", "interface", 9, "xe-0/0/9 if 9"), ["xe-0/0/9", "if 9", ""]);
    equal(shown("Proto", "ipProtocol", 6, "TCP"), ["TCP", "", ""]);
    equal(shown("ASPath", "numbers", [64500, 3320]), ["64500 3320", "", ""]);
    equal(shown("ASPath", "numbers", []), ["–", "", "unknown"]);
    equal(valueText({ httpHost: "a.example", userName: "b" }), "httpHost: a.example, userName: b");
});

Deno.test("a tail says how much of what arrives is seen", () => {
    equal(rateWords({ shown: 50, matched: 1200, seconds: 1 }), "showing 50 of 1,200 a second");
    equal(rateWords({ shown: 50, matched: 6000, seconds: 5 }), "showing 10 of 1,200 a second");
    equal(rateWords({ shown: 7, matched: 7, seconds: 1 }), "showing all 7 a second");
    equal(rateWords({ shown: 0, matched: 0, seconds: 0 }), "showing all 0 a second");
});
