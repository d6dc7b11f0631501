import { binName, cellValue, distribution, heat, heatCells, heatRows, strength } from "../../Web/charts/heat.js";
import { meanOver, rows, toldBuckets } from "../../Web/charts/legend.js";
import { amountOf, NODE, sankey, valueOf } from "../../Web/charts/sankey.js";
import { before, bothWays, drawable, largest, shares, timeseries } from "../../Web/charts/timeseries.js";
import { paints, slot } from "../../Web/colour.js";
import { groups, niceEnd } from "../../Web/charts/multiples.js";
import { question } from "../../Web/panels.js";
import { GROUPS, RELATIONS } from "../../Web/panelset.js";
import { columnsOf, dimensionsOf, stagesOf } from "../../Web/relations.js";
import { condition } from "../../Web/subjects.js";
import { equal } from "./assert.js";
import { graph as plain, series, theme as patterned } from "./graphs.js";

/** @typedef {import("../../Web/types/api.d.ts").Graph} Graph */
/** @typedef {import("../../Web/types/api.d.ts").Series} Series */
/** @typedef {import("../../Web/types/api.d.ts").Top} Top */
/** @typedef {import("../../Web/types/api.d.ts").Values} Values */

/** A range that begins within a bucket. @param {Series[]} all @param {Partial<Graph>} [more] */
const graph = (all, more = {}) => plain(all, { from: 5, ...more });

/** Patterns don't matter here. @type {import("../../Web/charts/axis.js").Theme} */
const theme = { ...patterned, fill: (paint) => `fill ${paint.kind}${paint.slot}` };
const frame = { left: 100, right: 0, top: 0, bottom: 20 };

/** @param {Graph} of @param {import("../../Web/charts/timeseries.js").TimeChart} chart @param {object} [more] */
const draw = (
    of,
    chart,
    more = {},
) => /** @type {any} */ (timeseries(of, { chart, theme, zone: "utc", width: 800, paints: paints(of.series), ...more }));

Deno.test("shares are parts of their bucket and side; an empty bucket has none", () => {
    const of = graph([
        series("a", [1, 0, 3, 1], { direction: "in" }),
        series("b", [3, 0, 1, 0], { direction: "in" }),
        series("c", [5, 0, 0, 2], { direction: "out" }),
    ]);
    equal(shares(of).series.map(({ values }) => values), [[0.25, 0, 0.75, 1], [0.75, 0, 0.25, 0], [1, 0, 0, 1]]);
    const option = draw(of, "share");
    equal([option.yAxis.min, option.yAxis.max], [-1, 1]);
    equal(option.yAxis.axisLabel.formatter(0.25), "25");
    equal(option.series.map((/** @type {any} */ one) => one.stack).sort(), ["above", "above", "below"]);
});

Deno.test("bars stand in the middle of what lies in the range, in one stack", () => {
    const option = draw(graph([series("a", [1, 2, 3, 4]), series("b", [1, 1, 1, 1])]), "bars");
    equal(option.series.map((/** @type {any} */ one) => [one.type, one.stack]), [["bar", "bars"], ["bar", "bars"]]);
    equal(option.series[0].data, [[7.5, 1], [15, 2], [25, 3], [35, 4]]);
});

Deno.test("the other direction is drawn below zero in the colour of its value", () => {
    const answer = graph([series("a", [4, 4, 4, 4]), series("b", [1, 1, 1, 1])], {
        reverse: { dimensions: ["DstAS"], series: [series("a", [2, 2, 2, 2])], sql: "" },
    });
    const both = bothWays(answer);
    equal(both.series.map(({ isReverse }) => isReverse ?? false), [false, false, true]);
    const option = draw(both, "area");
    equal(option.series.map((/** @type {any} */ one) => one.data[1][1]), [4, -2, 1]);
    equal(option.series[0].color, option.series[1].color);
    equal(largest(both, "area"), 5);
    equal(rows(answer, "-total").length, 2);
});

