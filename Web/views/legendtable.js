// @ts-check
// The table under the chart, which is its legend: hovering lifts a layer, clicking a value opens its menu.
import { markup, useEffect, useRef, useState } from "../preact.js";
import { isWhole } from "../charts/timeseries.js";
import { meanOver, MEASURES, rows } from "../charts/legend.js";
import { referenceOf, relative, selectionOf } from "../explained.js";
import { all, and, term } from "../filter.js";
import { MAX_DIMENSIONS } from "../state.js";
import { navigate } from "../store.js";
import { full, groupCount, isScaled, percent, short, total, totalInFull } from "../units.js";
import { capital, nameAndId, words } from "../words.js";
import { DimensionList } from "./dimensions.js";
import { copyText, Menu, Swatch, useFocusBack, useOutside } from "./parts.js";
import { DIRECTION_NAMES } from "./throughput.js";
import { exploreStart, flowsStart } from "./topbar.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */
/** @typedef {import("../types/api.d.ts").Series} Series */
/** @typedef {import("../state.js").State} State */

/** @type {Record<string, string>} */
const HEADS = { last: "Last", average: "Average", peak: "Peak", p95: "p95", total: "Total", share: "Share %" };

/**
 * @param {{graph: Graph, paints: import("../colour.js").Paint[], state: State, schema: import("../api.js").Schema|undefined,
 *   lift: (index: number|undefined) => void}} props
 */
