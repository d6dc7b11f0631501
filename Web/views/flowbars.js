// @ts-check
// How many flows there are over the range, over their list: drag to zoom.
import { markup } from "../preact.js";
import { endOf } from "../charts/axis.js";
import { flowbars } from "../charts/flowbars.js";
import { completeBuckets } from "../charts/timeseries.js";
import { navigate } from "../store.js";
import { duration, full, short } from "../units.js";
import { Chart } from "./chart.js";
import { Skeleton } from "./parts.js";
import { TipHead } from "./throughput.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */

/**
 * @param {{graph: Graph|undefined, faded: boolean, slow: boolean, total: number|undefined, zone: "utc"|"local", at: number|null}} props
 *   `at` is when the open row was received
 */
export function FlowBars({ graph, faded, slow, total, zone, at }) {
    if (!graph) {
        return markup`<section class="panel flow-bars" aria-label="Flows over time"><div class="bars-space">${slow && markup`<${Skeleton} tall=${true} />`}</div></section>`;
    }
    const values = graph.series[0]?.values ?? [];
    const count = completeBuckets(graph);
    const tip = (/** @type {number} */ index) => {
        const seconds = Math.min(endOf(graph, index), graph.to) - Math.max(graph.times[index], graph.from);
        const rate = values[index] ?? 0;
        return markup`<${TipHead} graph=${graph} index=${index} zone=${zone} count=${count} />
            <div class="tip-row"><span></span><span>Flows</span><b>${full(Math.round(rate * seconds))}</b></div>
            <div class="tip-row"><span></span><span>A second</span><b>${short(rate)}</b></div>`;
    };
    return markup`<section class=${faded ? "panel flow-bars faded" : "panel flow-bars"} aria-label="Flows over time">
        <div class="bars-words dim">flows per ${duration(graph.bucket)}${total !== undefined && `, ${full(total)} in range`}</div>
        <${Chart} inputs=${[graph, zone, at]} range=${graph} times=${graph.times} bucket=${graph.bucket} zone=${zone} tip=${tip}
            zoom=${(/** @type {number} */ from, /** @type {number} */ to) => navigate({ from: String(from), to: String(to) })}
            label="Flows over time; the list below has the rows"
            option=${(/** @type {number} */ width, /** @type {import("../charts/axis.js").Theme} */ theme) => {
        const style = getComputedStyle(document.documentElement);
        return flowbars(graph, { theme, zone, width, at, bar: style.getPropertyValue("--flow-bar").trim(), marked: style.getPropertyValue("--accent").trim() });
    }} />
    </section>`;
}
