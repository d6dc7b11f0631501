// @ts-check
// Series over time as stacked areas or lines, with out drawn below zero. Pure: an answer of the API in, ECharts option out.
import { FRAME, timeAxis, valueAxis } from "./axis.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */
/** @typedef {import("../colour.js").Paint} Paint */
/** @typedef {import("./axis.js").Theme} Theme */

/**
 * @typedef {object} Look
 * @property {"area"|"lines"} chart
 * @property {Theme} theme
 * @property {import("../time.js").Zone} zone
 * @property {number} width pixels of the whole chart
 * @property {Paint[]} paints one per series
 * @property {number|null} [begins] when the oldest stored flow was received; nothing is drawn before
 * @property {number[]} [references] dotted horizontal lines, named in the chart's head
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

/** @param {Series} series -1 where the series is drawn below zero */
export function sign(series) {
    return series.direction === "out" ? -1 : 1;
}

/** @param {Series} series whether it is the whole traffic of a direction, not one value of a dimension */
export function isWhole(series) {
    return series.key.length === 0 && series.kind !== "other";
}

/**
 * The largest height above or below zero, of stacks when stacked.
 * @param {Graph} graph
 * @param {"area"|"lines"} chart
 */
export function largest(graph, chart) {
    const stacked = chart === "area" && !graph.series.every(isWhole);
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
    return most;
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
 * @param {Graph} graph
 * @param {Look} look
 * @returns {object} an ECharts option; its series stand in the order of `order(graph.series)`
 */
export function timeseries(graph, look) {
    const { theme } = look;
    const count = completeBuckets(graph);
    const begin = firstBucket(graph, look.begins);
    const whole = graph.series.every(isWhole);
    const below = graph.series.some((series) => sign(series) < 0 && series.total > 0);
    const dense = (look.width - FRAME.left - FRAME.right) * graph.bucket / (graph.to - graph.from) < 3;
    const drawn = order(graph.series).map((index) => {
        const series = graph.series[index];
        const data = graph.times.map((time, place) => [
            // A bucket's value stands at its start; the one still filling is not drawn.
            Math.max(time, graph.from),
            place >= begin && place < count && (whole || !amongZeros(series.values, place))
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
            blur: { lineStyle: { opacity: 0.25 }, areaStyle: { opacity: 0.15 } },
        };
        if (whole) return { ...shared, ...wholeStyle(series, theme) };
        const paint = look.paints[index];
        return look.chart === "lines"
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
    return {
        animation: false,
        grid: { ...FRAME, outerBoundsMode: "none" },
        xAxis: timeAxis(graph, look.width, look.zone, theme),
        yAxis: valueAxis(largest(graph, look.chart), theme),
        series: drawn,
    };
}

/**
 * Whether nothing is at a place nor beside it; there a layer of no height would only draw a line over the others.
 * @param {number[]} values
 * @param {number} place
 */
function amongZeros(values, place) {
    return !values[place] && !values[place - 1] && !values[place + 1];
}

/** @param {Series} series @param {Theme} theme the one line of a direction, faintly filled */
function wholeStyle(series, theme) {
    const colour = directionColour(series.direction, theme);
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
