// Made-up answers of the API and a theme whose colours say what they are of, for tests of charts.

/** @typedef {import("../../Web/types/api.d.ts").Graph} Graph */
/** @typedef {import("../../Web/types/api.d.ts").Series} Series */

/** @param {string} key @param {number[]} values @param {Partial<Series>} [more] @returns {Series} */
export function series(key, values, more = {}) {
    const sum = values.reduce((all, value) => all + value, 0);
    return {
        key: key === "" ? [] : [key],
        labels: [key],
        kind: "value",
        direction: null,
        values,
        last: values[values.length - 1],
        average: sum / values.length,
        peak: Math.max(...values),
        p95: Math.max(...values),
        total: sum,
        share: 0.5,
        ...more,
    };
}

/** @param {Series[]} all @param {Partial<Graph>} [more] @returns {Graph} */
export function graph(all, more = {}) {
    return {
        from: 0,
        to: 40,
        bucket: 10,
        unit: "bit/s",
        dimensions: ["SrcAS"],
        times: [0, 10, 20, 30],
        series: all,
        groups: all.length,
        groupsExact: true,
        shown: all.length,
        exact: true,
        assumedSampling: 0,
        statistics: { rows: 1, elapsed: 0.1, source: "flows_raw", resolution: 1 },
        sql: "",
        ...more,
    };
}

/** @type {import("../../Web/charts/axis.js").Theme} */
export const theme = {
    surface: "surface",
    text: "text",
    axis: "axis",
    grid: "grid",
    zero: "zero",
    axisText: "axisText",
    font: "font",
    size: 11,
    in: "in",
    out: "out",
    accent: "accent",
    colour: (paint) => `${paint.kind}${paint.slot}`,
    fill: (paint) => `fill ${paint.kind}${paint.slot}${paint.pattern}`,
};
