// @ts-check
// Series over time as stacked areas, shares of all, lines or bars, with out drawn below zero. Pure: an answer of the API in, ECharts option out.
import { isMean } from "../units.js";
import { FRAME, shareAxis, timeAxis, valueAxis } from "./axis.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */
/** @typedef {import("../colour.js").Paint} Paint */
/** @typedef {import("./axis.js").Theme} Theme */

/** @typedef {"area"|"share"|"lines"|"bars"} TimeChart */
/** @typedef {{times: number[], bucket: number, from: number, to: number}} Times */

/**
 * @typedef {object} Look
 * @property {TimeChart} chart
 * @property {Theme} theme
 * @property {import("../time.js").Zone} zone
 * @property {number} width pixels of the whole chart
 * @property {Paint[]} paints one per series
 * @property {number|null} [begins] when the oldest stored flow was received; nothing is drawn before
 * @property {number[]} [references] dotted horizontal lines, named in the chart's head
 * @property {number} [height] the value axis ends there, for charts that are compared
 */

/**
 * How many buckets are complete: the last one is still filling while the range reaches into the present.
 * @param {{times: number[], bucket: number, to: number, settled?: number}} graph
 */
export function completeBuckets(graph) {
    let count = graph.times.length;
    while (count > 1 && graph.times[count - 1] + graph.bucket > (graph.settled ?? graph.to)) count -= 1;
    return count;
}

/**
 * The first bucket that lies in the range and in the time of which flows are stored.
 * @param {{times: number[], bucket: number}} graph
 * @param {number|null|undefined} begins when the oldest stored flow was received
 */
export function firstBucket(graph, begins) {
    const index = graph.times.findIndex((time) => time + graph.bucket > (begins ?? 0));
    return Math.max(0, index);
}

/** Seconds that "now" is the average of, at least: a single second of sampled traffic jumps. */
export const NEWEST = 10;

/**
 * The rate now: the average of the newest complete buckets.
 * @param {number[]} values of complete buckets
 * @param {number} bucket seconds
 */
export function newest(values, bucket) {
    const some = values.slice(-Math.ceil(NEWEST / bucket));
    return some.reduce((sum, value) => sum + value, 0) / Math.max(1, some.length);
}

/** @param {Series} series -1 where the series is drawn below zero: out, and the other direction of a group */
export function sign(series) {
    return series.direction === "out" || series.isReverse ? -1 : 1;
}

/**
 * The answer with the lines of the other direction among its series, behind its own.
 * @param {Graph} graph
 * @returns {Graph}
 */
export function bothWays(graph) {
    if (!graph.reverse) return graph;
    const reverse = graph.reverse.series.map((series) => ({ ...series, isReverse: true }));
    return { ...graph, series: [...graph.series, ...reverse] };
}

/**
 * The chart that a unit allows: averages of a bucket don't add up, so nothing is stacked of them.
 * @param {TimeChart} chart
 * @param {string} unit
 * @returns {TimeChart}
 */
export function drawable(chart, unit) {
    return isMean(unit) ? "lines" : chart;
}

/**
 * Each value as its share of all in its bucket, above and below zero apart.
 * @param {Graph} graph
 * @returns {Graph}
 */
export function shares(graph) {
    const sums = { up: new Array(graph.times.length).fill(0), down: new Array(graph.times.length).fill(0) };
    const side = (/** @type {Series} */ series) => sums[sign(series) < 0 ? "down" : "up"];
    for (const series of graph.series) series.values.forEach((value, place) => (side(series)[place] += value));
    const series = graph.series.map((series) => ({
        ...series,
        values: series.values.map((value, place) => value === 0 ? 0 : value / side(series)[place]),
    }));
    return { ...graph, series };
}

/** @param {Series} series whether it is the whole traffic of a direction, not one value of a dimension */
export function isWhole(series) {
    return series.key.length === 0 && series.kind !== "other";
}

/**
 * The largest height above or below zero, of stacks when stacked.
 * @param {Graph} graph
 * @param {TimeChart} chart
 */
