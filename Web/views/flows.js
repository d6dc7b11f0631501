// @ts-check
// Raw rows: newest first or in the order of a column, page by page, or as they arrive; each opens with all its fields.
import { markup, useEffect, useRef, useState } from "../preact.js";
import * as api from "../api.js";
import { overAll, rangeOf, storedPart } from "../clock.js";
import { useData, useReady } from "../data.js";
import { rateWords, USUAL } from "../flowcells.js";
import { link } from "../state.js";
import { navigate, usePreferences } from "../store.js";
import { isLive } from "../time.js";
import { duration, full } from "../units.js";
import { ColumnChooser } from "./columns.js";
import { advice } from "./explorechart.js";
import { FilterBox } from "./filterbox.js";
import { FlowBars } from "./flowbars.js";
import { FlowDrawer } from "./flowdrawer.js";
import { FlowTable } from "./flowtable.js";
import { rowsOf, useTail } from "./flowtail.js";
import { SqlView } from "./export.js";
import { CopyButton, Dropdown, Failure, Icon, Menu, Skeleton, useMedia } from "./parts.js";
import { Reading } from "./reading.js";
import { exploreOfFlows, follow } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Flows} FlowPage */
/** @typedef {import("./flowtail.js").FlowRow} FlowRow */

/** Rows of a page. */
const ROWS = 100;
/** Rows that a file has at the most; the server's limit. */
const FILE_ROWS = 1_000_000;

/** @type {Map<string, string>} where the page before the one that begins at a place began */
const pagesBefore = new Map();

/** @param {{state: State, schema: import("../data.js").Loaded<import("../api.js").Schema>}} props */
export function Flows({ state, schema }) {
    const { zone, refresh } = usePreferences();
    const [sql, setSql] = useState(false);
    const [pausedByHand, pause] = useState(false);
    const [isOver, setOver] = useState(false);
    const [menuOpen, setMenuOpen] = useState(false);
    const scrolled = useScrolled(state.live);
    const range = rangeOf(state);
    const columns = state.columns.length > 0 ? state.columns : USUAL;
    const [first, cursor] = placeOf(state.place);
    const question = { ...range, filter: state.filter, columns: columns.join(","), sort: state.order };
    const parameters = { ...question, before: cursor, limit: ROWS };
    const key = range === null || state.live ? "" : `flows ${JSON.stringify(parameters)}`;
    const interval = isLive(state) && state.place === "" ? refresh : 0;
    const loaded = useData(key, (signal, id) => api.flows(parameters, signal, id), interval);
    const inRange = storedPart(range ?? state);
    const counted = useData(
        range === null || state.live ? "" : `flow bars ${range.from} ${JSON.stringify({ ...inRange, filter: state.filter })}`,
        async (signal, id) =>
            overAll(await api.graph({ ...inRange, filter: state.filter, unit: "flow/s" }, signal, id), range ?? state),
        interval,
    );
    const page = useHeld(loaded, key, state.row !== "" || menuOpen);
    const held = pausedByHand || isOver || menuOpen || scrolled || state.row !== "";
    const tail = useTail(state.live ? { filter: state.filter, columns: columns.join(","), limit: 50 } : null, held);
    const rows = useRows(page);
    const shown = state.live ? tail.rows : rows;
    const error = state.live ? tail.error : loaded.error;
    const drawn = state.live ? tail.look !== undefined || error !== undefined : range !== null && !loaded.stale || error !== undefined;
    useReady(
        drawn && (schema.data !== undefined || schema.error !== undefined),
        `${key} ${state.live} ${state.row} ${state.losses} ${drawn}`,
    );
    const filterError = error?.parameter === "filter" ? error : undefined;
    const index = shown.findIndex(({ place }) => place === state.row);
    const open = (/** @type {string} */ row) => navigate({ row }, { replace: state.row !== "" });
    const step = (/** @type {1|-1} */ by) => {
        const next = index < 0 ? undefined : shown[index + by];
        if (next) open(next.place);
    };
    const total = counted.data && !counted.stale ? counted.data.series.reduce((sum, { total }) => sum + total, 0) : undefined;
    return markup`<div class=${state.row === "" ? "flows" : "flows with-row"}>
        <main id="main">
            <div class="title-line"><h1>Flows</h1>
                <span class="dim summary">${state.live ? markup`<${TailWords} tail=${tail} held=${held} />` : page && !loaded.stale && order(state, page)}</span>
                <span class="grow"></span>
                <div class="title-buttons">
                    <button aria-pressed=${state.live} onClick=${() => {
        pause(false);
        navigate({ live: !state.live });
    }} title="New flows as they are stored"><${Icon} name="play" />Live tail</button>
                    ${state.live && markup`<button aria-pressed=${pausedByHand} onClick=${() => pause(!pausedByHand)}><${Icon} name="pause" />Pause</button>`}
                    <${ColumnChooser} columns=${columns} schema=${schema.data} />
                    <button aria-pressed=${sql} disabled=${!page || state.live} onClick=${() => setSql(!sql)}><${Icon} name="code" />SQL</button>
                    <${Download} question=${question} total=${total} disabled=${state.live || range === null} />
                    <a class="button" href=${link(exploreOfFlows(state), {})} onClick=${follow(exploreOfFlows(state))}
                        title="The same filter and range as a chart"><${Icon} name="area" />Explore</a>
                    <${CopyButton} text=${new URL(link(state, {}), location.href).href} label="Link" /></div>
            </div>
            <div class="flows-filter"><${FilterBox} filter=${state.filter} error=${filterError} /></div>
            ${error && !filterError && !["network", "cancelled"].includes(error.code) &&
        markup`<${Failure} error=${error} retry=${state.live ? () => navigate({ live: false }) : loaded.retry} />`}
            ${filterError && markup`<div class="notice crit" role="status"><span class="dot crit"></span><div class="grow"><strong>The filter is not understood.</strong>${" "}
                <span class="dim">${shown.length > 0 ? "The rows below are those of the filter before." : "Its place is marked above."}</span></div>
                <button onClick=${() => navigate({ filter: "" })}>Show without filter</button></div>`}
            ${sql && page && !state.live && markup`<${SqlView} sql=${page.sql} what="what these rows were read with" close=${() => setSql(false)} />`}
            ${!state.live && (counted.data || !counted.error || counted.error.code === "network") && markup`<${FlowBars} graph=${counted.data} faded=${counted.stale} slow=${counted.slow} total=${total} zone=${zone} at=${timeOf(state.row)} />`}
            <div class="over" onPointerEnter=${(/** @type {PointerEvent} */ event) => event.pointerType === "mouse" && setOver(true)} onPointerLeave=${() => setOver(false)}>
                ${!state.live && markup`<${Reading} reads=${[loaded]} />`}
                <${List} rows=${shown} columns=${columns} state=${state} schema=${schema.data} zone=${zone} open=${open}
                    loaded=${loaded} tail=${state.live ? tail : undefined} page=${page} onMenu=${setMenuOpen} />
            </div>
            ${!state.live && page && markup`<${Pager} state=${state} page=${page} first=${first} />`}
        </main>
        ${state.row !== "" && markup`<${FlowDrawer} place=${state.row} state=${state} schema=${schema.data} zone=${zone}
            back=${index > 0 ? () => step(-1) : undefined} forth=${index >= 0 && index < shown.length - 1 ? () => step(1) : undefined} />`}
    </div>`;
}

