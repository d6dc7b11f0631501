import { split, take, typed } from "../../Web/completion.js";
import { equal } from "./assert.js";

/** @typedef {import("../../Web/types/api.d.ts").Candidate} Candidate */

/** @param {string} insert @returns {Candidate} */
const candidate = (insert) => ({ kind: "value", label: insert.trim(), detail: "", insert, share: null });

/** @param {number} position @param {number} length */
const completion = (position, length) => ({ position, length, expected: [], candidates: [], period: null });

Deno.test("a candidate takes the word's place, and the cursor stands behind it", () => {
    equal(take("src", completion(0, 3), candidate("SrcPort ")), { text: "SrcPort ", cursor: 8 });
    equal(take("Proto = t and A = 1", completion(8, 1), candidate("TCP ")), {
        text: "Proto = TCP and A = 1",
        cursor: 12,
    });
    equal(take("Proto in (t)", completion(10, 1), candidate("TCP")), { text: "Proto in (TCP)", cursor: 13 });
    equal(take('AS = "tw', completion(5, 3), candidate('"Two" ')), { text: 'AS = "Two" ', cursor: 11 });
    equal(take("", completion(0, 0), candidate("not ")), { text: "not ", cursor: 4 });
});

Deno.test("what is written of a word, with and without a quote", () => {
    equal([typed("SrcAS = clo", completion(8, 3), 11), typed('SrcAS = "clo', completion(8, 4), 12)], ["clo", "clo"]);
    equal(typed("SrcPort", completion(0, 7), 3), "Src");
});

Deno.test("a label shows which part is written, whatever its case", () => {
    equal([split("SrcPort", "port"), split("SrcPort", ""), split("443", "https")], [
        ["Src", "Port", ""],
        ["SrcPort", "", ""],
        ["443", "", ""],
    ]);
});
