// @ts-check
// Values over time as cells, stronger for more: rows of a dimension, or bins of a distribution. Pure.
import { inUnit } from "../units.js";
import { endOf, timeAxis } from "./axis.js";
import { completeBuckets, isWhole, order, sign } from "./timeseries.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Values} Values */
/** @typedef {import("../colour.js").Paint} Paint */
/** @typedef {import("./axis.js").Theme} Theme */
/** @typedef {import("./axis.js").Frame} Frame */
/** @typedef {{theme: Theme, zone: import("../time.js").Zone, width: number, frame: Frame}} Look */

/**
 * @typedef {object} Cell
 * @property {number} place of the time
 * @property {number} row from the top
 * @property {number} value
 */

/** Pixels of one row of a dimension. */
export const ROW = 22;

/**
 * The places of the series in a graph, in the order of rows from the top: largest first, the other direction under each.
 * @param {Graph} graph with both ways among its series
 */
export function heatRows(graph) {
    const ordered = order(graph.series);
    const forward = ordered.filter((place) => sign(graph.series[place]) > 0);
    const backward = ordered.filter((place) => sign(graph.series[place]) < 0);
    const of = (/** @type {number} */ place) => `${graph.series[place].kind} ${graph.series[place].key.join()}`;
    const rows = forward.flatMap((place) => [place, ...backward.filter((other) => of(other) === of(place))]);
    return [...rows, ...backward.filter((place) => !rows.includes(place))];
}

/**
 * @param {Graph} graph with both ways among its series
 * @returns {{cells: Cell[], most: number}} most is of all rows but Other, whose cells would pale the rest
 */
export function heatCells(graph) {
    const rows = heatRows(graph);
    const count = completeBuckets(graph);
    /** @type {Cell[]} */
    const cells = [];
    let most = 0;
    rows.forEach((place, row) => {
        const series = graph.series[place];
        for (let bucket = 0; bucket < count; bucket += 1) {
            const value = series.values[bucket];
            if (!(value > 0)) continue;
            cells.push({ place: bucket, row, value });
            if (series.kind !== "other" || rows.length === 1) most = Math.max(most, value);
        }
    });
    return { cells, most };
}

/**
 * How strongly a value is drawn: its cube root, so that small ones are seen beside large ones; what is there at all
 * is never invisible.
 * @param {number} value
 * @param {number} most
 */
export function strength(value, most) {
    return most <= 0 ? 0 : Math.max(0.1, Math.min(1, Math.cbrt(value / most)));
}

/**
 * A dimension over time: each value in its own colour.
 * @param {Graph} graph with both ways among its series
 * @param {Look & {paints: Paint[], label: (place: number) => string}} look
 * @returns {object} an ECharts option
 */
export function heat(graph, look) {
    const { theme, paints } = look;
    const rows = heatRows(graph);
    const { cells, most } = heatCells(graph);
    const colours = rows.map((place) =>
        isWhole(graph.series[place])
            ? sign(graph.series[place]) < 0 ? theme.out : theme.in
            : theme.colour(paints[place])
    );
    const axis = {
        type: "category",
        data: rows.map(look.label),
        inverse: true,
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: {
            color: theme.text,
            fontSize: theme.size + 1,
            fontFamily: theme.font,
            interval: 0,
            width: look.frame.left - 10,
            overflow: "truncate",
        },
    };
    return option(
        graph,
        look,
        axis,
        cells.map((cell) => [cell.place, cell.row, strength(cell.value, most), colours[cell.row]]),
    );
}

/**
 * A distribution over time: one colour, the lowest bin at the bottom.
 * @param {Values} values
 * @param {Look} look
 * @returns {object} an ECharts option
 */
