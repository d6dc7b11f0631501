// @ts-check
// How many flows over the range, as small bars over their list. Pure: an answer of the API in, ECharts option out.
import { FRAME, timeAxis } from "./axis.js";
import { completeBuckets } from "./timeseries.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */

/**
 * @param {Graph} graph in flow/s, of one series or none
 * @param {{theme: import("./axis.js").Theme, zone: import("../time.js").Zone, width: number, bar: string, marked: string,
 *   at: number|null}} look `at` is a time whose bar is marked
 */
export function flowbars(graph, { theme, zone, width, bar, marked, at }) {
    const values = graph.series[0]?.values ?? [];
    const count = completeBuckets(graph);
    const plot = width - FRAME.left - FRAME.right;
    const step = plot * graph.bucket / Math.max(1, graph.to - graph.from);
    return {
        animation: false,
        grid: { ...FRAME, outerBoundsMode: "none" },
        xAxis: timeAxis(graph, width, zone, theme),
        yAxis: { type: "value", show: false, min: 0, ...(values.some((value) => value > 0) ? {} : { max: 1 }) },
        series: [{
            type: "bar",
            silent: true,
            animation: false,
            barWidth: Math.max(1, step > 4 ? step - 1 : step),
            barMinHeight: 1,
            data: graph.times.slice(0, count).map((time, index) => ({
                value: [time + graph.bucket / 2, values[index] ? values[index] : null],
                itemStyle: { color: at !== null && time <= at && at < time + graph.bucket ? marked : bar },
            })),
        }],
    };
}
