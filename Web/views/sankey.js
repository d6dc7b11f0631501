// @ts-check
// Paths as ribbons, with labels outside of them; bars and ribbons have the menu of their values. On a phone, a table.
import { markup, useLayoutEffect, useMemo, useRef, useState } from "../preact.js";
import { property } from "../colour.js";
import { amountOf, drawable, NODE, sankey, valueOf } from "../charts/sankey.js";
import { full, percent, short } from "../units.js";
import { nameAndId } from "../words.js";
import { ValueMenu } from "./legendtable.js";
import { Swatch } from "./parts.js";

/** @typedef {import("../types/api.d.ts").Top} Top */
/** @typedef {import("../charts/sankey.js").Node} Node */
/** @typedef {import("../charts/sankey.js").Link} Link */
/** @typedef {import("../state.js").State} State */
/** @typedef {{columns: string[], key: string[], labels: string[], amount: number, x: number, y: number, path?: boolean}} Chosen */

/** Paths that a phone lists of each of several sankeys. */
const BRIEF = 10;
/** Under this width ribbons between labels would be shorter than the labels. */
const NARROW = 560;

/**
 * @param {{top: Top, stages: string[][], titles: string[], state: State, schema: import("../api.js").Schema|undefined,
 *   height: number, label: string, brief?: boolean}} props stages have column names; brief lists fewer paths on a phone
 */
export function Sankey({ top, stages, titles, state, schema, height, label, brief }) {
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    const [width, setWidth] = useState(0);
    const [open, setOpen] = useState(/** @type {Chosen|null} */ (null));
    const [lit, setLit] = useState("");
    useLayoutEffect(() => {
        const element = /** @type {HTMLElement} */ (box.current);
        const observer = new ResizeObserver(() => setWidth(element.clientWidth));
        observer.observe(element);
        setWidth(element.clientWidth);
        return () => observer.disconnect();
    }, []);
    const places = stages.map((columns) => columns.map((column) => top.dimensions.indexOf(column)));
    const total = top.rows.reduce((sum, row) => sum + amountOf(row, top.unit), 0);
    const { drawn, left } = drawable(top);
    return markup`<div class="sankey" ref=${box}>
        ${width >= NARROW
        ? markup`<${Ribbons} top=${drawn} all=${total} places=${places} stages=${stages} titles=${titles} width=${width} height=${height}
            lit=${lit} light=${setLit} open=${setOpen} label=${label} />`
        : width > 0 && markup`<${PathTable} top=${top} places=${places} stages=${stages} open=${setOpen} most=${brief ? BRIEF : undefined} />`}
        ${width >= NARROW && left > 0 && markup`<p class="under">All other paths, ${left >= 0.9995 ? "over 99.9" : percent(left)} %, are not drawn.</p>`}
        ${open && markup`<${ValueMenu} graph=${{ dimensions: open.columns, unit: top.unit }} state=${state} schema=${schema}
            at=${{ series: { ...open, total: open.amount, share: total > 0 ? open.amount / total : 0 }, place: 0, x: open.x, y: open.y, path: open.path }}
            close=${() => setOpen(null)} />`}
    </div>`;
}

/**
 * @param {{top: Top, all: number, places: number[][], stages: string[][], titles: string[], width: number, height: number,
 *   lit: string, light: (id: string) => void, open: (chosen: Chosen) => void, label: string}} props all is the amount of
 *   what is drawn and what isn't
 */
