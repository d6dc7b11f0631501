// @ts-check
// The shell: top bar and health strip on every page, the page itself, and the keys that work everywhere.
import { markup, render, useEffect, useErrorBoundary, useRef, useState } from "./preact.js";
import * as api from "./api.js";
import { load } from "./charts/engine.js";
import { now, rangeOf, tellFirstFlow } from "./clock.js";
import { useData, useUnreachable } from "./data.js";
import { focusWhenDrawn } from "./focus.js";
import { current, navigate, usePreferences, useStateOfPage } from "./store.js";
import { shift } from "./time.js";
import { Audit } from "./views/audit.js";
import { Docs } from "./views/docs.js";
import { Events } from "./views/events.js";
import { Explore } from "./views/explore.js";
import { Flows } from "./views/flows.js";
import { HealthStrip } from "./views/health.js";
import { Help } from "./views/help.js";
import { LossesDrawer } from "./views/lossesdrawer.js";
import { Overview } from "./views/overview.js";
import { Relations } from "./views/relations.js";
import { LinkedView } from "./views/savedviews.js";
import { Traces } from "./views/traces.js";
import { auditStart, docsStart, eventsStart, exploreStart, flowsStart, overviewStart, pageName, relationsStart, TopBar, tracesStart } from "./views/topbar.js";

function App() {
    const state = useStateOfPage();
    const preferences = usePreferences();
    // Each time that it is opened is another list: the one that just closed says so a moment later, of itself alone.
    const [help, setHelp] = useState(0);
    const openHelp = () => setHelp((/** @type {number} */ times) => times + 1);
    const unreachable = useUnreachable();
    const schema = useData("schema", api.schema, 0);
    const health = useData("health", api.health, Math.min(preferences.refresh || 10, 10));
    if (health.data) tellFirstFlow(health.data.store.oldest);
    // Without an answer about health, the ranges that wait for it must not wait for ever.
    else if (health.error && health.error.code !== "network") tellFirstFlow(null);
    const [broken, repair] = useErrorBoundary();
    useKeys(openHelp);
    useEffect(() => {
        if (state.page !== "docs") document.title = `${pageName(state)} · NetMeta`;
    }, [state.page]);

    const page = state.page === "docs"
        ? markup`<${Docs} state=${state} key="docs" />`
        : state.page === "explore"
        ? markup`<${Explore} state=${state} schema=${schema} key="explore" />`
        : state.page === "flows"
        ? markup`<${Flows} state=${state} schema=${schema} key="flows" />`
        : state.page === "relations"
        ? markup`<${Relations} state=${state} schema=${schema.data} key="relations" />`
        : state.page === "traces"
        ? markup`<${Traces} state=${state} key="traces" />`
        : state.page === "events"
        ? markup`<${Events} state=${state} key="events" />`
        : state.page === "audit"
        ? markup`<${Audit} key="audit" />`
        : markup`<${Overview} state=${state} schema=${schema.data} health=${health} key="overview" />`;
    return markup`
        <a class="skip" href="#main">Skip to the page</a>
        <${TopBar} state=${state} waiting=${health.data?.losses.received === 0 && health.data.store.rows === 0} help=${openHelp} />
        <${HealthStrip} loaded=${health} zone=${preferences.zone} />
        <${LinkedView} />
        ${unreachable && markup`<div class="notice crit bar" role="alert"><span class="dot crit"></span>
            <strong>Server not reachable, retrying.</strong>
            <span>${health.data ? "What is shown was read before. " : ""}Check that “netmeta serve” is running.</span></div>`}
        ${health.data?.message && markup`<div class="notice warn bar" role="status"><span class="dot warn"></span>
            <span>${health.data.message}</span></div>`}
        ${broken
            ? markup`<main id="main"><div class="notice crit" role="alert"><span class="dot crit"></span>
                <div class="grow"><strong>This page failed to draw.</strong><div class="dim">${String(broken)}</div></div>
                <button onClick=${repair}>Draw again</button></div></main>`
            : page}
        ${state.losses && markup`<${LossesDrawer} state=${state} health=${health.data} zone=${preferences.zone} />`}
        ${help > 0 && markup`<${Help} key=${help} close=${() => setHelp((/** @type {number} */ times) => times === help ? 0 : times)} />`}`;
}

/**
 * `/` filter, `r` range, `g o`, `g e`, `g f`, `g r`, `g t`, `g v`, `g d` and `g a` pages, arrows shift the range, `?` help; never while typing.
 * @param {() => void} openHelp
 */
function useKeys(openHelp) {
    const before = useRef({ key: "", at: 0 });
    useEffect(() => {
        const listener = (/** @type {KeyboardEvent} */ event) => {
            if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
            const target = /** @type {HTMLElement} */ (event.target);
            if (target.closest("input, textarea, select, dialog[open], [contenteditable], .float")) return;
            const chord = before.current.key === "g" && event.timeStamp - before.current.at < 3000;
            before.current = { key: event.key, at: event.timeStamp };
            const state = current();
            if (chord && event.key === "o") navigate(overviewStart(state));
            else if (chord && event.key === "e") navigate(state.page === "explore" ? {} : exploreStart(state));
            else if (chord && event.key === "f") navigate(state.page === "flows" ? {} : flowsStart(state));
            else if (chord && event.key === "r") navigate(state.page === "relations" ? {} : relationsStart(state));
            else if (chord && event.key === "t") navigate(tracesStart(state));
            else if (chord && event.key === "v") navigate(eventsStart(state));
            else if (chord && event.key === "a") navigate(auditStart(state));
            else if (chord && event.key === "d") navigate(docsStart(state));
            else if (event.key === "/") focusFilter();
            else if (event.key === "?") openHelp();
            else if (event.key === "r") {
                if (!openRange()) return;
            } else if (event.key === "e" && state.page === "explore") {
                // The keyboard goes on in what it opened.
                target.blur();
                dispatchEvent(new Event("netmeta-explain"));
            } else if (!["docs", "audit"].includes(state.page) && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
                navigate(shift(rangeOf(state) ?? state, event.key === "ArrowLeft" ? -1 : 1, Math.floor(now())));
            } else return;
            event.preventDefault();
        };
        addEventListener("keydown", listener);
        return () => removeEventListener("keydown", listener);
    }, []);
}

/** @returns {boolean} whether the page has a range */
function openRange() {
    const button = /** @type {HTMLElement|null} */ (document.querySelector(".range [aria-haspopup]"));
    button?.click();
    return button !== null;
}

function focusFilter() {
    // The manual has a search in its place.
    if (current().page === "docs") return focusWhenDrawn("docs-search");
    if (["overview", "traces", "events", "audit"].includes(current().page)) navigate(exploreStart(current()));
    // The panel may be folded on a narrow page; it opens when asked for the filter.
    dispatchEvent(new Event("netmeta-filter"));
    focusWhenDrawn("filter");
}

render(markup`<${App} />`, /** @type {Element} */ (document.getElementById("app")));
// The first chart will need it.
load();
