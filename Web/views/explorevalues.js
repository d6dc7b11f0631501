// @ts-check
// Explore's distributions: how packet sizes, TTLs, ports and lengths of flows spread over time, binned by the server.
import { markup } from "../preact.js";
import * as api from "../api.js";
import { now, overAll, rangeOf, storedPart } from "../clock.js";
import { FRAME } from "../charts/axis.js";
import { binName, cellValue, distribution } from "../charts/heat.js";
import { csvLines } from "../charts/legend.js";
import { useData } from "../data.js";
import { and } from "../filter.js";
import { navigate, usePreferences } from "../store.js";
import { condition, SUBJECTS } from "../subjects.js";
import { clock, clockWithSeconds, day, isLive, resolve, zoneOfDays } from "../time.js";
import { duration, full, inUnit, isMean, percent, short, total, totalInFull } from "../units.js";
import { capital } from "../words.js";
import { Bench } from "./bench.js";
import { Chart } from "./chart.js";
import { advice } from "./explorechart.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Values} Values */

/** @param {{state: State, schema: import("../data.js").Loaded<import("../api.js").Schema>}} props */
export function ExploreValues({ state, schema }) {
    const { zone, refresh } = usePreferences();
    const range = rangeOf(state);
    const unit = isMean(state.unit) ? "flow/s" : state.unit;
    const ends = resolve(range ?? state, now());
    const parameters = {
        ...storedPart(range ?? state),
        column: state.column,
        filter: state.filter,
        unit,
        direction: ["all", "split"].includes(state.direction) ? undefined : state.direction,
        // A bucket that was chosen for lines may be too short for cells.
        bucket: undefined,
        zone: zoneOfDays(zone, 0, ends.to - ends.from),
        detail: state.detail === "raw" ? "raw" : undefined,
    };
    const asked = range === null ? "" : `values ${state.from} ${JSON.stringify(parameters)}`;
    const loaded = useData(
        asked,
        async (signal, id) => overAll(await api.values(parameters, signal, id), range ?? state),
        isLive(state) ? refresh : 0,
    );
    const values = loaded.data;
    const name = SUBJECTS.find(({ column }) => column === state.column)?.name ?? state.column;
    const table = values && {
        name: `netmeta-${values.column}-${values.from}-${values.to}`,
        csv: () =>
            csvLines([
                ["from", "to", "time", "amount"],
                ...values.cells.map(([place, bin, amount]) =>
                    [values.bins[bin].from, values.bins[bin].to ?? "", values.times[place], amount].map(String)
                ),
            ]),
    };
    const summary = values && `${full(values.bins.length)} ${values.scale === "log" ? "bins that double" : "bins"}, ${duration(values.bucket)} each; `;
    return markup`<${Bench} state=${state} schema=${schema} title=${`${capital(name)} over time`} asked=${asked} loaded=${loaded}
        summary=${summary} table=${table}>
        ${values && markup`<section class="panel chart-panel" aria-label="Chart">
            <div class="head"><b>${values.columnUnit || capital(name)}</b><span class="dim cut">${about(values)}</span></div>
            <${Distribution} values=${values} zone=${zone} height=${440} />
            ${values.total === 0 && markup`<div class="over-chart"><strong>No flow matches in this range.</strong>
                <span class="dim">${advice(state)}</span></div>`}
            ${values.unknown > 0 && markup`<p class="under">${totalInFull(values.unknown, values.unit)}
                (${percent(values.unknown / values.total)} %) are of flows that tell no ${name}.</p>`}</section>
        <${BinTable} values=${values} state=${state} name=${name} />`}<//>`;
}

/** @param {Values} values how the cells are to be read */
export function about(values) {
    const bins = values.scale === "log"
        ? "logarithmic: each bin is twice as wide as the one below"
        : values.column === "PacketSize"
        ? "linear up to 1,536 bytes, above that bins double; a flow counts with its average"
        : "linear";
    return `${bins}; stronger is more ${values.unit}, by the cube root`;
}

