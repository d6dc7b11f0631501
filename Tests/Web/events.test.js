// @ts-check
// What a chart draws of events.
import { bandsOf, tone, within } from "../../Web/events.js";
import { equal } from "./assert.js";

/** @param {string} id @param {number} start @param {number|null} end */
function event(id, start, end) {
    return {
        id,
        start,
        end,
        kind: "note",
        subject: "",
        title: id,
        figures: {},
        tags: {},
        text: "",
        textCut: false,
        source: "",
        updated: 0,
    };
}

Deno.test("events that touch the range are drawn, cut at its ends, the longest below", () => {
    const events = [
        event("open", 150, null),
        event("past", 10, 99),
        event("moment", 120, 120),
        event("long", 50, 300),
        event("next", 200, 210),
    ];
    const range = { from: 100, to: 200 };
    equal(within(events, range).map(({ id }) => id), ["open", "moment", "long"]);
    equal(bandsOf(events, range).map(({ event, from, to, point }) => [event.id, from, to, point]), [
        ["long", 100, 200, false],
        ["open", 150, 200, false],
        ["moment", 120, 120, true],
    ]);
});

Deno.test("attacks and deployments have colours of their own", () => {
    equal(["attack", "deploy", "maintenance"].map(tone), ["attack", "deploy", "other"]);
});
