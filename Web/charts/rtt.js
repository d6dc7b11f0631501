// @ts-check
// Round-trip times over time: one line a way, so that a change of path is seen as one, and marks where nothing answered.
// Pure: answers of the API in, ECharts option out.
import { FRAME, timeAxis } from "./axis.js";

/** @typedef {import("../types/api.d.ts").TracePoint} TracePoint */
/** @typedef {import("../types/api.d.ts").PingPoint} PingPoint */

/** Letters of ways, the most frequent first; what is beyond shares the last. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * What each way is called.
 * @param {{path: string}[]} paths the most frequent first
 * @returns {Map<string, string>}
 */
export function pathLetters(paths) {
    return new Map(paths.map(({ path }, index) => [path, LETTERS[Math.min(index, LETTERS.length - 1)]]));
}

/**
 * Where the way is another than before. A trace that wasn't reached ends early, which is no way of its own; only where
 * nothing was reached do all count.
 * @param {TracePoint[]} traces in any order
 * @returns {{time: number, from: string, to: string}[]} the oldest first
 */
export function pathChanges(traces) {
    const reached = traces.filter((trace) => trace.reached > 0);
    const sorted = (reached.length > 0 ? reached : [...traces]).sort((a, b) => a.time - b.time);
    /** @type {{time: number, from: string, to: string}[]} */
    const changes = [];
    for (let index = 1; index < sorted.length; index += 1) {
        const [before, now] = [sorted[index - 1], sorted[index]];
        if (before.path !== now.path) changes.push({ time: now.time, from: before.path, to: now.path });
    }
    return changes;
}

/** @param {number} microseconds @returns {string} in milliseconds, with three digits that say something */
export function milliseconds(microseconds) {
    const value = microseconds / 1000;
    return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value))} ms`;
}

/**
 * Traces and pings in one order of time, for the tooltip.
 * @param {TracePoint[]} traces
 * @param {PingPoint[]} pings
 * @returns {number[]} the times that something was measured at, each once
 */
export function momentsOf(traces, pings) {
    return [...new Set([...traces, ...pings].map(({ time }) => time))].sort((a, b) => a - b);
}

/**
 * @param {{from: number, to: number}} range
 * @param {TracePoint[]} traces
 * @param {PingPoint[]} pings
 * @param {{paths: {path: string}[], theme: import("./axis.js").Theme, zone: import("../time.js").Zone, width: number, colours: string[],
 *   missing: string}} look
 */
export function rtt(range, traces, pings, { paths, theme, zone, width, colours, missing }) {
    const sorted = [...traces].sort((a, b) => a.time - b.time);
    const changes = pathChanges(traces);
    const series = paths.map(({ path }, index) => ({
        type: "line",
        name: path,
        xAxisIndex: 0,
        // A gap where another way was taken: lines don't run over it.
        data: sorted.map((
            { time, rtt, reached, path: own },
        ) => [time, own === path && reached && rtt > 0 ? rtt / 1000 : null]),
        showSymbol: true,
        symbolSize: sorted.length > 400 ? 2 : 4,
        connectNulls: false,
        silent: true,
        animation: false,
        color: colours[index % colours.length],
        lineStyle: { width: 1.5, color: colours[index % colours.length] },
    }));
    const lost = {
        type: "scatter",
        xAxisIndex: 0,
        data: sorted.filter(({ reached, rtt }) => !reached || rtt === 0).map(({ time }) => [time, 0]),
        symbol: "triangle",
        symbolSize: 7,
        silent: true,
        animation: false,
        itemStyle: { color: missing },
    };
    const answered = pings.filter(({ received }) => received > 0).sort((a, b) => a.time - b.time);
    const pinged = {
        type: "line",
        xAxisIndex: 0,
        data: answered.map(({ time, averageRtt }) => [time, averageRtt / 1000]),
        symbol: "diamond",
        showSymbol: true,
        symbolSize: 5,
        silent: true,
        animation: false,
        color: theme.axisText,
        lineStyle: { width: 1, type: [4, 3], color: theme.axisText },
    };
    const marks = changes.length > 200 ? [] : changes.map(({ time }) => ({
        xAxis: time,
        lineStyle: { color: theme.zero, width: 1, type: [2, 3] },
        label: { show: false },
    }));
    return {
        animation: false,
        grid: { ...FRAME, outerBoundsMode: "none" },
        xAxis: timeAxis(range, width, zone, theme),
        yAxis: {
            type: "value",
            min: 0,
            // The unit stands in the head.
            axisLine: { show: false },
            axisTick: { show: false },
            axisLabel: { color: theme.axisText, fontSize: theme.size, fontFamily: theme.font },
            splitLine: { lineStyle: { color: theme.grid } },
            splitNumber: 4,
        },
        series: [
            { ...pinged, markLine: { silent: true, symbol: "none", animation: false, data: marks } },
            ...series,
            lost,
        ],
    };
}
