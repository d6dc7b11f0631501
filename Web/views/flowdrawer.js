// @ts-check
// One flow with every field: what it is, what it means, where it came from. Arrows go on to the next row, Escape closes.
import { markup, useEffect, useRef, useState } from "../preact.js";
import * as api from "../api.js";
import { useData } from "../data.js";
import { cell, isSingle, valueText } from "../flowcells.js";
import { and } from "../filter.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { full } from "../units.js";
import { protocol } from "../words.js";
import { CopyButton, Failure, Icon, Skeleton } from "./parts.js";
import { termOf, thing } from "./flowmenu.js";
import { follow } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").FlowDetails} FlowDetails */
/** @typedef {import("../types/api.d.ts").FlowField} FlowField */

/** Whether the meanings of fields are shown; kept from row to row. */
let meanings = false;

/**
 * @param {{place: string, state: State, schema: import("../api.js").Schema|undefined, zone: "utc"|"local", back?: () => void, forth?: () => void}} props
 *   without `back` or `forth` there is no row that way
 */
export function FlowDrawer({ place, state, zone, back, forth }) {
    const [explained, explain] = useState(meanings);
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    const loaded = useData(`flow ${place}`, (signal, id) => api.flow(place, signal, id), 0);
    const flow = loaded.data;
    const close = () => {
        navigate({ row: "" });
        /** @type {HTMLElement|null} */ (document.querySelector(`[data-place="${place}"] a, button[data-place="${place}"]`))?.focus();
    };
    useKeys(close, back, forth);
    useEffect(() => {
        // Over a narrow page it hides the list: then the focus must not stay behind it.
        if (matchMedia("(max-width: 1099px)").matches) /** @type {HTMLElement|null|undefined} */ (box.current?.querySelector(".close"))?.focus();
    }, []);
    const fields = new Map(flow?.fields.map((field) => [field.name, field]));
    const row = Object.fromEntries(flow?.fields.map(({ name, value }) => [name, value]) ?? []);
    const said = (/** @type {string} */ name) => {
        const field = fields.get(name);
        return field && cell(field, field.value, field.label ?? undefined, zone);
    };
    return markup`<div class="flow-drawer" role="dialog" aria-label="Flow" ref=${box}>
        <div class="drawer-head"><h2>Flow</h2>
            <span class="dim cut grow">${flow && !loaded.error && [said("TimeReceived")?.title, said("SamplerAddress")?.text, protocol(said("FlowType")?.text ?? "")].join(", ")}</span>
            <div class="joined"><button class="step" aria-label="Row before" title="Row before (↑)" disabled=${!back} onClick=${back}><${Icon} name="left" /></button>
                <button class="step" aria-label="Next row" title="Next row (↓)" disabled=${!forth} onClick=${forth}><${Icon} name="right" /></button></div>
            <button class="quiet close" aria-label="Close" title="Close (Esc)" onClick=${close}><${Icon} name="close" /></button></div>
        <div class=${loaded.stale && flow ? "drawer-body faded" : "drawer-body"}>
            ${loaded.error?.code === "not_found"
            ? markup`<p class="empty">This row is not there any more: it may be older than what is kept.</p>`
            : loaded.error && loaded.error.code !== "cancelled" && markup`<${Failure} error=${loaded.error} retry=${loaded.retry} />`}
            ${!flow && !loaded.error && loaded.slow && markup`<${Skeleton} lines=${16} />`}
            ${flow && !loaded.error && markup`
                <${Ends} fields=${fields} row=${row} state=${state} zone=${zone} />
                <div class="drawer-links">${["SamplerAddress", "InIf", "OutIf"].map((name) =>
        markup`<${ThingLink} key=${name} field=${fields.get(name)} row=${row} state=${state}
            words=${{ SamplerAddress: "This exporter", InIf: "Ingress interface", OutIf: "Egress interface" }[name]} />`
    )}<span class="grow"></span>
                    <button aria-pressed=${explained} onClick=${() => {
        meanings = !explained;
        explain(!explained);
    }} title="What each field means"><${Icon} name="code" />Meanings</button>
                    <${CopyButton} text=${JSON.stringify(row, null, 1)} label="JSON" />
                    <${CopyButton} text=${new URL(link(state, {}), location.href).href} label="Link" /></div>
                ${flow.copies > 1 && markup`<p class="dim">${full(flow.copies)} rows are equal to this one in every field.</p>`}
                <${Groups} flow=${flow} row=${row} state=${state} zone=${zone} explained=${explained} />`}
        </div></div>`;
}

/** @param {() => void} close @param {(() => void)|undefined} back @param {(() => void)|undefined} forth */
function useKeys(close, back, forth) {
    const acts = useRef({ close, back, forth });
    acts.current = { close, back, forth };
    useEffect(() => {
        const listener = (/** @type {KeyboardEvent} */ event) => {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            const target = /** @type {HTMLElement} */ (event.target);
            if (target.closest("input, textarea, select, dialog[open], .float, [role=menu]")) return;
            // Within the list they go among the values of the row.
            const aside = event.key === "ArrowLeft" || event.key === "ArrowRight";
            if (aside && target.closest("tbody")) return;
            if (event.key === "Escape") acts.current.close();
            else if (event.key === "ArrowDown" || event.key === "ArrowRight") acts.current.forth?.();
            else if (event.key === "ArrowUp" || event.key === "ArrowLeft") acts.current.back?.();
            else return;
            event.preventDefault();
        };
        // Before the keys of all pages, for which the arrows shift the range.
        addEventListener("keydown", listener, { capture: true });
        return () => removeEventListener("keydown", listener, { capture: true });
    }, []);
}