/** @param {{values: Values, zone: "utc"|"local", height: number}} props */
export function Distribution({ values, zone, height }) {
    const frame = { ...FRAME, left: 56 };
    const amounts = new Map(values.cells.map(([place, bin, amount]) => [`${place} ${bin}`, amount]));
    const tip = (/** @type {number} */ index, /** @type {number} */ down) => {
        if (values.bins.length === 0) return "";
        const bin = values.bins.length - 1 - Math.floor(down * values.bins.length);
        const amount = amounts.get(`${index} ${bin}`) ?? 0;
        const column = values.bins.reduce((sum, _, other) => sum + (amounts.get(`${index} ${other}`) ?? 0), 0);
        const time = values.times[index];
        return markup`<div class="tip-head"><b>${values.to - values.from > 86400 && `${day(time, zone)} `}${
            values.bucket < 60 ? clockWithSeconds(time, zone) : clock(time, zone)
        }</b><span class="dim">${duration(values.bucket)}</span><span class="grow"></span><span class="dim">${values.unit}</span></div>
            <div class="tip-row"><span></span><span>${binName(values, bin)}</span><b>${full(cellValue(values, index, amount))}</b></div>
            <div class="tip-row"><span></span><span class="dim">${totalInFull(amount, values.unit)}</span>
                <span class="dim">${column > 0 ? `${percent(amount / column)} %` : ""}</span></div>`;
    };
    return markup`<${Chart} inputs=${[values, zone]} range=${values} times=${values.times} bucket=${values.bucket} zone=${zone} cells=${true}
        frame=${frame} height=${height} tip=${tip} label=${`Distribution of ${values.column} over time; the table below has the figures`}
        zoom=${(/** @type {number} */ from, /** @type {number} */ to) => navigate({ from: String(from), to: String(to) })}
        option=${(/** @type {number} */ width, /** @type {import("../charts/axis.js").Theme} */ theme) =>
        distribution(values, { theme, zone, width, frame })} />`;
}

/** @param {{values: Values, state: State, name: string}} props the bins over the whole range; the legend of the chart */
function BinTable({ values, state, name }) {
    const filterable = SUBJECTS.find(({ column }) => column === values.column)?.filterable;
    const most = Math.max(1, ...values.bins.map(({ total }) => total));
    const seconds = values.to - values.from;
    return markup`<section class="panel table-panel" aria-label="Legend"><div class="scroll"><table class="legend-table bins"><thead><tr>
        <th class="c-name"><span>${capital(name)}</span></th><th><span>${values.unit}</span></th><th><span>Total</span></th><th class="c-share"><span>Share %</span></th></tr></thead>
        <tbody>${values.bins.map((bin, place) => ({ bin, place })).filter(({ bin }) => bin.total > 0).map(({ bin, place }) =>
        markup`<tr key=${bin.from}><td class="c-name">${filterable
            ? markup`<button class="value-button" title="Filter to these values" onClick=${() =>
                navigate({ filter: and(state.filter, condition(values.column, bin)) })}>${binName(values, place)}</button>`
            : markup`<span>${binName(values, place)}</span>`}</td>
            <td title=${`${full(inUnit(bin.total, seconds, values.unit))} ${values.unit}`}>${short(inUnit(bin.total, seconds, values.unit))}</td>
            <td class="main" title=${totalInFull(bin.total, values.unit)}>${total(bin.total, values.unit)}</td>
            <td class="c-share"><span class="share-bar"><span style=${{ width: `${bin.total / most * 100}%` }}></span></span>
                <span class="share-text">${percent(bin.total / Math.max(1, values.total))}</span></td></tr>`
    )}</tbody></table></div>
    ${values.bins.length === 0 && markup`<p class="empty">Nothing to list.</p>`}</section>`;
}
