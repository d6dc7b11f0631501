// @ts-check
// Ways and their changes.
import { milliseconds, momentsOf, pathChanges, pathLetters } from "../../Web/charts/rtt.js";
import { equal } from "./assert.js";

/** @param {number} time @param {string} path */
function trace(time, path) {
    return {
        time,
        path,
        method: "udp-paris",
        source: "::",
        rtt: 1000,
        reached: 1,
        stopReason: "COMPLETED",
        hopCount: 4,
        asPath: [],
    };
}

Deno.test("a change of way is told once, in the order of time", () => {
    const traces = [trace(30, "b"), trace(10, "a"), trace(20, "a"), trace(50, "a"), trace(40, "b")];
    equal(pathChanges(traces), [{ time: 30, from: "a", to: "b" }, { time: 50, from: "b", to: "a" }]);
    equal(pathChanges([trace(1, "a")]), []);
    // One that ends early is no other way, unless none gets there.
    const early = { ...trace(35, "c"), reached: 0 };
    equal(pathChanges([...traces, early]), pathChanges(traces));
    equal(pathChanges([early, { ...trace(40, "d"), reached: 0 }]), [{ time: 40, from: "c", to: "d" }]);
    equal(momentsOf(traces, []), [10, 20, 30, 40, 50]);
});

Deno.test("ways have letters, and times three digits", () => {
    equal([...pathLetters([{ path: "x" }, { path: "y" }]).values()], ["A", "B"]);
    equal([81, 12_345, 123_456, 4_567_000].map(milliseconds), ["0.08 ms", "12.3 ms", "123 ms", "4567 ms"]);
});