/**
 * @param {{rows: FlowRow[], columns: string[], state: State, schema: import("../api.js").Schema|undefined, zone: "utc"|"local",
 *   open: (place: string) => void, loaded: import("../data.js").Loaded<FlowPage>, tail: import("./flowtail.js").Tail|undefined,
 *   page: FlowPage|undefined, onMenu: (open: boolean) => void}} props
 */
function List({ rows, columns, state, schema, zone, open, loaded, tail, page, onMenu }) {
    const phone = useMedia("(max-width: 699px)");
    const waits = tail ? tail.look === undefined && !tail.error : page === undefined && (!loaded.error || loaded.error.code === "cancelled");
    if (waits) {
        const slow = tail !== undefined || loaded.slow;
        return markup`<section class="panel flows-space" aria-label="Rows">${slow && markup`<${Skeleton} lines=${12} />`}</section>`;
    }
    if (rows.length === 0) {
        return (tail ? tail.error : loaded.error && loaded.error.code !== "network") ? null : markup`<section class="panel" aria-label="Rows"><div class="empty">
            ${tail
            ? markup`<strong>No flow ${state.filter.trim() === "" ? "arrived" : "that matches arrived"} yet.</strong> New ones appear here a few seconds after they are received.`
            : markup`<strong>${state.place === "" ? "No flow matches in this range." : "There are no further rows."}</strong>${" "}
                ${advice(state)}`}
            ${state.filter.trim() !== "" && markup`<p><button onClick=${() => navigate({ filter: "" })}>Show without filter</button></p>`}</div></section>`;
    }
    const dated = page !== undefined && !tail && page.to - page.from > 86400;
    return markup`<${FlowTable} rows=${rows} columns=${columns} state=${state} schema=${schema} zone=${zone} dated=${dated}
        faded=${!tail && loaded.stale} open=${open} onMenu=${onMenu} cards=${phone} />`;
}

/** @param {{tail: import("./flowtail.js").Tail, held: boolean}} props how much of what arrives is seen, and how late */
function TailWords({ tail, held }) {
    const { look, waiting, dropped, problem } = tail;
    if (problem) return markup`<span class="warn-text">The last look failed, trying again: ${problem}</span>`;
    if (!look) return markup`<span role="status">Waiting for the next second…</span>`;
    const { matched = 0, rows = [], from = 0, to = 1, behind = 0, leftOutSeconds = 0 } = look;
    return markup`<span class="live-words"><span class=${held ? "pulse" : "pulse on"}></span>
        ${held ? `Held, ${full(waiting)} ${waiting === 1 ? "row waits" : "rows wait"}${dropped > 0 ? `, ${full(dropped)} gone by` : ""}; ` : ""}
        ${rateWords({ shown: rows.length, matched, seconds: to - from })}, ${duration(behind)} behind
        ${leftOutSeconds > 0 && markup`<span class="warn-text">, ${duration(leftOutSeconds)} left out</span>`}</span>`;
}

