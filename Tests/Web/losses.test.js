import { lossReasons, one, reasonName } from "../../Web/losses.js";
import { equal } from "./assert.js";

/** @param {Record<string, number>} reasons */
function lost(reasons) {
    return { total: Object.values(reasons).reduce((sum, count) => sum + count, 0), reasons };
}

Deno.test("the reasons of a loss, the largest first, each with what it counts", () => {
    const losses = {
        received: 0,
        stored: 0,
        inFlight: 0,
        lost: lost({ kernel_drop: 7, no_template: 9, store_rejected: 8, malformed: 0 }),
        datagrams: { arrived: 10, decoded: 3, lost: lost({ kernel_drop: 7, malformed: 0 }), holds: true },
        rows: {
            written: 8,
            stored: 0,
            lost: lost({ store_rejected: 8 }),
            inFlight: { total: 0, places: {} },
            holds: true,
        },
    };
    equal(lossReasons(losses), [
        { name: "no_template", words: "no template", count: 9, unit: "data set" },
        { name: "store_rejected", words: "store rejected", count: 8, unit: "row" },
        { name: "kernel_drop", words: "kernel drop", count: 7, unit: "datagram" },
    ]);
});

Deno.test("names and units in words", () => {
    equal(reasonName("too_many_exporters"), "too many exporters");
    equal(["datagrams", "sets", "records", "rows"].map(one), ["datagram", "data set", "record", "row"]);
});
