// @ts-check
// The menu of a value in a list of flows: filter to it, exclude it, split by it in Explore, open what it is.
import { markup, useEffect, useLayoutEffect, useRef } from "../preact.js";
import { valueText } from "../flowcells.js";
import { all, and, term } from "../filter.js";
import { navigate } from "../store.js";
import { copyText, Menu, useOutside } from "./parts.js";
import { exploreOfFlows, overviewStart } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").FlowValue} FlowValue */
/** @typedef {{name: string, kind: string, dimension: boolean}} Column */

/** @param {Record<string, FlowValue>} row @param {string} column @param {string|undefined} label @param {boolean} [exclude] */
export function termOf(row, column, label, exclude = false) {
    // The rate's unknown is a word about another column; 1 is what stands there.
    const unknown = label === "unknown" && column !== "SamplingRate";
    return term(column, valueText(row[column]), unknown, exclude);
}

/**
 * What a value is, to be opened: all of a host, an AS, an interface, or the details of an exporter.
 * @param {Column} column
 * @param {Record<string, FlowValue>} row needs SamplerAddress where the value is an interface
 * @param {string|undefined} label
 * @param {State} state
 * @returns {{label: string, target: State}|undefined}
 */
export function thing({ name, kind }, row, label, state) {
    if (label === "unknown") return undefined;
    const value = valueText(row[name]);
    const explore = { ...exploreOfFlows(state), from: state.from, to: state.to };
    if (name === "SamplerAddress") return { label: "Open this exporter", target: { ...overviewStart(state), exporter: value } };
    if (name === "SrcAddr" || name === "DstAddr") {
        return { label: "Open this host in Explore", target: { ...explore, filter: term("Addr", value), dimensions: ["SrcAddr", "DstAddr"] } };
    }
    if (kind === "asn") {
        const side = name === "SrcAS" || name === "DstAS" ? "AS" : name;
        return { label: "Open this AS in Explore", target: { ...explore, filter: term(side, value), dimensions: ["SrcAS", "DstAS"] } };
    }
    if (kind === "interface" && row.SamplerAddress !== undefined) {
        const filter = and(term("SamplerAddress", valueText(row.SamplerAddress)), term(name, value));
        return { label: "Open this interface in Explore", target: { ...explore, filter, dimensions: ["SrcAddr"] } };
    }
    return undefined;
}

/**
 * @param {{column: Column, row: Record<string, FlowValue>, label: string|undefined, at: {left: number, bottom: number}, state: State,
 *   open: () => void, close: () => void}} props
 */
export function FlowMenu({ column, row, label, at, state, open, close }) {
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    useOutside(box, true, close);
    useEffect(() => {
        addEventListener("resize", close);
        return () => removeEventListener("resize", close);
    }, []);
    useLayoutEffect(() => {
        // It keeps inside the window.
        const element = /** @type {HTMLElement} */ (box.current);
        element.style.left = `${Math.max(8, Math.min(at.left, innerWidth - element.offsetWidth - 8))}px`;
        element.style.top = `${Math.max(8, Math.min(at.bottom + 2, innerHeight - element.offsetHeight - 8))}px`;
    });
    const text = termOf(row, column.name, label);
    const go = (/** @type {Partial<State>} */ change) => {
        close();
        navigate(change);
        if (change.page) scrollTo(0, 0);
    };
    const what = thing(column, row, label, state);
    const items = [
        { key: "filter", label: "Filter to this value", act: () => go({ filter: and(state.filter, text) }) },
        { key: "exclude", label: "Exclude it", act: () => go({ filter: and(state.filter, termOf(row, column.name, label, true)) }) },
        ...(column.dimension
            ? [{ key: "split", label: `Split by ${column.name} in Explore`, act: () => go({ ...exploreOfFlows(state), dimensions: [column.name] }) }]
            : []),
        ...(what ? [{ key: "thing", label: what.label, act: () => go(what.target) }] : []),
        {
            key: "row",
            label: "Open this flow",
            act: () => {
                close();
                open();
            },
        },
        {
            key: "copy",
            label: markup`Copy <code>${text}</code>`,
            act: () => {
                copyText(all([text]));
                close();
            },
        },
    ];
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        event.stopPropagation();
        if (event.key === "Escape") close();
    };
    return markup`<div class="float value-menu" ref=${box} onKeyDown=${onKey}>
        <div class="value-head"><b>${label ?? valueText(row[column.name])}</b> <span class="dim">${column.name}</span></div>
        <${Menu} label=${`Menu of ${valueText(row[column.name])}`} items=${items} /></div>`;
}
