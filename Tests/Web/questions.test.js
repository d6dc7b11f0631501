import { ask, newQuestion, progress } from "../../Web/questions.js";
import { equal } from "./assert.js";

/** @param {number} rowsRead @param {number|null} rowsTotal */
const question = (rowsRead, rowsTotal) => ({ id: "a", path: "", seconds: 1, rowsRead, rowsTotal, memory: 0 });

Deno.test("how far a question is, as far as it is known", () => {
    equal(progress([question(33_500_000, 98_000_000)], 2.14), "Reading 34 % of 98.0 M rows · 2.1 s");
    equal(progress([question(5000, null)], 1), "Reading 5.00 k rows so far · 1.0 s");
    // More than was to be read, and not begun.
    equal(progress([question(5000, 4000)], 1), "Reading 5.00 k rows so far · 1.0 s");
    equal(progress([question(0, null)], 1), "Reading · 1.0 s");
    equal(
        progress([question(10, 100), question(40, 100), question(0, null)], 3, "Key figures"),
        "Key figures: reading 25 % of 200 rows · 3.0 s",
    );
});

Deno.test("names of questions are such as the server takes, and differ", () => {
    equal(/^[A-Za-z0-9-]{8,64}$/.test(newQuestion()), true);
    equal(newQuestion() === newQuestion(), false);
});

Deno.test("three questions are asked at once, the others in turn, and one that nobody waits for not at all", async () => {
    /** @type {string[]} */
    const begun = [];
    /** @type {(() => void)[]} */
    const ends = [];
    const start = (/** @type {string} */ name, signal = new AbortController().signal) =>
        ask(name, signal, () => {
            begun.push(name);
            return new Promise((resolve) => ends.push(() => resolve(name)));
        });
    const leaving = new AbortController();
    const answers = ["a", "b", "c"].map((name) => start(name));
    const left = start("d", leaving.signal).catch(() => "left");
    const last = start("e");
    await Promise.resolve();
    equal(begun, ["a", "b", "c"]);
    leaving.abort();
    equal(await left, "left");
    equal(begun, ["a", "b", "c"]);
    ends[0]();
    equal(await answers[0], "a");
    await new Promise((resolve) => setTimeout(resolve));
    equal(begun, ["a", "b", "c", "e"]);
    ends.slice(1).forEach((end) => end());
    equal(await Promise.all([...answers, last]), ["a", "b", "c", "e"]);
});
