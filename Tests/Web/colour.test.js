import { paints, slot, SLOTS } from "../../Web/colour.js";
import { equal } from "./assert.js";

/** @param {string} key */
const row = (key) => ({ key: [key], labels: [key], kind: "value" });

Deno.test("a value's slot is pinned: its colour never changes", () => {
    equal(["13335", "15169", "2906", "10.0.0.1", "443", "fd99::2"].map((key) => slot([key])), PINNED);
    equal(slot(["a", "b"]) === slot(["ab"]), false);
});
const PINNED = [8, 4, 3, 7, 5, 6];

Deno.test("the slots are all used, none much more than another", () => {
    const counts = new Array(SLOTS + 1).fill(0);
    for (let number = 0; number < 12000; number += 1) counts[slot([String(number)])] += 1;
    equal(counts[0], 0);
    for (const count of counts.slice(1)) if (count < 850 || count > 1150) throw new Error(counts.join());
});

Deno.test("rank and company do not change a colour, only a later name's stripe", () => {
    const keys = Array.from({ length: 60 }, (_, index) => String(index));
    const forward = paints(keys.map(row));
    const backward = paints([...keys].reverse().map(row)).reverse();
    equal(forward, backward);
    const plain = new Set(forward.filter(({ pattern }) => pattern === 0).map(({ slot }) => slot));
    equal(plain.size, SLOTS);
});

Deno.test("Other and unknown have no slot", () => {
    const some = paints([{ key: [], labels: ["Other"], kind: "other" }, {
        key: ["0"],
        labels: ["unknown"],
        kind: "unknown",
    }]);
    equal(some, [{ kind: "other", slot: 0, pattern: 0 }, { kind: "unknown", slot: 0, pattern: 0 }]);
});
