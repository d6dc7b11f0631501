// @ts-check
// What a chart draws of events.
import { bandsOf, labelsOf, tone, within } from "../../Web/events.js";
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

Deno.test("titles stand beside their marks where there is room, and never over each other", () => {
    const room = { left: 46, right: 600 };
    const title = "udp flood on 192.0.2.9";
    // Room for all of it.
    equal(labelsOf([{ left: 100, title }], room), [{ left: 108, width: 143, end: false }]);
    // At the right end it stands before its mark.
    equal(labelsOf([{ left: 560, title }], room), [{ left: 409, width: 143, end: true }]);
    // The next mark cuts it; between two near ones there is no room at all, and the last goes on.
    equal(labelsOf([{ left: 100, title }, { left: 200, title }, { left: 230, title }], room), [
        { left: 108, width: 84, end: false },
        null,
        { left: 238, width: 143, end: false },
    ]);
    // Short ones need little room.
    equal(labelsOf([{ left: 100, title: "shop" }, { left: 150, title }], room)[0], {
        left: 108,
        width: 26,
        end: false,
    });
    // One that ends at its mark leaves out what stands before it.
    equal(labelsOf([{ left: 400, title }, { left: 580, title }], room)[1], null);
});