function Ribbons({ top, all, places, stages, titles, width, height, lit, light, open, label }) {
    const measure = useMemo(ruler, []);
    // As much room for labels as they need, but some for the ribbons.
    const plain = sankey(top, places, { width, height, left: 0, right: 0 });
    const room = (/** @type {number} */ stage) =>
        Math.min(
            Math.floor(width * (stages.length > 2 ? 0.25 : 0.36)),
            Math.max(60, ...plain.nodes.filter((node) => node.stage === stage).map((node) =>
                measure(`${brief(node)} ${short(valueOf(top, node.amount))}`) + 46
            )),
        );
    const [left, right] = [room(0), room(stages.length - 1)];
    const layout = sankey(top, places, { width, height, left, right });
    const step = stages.length > 1 ? (width - left - right - NODE) / (stages.length - 1) : 0;
    const last = stages.length - 1;
    const total = all || 1;
    const near = (/** @type {Link} */ link) => lit === link.id || lit === link.source.id || lit === link.target.id;
    /** @param {MouseEvent|KeyboardEvent} event @param {string[]} columns @param {string[]} key @param {string[]} labels @param {number} amount */
    const choose = (event, columns, key, labels, amount, path = false) => {
        if (key.length === 0 || key.length !== columns.length) return;
        const at = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
        const [x, y] = "clientX" in event && event.clientX > 0 ? [event.clientX, event.clientY] : [at.left, at.bottom];
        open({ columns, key, labels, amount, x, y: y + 2, path });
    };
    const ofNode = (/** @type {Node} */ node) => (/** @type {MouseEvent|KeyboardEvent} */ event) =>
        choose(event, stages[node.stage], node.key, node.labels, node.amount);
    const ofLink = (/** @type {Link} */ { source, target, amount }) => (/** @type {MouseEvent|KeyboardEvent} */ event) =>
        choose(
            event,
            [...stages[source.stage], ...stages[target.stage]],
            source.key.length && target.key.length ? [...source.key, ...target.key] : [],
            [...source.labels, ...target.labels],
            amount,
            true,
        );
    const onKey = (/** @type {(event: KeyboardEvent) => void} */ act) => (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act(event);
    };
    return markup`<svg class="ribbons" width=${width} height=${layout.height + HEAD} role="group" aria-label=${label}
            onMouseLeave=${() => light("")}>
            ${titles.map((title, stage) =>
        markup`<text key=${title + stage} class="stage-head" y="12" x=${left + stage * step + (stage === 0 ? -8 : NODE + 8)}
                text-anchor=${stage === 0 ? "end" : "start"}>${title}</text>`
    )}
            <g transform=${`translate(0 ${HEAD})`}>
            ${layout.links.map((link) =>
        markup`<path key=${link.id} d=${link.path} class=${near(link) ? "link lit" : "link"}
                style=${{ fill: `var(${property(link.source.paint)})` }}
                onMouseEnter=${() => light(link.id)} onClick=${ofLink(link)}><title>${
            `${text(link.source)} → ${text(link.target)}: ${full(valueOf(top, link.amount))} ${top.unit}, ${percent(link.amount / total)} %`
        }</title></path>`
    )}
            ${layout.nodes.map((node) =>
        markup`<g key=${node.id} class=${node.kind === "other" ? "node" : "node choice"} role=${node.kind === "other" ? undefined : "button"}
                tabindex=${node.kind === "other" ? undefined : 0} aria-haspopup=${node.kind === "other" ? undefined : "menu"}
                aria-label=${`${text(node)}: ${full(valueOf(top, node.amount))} ${top.unit}`}
                onMouseEnter=${() => light(node.id)} onFocus=${() => light(node.id)} onClick=${ofNode(node)} onKeyDown=${onKey(ofNode(node))}>
                <title>${`${text(node)}: ${full(valueOf(top, node.amount))} ${top.unit}, ${percent(node.amount / total)} %`}</title>
                <rect class="bar" x=${node.x} y=${node.y} width=${NODE} height=${node.height}
                    style=${{ fill: `var(${property(node.paint)})` }} />
                ${node.paint.pattern > 0 && markup`<path class="stripes" d=${stripes(node)} />`}
                <${NodeLabel} node=${node} last=${last} room=${node.stage === 0 ? left : node.stage === last ? right : step}
                    measure=${measure} value=${short(valueOf(top, node.amount))} /></g>`
    )}
            </g></svg>`;
}

/** Pixels from one stripe of a bar to the next. */
const STRIPE = 5;

/** @param {Node} node the later of two values of one colour has stripes, as its swatch in tables @returns {string} */
function stripes({ x, y, height, paint }) {
    const slope = [0, NODE / 2, -NODE / 2, 0][paint.pattern] ?? 0;
    const [first, end] = [y + Math.abs(slope), y + height - Math.abs(slope)];
    let path = "";
    for (let at = first + 1; at < end; at += STRIPE) {
        path += `M${x} ${(at + slope / 2).toFixed(1)}l${NODE} ${-slope}`;
    }
    return path;
}

/** Pixels above the bars, for what the stages are. */
const HEAD = 20;

/** @typedef {(text: string) => number} Measure pixels of a label */

/** @returns {Measure} */
function ruler() {
    const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
    const { fontFamily } = getComputedStyle(document.body);
    pen.font = `${getComputedStyle(document.documentElement).getPropertyValue("--fs-2")} ${fontFamily}`;
    return (text) => pen.measureText(text).width;
}

/**
 * Beside the first and the last bars, on a plate beside others.
 * @param {{node: Node, last: number, room: number, value: string, measure: Measure}} props room is in pixels
 */