export function distribution(values, look) {
    const { theme } = look;
    const count = values.bins.length;
    const rates = values.cells.map(([place, bin, amount]) => ({ place, bin, value: cellValue(values, place, amount) }));
    const most = Math.max(0, ...rates.map(({ value }) => value));
    const step = Math.max(1, Math.ceil(count / 8));
    const axis = {
        type: "category",
        data: values.bins.map((_, place) => binLabel(values, count - 1 - place)),
        inverse: true,
        axisLine: { show: false },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: {
            color: theme.axisText,
            fontSize: theme.size,
            fontFamily: theme.font,
            interval: (/** @type {number} */ place) => (count - 1 - place) % step === 0,
        },
    };
    return option(
        values,
        look,
        axis,
        rates.map(({ place, bin, value }) => [place, count - 1 - bin, strength(value, most), theme.accent]),
    );
}

/**
 * What a cell has in the answer's unit: the ends of a range may cut a bucket short.
 * @param {Values} values
 * @param {number} place
 * @param {number} amount
 */
export function cellValue(values, place, amount) {
    const start = values.times[place];
    const seconds = Math.min(endOf(values, place), values.to) - Math.max(start, values.from);
    return inUnit(amount, Math.max(1, seconds), values.unit);
}

/**
 * "1,024 – 2,047" for a bin of whole numbers; "≥ 32,768" for one without end.
 * @param {Values} values
 * @param {number} bin
 */
export function binName(values, bin) {
    const { from, to } = values.bins[bin];
    const unit = values.columnUnit === "" ? "" : ` ${values.columnUnit}`;
    const text = (/** @type {number} */ value) => value.toLocaleString("en-US");
    if (to === null) return `≥ ${text(from)}${unit}`;
    return (to - from === 1 ? text(from) : `${text(from)} – ${text(to - 1)}`) + unit;
}

/** @param {Values} values @param {number} bin the lower end, as short as an axis needs it */
function binLabel(values, bin) {
    const { from } = values.bins[bin];
    // Powers of two are said in powers of 1024, so that they stay whole: 1 Ki, 64 Ki.
    const prefixes = ["", "Ki", "Mi", "Gi", "Ti"];
    let [value, power] = [from, 0];
    while (values.scale === "log" && value >= 1024 && value % 1024 === 0) [value, power] = [value / 1024, power + 1];
    return power === 0 ? value.toLocaleString("en-US") : `${value} ${prefixes[power]}`;
}

/**
 * @param {{times: number[], bucket: number, from: number, to: number}} answer
 * @param {Look} look
 * @param {object} axis of the rows
 * @param {(number|string)[][]} data place of the time, row, strength, colour
 */
function option(answer, { theme, zone, width, frame }, axis, data) {
    const { times, bucket, from, to } = answer;
    const gap = (width - frame.left - frame.right) * bucket / (to - from) > 6 ? 1 : 0;
    /** @param {object} _ @param {any} api what ECharts lends for one item */
    const renderItem = (_, api) => {
        const start = times[api.value(0)];
        const [left, middle] = api.coord([Math.max(start, from), api.value(1)]);
        const [right] = api.coord([Math.min(endOf(answer, api.value(0)), to), api.value(1)]);
        const height = Math.abs(api.size([0, 1])[1]);
        return {
            type: "rect",
            // Half a pixel more where cells touch, else the surface shines through between them.
            shape: {
                x: left,
                y: middle - height / 2,
                width: Math.max(1, right - left - gap + (gap ? 0 : 0.5)),
                height: Math.max(1, height - (height > 8 ? 1 : 0) + (height > 8 ? 0 : 0.5)),
            },
            style: { fill: api.value(3), opacity: api.value(2) },
        };
    };
    return {
        animation: false,
        grid: { ...frame, outerBoundsMode: "none" },
        xAxis: timeAxis({ from, to }, width, zone, theme, frame),
        yAxis: axis,
        series: [{
            type: "custom",
            renderItem,
            data,
            xAxisIndex: 0,
            encode: { x: -1, y: 1 },
            silent: true,
            animation: false,
            // All at once: in pieces, a picture or a print would show some of them.
            progressive: 0,
            clip: true,
        }],
    };
}