Deno.test("the period before is a dashed line: the sum of a stack, each value's own of lines", () => {
    const previous = {
        seconds: 40,
        from: -35,
        to: 0,
        series: [series("a", [9, 9, 9, 9]), series("b", [1, 1, 1, 1])],
        sql: "",
    };
    const of = graph([series("a", [4, 4, 4, 4]), series("b", [1, 1, 1, 1])], { previous });
    const area = draw(of, "area");
    equal(area.series.length, 3);
    equal([area.series[2].lineStyle.type, area.series[2].color], [[4, 3], "axisText"]);
    equal(area.series[2].data[0], [5, 10]);
    equal(largest(of, "area"), 10);
    const lines = draw(of, "lines");
    equal(lines.series.slice(2).map((/** @type {any} */ one) => [one.color, one.data[1][1]]), [
        [`value${slot(["a"])}`, 9],
        [`value${slot(["b"])}`, 1],
    ]);
    equal(draw(of, "share").series.length, 2);
    // Of what was before the first stored flow nothing is known.
    equal(draw(of, "area", { begins: -15 }).series[2].data.map((/** @type {any} */ point) => point[1]), [
        null,
        null,
        10,
        10,
    ]);
    equal(before(graph([]), true), []);
});

Deno.test("averages of packets are lines, with gaps where there is no packet", () => {
    equal([drawable("area", "byte/packet"), drawable("bars", "bytes")], ["lines", "bars"]);
    const option = draw(graph([series("a", [700, 0, 500, 500])], { unit: "byte/packet" }), "area");
    equal(option.series[0].data.map((/** @type {any} */ point) => point[1]), [700, null, 500, 500]);
    equal(option.series[0].stack, undefined);
});

Deno.test("small charts: one for each value, with both ways, to one scale", () => {
    const of = bothWays(graph([series("a", [4, 4, 4, 4]), series("b", [9, 9, 9, 9])], {
        reverse: { dimensions: ["DstAS"], series: [series("a", [2, 2, 2, 2])], sql: "" },
    }));
    equal(groups(of).map((places) => places.map((place) => of.series[place].key[0])), [["b"], ["a", "a"]]);
    equal(groups(of)[1], [0, 2]);
    equal([0, 0.3, 1, 9, 10.5, 4321].map(niceEnd), [1, 0.5, 1, 10, 20, 5000]);
    const option = draw(graph([series("a", [4, 4, 4, 4])]), "area", { height: 10 });
    equal([option.yAxis.min, option.yAxis.max], [0, 10]);
});

Deno.test("heat: rows by size, Other last and no part of the scale, each value in its own colour", () => {
    const of = graph([
        series("a", [4, 0, 4, 4]),
        series("", [99, 99, 99, 99], { kind: "other", labels: ["Other"] }),
        series("b", [9, 9, 9, 1]),
    ]);
    equal(heatRows(of).map((place) => of.series[place].labels[0]), ["b", "a", "Other"]);
    const { cells, most } = heatCells(of);
    equal([cells.length, most], [11, 9]);
    equal([strength(9, 9), strength(99, 9), strength(0.0001, 9), strength(1, 0)], [1, 1, 0.1, 0]);
    const option = /** @type {any} */ (heat(of, {
        theme,
        zone: "utc",
        width: 500,
        frame,
        paints: paints(of.series),
        label: (place) => of.series[place].labels[0],
    }));
    equal(option.yAxis.data, ["b", "a", "Other"]);
    equal(option.series[0].data[0], [0, 0, 1, `value${slot(["b"])}`]);
    // The first bucket begins before the range: its cell is cut at the range's start.
    const item = option.series[0].renderItem({}, {
        value: (/** @type {number} */ place) => option.series[0].data[0][place],
        coord: (/** @type {number[]} */ [time, row]) => [100 + (time - 5) * 10, row * 20 + 10],
        size: () => [0, 20],
    });
    equal([item.shape.x, item.shape.x + item.shape.width, item.style.fill], [100, 149, `value${slot(["b"])}`]);
});

/** @type {Values} */
const values = {
    from: 5,
    to: 40,
    bucket: 10,
    unit: "bit/s",
    column: "FlowDuration",
    columnUnit: "s",
    scale: "log",
    times: [0, 10, 20, 30],
    bins: [{ from: 1, to: 2, total: 10 }, { from: 2, to: 4, total: 0 }, { from: 4096, to: null, total: 500 }],
    cells: [[0, 0, 10], [3, 2, 500]],
    unknown: 0,
    total: 510,
    exact: true,
    assumedSampling: 0,
    statistics: { rows: 1, elapsed: 0, source: "flows_raw", resolution: 1 },
    sql: "",
};