function NodeLabel({ node, last, room, value, measure }) {
    const [name, id] = node.labels.length === 1 ? nameAndId(node.labels[0]) : [brief(node), ""];
    const middle = node.stage > 0 && node.stage < last;
    const figure = measure(value) * 1.1 + 8;
    const most = room - figure - (middle ? 40 : 22);
    const shownName = cut(name, most, measure);
    const shownId = id && measure(`${shownName} ${id}`) <= most ? id : "";
    const y = node.y + node.height / 2 + 4;
    const words = markup`${shownName}${shownId && markup`<tspan class="faint"> ${shownId}</tspan>`}`;
    if (node.stage === 0) {
        return markup`<text class="label" text-anchor="end" x=${node.x - 8} y=${y}>${words}<tspan class="figure" dx="8">${value}</tspan></text>`;
    }
    const width = measure(shownId ? `${shownName} ${shownId}` : shownName) + figure + 12;
    return markup`${middle && markup`<rect class="plate" x=${node.x + NODE + 3} y=${y - 12} width=${width} height="16" rx="3" />`}
        <text class="label" x=${node.x + NODE + 8} y=${y}>${words}<tspan class="figure" dx="8">${value}</tspan></text>`;
}

/** @param {string} name @param {number} room pixels @param {Measure} measure the whole name is in the title */
function cut(name, room, measure) {
    if (measure(name) <= room) return name;
    let length = name.length - 1;
    while (length > 1 && measure(`${name.slice(0, length)}…`) > room) length -= 1;
    return `${name.slice(0, length)}…`;
}

/** @param {Node} node */
function text(node) {
    return node.labels.join(" · ");
}

/**
 * Of a value of several columns the names alone, where there are some: "et-0/0/1 · edge-1". The title has all of it.
 * @param {{labels: string[]}} node
 */
function brief({ labels }) {
    return labels.length === 1 ? labels[0] : labels.map((label) => {
        const [name, id] = nameAndId(label);
        return /^if |[.:]/.test(id) ? name : label;
    }).join(" · ");
}

/** @param {{labels: string[]}} props of one value the name and what stands for it, of several columns the names */
function Words({ labels }) {
    const [name, id] = labels.length === 1 ? nameAndId(labels[0]) : [brief({ labels }), ""];
    return markup`${name}${id && markup` <span class="id">${id}</span>`}`;
}

/**
 * The paths as a table: under a sankey its legend, on a phone instead of it.
 * @param {{top: Top, places: number[][], stages: string[][], open: (chosen: Chosen) => void, titles?: string[],
 *   most?: number}} props most is how many rows are listed
 */
export function PathTable({ top, places, stages, open, titles, most = Infinity }) {
    const rows = top.rows.filter((row) => amountOf(row, top.unit) > 0);
    const total = rows.reduce((sum, row) => sum + amountOf(row, top.unit), 0) || 1;
    const layout = sankey(top, places, { width: 100, height: 100, left: 0, right: 0 });
    const paint = (/** @type {number} */ stage, /** @type {string[]} */ key) =>
        layout.nodes.find((node) => node.stage === stage && node.key.join("\u001f") === key.join("\u001f"))?.paint ??
            { kind: /** @type {const} */ ("other"), slot: 0, pattern: 0 };
    const value = (/** @type {Top["rows"][0]} */ row, /** @type {number} */ stage) => {
        if (row.kind === "other") {
            return stage === 0 && markup`<span class="dim">${full(top.groups - rows.filter(({ kind }) => kind !== "other").length)} others</span>`;
        }
        const [key, labels] = [places[stage].map((place) => row.key[place]), places[stage].map((place) => row.labels[place])];
        return markup`<${Swatch} paint=${paint(stage, key)} /><button class="value-button" aria-haspopup="menu"
            onClick=${(/** @type {MouseEvent} */ event) => {
            const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
            open({ columns: stages[stage], key, labels, amount: amountOf(row, top.unit), x: box.left, y: box.bottom + 2 });
        }} title=${labels.join(" · ")}><${Words} labels=${labels} /></button>`;
    };
    return markup`<div class="scroll"><table class="path-table">
        ${titles && markup`<thead><tr>${titles.map((title) => markup`<th key=${title} class="c-name"><span>${title}</span></th>`)}
            <th><span>${top.unit}</span></th><th><span>Share %</span></th></tr></thead>`}
        <tbody>${rows.slice(0, most).map((row) =>
        markup`<tr key=${row.kind + row.key.join()}>
            ${titles
            ? places.map((_, stage) => markup`<td class="c-name" key=${stage}>${value(row, stage)}</td>`)
            : markup`<td class="c-name">${places.map((_, stage) => markup`<div key=${stage} class="hop">${value(row, stage)}</div>`)}</td>`}
            <td class="main" title=${`${full(valueOf(top, amountOf(row, top.unit)))} ${top.unit}`}>${short(valueOf(top, amountOf(row, top.unit)))}</td>
            <td>${percent(amountOf(row, top.unit) / total)}</td></tr>`
    )}</tbody></table>
        ${rows.length > most && markup`<p class="under">${full(rows.length - most)} more in Explore.</p>`}
        ${rows.length === 0 && markup`<p class="empty">Nothing in this range.</p>`}</div>`;
}
