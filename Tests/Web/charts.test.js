import { axisNumber, pixelOf, timeAt } from "../../Web/charts/axis.js";
import { csv, csvLines, rows } from "../../Web/charts/legend.js";
import { sparkline } from "../../Web/charts/sparkline.js";
import { completeBuckets, firstBucket, largest, newest, order, timeseries } from "../../Web/charts/timeseries.js";
import { paints } from "../../Web/colour.js";
import { equal } from "./assert.js";
import { graph, series, theme } from "./graphs.js";

/** @typedef {import("../../Web/types/api.d.ts").Graph} Graph */
/** @typedef {import("../../Web/types/api.d.ts").Series} Series */

/** @param {Graph} of @param {"area"|"lines"} chart */
const draw = (
    of,
    chart,
) => /** @type {any} */ (timeseries(of, { chart, theme, zone: "utc", width: 800, paints: paints(of.series) }));

Deno.test("the bucket that is still filling is not drawn", () => {
    equal(completeBuckets({ times: [0, 10, 20, 30], bucket: 10, to: 40 }), 4);
    equal(completeBuckets({ times: [0, 10, 20, 30], bucket: 10, to: 39 }), 3);
    equal(completeBuckets({ times: [0], bucket: 10, to: 5 }), 1);
    equal(completeBuckets({ times: [0, 10, 20, 30], bucket: 10, to: 40, settled: 37 }), 3);
    const option = draw(graph([series("1", [1, 2, 3, 9])], { to: 35 }), "lines");
    equal(option.series[0].data, [[0, 1], [10, 2], [20, 3], [30, null]]);
});

Deno.test("nothing is drawn from before flows were stored", () => {
    const of = graph([series("1", [0, 4, 2, 9])]);
    equal([null, undefined, 5, 10, 25, 99].map((begins) => firstBucket(of, begins)), [0, 0, 0, 1, 2, 0]);
    const look = /** @type {const} */ ({ chart: "lines", theme, zone: "utc", width: 800 });
    const option = /** @type {any} */ (timeseries(of, { ...look, paints: paints(of.series), begins: 12 }));
    equal(option.series[0].data, [[0, null], [10, 4], [20, 2], [30, 9]]);
});

Deno.test("now is an average of ten seconds at least", () => {
    equal([newest([1, 2, 4], 60), newest([9, 9, 1, 2, 3, 4, 5], 2), newest([7], 1), newest([], 1)], [4, 3, 7, 0]);
});

Deno.test("stacks: largest at the bottom, unknown and Other on top, a gap of surface colour", () => {
    const all = [
        series("small", [1, 1, 1, 1]),
        series("", [9, 9, 9, 9], { kind: "other", labels: ["Other"] }),
        series("0", [5, 5, 5, 5], { kind: "unknown", labels: ["unknown"] }),
        series("big", [3, 3, 3, 3]),
    ];
    equal(order(all), [3, 0, 2, 1]);
    const option = draw(graph(all), "area");
    equal(option.series.map((/** @type {any} */ one) => one.stack), ["above", "above", "above", "above"]);
    equal(option.series[2].areaStyle.color, "fill unknown00");
    equal(option.series[0].lineStyle.color, "surface");
    equal([largest(graph(all), "area"), largest(graph(all), "lines")], [18, 9]);
});

Deno.test("out is drawn below zero, with a zero line; unknown direction stays above", () => {
    const all = [
        series("1", [4, 4, 4, 4], { direction: "in" }),
        series("1", [3, 3, 3, 3], { direction: "out" }),
        series("1", [2, 2, 2, 2], { direction: "unknown" }),
    ];
    const option = draw(graph(all), "area");
    equal(option.series.map((/** @type {any} */ one) => [one.stack, one.data[0][1]]), [["above", 4], ["below", -3], [
        "above",
        2,
    ]]);
    equal(option.series[0].markLine.data[0].yAxis, 0);
    equal(largest(graph(all), "area"), 6);
});

Deno.test("without dimensions a direction is one line in its own colour", () => {
    const all = [series("", [4, 4, 4, 4], { direction: "in" }), series("", [1, 1, 1, 1], { direction: "unknown" })];
    const option = draw(graph(all, { dimensions: [] }), "area");
    equal(option.series.map((/** @type {any} */ one) => [one.color, one.stack ?? null]), [["in", null], [
        "unknown0",
        null,
    ]]);
});

Deno.test("values of one slot differ by their dashes", () => {
    const all = Array.from({ length: 40 }, (_, index) => series(String(index), [1, 1, 1, 1]));
    const looks = draw(graph(all), "lines").series.map((/** @type {any} */ one) =>
        JSON.stringify([one.color, one.lineStyle.type])
    );
    equal(new Set(looks).size > 25, true);
});

Deno.test("an empty answer is an option without series", () => {
    const option = draw(graph([]), "area");
    equal(option.series, []);
    equal(option.yAxis.max, 1);
});

Deno.test("axis numbers and pixels", () => {
    equal([-10, 0, 2.5, 0.25, 1200].map(axisNumber), ["−10", "0", "2.5", "0.25", "1200"]);
    const range = { from: 1000, to: 2000 };
    equal([timeAt(-5, 800, range), timeAt(5000, 800, range), timeAt(pixelOf(1250, 800, range), 800, range)], [
        1000,
        2000,
        1250,
    ]);
});

Deno.test("the legend sorts by any column and keeps Other last", () => {
    const all = [
        series("20", [1, 2, 3, 4]),
        series("", [9, 9, 9, 9], { kind: "other", labels: ["Other"] }),
        series("3", [5, 5, 5, 1]),
    ];
    const keys = (/** @type {string} */ sort) => rows(graph(all), sort).map((row) => row.series.key[0] ?? "Other");
    equal(keys("-total"), ["3", "20", "Other"]);
    equal(keys("last"), ["3", "20", "Other"]);
    equal(keys("d0"), ["3", "20", "Other"]);
    equal(keys("-d0"), ["20", "3", "Other"]);
});

Deno.test("CSV is quoted and can't be run as a formula", () => {
    const all = [series('=cmd|"x"', [1, 1, 1, 1]), series("", [2, 2, 2, 2], { kind: "other", labels: ["Other"] })];
    equal(csv(graph(all), "-total").split("\r\n"), [
        "SrcAS,last (bit/s),average (bit/s),peak (bit/s),p95 (bit/s),total (bytes),share",
        '"\'=cmd|""x""",1,1,1,1,4,0.5',
        "Other,2,2,2,2,8,0.5",
        "",
    ]);
    equal(csvLines([["-1.5", "-1+1", "+1", "@a", "a=b", "\t=1"]]), "-1.5,'-1+1,'+1,'@a,a=b,'\t=1\r\n");
});

Deno.test("sparklines stay inside their box", () => {
    equal(sparkline([1], 60, 20), "");
    equal(sparkline([5, 5, 5], 60, 20), "M0.0 10.0L30.0 10.0L60.0 10.0");
    equal(sparkline([0, 10], 60, 20), "M0.0 19.0L60.0 1.0");
    equal(sparkline(Array.from({ length: 1000 }, (_, index) => index), 60, 20).split("L").length, 30);
});