export function largest(graph, chart) {
    const stacked = chart !== "lines" && !graph.series.every(isWhole);
    const count = completeBuckets(graph);
    let most = 0;
    for (let index = 0; index < count; index += 1) {
        const sums = { up: 0, down: 0 };
        for (const series of graph.series) {
            const value = series.values[index] ?? 0;
            const side = sign(series) < 0 ? "down" : "up";
            sums[side] = stacked ? sums[side] + value : Math.max(sums[side], value);
        }
        most = Math.max(most, sums.up, sums.down);
    }
    return Math.max(most, ...before(graph, stacked).flatMap(({ values }) => values));
}

/**
 * The lines of the period before: that of each series, or of stacks what they are together on each side of zero.
 * @param {Graph} graph
 * @param {boolean} together
 * @returns {{series: Series|undefined, sense: number, values: number[]}[]}
 */
export function before(graph, together) {
    const previous = graph.previous?.series ?? [];
    if (!together) return previous.map((series) => ({ series, sense: sign(series), values: series.values }));
    return [1, -1].map((sense) => {
        const values = new Array(graph.times.length).fill(0);
        for (const series of previous.filter((series) => sign(series) === sense)) {
            series.values.forEach((value, place) => (values[place] += value));
        }
        return { series: undefined, sense, values };
    }).filter(({ values }) => values.some((value) => value > 0));
}

/**
 * Places of the series in drawing order: largest at the bottom, unknown and Other on top.
 * @param {Series[]} series
 */
export function order(series) {
    const rank = { value: 0, unknown: 1, other: 2 };
    return series.map((_, index) => index).sort((a, b) =>
        rank[series[a].kind] - rank[series[b].kind] || series[b].total - series[a].total || a - b
    );
}

/**
 * @param {Graph} answer
 * @param {Look} look
 * @returns {object} an ECharts option; its series stand in the order of `order(answer.series)`, then those of before
 */
export function timeseries(answer, look) {
    const { theme } = look;
    const chart = drawable(look.chart, answer.unit);
    const graph = chart === "share" ? shares(answer) : answer;
    const count = completeBuckets(graph);
    const begin = firstBucket(graph, look.begins);
    const whole = graph.series.every(isWhole);
    const below = graph.series.some((series) => sign(series) < 0 && series.total > 0);
    const plot = look.width - FRAME.left - FRAME.right;
    const dense = plot * graph.bucket / (graph.to - graph.from) < 3;
    const drawn = order(graph.series).map((index) => {
        const series = graph.series[index];
        const data = graph.times.map((time, place) => [
            chart === "bars" ? middle(graph, time) : Math.max(time, graph.from),
            // The bucket still filling is not drawn.
            place >= begin && place < count && drawsAt(series.values, place, whole, graph.unit)
                ? sign(series) * (series.values[place] ?? 0)
                : null,
        ]);
        const few = 2 * series.values.filter((value) => value > 0).length < count;
        const shared = {
            type: "line",
            data,
            xAxisIndex: 0,
            showSymbol: count === 1,
            symbolSize: 4,
            silent: true,
            animation: false,
            emphasis: { focus: "series" },
            blur: { lineStyle: { opacity: 0.25 }, areaStyle: { opacity: 0.15 }, itemStyle: { opacity: 0.25 } },
        };
        const paint = look.paints[index];
        if (chart === "bars") {
            const fill = whole ? directionColour(direction(series), theme) : theme.fill(paint);
            return {
                ...shared,
                type: "bar",
                stack: "bars",
                barWidth: barWidth(graph, plot),
                itemStyle: { color: fill },
            };
        }
        if (whole) return { ...shared, ...wholeStyle(direction(series), theme) };
        return chart === "lines"
            ? {
                ...shared,
                lineStyle: { width: 1.5, color: theme.colour(paint), type: dash(paint) },
                color: theme.colour(paint),
            }
            : {
                ...shared,
                stack: sign(series) < 0 ? "below" : "above",
                color: theme.colour(paint),
                // A gap of surface colour would swallow a lone or a narrow peak: that gets an outline of its own colour.
                lineStyle: { width: dense ? 0.5 : 1, color: few || dense ? theme.colour(paint) : theme.surface },
                areaStyle: { color: theme.fill(paint), opacity: 0.92 },
            };
    });
    if (drawn.length > 0) Object.assign(drawn[0], { markLine: markLines(look, below) });
    const most = look.height ?? largest(graph, chart);
    const axis = chart === "share" ? shareAxis(below, theme) : valueAxis(most, theme);
    return {
        animation: false,
        grid: { ...FRAME, outerBoundsMode: "none" },
        xAxis: timeAxis(graph, look.width, look.zone, theme),
        yAxis: look.height ? { ...axis, max: most, min: below ? -most : 0, interval: most / 2 } : axis,
        series: [...drawn, ...(chart === "share" ? [] : beforeLines(graph, chart !== "lines" && !whole, look))],
    };
}

