// @ts-check
// The manual: its pages on the left, one of them in the middle, the page's sections on the right.
import { markup, useEffect, useMemo, useRef, useState } from "../preact.js";
import * as api from "../api.js";
import { useData, useReady } from "../data.js";
import { groups, search, sections } from "../manual.js";
import { parse, plain, target } from "../markdown.js";
import { link } from "../state.js";
import { navigate } from "../store.js";
import { CopyButton, Failure, Skeleton, useMedia } from "./parts.js";
import { docsStart, follow } from "./topbar.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../markdown.js").Block} Block */
/** @typedef {import("../markdown.js").Inline} Inline */
/** @typedef {import("../manual.js").Page} Page */

/** @param {{state: State}} props */
export function Docs({ state }) {
    const [name, section] = state.doc.split("/");
    const list = useData("docs", api.docs, 0);
    const page = useData(name === "" ? "" : `doc ${name}`, (signal) => api.docPage(name, signal), 0);
    const blocks = useMemo(() => page.data === undefined ? [] : parse(page.data), [page.data]);
    const isThere = name === "" || !page.stale && page.data !== undefined;
    useReady((isThere || page.error !== undefined) && (list.data ?? list.error) !== undefined, `docs ${state.doc}`);
    useSection(section, isThere ? state.doc : "");
    const title = list.data?.pages.find((one) => one.name === name)?.title;
    useEffect(() => {
        document.title = title ? `${title} · NetMeta` : "Docs · NetMeta";
    }, [title]);

    const error = page.error ?? list.error;
    return markup`<div class="manual-page">
        <${Contents} state=${state} pages=${list.data?.pages ?? []} version=${list.data?.version} />
        <main id="main" class="doc" tabindex="-1">
            ${error && markup`<div class="doc-failure"><${Failure} error=${error} retry=${page.error ? page.retry : list.retry} /></div>`}
            ${!error && !isThere && page.slow && markup`<${Skeleton} lines=${12} />`}
            ${name === ""
            ? error ? markup`<h1 class="hidden">Manual</h1>` : markup`<${Start} state=${state} pages=${list.data?.pages} />`
            : isThere && markup`<article>${drawn(blocks, { state, page: name })}</article>`}
        </main>
        ${isThere && name !== "" && markup`<${Sections} state=${state} page=${name} blocks=${blocks} />`}
    </div>`;
}

/**
 * Goes to the section of the address once the page is drawn, and lets the keyboard go on from there.
 * @param {string|undefined} section
 * @param {string} drawn what is drawn, "" while it isn't
 */
function useSection(section, drawn) {
    useEffect(() => {
        if (drawn === "") return;
        const place = section === undefined ? null : document.getElementById(`s-${section}`);
        if (!place) return;
        place.scrollIntoView();
        place.focus({ preventScroll: true });
    }, [drawn]);
}

/** @param {{state: State, pages: Page[], version: string|undefined}} props */
function Contents({ state, pages, version }) {
    const wide = useMedia("(min-width: 900px)");
    const [query, setQuery] = useState("");
    const index = useIndex(pages, query !== "");
    const found = useMemo(() => index ? search(index, query) : undefined, [index, query]);
    const current = state.doc.split("/")[0];
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    const pick = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape") setQuery("");
        if (event.key === "Enter" && found?.[0]) navigate(docsStart(state, found[0].doc));
    };
    const tree = markup`<nav aria-label="Manual">${groups(pages).map((group) =>
        markup`<h2 key=${group.name}>${group.name}</h2><ul>${group.pages.map((page) =>
            markup`<li key=${page.name}><${PageLink} state=${state} doc=${page.name} current=${page.name === current}>${page.title}<//></li>`
        )}</ul>`
    )}</nav>`;
    const results = markup`<div class="doc-found" role="region" aria-label="Search results">
        <p class="dim" role="status">${found === undefined ? "Reading the manual" : found.length === 0 ? "Nothing in the manual has all of these words." : `${found.length === 30 ? "The first 30" : found.length} sections`}</p>
        <ul>${found?.map((one) =>
        markup`<li key=${one.doc}><${PageLink} state=${state} doc=${one.doc}><b>${one.heading}</b>
            <span class="dim">${one.page}</span><span class="excerpt">${one.excerpt}</span><//></li>`
    )}</ul></div>`;
    return markup`<aside class="doc-side" ref=${box}>
        <input id="docs-search" type="search" placeholder="Search the manual" aria-label="Search the manual" value=${query}
            onInput=${(/** @type {{currentTarget: HTMLInputElement}} */ event) =>
        setQuery(event.currentTarget.value)} onKeyDown=${pick} />
        ${query !== ""
        ? results
        : wide
        ? tree
        : current !== "" && markup`<details key=${current}><summary>All pages</summary>${tree}</details>`}
        ${version && (wide || current === "") && markup`<p class="dim doc-version">NetMeta ${version}</p>`}
    </aside>`;
}

/**
 * All sections of all pages, read when they are wanted for the first time.
 * @param {Page[]} pages
 * @param {boolean} wanted
 */
function useIndex(pages, wanted) {
    const read = async (/** @type {AbortSignal} */ signal) =>
        (await Promise.all(pages.map(async (page) => sections(page, parse(await api.docPage(page.name, signal)))))).flat();
    const [asked, setAsked] = useState(false);
    useEffect(() => {
        if (wanted) setAsked(true);
    }, [wanted]);
    return useData(asked && pages.length > 0 ? `docs index ${pages.length}` : "", read, 0).data;
}

/** @param {{state: State, pages: Page[]|undefined}} props the manual without a page chosen */
function Start({ state, pages }) {
    return markup`<article><h1>Manual</h1>
        <p>Of the version that runs. Press <kbd>/</kbd> to search all pages.</p>
        ${pages === undefined && markup`<${Skeleton} lines=${10} />`}
        <div class="doc-start">${groups(pages ?? []).map((group) =>
        markup`<section key=${group.name}><h2>${group.name}</h2><ul>${group.pages.map((page) =>
            markup`<li key=${page.name}><${PageLink} state=${state} doc=${page.name}>${page.title}<//></li>`
        )}</ul></section>`
    )}</div></article>`;
}

