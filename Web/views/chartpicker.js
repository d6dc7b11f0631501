// @ts-check
// The eight charts, as two rows of pictures with their names.
import { markup } from "../preact.js";
import { navigate } from "../store.js";
import { Icon } from "./parts.js";

/** @typedef {import("../state.js").State["chart"]} ChartName */

/** @type {[ChartName, string, string][]} */
const CHARTS = [
    ["area", "Area", "Stacked areas over time"],
    ["share", "100 %", "The share of all over time"],
    ["lines", "Lines", "A line for each value"],
    ["bars", "Bars", "Stacked bars over time"],
    ["grid", "Grid", "A small chart for each value, to one scale"],
    ["sankey", "Sankey", "Paths between the values of two or more dimensions"],
    ["heat", "Heat", "A row for each value, stronger for more"],
    ["values", "Values", "How packet sizes, TTLs, ports and lengths of flows are distributed over time"],
];

/** @param {{chart: ChartName}} props */
export function ChartPicker({ chart }) {
    return markup`<div class="chart-picker" role="group" aria-label="Chart">${CHARTS.map(([value, name, title]) =>
        markup`<button key=${value} title=${title} aria-pressed=${value === chart} onClick=${() => navigate({ chart: value })}>
            <${Icon} name=${value} />${name}</button>`
    )}</div>`;
}