/**
 * The period before as dashed lines: neutral where they are sums, in a value's own colour where they are of one.
 * @param {Graph} graph
 * @param {boolean} together
 * @param {Look} look
 */
function beforeLines(graph, together, { theme, paints, begins }) {
    const back = graph.previous?.seconds ?? 0;
    return before(graph, together).map(({ series, sense, values }) => {
        const own = series && !isWhole(series)
            ? graph.series.findIndex(({ key }) => key.join() === series.key.join())
            : -1;
        const colour = own >= 0 ? theme.colour(paints[own]) : theme.axisText;
        return {
            type: "line",
            data: graph.times.map((time, place) => [
                Math.max(time, graph.from),
                time - back + graph.bucket > (begins ?? -Infinity) ? sense * (values[place] ?? 0) : null,
            ]),
            xAxisIndex: 0,
            showSymbol: false,
            silent: true,
            animation: false,
            z: 5,
            lineStyle: { width: 1, color: colour, type: [4, 3] },
            color: colour,
        };
    });
}

/** @param {Times} graph @param {number} time of a bucket's start @returns {number} the middle of what lies in the range */
function middle({ from, to, bucket }, time) {
    return (Math.max(time, from) + Math.min(time + bucket, to)) / 2;
}

/** @param {Times} graph @param {number} plot pixels @returns {number} a gap between bars where there is room for one */
function barWidth({ from, to, bucket }, plot) {
    const width = plot * bucket / (to - from);
    return Math.max(1, width > 4 ? width - 1 : width);
}

/**
 * @param {number[]} values
 * @param {number} place
 * @param {boolean} whole
 * @param {string} unit where there was no packet there is no average size, which is not the same as 0
 */
function drawsAt(values, place, whole, unit) {
    if (isMean(unit)) return values[place] > 0;
    return whole || !amongZeros(values, place);
}

/** @param {Series} series what a whole series is drawn as: the other direction as out */
export function direction(series) {
    return series.isReverse ? "out" : series.direction;
}

/**
 * Whether nothing is at a place nor beside it; there a layer of no height would only draw a line over the others.
 * @param {number[]} values
 * @param {number} place
 */
function amongZeros(values, place) {
    return !values[place] && !values[place - 1] && !values[place + 1];
}

/** @param {Series["direction"]} direction @param {Theme} theme the one line of a direction, faintly filled */
function wholeStyle(direction, theme) {
    const colour = directionColour(direction, theme);
    return { color: colour, lineStyle: { width: 1.5, color: colour }, areaStyle: { color: colour, opacity: 0.16 } };
}

/**
 * @param {Series["direction"]} direction
 * @param {Theme} theme
 */
export function directionColour(direction, theme) {
    if (direction === "out") return theme.out;
    return direction === "unknown" ? theme.colour({ kind: "unknown", slot: 0, pattern: 0 }) : theme.in;
}

/** @param {Paint} paint values of one slot differ by their dashes */
function dash(paint) {
    if (paint.kind === "unknown") return [2, 3];
    return ["solid", [6, 3], [2, 2], [8, 3, 2, 3]][paint.pattern];
}

/** @param {Look} look @param {boolean} below the zero line shows when something is drawn below it */
function markLines(look, below) {
    const { theme } = look;
    const lines = (look.references ?? []).map((value) => ({
        yAxis: value,
        lineStyle: { color: theme.axisText, width: 1, type: [1, 3] },
        label: { show: false },
    }));
    const zero = below
        ? [{ yAxis: 0, lineStyle: { color: theme.zero, width: 1, type: "solid" }, label: { show: false } }]
        : [];
    return { silent: true, symbol: "none", animation: false, data: [...zero, ...lines] };
}
