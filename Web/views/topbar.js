// @ts-check
// Logo, pages, range, zone, refresh, theme, help. On a phone all but the range folds into one menu.
import { markup } from "../preact.js";
import { now } from "../clock.js";
import { and, term } from "../filter.js";
import { DEFAULTS, link } from "../state.js";
import { logout } from "../session.js";
import { navigate, prefer, REFRESH, usePreferences } from "../store.js";
import { isLive, zoneName } from "../time.js";
import { duration } from "../units.js";
import { Account, accountWords, useSession } from "./account.js";
import { Dropdown, Icon, Menu, useMedia } from "./parts.js";
import { RangePicker } from "./range.js";
import { Views } from "./savedviews.js";

/** @typedef {import("../state.js").State} State */

/** The state that a page starts with: it keeps the range and the unit. @param {State} state @returns {State} */
export function overviewStart(state) {
    return { ...DEFAULTS, from: state.from, to: state.to, unit: state.unit };
}

/** Who is hit comes before who sends: a flood has one destination and many sources. @param {State} state @returns {State} */
export function exploreStart(state) {
    return { ...overviewStart(state), page: "explore", dimensions: ["DstAddr"] };
}

/** The rows behind what is seen: it keeps the range and the filter. @param {State} state @returns {State} */
export function flowsStart(state) {
    /** @type {Record<string, string>} */
    const directions = { in: 'Incoming = "yes"', out: 'Incoming = "no"' };
    const direction = directions[state.direction] ?? "";
    const filter = direction === "" ? state.filter : and(state.filter, direction);
    return { ...overviewStart(state), page: "flows", filter };
}

/** Explore with the range and the filter of Flows. @param {State} state @returns {State} */
export function exploreOfFlows(state) {
    return { ...exploreStart(state), filter: state.filter };
}

/** All of one exporter. @param {State} state @param {{address: string}} exporter @returns {State} */
export function exploreOfExporter(state, exporter) {
    return { ...exploreStart(state), filter: term("SamplerAddress", exporter.address) };
}

/** @param {State} state what the page is called */
export function pageName(state) {
    return state.page === "audit" ? "Audit log" : pages(state).find(({ current }) => current)?.name ?? "Overview";
}

/** The same range, unit and filter. @param {State} state @returns {State} */
export function relationsStart(state) {
    return { ...overviewStart(state), page: "relations", filter: state.filter };
}

/** What was measured in the range. @param {State} state @returns {State} */
export function tracesStart(state) {
    return { ...overviewStart(state), page: "traces" };
}

/** What happened in the range. @param {State} state @returns {State} */
export function eventsStart(state) {
    return { ...overviewStart(state), page: "events" };
}

/** What people did. @param {State} state @returns {State} */
export function auditStart(state) {
    return { ...overviewStart(state), page: "audit" };
}

/** @param {State} state @param {string} [doc] a page of the manual, and a section behind a slash @returns {State} */
export function docsStart(state, doc = "") {
    return { ...overviewStart(state), page: "docs", doc };
}

/** @param {{state: State, waiting: boolean, help: () => void}} props waiting for the first flow: there is no range to choose */
export function TopBar({ state, waiting, help }) {
    // Narrower, the pages are in a menu: they would not fit beside the range.
    const phone = useMedia("(max-width: 1179px)");
    const inPanel = useMedia("(min-width: 1000px)") && state.page === "explore";
    return markup`<header class="top">
        ${phone && markup`<${PhoneMenu} state=${state} help=${help} />`}
        <a class="logo" href=${link(overviewStart(state), {})} onClick=${follow(overviewStart(state))}>
            <svg viewBox="0 0 18 18" aria-hidden="true"><path d="M1.500 4.500c5 0 5.500 4.500 10 4.500M1.500 13.500c5 0 5.500-4.500 10-4.500M1.500 9h13m-1.500-2.500L16 9l-3 2.500" /></svg>
            <span>${phone ? pageName(state) : "NetMeta"}</span></a>
        ${!phone && markup`<nav aria-label="Pages">${pages(state).map((page) =>
                markup`<a key=${page.name} href=${link(page.start, {})}
            aria-current=${page.current ? "page" : undefined} onClick=${follow(page.start)}>${page.name}</a>`
            )}</nav><${Views} />`}
        <span class="grow"></span>
        ${!inPanel && !["docs", "audit"].includes(state.page) && !(waiting && state.page === "overview") && markup`<${RangePicker} state=${state} />`}
        ${!phone && markup`<${ZoneSwitch} /><${RefreshPicker} live=${isLive(state)} />
            <button class="quiet" title="Keys (?)" aria-label="Keys" onClick=${help}>?</button><${ThemePicker} /><${Account} audit=${auditStart(state)} />`}
        ${phone && markup`<${Views} narrow />`}
    </header>`;
}