export function LegendTable({ graph, paints, state, schema, lift }) {
    const [open, setOpen] = useState(/** @type {{series: Series, place: number, x: number, y: number}|null} */ (null));
    const ordered = rows(graph, state.sort);
    const split = state.direction === "split";
    const most = Math.max(1e-9, ...graph.series.filter(({ kind }) => kind !== "other").map(({ share }) => share));
    const bound = graph.assumedSampling > 0 && isScaled(graph.unit);
    const other = (/** @type {Series} */ series) =>
        graph.reverse?.series.find(({ kind, key }) => kind === series.kind && key.join() === series.key.join());
    const sorted = state.sort.replace("-", "");
    const sort = (/** @type {string} */ column) => {
        const text = column.startsWith("d");
        const same = sorted === column;
        const down = same ? !state.sort.startsWith("-") : !text;
        navigate({ sort: down ? `-${column}` : column }, { replace: true });
    };
    const head = (/** @type {string} */ column, /** @type {string} */ name) =>
        markup`<th key=${column} class=${`c-${column.startsWith("d") ? "name" : column}`}
        aria-sort=${sorted === column ? (state.sort.startsWith("-") ? "descending" : "ascending") : undefined}>
        <button onClick=${() => sort(column)}>${name}</button></th>`;
    const others = groupCount(graph, graph.shown);
    const selection = selectionOf(state);
    const reference = selection && referenceOf(selection, state.against);
    // What is explained is told beside each value too, where the chart shows both times.
    const compared = selection !== null && reference !== null && meanOver(graph, [], selection) !== null &&
        meanOver(graph, [], reference) !== null;
    const sums = graph.series.reduce((sum, series) => sum + series.total, 0);
    return markup`<section class="panel table-panel" aria-label="Legend">
        <div class="scroll"><table class=${graph.dimensions.length > 1 ? "legend-table several" : "legend-table"} onMouseLeave=${() => lift(undefined)}>
            <thead><tr><th class="c-swatch"><span class="hidden">Colour</span></th>
                ${graph.dimensions.length === 0 && markup`<th class="c-name">Traffic</th>`}
                ${graph.dimensions.map((column, place) => head(`d${place}`, capital(words(column))))}
                ${split && markup`<th class="c-direction">Direction</th>`}
                ${MEASURES.map((measure) => head(measure, HEADS[measure]))}
                ${graph.reverse && markup`<th class="c-reverse" title="Average of the other direction">Other direction</th>`}
                ${compared && markup`<th class="c-reverse" title="Average over what is explained">Selection</th>
                    <th class="c-reverse" title="The selection against the time that it is compared with">Against ${
        state.against === "before" ? "before" : `a ${state.against} before`
    }</th>`}</tr></thead>
            <tbody>${ordered.map(({ index, series, last }) =>
            markup`<tr key=${`${series.kind} ${series.key.join()} ${series.direction}`}
                onMouseEnter=${() => lift(index)}>
                <td class="c-swatch">${isWhole(series)
                    ? markup`<span class=${`key-swatch ${series.direction ?? "in"}`}></span>`
                    : markup`<${Swatch} paint=${paints[index]} />`}</td>
                ${graph.dimensions.length === 0 && markup`<td class="c-name">All</td>`}
                ${graph.dimensions.map((column, place) =>
                    markup`<td class="c-name" key=${column}>${series.kind === "other"
                            ? place === 0 &&
                                markup`<span class="dim">${others} ${others === "1" ? "other" : "others"}</span>`
                            : markup`<${Value} series=${series} place=${place} open=${setOpen} lift=${() =>
                                lift(index)} />`}</td>`
                )}
                ${split &&
                markup`<td class="c-direction dim">${(DIRECTION_NAMES[series.direction ?? ""] ?? "–").toLowerCase().replace("direction ", "")}</td>`}
                ${[last, series.average, series.peak, series.p95].map((value, place) =>
                    markup`<td key=${place}
                    class=${`c-${MEASURES[place]}${sorted === MEASURES[place] ? " main" : ""}`} title=${`${bound ? "≥ " : ""}${full(value)} ${graph.unit}`}>${short(value)}</td>`
                )}
                <td class=${sorted === "total" ? "c-total main" : "c-total"} title=${totalInFull(series.total, graph.unit) +
                (bound ? ", at least: sampling rate unknown, assumed 1:1" : "")}>${bound && markup`<span class="mark">≥ </span>`}${total(series.total, graph.unit)}</td>
                <td class=${sorted === "share" ? "c-share main" : "c-share"} title=${`${(series.share * 100).toFixed(4)} % of ${totalInFull(sums, graph.unit)}`}>
                    <span class="share-bar"><span class=${series.kind === "other" ? "other" : ""}
                        style=${{
                width: `${Math.min(1, series.share / most) * 100}%`,
            }}></span></span><span class="share-text">${percent(series.share)}</span></td>
                ${graph.reverse && markup`<td class="c-reverse" title=${`${full(other(series)?.average ?? 0)} ${graph.unit}, ${totalInFull(other(series)?.total ?? 0, graph.unit)}`}>${short(other(series)?.average ?? 0)}</td>`}
                ${compared && markup`<${Compared} graph=${graph} series=${series} selection=${selection} reference=${reference} />`}</tr>`
        )}</tbody>
        </table></div>
        ${graph.series.length === 0 && markup`<p class="empty">Nothing to list.</p>`}
        ${open && markup`<${ValueMenu} graph=${graph} at=${open} state=${state} schema=${schema} close=${() =>
            setOpen(null)} />`}
    </section>`;
}

/** A change of more than this much of what was before is set off. */
const LARGE = 0.5;

/** @param {{graph: Graph, series: Series, selection: {from: number, to: number}, reference: {from: number, to: number}}} props */
function Compared({ graph, series, selection, reference }) {
    const after = meanOver(graph, series.values, selection) ?? 0;
    const before = meanOver(graph, series.values, reference) ?? 0;
    const large = Math.abs(after - before) > LARGE * before;
    return markup`<td class="c-reverse" title=${`${full(after)} ${graph.unit}`}>${short(after)}</td>
        <td class=${large ? "c-reverse main" : "c-reverse"} title=${`${full(before)} → ${full(after)} ${graph.unit}`}>${relative({ before, after })}</td>`;
}

/** @param {{series: Series, place: number, open: (at: {series: Series, place: number, x: number, y: number}) => void, lift: () => void}} props */
function Value({ series, place, open, lift }) {
    const label = series.labels[place] ?? series.key[place];
    const [name, id] = nameAndId(label);
    const unknown = label === "unknown";
    return markup`<button class=${unknown ? "value-button dim" : "value-button"} aria-haspopup="menu" onFocus=${lift}
        onClick=${(/** @type {MouseEvent} */ event) => {
        const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
        open({ series, place, x: box.left, y: box.bottom + 2 });
    }}>${name}${id && markup` <span class="id">${id}</span>`}</button>`;
}