/** @param {{state: State, page: FlowPage, first: number}} props */
function Pager({ state, page, first }) {
    const last = first + page.rows.length;
    const before = pagesBefore.get(state.place);
    const go = (/** @type {Partial<State>} */ change) => {
        navigate(change);
        scrollTo(0, 0);
    };
    const forth = () => {
        const place = `${last}@${page.next}`;
        pagesBefore.set(place, state.place);
        // A list that is paged through stands still: its range is that of its first page.
        go({ place, from: String(page.from), to: String(page.to) });
    };
    return markup`<div class="pager">
        <span class="dim">${page.rows.length === 0 ? "No rows" : `Rows ${full(first + 1)} to ${full(last)}, as reported; multiply by the rate for traffic`}</span>
        <span class="grow"></span>
        <div class="joined">
            <button class="step" aria-label="First page" title="First page" disabled=${state.place === ""} onClick=${() => go({ place: "" })}><${Icon} name="first" /></button>
            <button class="step" aria-label="Page before" title="Page before" disabled=${before === undefined} onClick=${() => go({ place: before })}><${Icon} name="left" /></button>
            <button class="step" aria-label="Next page" title="Next page" disabled=${page.next === null} onClick=${forth}><${Icon} name="right" /></button>
        </div></div>`;
}

/** @param {{question: import("../api.js").Parameters, total: number|undefined, disabled: boolean}} props the server writes the file */
function Download({ question, total, disabled }) {
    const label = markup`<${Icon} name="download" />Download<${Icon} name="down" />`;
    if (disabled) return markup`<button disabled>${label}</button>`;
    const cut = total !== undefined && total > FILE_ROWS;
    const what = total === undefined ? `up to ${full(FILE_ROWS)} rows` : cut ? `the first ${full(FILE_ROWS)} of ${full(total)} rows` : `all ${full(total)} rows`;
    return markup`<${Dropdown} label=${label} align="right">${(/** @type {() => void} */ close) =>
        markup`<div class="menu-head">${what}, the columns shown${cut ? "; narrow the range or the filter for all" : ""}</div>
        <${Menu} label="Download" items=${["csv", "json"].map((format) => ({
            key: format,
            label: format.toUpperCase(),
            hint: `.${format}`,
            act: () => {
                const anchor = document.createElement("a");
                anchor.href = api.flowFile({ ...question, format });
                anchor.download = "";
                anchor.click();
                close();
            },
        }))} />`}<//>`;
}

/** @param {State} state @param {FlowPage} page */
function order(state, page) {
    const { elapsed } = page.statistics;
    const took = elapsed < 1 ? `${Math.max(1, Math.round(elapsed * 1000))} ms` : `${elapsed.toFixed(1)} s`;
    const column = state.order.replace("-", "");
    const words = column === "" || column === "TimeReceived"
        ? state.order === "TimeReceived" ? "oldest first" : "newest first"
        : `by ${column}, ${state.order.startsWith("-") ? "largest" : "smallest"} first`;
    return `${words}, exact, in ${took}`;
}

/** @param {string} place @returns {[number, string]} rows before the page, and the server's cursor */
function placeOf(place) {
    const at = place.indexOf("@");
    return at < 0 ? [0, ""] : [Number(place.slice(0, at)), place.slice(at + 1)];
}

/** @param {string} row @returns {number|null} when the open row was received */
function timeOf(row) {
    return row === "" ? null : Number(row.split("-")[0]);
}

/**
 * The newest answer, or the one that was there when somebody began to look closely: rows don't move away meanwhile.
 * @param {import("../data.js").Loaded<FlowPage>} loaded
 * @param {string} key
 * @param {boolean} hold
 * @returns {FlowPage|undefined}
 */
function useHeld(loaded, key, hold) {
    const kept = useRef(/** @type {{key: string, page: FlowPage}|null} */ (null));
    if (!loaded.stale && loaded.data && !(hold && kept.current?.key === key)) kept.current = { key, page: loaded.data };
    return key === "" ? undefined : kept.current?.key === key ? kept.current.page : loaded.data;
}

/** @param {FlowPage|undefined} page its rows, which are the same objects as long as the page is */
function useRows(page) {
    const made = useRef(/** @type {{page: FlowPage|undefined, rows: FlowRow[]}} */ ({ page: undefined, rows: [] }));
    if (made.current.page !== page) made.current = { page, rows: page ? rowsOf(page) : [] };
    return made.current.rows;
}

/** @param {boolean} active @returns {boolean} whether the page is scrolled down: then somebody reads */
function useScrolled(active) {
    const [scrolled, setScrolled] = useState(false);
    useEffect(() => {
        if (!active) return setScrolled(false);
        const listener = () => setScrolled(scrollY > 40);
        listener();
        addEventListener("scroll", listener, { passive: true });
        return () => removeEventListener("scroll", listener);
    }, [active]);
    return scrolled;
}
