// @ts-check
// The query in reading order: range, dimensions, chart, unit, direction, how many, filter. A change is a step that Back undoes.
import { markup, useEffect, useState } from "../preact.js";
import { now } from "../clock.js";
import { navigate, usePreferences } from "../store.js";
import { SUBJECTS } from "../subjects.js";
import { zoneName } from "../time.js";
import { ChartPicker } from "./chartpicker.js";
import { Dimensions } from "./dimensions.js";
import { FilterBox } from "./filterbox.js";
import { Icon, Segments, useMedia } from "./parts.js";
import { RangePicker } from "./range.js";

/** @typedef {import("../state.js").State} State */

const BUCKETS = [[0, "auto"], [1, "1 s"], [10, "10 s"], [60, "1 min"], [300, "5 min"], [3600, "1 h"], [86400, "1 d"]];
/** @type {Record<string, string>} */
const UNIT_TITLES = {
    bytes: "Bytes of each bucket, not divided by its seconds",
    packets: "Packets of each bucket, not divided by its seconds",
    flows: "Flows of each bucket, not divided by its seconds",
    "byte/packet": "Average packet size: bytes by packets",
};
/** Until the server told its own. */
const UNITS = ["bit/s", "packet/s", "flow/s", ...Object.keys(UNIT_TITLES)];
const TOPS = [1, 3, 5, 8, 10, 15, 20, 30, 50];

/** @param {{state: State, schema: import("../api.js").Schema|undefined, error: import("../api.js").ApiError|undefined}} props */
export function QueryPanel({ state, schema, error }) {
    const { zone } = usePreferences();
    const wide = useMedia("(min-width: 1000px)");
    const [unfolded, setUnfolded] = useState(false);
    useEffect(() => {
        const unfold = () => setUnfolded(true);
        addEventListener("netmeta-filter", unfold);
        return () => removeEventListener("netmeta-filter", unfold);
    }, []);
    const units = schema?.units ?? UNITS;
    const shown = wide || unfolded || error !== undefined;
    return markup`<aside class="query" aria-label="Query">
        ${!wide && markup`<button class="fold" aria-expanded=${shown} onClick=${() => setUnfolded(!unfolded)}>
            <span class="cut">${state.dimensions.join(", ") || "All traffic"} · ${state.unit}${state.filter && ` · ${state.filter}`}</span>
            <span class="grow"></span><span class="dim">Query</span><${Icon} name="down" /></button>`}
        ${shown && markup`
            ${wide &&
            markup`<div class="field"><div class="label">Range<span class="dim">${zoneName(zone, now())}</span></div>
                <${RangePicker} state=${state} align="left" /></div>`}
            <div class="field"><div class="label">Dimensions<span class="dim">${state.dimensions.length > 1 && "drag to reorder"}</span></div>
                <${Dimensions} dimensions=${state.dimensions} schema=${schema} /></div>
            <div class="field"><div class="label">Chart</div><${ChartPicker} chart=${state.chart} /></div>
            ${state.chart === "values" &&
            markup`<div class="field"><${Choice} label="Values of" value=${state.column} choose=${(
                /** @type {string} */ column,
            ) => navigate({ column })}
                    options=${SUBJECTS.map(({ column, name }) => [column, name])} /></div>`}
            <div class="field"><div class="label">Unit</div>
                <div class="unit-picker" role="group" aria-label="Unit">${units.map((unit) =>
            markup`<button key=${unit} title=${UNIT_TITLES[unit]} aria-pressed=${unit === state.unit}
                    onClick=${() => navigate({ unit })}>${unit === "byte/packet" ? "size" : unit}</button>`
        )}</div></div>
            <div class="field"><div class="label">Direction</div>
                <${Segments} label="Direction" value=${state.direction} choose=${(
            /** @type {State["direction"]} */ direction,
        ) => navigate({ direction })}
                    options=${[["all", "all"], ["in", "in"], ["out", "out"], ["split", "in / out"]].map(([value, label]) => ({
                value,
                label,
            }))} /></div>
            ${state.chart !== "values" && markup`<${Amounts} state=${state} />`}
            <${FilterBox} filter=${state.filter} error=${error} />`}
    </aside>`;
}

/** @param {{state: State}} props how many values, chosen by what, over which steps: a sankey is over no steps */
function Amounts({ state }) {
    const tops = [...new Set([...TOPS, state.top])].sort((a, b) => a - b);
    return markup`<div class="field thirds">
        <${Choice} label="Top" value=${String(state.top)} choose=${(/** @type {string} */ top) => navigate({ top: Number(top) })}
            options=${tops.map((top) => [String(top), String(top)])} />
        ${state.chart !== "sankey" && markup`<${Choice} label="by" value=${state.by} choose=${(/** @type {State["by"]} */ by) =>
        navigate({ by })} options=${[["average", "average"], ["max", "peak"]]} />
            <${Choice} label="Bucket" value=${String(state.bucket)} choose=${(/** @type {string} */ bucket) =>
        navigate({ bucket: Number(bucket) })} options=${buckets(state.bucket)} />`}</div>`;
}

/** @param {number} chosen @returns {[string, string][]} a bucket that came with a link is offered too */
function buckets(chosen) {
    const offered = BUCKETS.some(([seconds]) => seconds === chosen) ? BUCKETS : [...BUCKETS, [chosen, `${chosen} s`]];
    return offered.map(([seconds, name]) => [String(seconds), String(name)]);
}

/** @param {{label: string, value: string, options: [string, string][], choose: (value: string) => void}} props */
function Choice({ label, value, options, choose }) {
    return markup`<label class="choice">${label}<select value=${value}
        onChange=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value)}>
        ${options.map(([key, name]) => markup`<option key=${key} value=${key} selected=${key === value}>${name}</option>`)}</select></label>`;
}