Deno.test("distributions: lowest bin at the bottom, rates of buckets that are cut by the seconds they have", () => {
    equal([cellValue(values, 0, 10), cellValue(values, 3, 500)], [16, 400]);
    equal(cellValue({ ...values, unit: "bytes" }, 0, 10), 10);
    equal([0, 1, 2].map((bin) => binName(values, bin)), ["1 s", "2 – 3 s", "≥ 4,096 s"]);
    const option = /** @type {any} */ (distribution(values, { theme, zone: "utc", width: 500, frame }));
    equal(option.yAxis.data, ["4 Ki", "2", "1"]);
    equal(option.series[0].data, [[0, 2, strength(16, 400), "accent"], [3, 0, 1, "accent"]]);
    equal([
        condition("DstPort", { from: 0, to: 1024 }),
        condition("IPTTL", { from: 7, to: 8 }),
        condition("Bytes", { from: 9, to: null }),
    ], [
        "DstPort between 0 and 1023",
        "IPTTL = 7",
        "Bytes >= 9",
    ]);
});

/** @param {string[][]} keys @param {number[]} bytes @param {Partial<Top>} [more] @returns {Top} */
function top(keys, bytes, more = {}) {
    return {
        from: 0,
        to: 10,
        unit: "bit/s",
        dimensions: ["SrcAS", "DstAS"],
        rows: keys.map((key, place) => ({
            key,
            labels: key.length === 0 ? ["Other"] : key.map((value) => value === "0" ? "unknown" : `AS${value}`),
            kind: key.length === 0 ? "other" : "value",
            bytes: bytes[place],
            packets: place + 1,
            flows: 1,
            rate: 0,
            share: 0,
        })),
        groups: 9,
        groupsExact: true,
        total: { bytes: 0, packets: 0, flows: 0 },
        exact: true,
        assumedSampling: 0,
        statistics: { rows: 1, elapsed: 0, source: "flows_raw", resolution: 1 },
        sql: "",
        ...more,
    };
}

Deno.test("sankey: what goes into a stage comes out of it, and every stage has all of it", () => {
    const of = top([["1", "2"], ["1", "3"], ["0", "2"], []], [60, 20, 15, 5]);
    const layout = sankey(of, [[0], [1]], { width: 500, height: 200, left: 100, right: 100 });
    equal([layout.amount, layout.paths], [100, 3]);
    for (const stage of [0, 1]) {
        equal(layout.nodes.filter((node) => node.stage === stage).reduce((sum, { amount }) => sum + amount, 0), 100);
    }
    for (const node of layout.nodes) {
        const ends = layout.links.filter(({ source, target }) => (node.stage === 0 ? source : target) === node);
        equal(ends.reduce((sum, { amount }) => sum + amount, 0), node.amount);
    }
    const names = (/** @type {number} */ stage) =>
        layout.nodes.filter((node) => node.stage === stage).sort((a, b) => a.y - b.y).map(({ labels }) => labels[0]);
    equal(names(0), ["AS1", "unknown", "Other"]);
    // Each stands where its ribbons come from: AS2 also gets from unknown, which is lower.
    equal(names(1), ["AS3", "AS2", "Other"]);
    equal(layout.nodes.find(({ labels }) => labels[0] === "AS1")?.height, 160);
    // Bars don't overlap, and stand at the ends of the room.
    for (const stage of [0, 1]) {
        const bars = layout.nodes.filter((node) => node.stage === stage).sort((a, b) => a.y - b.y);
        equal(bars.slice(1).every((bar, place) => bar.y >= bars[place].y + bars[place].height), true);
    }
    equal([...new Set(layout.nodes.map(({ x }) => x))], [100, 400 - NODE]);
    equal(layout.links.every(({ path }) => /^M[\d.-]+ [\d.-]+C.*Z$/.test(path)), true);
    equal(valueOf(of, 100), 80);
    equal(["bit/s", "packets", "flow/s", "bytes"].map((unit) => amountOf(of.rows[1], unit)), [20, 2, 1, 20]);
});