/**
 * The same menu for every value: filter, exclude, split, open, copy; of a path between values, filter and open.
 * @param {{graph: {dimensions: string[], unit: string}, at: {series: Pick<Series, "key"|"labels"|"total"|"share">,
 *   place: number, x: number, y: number, path?: boolean}, state: State, schema: import("../api.js").Schema|undefined,
 *   close: () => void}} props
 */
export function ValueMenu({ graph, at, state, schema, close }) {
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    const [splitting, setSplitting] = useState(false);
    useOutside(box, true, close);
    useFocusBack(box);
    useEffect(() => {
        addEventListener("resize", close);
        return () => removeEventListener("resize", close);
    }, []);
    const { series, place } = at;
    const column = graph.dimensions[place];
    const label = series.labels[place] ?? series.key[place];
    const own = (/** @type {number} */ index) =>
        term(graph.dimensions[index], series.key[index] ?? "", (series.labels[index] ?? "") === "unknown");
    const text = own(place);
    const go = (/** @type {Partial<State>} */ change) => {
        close();
        navigate(change);
    };
    const [name, id] = at.path ? [series.labels.join(" → "), ""] : nameAndId(label);
    const row = () => graph.dimensions.reduce((filter, _, index) => and(filter, own(index)), state.filter);
    const single = [
        { key: "filter", label: "Filter to this value", act: () => go({ filter: and(state.filter, text) }) },
        {
            key: "exclude",
            label: "Exclude it",
            act: () =>
                go({ filter: and(state.filter, term(column, series.key[place] ?? "", label === "unknown", true)) }),
        },
    ];
    const items = [
        ...(at.path ? [] : single),
        ...(graph.dimensions.length > 1
            ? [{
                key: "row",
                label: at.path ? "Filter to this path" : "Filter to the whole row",
                act: () => go({ filter: row() }),
            }]
            : []),
        ...(state.page === "explore" ? [] : [{
            key: "open",
            label: "Open in Explore",
            act: () => go({ ...exploreStart(state), dimensions: graph.dimensions.slice(0, MAX_DIMENSIONS), filter: row() }),
        }]),
        { key: "split", label: "Split it by another dimension", hint: "›", act: () => setSplitting(true) },
        {
            key: "flows",
            label: "Open its flows",
            act: () =>
                go(flowsStart({
                    ...state,
                    filter: graph.dimensions.reduce((filter, _, index) => and(filter, own(index)), state.filter),
                })),
        },
        {
            key: "copy",
            label: markup`Copy <code>${at.path ? "as filter" : text}</code>`,
            act: () => {
                copyText(all(at.path ? graph.dimensions.map((_, index) => own(index)) : [text]));
                close();
            },
        },
    ];
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
    };
    const kept = state.dimensions.filter((dimension) => dimension !== column).slice(0, MAX_DIMENSIONS - 1);
    // The menu keeps inside the window: 300 px wide, and so high.
    const height = splitting ? 370 : 260;
    const left = Math.max(8, Math.min(at.x, innerWidth - 308));
    const top = Math.max(8, Math.min(at.y, innerHeight - height));
    return markup`<div class="float value-menu" ref=${box} style=${{
        left: `${left}px`,
        top: `${top}px`,
    }} onKeyDown=${onKey}>
        <div class="value-head"><b>${name}</b> <span class="dim">${id || (at.path ? "" : column)}</span>
            <div class="dim">${totalInFull(series.total, graph.unit)}, ${percent(series.share)} % of all</div></div>
        ${splitting
            ? markup`<${DimensionList} schema=${schema} taken=${state.dimensions}
                choose=${(/** @type {string} */ dimension) =>
                go({ page: "explore", dimensions: [dimension, ...kept], filter: at.path ? row() : and(state.filter, text) })} />`
            : markup`<${Menu} label=${`Menu of ${label}`} items=${items} />`}</div>`;
}