/** @param {{state: State, doc: string, current?: boolean, children?: unknown}} props */
function PageLink({ state, doc, current, children }) {
    const start = docsStart(state, doc);
    return markup`<a href=${link(start, {})} onClick=${follow(start)} aria-current=${current ? "page" : undefined}>${children}</a>`;
}

/** @param {{state: State, page: string, blocks: Block[]}} props the sections of the page */
function Sections({ state, page, blocks }) {
    const headings = blocks.filter((block) => block.type === "heading").filter((one) => one.level > 1 && one.level < 4);
    if (headings.length < 3) return markup`<span class="doc-sections"></span>`;
    return markup`<nav class="doc-sections" aria-label="On this page"><h2>On this page</h2><ul>${headings.map((one) =>
        markup`<li key=${one.id} class=${`l${one.level}`}><${PageLink} state=${state} doc=${`${page}/${one.id}`}>${plain(one.content)}<//></li>`
    )}</ul></nav>`;
}

// MARK: Blocks

/** @typedef {{state: State, page: string}} Place */

/** @param {Block[]} blocks @param {Place} place */
function drawn(blocks, place) {
    return blocks.map((block) => drawBlock(block, place));
}

/** @param {Block} block @param {Place} place @returns {unknown} */
function drawBlock(block, place) {
    switch (block.type) {
        case "heading":
            return drawHeading(block, place);
        case "paragraph":
            return markup`<p>${inline(block.content, place)}</p>`;
        case "code":
            // Long lines scroll, and what scrolls has to be reachable by key.
            return markup`<div class="doc-code"><pre tabindex="0" aria-label="Example" role="group"><code>${block.text}</code></pre>
                <${CopyButton} text=${block.text} /></div>`;
        case "picture":
            return markup`<img class="doc-picture" src=${block.address} alt=${block.words} loading="lazy" />`;
        case "list": {
            const items = block.items.map((item) => markup`<li>${drawItem(item, place)}</li>`);
            return block.ordered ? markup`<ol start=${block.start}>${items}</ol>` : markup`<ul>${items}</ul>`;
        }
        case "table":
            return markup`<div class="scroll doc-table" tabindex="0" role="group" aria-label="Table"><table class=${block.head.length > 2 ? "many" : ""}>
                <thead><tr>${block.head.map((cell, index) =>
                cell.length === 0
                    ? markup`<td></td>`
                    : markup`<th scope="col" class=${block.align[index]}>${inline(cell, place)}</th>`
            )}</tr></thead>
                <tbody>${block.rows.map((row) =>
                markup`<tr>${row.map((cell, index) => markup`<td class=${block.align[index]} data-head=${plain(block.head[index] ?? [])}>${inline(cell, place)}</td>`)}</tr>`
            )}</tbody></table></div>`;
    }
}

/** @param {Block[]} item @param {Place} place an item of one paragraph needs no paragraph */
function drawItem(item, place) {
    const [first, ...rest] = item;
    if (first?.type !== "paragraph") return drawn(item, place);
    return [inline(first.content, place), ...drawn(rest, place)];
}

/** @param {import("../markdown.js").Heading} heading @param {Place} place */
function drawHeading({ level, id, content }, { state, page }) {
    const text = inline(content, { state, page });
    const at = level === 1 ? docsStart(state, page) : docsStart(state, `${page}/${id}`);
    const anchor = markup`<a class="anchor" href=${link(at, {})} onClick=${follow(at)} aria-label=${`Link to “${plain(content)}”`}>#</a>`;
    const key = `s-${id}`;
    if (level === 1) return markup`<h1 id=${key} tabindex="-1">${text}</h1>`;
    if (level === 2) return markup`<h2 id=${key} tabindex="-1">${text}${anchor}</h2>`;
    return markup`<h3 id=${key} tabindex="-1">${text}${anchor}</h3>`;
}

/** @param {Inline[]} content @param {Place} place @returns {unknown[]} */
function inline(content, place) {
    return content.map((part) => {
        if (typeof part === "string") return part;
        if (part.type === "code") return markup`<code>${part.text}</code>`;
        const inner = inline(part.content, place);
        if (part.type !== "link") return part.type === "em" ? markup`<em>${inner}</em>` : markup`<strong>${inner}</strong>`;
        const to = target(part.href, place.page);
        // What isn't shipped with the program has no address here.
        if (!to) return inner;
        if (to.kind !== "page") return markup`<a href=${to.address} rel="noreferrer">${inner}</a>`;
        const start = docsStart(place.state, to.doc);
        return markup`<a href=${link(start, {})} onClick=${follow(start)}>${inner}</a>`;
    });
}