Deno.test("sankey: a value has the colour that it has in other charts, in every stage; unknown and Other have none", () => {
    const layout = sankey(top([["1", "7"], ["7", "0"], []], [5, 4, 3]), [[0], [1]], {
        width: 300,
        height: 100,
        left: 0,
        right: 0,
    });
    const paint = (/** @type {number} */ stage, /** @type {string} */ label) =>
        layout.nodes.find((node) => node.stage === stage && node.labels[0] === label)?.paint;
    equal(paint(0, "AS7"), { kind: "value", slot: slot(["7"]), pattern: paint(1, "AS7")?.pattern });
    equal(paint(1, "AS7")?.slot, slot(["7"]));
    equal([paint(1, "unknown")?.kind, paint(0, "Other")?.kind], ["unknown", "other"]);
});

Deno.test("sankey: three stages, and nodes of several columns", () => {
    const of = top([["1", "9", "2"], ["1", "8", "2"]], [6, 4], { dimensions: ["SrcAS", "OutIf", "DstAS"] });
    equal(sankey(of, [[0], [1], [2]], { width: 300, height: 50, left: 0, right: 0 }).nodes.length, 4);
    const pairs = sankey(of, [[0, 1], [2]], { width: 300, height: 50, left: 0, right: 0 });
    equal(pairs.nodes.map(({ key }) => key), [["1", "9"], ["1", "8"], ["2"]]);
    equal(sankey(top([], []), [[0], [1]], { width: 300, height: 50, left: 0, right: 0 }).nodes, []);
});

Deno.test("where flows are spread, the newest figures leave out what is still to be reported", () => {
    const spread = { timeout: 20, before: 0, after: 0, apart: 0 };
    const all = [series("a", [1, 2, 3, 4])];
    equal(toldBuckets(graph(all, { spread, settled: 39 })), 1);
    equal(toldBuckets(graph(all, { spread })), 4);
    equal(rows(graph(all, { spread, settled: 39 }), "-total")[0].last, 1);
});

Deno.test("the mean over a part of a chart weighs its buckets, and is none where the chart lacks some of it", () => {
    const shown = { ...graph([]), from: 100, to: 140, times: [100, 110, 120, 130], bucket: 10 };
    equal(meanOver(shown, [1, 2, 3, 4], { from: 110, to: 130 }), 2.5);
    // Half a bucket counts half.
    equal(meanOver(shown, [1, 2, 3, 4], { from: 105, to: 120 }), (5 * 1 + 10 * 2) / 15);
    equal([{ from: 90, to: 110 }, { from: 130, to: 150 }].map((part) => meanOver(shown, [1, 2, 3, 4], part)), [
        null,
        null,
    ]);
});

Deno.test("interfaces are nodes with their exporter, whether it is a dimension or not", () => {
    const node = ["InIf", "SamplerAddress"];
    equal(stagesOf(["SrcAS", "InIf"], 6), [["SrcAS"], node]);
    equal(columnsOf({ stages: stagesOf(["SrcAS", "InIf"], 6) }), ["SrcAS", "InIf", "SamplerAddress"]);
    equal(stagesOf(["SamplerAddress", "InIf"], 2), [["SamplerAddress"], node]);
    // No more columns can be asked for: the label of the number says so.
    equal(stagesOf(["SrcAS", "InIf"], 2), [["SrcAS"], ["InIf"]]);
});

Deno.test("the panels that NetMeta has: 25 with Throughput and Packets, and eight relations", () => {
    const panels = GROUPS.flatMap(({ panels }) => panels);
    equal(panels.length + 2, 25);
    equal(new Set(panels.map(({ id }) => id)).size, 23);
    equal(RELATIONS.length, 8);
    equal(RELATIONS.every((relation) => columnsOf(relation).length <= 6), true);
    // Explore makes the same nodes of the dimensions that it is given.
    equal(dimensionsOf(RELATIONS[2]), ["SrcAS", "OutIf", "DstAS"]);
    equal(stagesOf(dimensionsOf(RELATIONS[2]), 6), RELATIONS[2].stages);
    equal(question(panels[0], { from: "-1h", to: "now" }, "bit/s"), {
        from: "-1h",
        to: "now",
        unit: "bit/s",
        dimensions: "Proto",
        limit: 8,
        split: "direction",
    });
    equal(question(panels[22], { from: "-1h", to: "now" }, "bit/s").column, "DstPort");
});
