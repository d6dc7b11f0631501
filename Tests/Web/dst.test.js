// Time axes around a change of the clocks. A test can't choose the zone of its process, so Date is given Berlin's rules.
import { clock, parseEnd, span, tickLabel, ticks, zoneName } from "../../Web/time.js";
import { equal } from "./assert.js";

// 29 March 2026: clocks go from 02:00 to 03:00; 25 October: from 03:00 back to 02:00; both at 01:00 UTC.
const FORTH = Date.UTC(2026, 2, 29, 1) / 1000;
const BACK = Date.UTC(2026, 9, 25, 1) / 1000;
const HOUR = 3600;

/** @param {() => void} body run with the clocks of Berlin in 2026 */
function inBerlin(body) {
    const own = Object.getOwnPropertyDescriptors(Date.prototype);
    const offset = (/** @type {Date} */ date) => {
        const time = /** @type {() => number} */ (own.getTime.value).call(date) / 1000;
        return time >= FORTH && time < BACK ? 120 : 60;
    };
    const moved = (/** @type {Date} */ date) => new Date(date.getTime() + offset(date) * 60_000);
    try {
        Date.prototype.getTimezoneOffset = function () {
            return -offset(this);
        };
        for (const name of ["FullYear", "Month", "Date", "Hours", "Minutes", "Seconds"]) {
            /** @type {any} */ (Date.prototype)[`get${name}`] = function () {
                return /** @type {any} */ (moved(this))[`getUTC${name}`]();
            };
        }
        body();
    } finally {
        Object.defineProperties(Date.prototype, own);
    }
}

for (
    const [name, change, before, after] of /** @type {[string, number, string, string][]} */ ([
        ["forward", FORTH, "UTC+1", "UTC+2"],
        ["back", BACK, "UTC+2", "UTC+1"],
    ])
) {
    Deno.test(`ticks stand on round times before and after clocks go ${name}`, () =>
        inBerlin(() => {
            equal([zoneName("local", change - 1), zoneName("local", change)], [before, after]);
            for (const days of [1, 2, 4, 10]) {
                const [from, to] = [change - days * 86400, change + days * 86400];
                const { times, step } = ticks(from, to, 8, "local");
                for (const time of times) {
                    const [hour, minute] = clock(time, "local").split(":").map(Number);
                    equal((hour * 3600 + minute * 60) % Math.min(step, 86400), 0);
                }
                equal(times.every((time, place) => place === 0 || time > times[place - 1]), true);
                equal(times[0] >= from && times[times.length - 1] <= to, true);
                // One step may be an hour longer or shorter, none is left out.
                equal(times.slice(1).every((time, place) => Math.abs(time - times[place] - step) <= HOUR), true);
            }
        }));
}

Deno.test("days are marked at midnight on both sides of the change", () =>
    inBerlin(() => {
        const { times, step } = ticks(BACK - 3 * 86400, BACK + 3 * 86400, 8, "local");
        equal(step, 86400);
        equal(times.map((time) => tickLabel(time, step, "local")), [
            "23 Oct",
            "24 Oct",
            "25 Oct",
            "26 Oct",
            "27 Oct",
            "28 Oct",
        ]);
        // The day of the change has 25 hours.
        equal(times[3] - times[2], 25 * HOUR);
    }));

Deno.test("hours that the clocks have twice are two ticks", () =>
    inBerlin(() => {
        const { times } = ticks(BACK - 3 * HOUR, BACK + 3 * HOUR, 6, "local");
        equal(
            times.map((time) => clock(time, "local")),
            ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00", "05:00"].slice(0, times.length),
        );
        equal(span({ from: BACK - HOUR, to: BACK }, "local", BACK), "02:00 – 02:00");
        equal(parseEnd("2026-10-25 01:00:00z", "local"), String(BACK));
    }));
