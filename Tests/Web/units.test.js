import {
    bytes,
    counted,
    duration,
    full,
    groupCount,
    parts,
    percent,
    percentile,
    prefixed,
    scaleOf,
    short,
    threeDigits,
    total,
    totalInFull,
} from "../../Web/units.js";
import { equal } from "./assert.js";

Deno.test("numbers of groups that weren't counted are told as estimates", () => {
    const counted = { groups: 5_312_345, groupsExact: true };
    const estimated = { groups: 5_312_345, groupsExact: false };
    equal([counted, estimated].map((answer) => groupCount(answer)), ["5,312,345", "about 5,310,000"]);
    equal([groupCount(counted, 345), groupCount(estimated, 345), groupCount({ groups: 3, groupsExact: true }, 8)], [
        "5,312,000",
        "about 5,310,000",
        "0",
    ]);
});

Deno.test("three digits and an SI prefix", () => {
    equal([0, 999, 524_288].map(bytes), ["0 B", "999 B", "524 kB"]);
    equal([0, 7, 999, 999.6, 1000, 57120, 4.61e9, 999_500_000, 0.25, 12.5].map(short), [
        "0",
        "7",
        "999",
        "1.00 k",
        "1.00 k",
        "57.1 k",
        "4.61 G",
        "1.00 G",
        "0.25",
        "12.5",
    ]);
});

Deno.test("negative numbers get a real minus, zero none", () => {
    equal([short(-4.61e9), threeDigits(-0), full(-12), full(-0)], ["−4.61 G", "0", "−12", "0"]);
});

Deno.test("the full figure keeps every digit", () => {
    equal([full(3412086331), full(114000), full(0.123456), full(1234.567)], [
        "3,412,086,331",
        "114,000",
        "0.123",
        "1,234.57",
    ]);
    equal([totalInFull(114000, "bit/s"), totalInFull(1, "packet/s"), totalInFull(2, "flow/s")], [
        "114,000 bytes",
        "1 packet",
        "2 flows",
    ]);
});

Deno.test("units carry the prefix as the field writes it", () => {
    equal([prefixed("bit/s", "G"), prefixed("packet/s", "M"), prefixed("flow/s", "k"), prefixed("flow/s", "")], [
        "Gbit/s",
        "Mpkt/s",
        "k flow/s",
        "flow/s",
    ]);
    equal([total(114000, "bit/s"), total(500, "packet/s"), total(314400, "bit/s")], ["114 kB", "500", "314 kB"]);
    equal(parts(21.84e9, 1), { text: "21.84", prefix: "G" });
    equal(scaleOf(1e24).prefix, "E");
});

Deno.test("small shares are not rounded to nothing", () => {
    equal([0, 1, 0.248, 0.000055, 1e-9].map(percent), ["0.0", "100.0", "24.8", "0.0055", "< 0.0001"]);
});

Deno.test("lengths of time", () => {
    equal([0.9, 8, 59, 60, 720, 7200, 5400 * 2, 86400, 6 * 86400 + 4 * 3600].map(duration), [
        "0.9 s",
        "8 s",
        "59 s",
        "60 s",
        "12 min",
        "2 h",
        "3 h",
        "24 h",
        "6 d 04 h",
    ]);
});

Deno.test("percentile by nearest rank, counts with nouns", () => {
    equal([percentile([5, 1, 4, 2, 3], 0.95), percentile([], 0.95), percentile([7], 0.5)], [5, 0, 7]);
    equal([counted(1, "exporter"), counted(1200, "flow")], ["1 exporter", "1,200 flows"]);
});
