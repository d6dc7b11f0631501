import {
    automatic,
    isLive,
    parseEnd,
    relative,
    resolve,
    seconds,
    shift,
    span,
    stamp,
    tickLabel,
    ticks,
    zoneOfDays,
} from "../../Web/time.js";
import { equal } from "./assert.js";

const NOW = 1_700_000_000; // 2023-11-14 22:13:20 UTC

Deno.test("ends of a range", () => {
    equal([seconds("now", NOW), seconds("-15m", NOW), seconds("-7d", NOW), seconds("123", NOW)], [
        NOW,
        NOW - 900,
        NOW - 604800,
        123,
    ]);
    equal(seconds("noon", NOW) ?? null, null);
    equal(resolve({ from: "now", to: "-1h" }, NOW), { from: NOW - 7200, to: NOW - 3600 });
    equal([isLive({ from: "-1h", to: "now" }), isLive({ from: "1", to: "2" })], [true, false]);
});

Deno.test("without a choice the range is an hour, or all that a younger server has", () => {
    equal([null, NOW - 9000, NOW - 3600, NOW - 3599, NOW - 60, NOW - 59, NOW].map((first) => automatic(first, NOW)), [
        "-1h",
        "-1h",
        "-1h",
        String(NOW - 3599),
        String(NOW - 60),
        "-1m",
        "-1m",
    ]);
});

Deno.test("steps go one length earlier, and forward until the present is followed again", () => {
    const earlier = shift({ from: "-1h", to: "now" }, -1, NOW);
    equal(earlier, { from: String(NOW - 7200), to: String(NOW - 3600) });
    const earliest = shift(earlier, -1, NOW);
    equal(shift(earliest, 1, NOW), earlier);
    equal(shift(earlier, 1, NOW), { from: "-1h", to: "now" });
    equal(shift(earlier, 1, NOW + 300), { from: "-1h", to: "now" });
    equal(shift(earlier, 1, NOW + 400), { from: String(NOW - 3600), to: String(NOW) });
    equal([3600, 86400, 172800, 5400, 61].map(relative), ["-1h", "-24h", "-2d", "-90m", "-61s"]);
});

Deno.test("what people type", () => {
    const typed = [
        "2023-11-14 22:13:20",
        "2023-11-14T22:13",
        "2023-11-14",
        " -90m ",
        "now",
        "1700000000",
        "2023-02-31",
        "soon",
    ];
    equal(typed.map((text) => parseEnd(text, "utc") ?? null), [
        "1700000000",
        "1699999980",
        "1699920000",
        "-90m",
        "now",
        "1700000000",
        null,
        null,
    ]);
    equal(parseEnd("2023-11-14 22:13:20z", "local"), "1700000000");
    equal(stamp(NOW, "utc"), "2023-11-14 22:13:20");
});

Deno.test("spans say the day only where it is needed", () => {
    equal(span({ from: NOW - 3600, to: NOW }, "utc", NOW), "21:13 – 22:13");
    equal(span({ from: NOW - 30, to: NOW }, "utc", NOW), "22:12:50 – 22:13:20");
    equal(span({ from: NOW - 90000, to: NOW - 86000 }, "utc", NOW), "13 Nov 21:13 – 13 Nov 22:20");
});

Deno.test("ticks stand on round times of the zone and are not too many", () => {
    for (const length of [10, 60, 3600, 21600, 86400, 604800, 30 * 86400]) {
        for (const count of [1, 3, 7]) {
            const { times, step } = ticks(NOW - length, NOW, count, "utc");
            if (times.length > count + 1) throw new Error(`${times.length} ticks for ${length} s and at most ${count}`);
            equal(times.filter((time) => time % step !== 0), []);
        }
    }
    const { times, step } = ticks(NOW - 21600, NOW, 6, "utc");
    equal(times.map((time) => tickLabel(time, step, "utc")), ["17:00", "18:00", "19:00", "20:00", "21:00", "22:00"]);
    equal(tickLabel(1_699_920_000, 3600, "utc"), "14 Nov");
});

Deno.test("the zone goes with buckets that are days, and with no others", () => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    equal(zoneOfDays("local", 86400, 7 * 86400), own);
    equal(zoneOfDays("utc", 7 * 86400, 86400), "UTC");
    equal(zoneOfDays("local", 3600, 365 * 86400), undefined);
    equal(zoneOfDays("local", 0, 86400), undefined);
    equal(zoneOfDays("local", 0, 200 * 86400), own);
});