/** @param {State} state */
function pages(state) {
    return [
        { name: "Overview", start: overviewStart(state), current: state.page === "overview" },
        {
            name: "Explore",
            start: state.page === "explore" ? state : state.page === "flows" ? exploreOfFlows(state) : exploreStart(state),
            current: state.page === "explore",
        },
        { name: "Flows", start: state.page === "flows" ? state : flowsStart(state), current: state.page === "flows" },
        {
            name: "Relations",
            start: state.page === "relations" ? state : relationsStart(state),
            current: state.page === "relations",
        },
        { name: "Traces", start: state.page === "traces" ? state : tracesStart(state), current: state.page === "traces" },
        { name: "Events", start: state.page === "events" ? state : eventsStart(state), current: state.page === "events" },
        { name: "Docs", start: docsStart(state), current: state.page === "docs" },
    ];
}

/**
 * A link that changes the state in place; with a modifier key it stays an ordinary link.
 * @param {Partial<State>} change
 */
export function follow(change) {
    return (/** @type {MouseEvent} */ event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        navigate(change);
        scrollTo(0, 0);
    };
}

function ZoneSwitch() {
    const { zone } = usePreferences();
    const time = now();
    const other = zone === "utc" ? "local" : "utc";
    return markup`<button class="zone" title=${`Times are in ${zone === "utc" ? "UTC" : "your zone"}; switch to ${zoneName(other, time)}`}
        aria-label=${`Time zone ${zoneName(zone, time)}`} onClick=${() => prefer({ zone: other })}>${zoneName(zone, time)}</button>`;
}

/** @param {{live: boolean}} props */
function RefreshPicker({ live }) {
    const { refresh } = usePreferences();
    const label = markup`<span class=${refresh > 0 && live ? "pulse on" : "pulse"}></span>${refresh === 0 ? "Off" : duration(refresh)}
        <${Icon} name="down" />`;
    return markup`<${Dropdown} label=${label} align="right" name=${`Refresh ${refresh === 0 ? "off" : duration(refresh)}`}
        title=${live ? "How often the page reads anew" : "The range is fixed: only health is read anew"}>
        ${(/** @type {() => void} */ close) => markup`<${RefreshMenu} chosen=${refresh} close=${close} />`}<//>`;
}

/** @param {{chosen: number, close: () => void}} props */
function RefreshMenu({ chosen, close }) {
    return markup`<${Menu} label="Refresh" items=${REFRESH.map((seconds) => ({
            key: String(seconds),
            label: seconds === 0 ? "Off" : `Every ${duration(seconds)}`,
            chosen: seconds === chosen,
            act: () => {
                prefer({ refresh: seconds });
                close();
            },
        }))} />`;
}

const THEMES =
    /** @type {const} */ ([["dark", "Dark", "moon"], ["light", "Light", "sun"], ["system", "As the system", "system"]]);

function ThemePicker() {
    const { theme } = usePreferences();
    const icon = THEMES.find(([value]) => value === theme)?.[2];
    return markup`<${Dropdown} label=${markup`<${Icon} name=${icon} />`} class="quiet" align="right" title="Theme" name="Theme">
        ${(/** @type {() => void} */ close) =>
        markup`<${Menu} label="Theme" items=${themeItems(theme, close)} />`}<//>`;
}

/** @param {string} theme @param {() => void} close */
function themeItems(theme, close) {
    return THEMES.map(([value, name]) => ({
        key: value,
        label: name,
        chosen: value === theme,
        act: () => {
            prefer({ theme: value });
            close();
        },
    }));
}

/** @param {{state: State, help: () => void}} props */
function PhoneMenu({ state, help }) {
    const { theme, zone, refresh } = usePreferences();
    const session = useSession();
    const other = zone === "utc" ? "local" : "utc";
    const time = now();
    return markup`<${Dropdown} class="quiet" label=${markup`<${Icon} name="menu" />`} name="Menu">
        ${(/** @type {() => void} */ close) =>
        markup`<${Menu} label="Menu" items=${[
            ...pages(state).map((page) => ({
                key: page.name,
                label: page.name,
                chosen: page.current,
                act: () => {
                    navigate(page.start);
                    close();
                },
            })),
            {
                key: "zone",
                label: `Times in ${zoneName(other, time)}`,
                hint: `now ${zoneName(zone, time)}`,
                act: () => prefer({ zone: other }),
            },
            {
                key: "refresh",
                label: "Refresh",
                hint: refresh === 0 ? "off" : duration(refresh),
                act: () => prefer({ refresh: REFRESH[(REFRESH.indexOf(refresh) + 1) % REFRESH.length] }),
            },
            ...themeItems(theme, close),
            {
                key: "keys",
                label: "Keys",
                act: () => {
                    close();
                    help();
                },
            },
            ...(session?.role === "admin"
                ? [{ key: "audit", label: "Audit log", chosen: state.page === "audit", act: () => {
                    navigate(auditStart(state));
                    close();
                } }]
                : []),
            ...(session?.by === "session"
                ? [{ key: "out", label: "Log out", hint: accountWords(session), act: logout }]
                : []),
        ]} />`}<//>`;
}
