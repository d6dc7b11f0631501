// @ts-check
// Who talks to whom: eight sankeys, each read when it is scrolled to, and each a way into Explore.
import { markup } from "../preact.js";
import * as api from "../api.js";
import { firstFlow, rangeOf, storedPart } from "../clock.js";
import { amountOf } from "../charts/sankey.js";
import { useData, useReady } from "../data.js";
import { and } from "../filter.js";
import { RELATIONS } from "../panelset.js";
import { columnsOf, dimensionsOf } from "../relations.js";
import { link } from "../state.js";
import { navigate, usePreferences } from "../store.js";
import { isLive } from "../time.js";
import { full, isScaled, percent, short } from "../units.js";
import { advice } from "./explorechart.js";
import { isFailed, PanelFailure, SharedFailure } from "./failures.js";
import { Icon, Segments, Skeleton } from "./parts.js";
import { Reading } from "./reading.js";
import { Sankey } from "./sankey.js";
import { useSeen } from "./seen.js";
import { exploreStart, follow } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../relations.js").Relation} Relation */

/** Pixels of the bars of one sankey. */
const HEIGHT = 320;
const UNITS = ["bit/s", "packet/s", "flow/s"];

/** @param {{state: State, schema: import("../api.js").Schema|undefined}} props */
export function Relations({ state, schema }) {
    const { refresh } = usePreferences();
    const range = rangeOf(state);
    useReady(range !== null, `relations ${range?.from} ${range?.to} ${state.filter} ${state.unit}`);
    const ends = storedPart(range ?? state);
    const unit = UNITS.includes(state.unit) ? state.unit : "bit/s";
    return markup`<main id="main">
        <div class="title-line"><h1>Relations</h1>
            <span class="dim summary">what has no direction told counts as inbound and as outbound</span><span class="grow"></span>
            <${Segments} plain=${true} label="Unit" value=${unit} choose=${(/** @type {string} */ unit) =>
        navigate({ unit })} options=${UNITS.map((value) => ({ value, label: value }))} /></div>
        ${state.filter && markup`<div class="notice" role="status"><span class="dot"></span><span class="grow cut">Filter: <code>${state.filter}</code></span>
            <a class="button" href=${link({ ...exploreStart(state), filter: state.filter }, {})}
                onClick=${follow({ ...exploreStart(state), filter: state.filter })}>Edit in Explore</a>
            <button onClick=${() => navigate({ filter: "" })}>Clear</button></div>`}
        <${SharedFailure} />
        <div class="relations">${RELATIONS.map((relation) =>
        markup`<${Panel} key=${relation.id} relation=${relation} state=${state} schema=${schema} ends=${ends} unit=${unit}
                active=${range !== null} refresh=${isLive(state) ? refresh : 0} />`
    )}</div></main>`;
}

/**
 * @param {{relation: Relation, state: State, schema: import("../api.js").Schema|undefined,
 *   ends: import("../time.js").Range, unit: string, active: boolean, refresh: number}} props
 */
function Panel({ relation, state, schema, ends, unit, active, refresh }) {
    const [element, seen] = useSeen();
    const filter = relation.direction ? and(state.filter, relation.direction) : state.filter;
    const dimensions = columnsOf(relation);
    const parameters = { ...ends, dimensions: dimensions.join(","), filter, unit, limit: relation.limit };
    const loaded = useData(
        seen && active ? `relation ${JSON.stringify(parameters)}` : "",
        (signal, id) => api.top(parameters, signal, id),
        refresh,
    );
    const top = loaded.data;
    /** @type {State} */
    const target = { ...exploreStart(state), dimensions: dimensionsOf(relation), chart: "sankey", top: relation.limit, filter, unit };
    const said = top ? top.rows.reduce((sum, row) => sum + (row.kind === "other" ? 0 : amountOf(row, unit)), 0) : 0;
    const all = top ? top.rows.reduce((sum, row) => sum + amountOf(row, unit), 0) : 0;
    return markup`<section ref=${element} class=${loaded.stale && top ? "panel faded" : "panel"} aria-label=${relation.title} data-drawn=${top !== undefined && !loaded.stale}>
        <div class="head"><h2 class="cut">${relation.title}</h2>
            <span class="dim cut">${top && all > 0 && markup`${top.assumedSampling > 0 && isScaled(unit) && "≥ "}top ${full(top.rows.filter(({ kind }) => kind !== "other").length)} of ${full(top.groups)}: ${percent(said / all)} %, <span title=${`${full(top.statistics.rows)} rows, from the table ${top.statistics.source}`}>${
        `${short(top.statistics.rows)} ${top.statistics.resolution > 1 ? "rows, from sums" : "raw rows"}`
    }</span>`}</span><span class="grow"></span>
            <a class="quiet button" href=${link(target, {})} onClick=${follow(target)} title="Open in Explore" aria-label=${`Open ${relation.title} in Explore`}>
                <${Icon} name="open" /></a></div>
        <${Reading} reads=${[loaded]} />
        <${PanelFailure} loaded=${loaded} />
        ${top
        ? all === 0
            ? markup`<p class="empty">Nothing in this range.${firstFlow() === null && ` ${advice(state)}`}</p>`
            : markup`<${Sankey} top=${top} stages=${relation.stages} titles=${relation.heads} state=${state} schema=${schema}
                height=${HEIGHT} label=${relation.title} brief=${true} />`
        : !isFailed(loaded) && markup`<div class="chart-space">${seen && loaded.slow && markup`<${Skeleton} tall=${true} />`}</div>`}
    </section>`;
}