/** @param {{fields: Map<string, FlowField>, row: Record<string, import("../types/api.d.ts").FlowValue>, state: State, zone: "utc"|"local"}} props */
function Ends({ fields, row, state, zone }) {
    const end = (/** @type {string} */ side) => {
        const [address, port, system] = ["Addr", "Port", "AS"].map((name) => fields.get(`${side}${name}`));
        if (!address || !port || !system) return null;
        const said = (/** @type {FlowField} */ field) => cell(field, field.value, field.label ?? undefined, zone);
        const [host, number, as] = [said(address), said(port), said(system)];
        return markup`<div class="flow-end"><b title=${host.title}>${host.text}</b>
            ${host.more && markup`<span class="cut dim">${host.more}</span>`}
            <span class="cut dim">port ${[number.text, number.more].join(" ").trim()}, AS ${[as.text, as.more].join(" ").trim()}</span>
            <span class="flow-end-links"><${ThingLink} field=${address} row=${row} state=${state} words="This host" />
                <${ThingLink} field=${system} row=${row} state=${state} words="This AS" /></span></div>`;
    };
    return markup`<div class="flow-both">${end("Src")}<${Icon} name="right" />${end("Dst")}</div>`;
}

/** @param {{field: FlowField|undefined, row: Record<string, import("../types/api.d.ts").FlowValue>, state: State, words: string}} props */
function ThingLink({ field, row, state, words }) {
    const what = field && thing(field, row, field.label ?? undefined, state);
    if (!field || !what) return null;
    return markup`<a class="button" href=${link(what.target, {})} onClick=${follow(what.target)} title=${`${field.label ?? valueText(field.value)}: ${what.label.toLowerCase()}`}>${words}</a>`;
}

/** @param {{flow: FlowDetails, row: Record<string, import("../types/api.d.ts").FlowValue>, state: State, zone: "utc"|"local", explained: boolean}} props */
function Groups({ flow, row, state, zone, explained }) {
    const list = (/** @type {FlowField[]} */ fields) =>
        markup`<dl>${fields.map((field) =>
            markup`<${Field} key=${field.name} field=${field} row=${row} state=${state} zone=${zone} explained=${explained} />`
        )}</dl>`;
    const told = flow.fields.filter(isTold);
    const rest = flow.fields.filter((field) => !isTold(field));
    const further = [
        ["unsure", "0, or not sent", rest.filter(({ sent }) => sent === "unsure")],
        ["no", "Not sent", rest.filter(({ sent }) => sent === "no")],
        ["none", "Nothing known by look-up", rest.filter(({ sent }) => sent === "none")],
    ];
    return markup`${[...new Set(told.map(({ title }) => title))].map((title) =>
        markup`<section class="facts flow-facts" key=${title} aria-label=${title}><h3>${title}</h3>
            ${list(told.filter((field) => field.title === title))}</section>`
    )}
    ${further.map(([key, title, fields]) =>
        fields.length > 0 && markup`<details class="flow-facts facts" key=${key}><summary>${title} <span class="dim">${fields.length} ${fields.length === 1 ? "column" : "columns"}</span></summary>
            ${list(/** @type {FlowField[]} */ (fields))}</details>`
    )}`;
}

/** @param {FlowField} field whether it holds something that somebody told */
function isTold({ sent, kind, value, label }) {
    if (sent === "yes") return true;
    if (sent !== "none" || label === "unknown") return false;
    return typeof value === "string" ? value !== "" && value !== "undefined" : typeof value !== "number" || value !== 0 || kind === "incoming";
}

/** @param {{field: FlowField, row: Record<string, import("../types/api.d.ts").FlowValue>, state: State, zone: "utc"|"local", explained: boolean}} props */
function Field({ field, row, state, zone, explained }) {
    const { name, kind, unit, value, label, documentation, origin, sent } = field;
    const { text, more, mood, title } = cell(field, value, label ?? undefined, zone);
    const words = kind === "time" ? title : text;
    const counted = kind !== "time" && unit !== "" && name !== "SamplingRate" ? ` ${text === "1" ? unit.replace(/s$/, "") : unit}` : "";
    const filter = (/** @type {boolean} */ exclude) =>
        navigate({ filter: and(state.filter, termOf(row, name, label ?? undefined, exclude)), row: state.row });
    const empty = sent === "no" || (sent === "none" && !isTold(field));
    return markup`<div class="flow-field"><dt title=${documentation}>${name}</dt>
        <dd class=${mood === "doubt" ? "warn-text" : empty || mood === "unknown" ? "dim" : ""} title=${title}><span class="flow-value">${empty
        ? sent === "no" ? "not sent" : "–"
        : markup`${name === "SamplingRate" && mood === "" && "1:"}${words}${counted}${more && markup` <span class="id">${more}</span>`}`}</span>
            ${isSingle(kind) && markup`<span class="flow-acts"><button aria-label=${`Filter to ${name} ${text}`} onClick=${() => filter(false)}>Filter</button>
                <button aria-label=${`Exclude ${name} ${text}`} onClick=${() => filter(true)}>Exclude</button></span>`}</dd>
        <dd class=${explained ? "remark" : "remark brief"} title=${origin}>${origin}</dd>
        ${explained && markup`<dd class="meaning">${documentation}</dd>`}</div>`;
}
