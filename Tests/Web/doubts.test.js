import { clockWords, doubts, isOff, problemWords, reasonWords } from "../../Web/doubts.js";
import { equal } from "./assert.js";

const NOW = 1_795_413_600;

/** An exporter that nothing is doubtful about, with some of it changed. */
function exporter(change = {}) {
    return {
        address: "192.0.2.9",
        name: null,
        problem: null,
        protocols: ["IPFIX"],
        lastSeen: NOW - 2,
        datagrams: 100,
        flows: 1000,
        flowsPerSecond: 1,
        bitsPerSecond: 1,
        sequenceGaps: 0,
        sequenceRestarts: 0,
        agentDrops: 0,
        sampling: { rate: 1000, source: "options" },
        settings: { samplingRate: null, tunnel: "outer", templates: "automatic", holdForRate: 0 },
        clock: { offset: 0, wrongDatagrams: 0 },
        templates: { known: 2, missing: 0 },
        sets: { waiting: 0, parked: 3, held: 0, withoutTemplate: 0, unknown: 0 },
        records: { flow: 1000, options: 2, events: 0, counters: 0, rejected: 0, skipped: 0, lostTexts: 0 },
        memory: { bytes: 4096, refused: 0 },
        malformed: {},
        statistics: {},
        router: null,
        named: { interfaces: 0, vrfs: 0, applications: 0, samplers: 0 },
        ...change,
    };
}

Deno.test("nothing is doubtful about an exporter that does well", () => {
    equal(doubts(exporter(), NOW), []);
});

/** @type {[object, string][]} */
const DOUBTS = [
    [{ lastSeen: NOW - 301 }, "Silent for 5 min"],
    [{ problem: "accounting is off: sysctl -w x=1" }, "accounting is off"],
    [{ sampling: { rate: 1, source: "unknown" } }, "Sampling rate unknown"],
    [{ templates: { known: 2, missing: 1 } }, "1 template missing"],
    [
        { sets: { waiting: 0, parked: 2, held: 0, withoutTemplate: 2, unknown: 0 } },
        "2 data sets lost for want of a template",
    ],
    [{ sequenceGaps: 12_400 }, "Gaps ≈ 12.4 k"],
    [{ agentDrops: 1 }, "1 sample dropped by the agent"],
    [{ clock: { offset: -3600, wrongDatagrams: 7 } }, "Clock 60 min behind"],
    [{ clock: { offset: 90, wrongDatagrams: 0 } }, "Clock 90 s ahead"],
    [{ malformed: { truncated: 2, badLength: 1 } }, "3 malformed"],
    [
        { records: { flow: 10, options: 0, events: 0, counters: 0, rejected: 1, skipped: 0, lostTexts: 0 } },
        "1 record rejected",
    ],
    [
        { records: { flow: 10, options: 0, events: 0, counters: 0, rejected: 0, skipped: 0, lostTexts: 2 } },
        "2 texts cut or left out",
    ],
    [{ memory: { bytes: 1 << 20, refused: 3 } }, "3 templates or names not remembered"],
];

for (const [change, what] of DOUBTS) {
    Deno.test(`${what} is told, and what to do about it`, () => {
        const found = doubts(exporter(change), NOW);
        equal(found.map((doubt) => doubt.what), [what]);
        equal(found[0].why.length > 20, true);
        equal(found[0].grade, what.startsWith("Silent") ? "crit" : "warn");
    });
}

Deno.test("the worst comes first", () => {
    const found = doubts(exporter({ lastSeen: 0, sampling: { rate: 1, source: "unknown" } }), NOW);
    equal(found.map(({ grade }) => grade), ["crit", "warn"]);
});

Deno.test("a clock without a date isn't wrong", () => {
    const undated = exporter({ clock: { offset: null, wrongDatagrams: 0 } });
    equal(doubts(undated, NOW), []);
    equal(clockWords(undated), "not told");
    equal(clockWords(exporter()), "right");
});

Deno.test("reasons are words, those that a newer server has included", () => {
    equal(reasonWords("truncated"), "cut short");
    equal(reasonWords("badWeather"), "bad weather");
});

Deno.test("an exporter that can give no flows is off, unless another source gives some", () => {
    const problem = "accounting is off: sysctl -w net.netfilter.nf_conntrack_acct=1";
    equal(problemWords(exporter({ problem })), "accounting is off");
    equal(isOff(exporter({ problem, flowsPerSecond: 0 })), true);
    equal(isOff(exporter({ problem })), false);
    equal(isOff(exporter({ flowsPerSecond: 0 })), false);
    equal(doubts(exporter({ problem, flowsPerSecond: 0 }), NOW)[0].grade, "crit");
});
