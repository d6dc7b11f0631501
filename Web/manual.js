// @ts-check
// The manual as pages and sections: in which order pages stand, and what a search finds. Pure.
import { plain, words } from "./markdown.js";

/** @typedef {import("./markdown.js").Block} Block */
/** @typedef {import("./markdown.js").Heading} Heading */
/** @typedef {{name: string, title: string}} Page */
/** @typedef {{doc: string, page: string, heading: string, text: string}} Section */

/** Pages in reading order; what is in no group comes last, so that a new page is never lost. */
const GROUPS = [
    ["First steps", ["setup", "demo", "exporters", "console"]],
    ["Use", ["explore", "top", "flows", "relations", "traces", "events", "filter", "explain", "api", "grafana", "sql"]],
    ["Set up", [
        "configuration",
        "host-sources",
        "cloud",
        "names",
        "asmap",
        "bmp",
        "clickhouse",
        "kafka",
        "scaling",
        "auth",
        "deploy",
        "memory",
    ]],
    ["Data", ["schema", "rollups", "losses", "durability", "elements", "performance"]],
    ["Inside", ["design", "decoders-proof", "add-a-column", "add-a-protocol"]],
];

/**
 * @param {Page[]} pages
 * @returns {{name: string, pages: Page[]}[]} groups that have a page
 */
export function groups(pages) {
    const known = GROUPS.map(([name, names]) => ({
        name: String(name),
        pages: [.../** @type {string[]} */ (names)].flatMap((one) => pages.filter((page) => page.name === one)),
    }));
    const rest = pages.filter((page) => !known.some((group) => group.pages.includes(page)));
    return [...known, { name: "More", pages: rest }].filter((group) => group.pages.length > 0);
}

/**
 * A page cut at its headings.
 * @param {Page} page
 * @param {Block[]} blocks
 * @returns {Section[]}
 */
export function sections(page, blocks) {
    /** @type {{heading: Heading|undefined, blocks: Block[]}[]} */
    const parts = [{ heading: undefined, blocks: [] }];
    for (const block of blocks) {
        if (block.type === "heading" && block.level > 1) parts.push({ heading: block, blocks: [] });
        else if (block.type !== "heading") parts[parts.length - 1].blocks.push(block);
    }
    return parts.map(({ heading, blocks }) => ({
        doc: heading ? `${page.name}/${heading.id}` : page.name,
        page: page.title,
        heading: heading ? plain(heading.content) : page.title,
        text: words(blocks),
    }));
}

/**
 * Sections that have all words of a query: first those with all of them in their heading.
 * @param {Section[]} among
 * @param {string} query
 * @param {number} [most]
 * @returns {(Section & {excerpt: string})[]}
 */
export function search(among, query, most = 30) {
    const wanted = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
    if (wanted.length === 0) return [];
    const has = (/** @type {string} */ text) => {
        const lower = text.toLowerCase();
        return wanted.every((word) => lower.includes(word));
    };
    const inHeading = among.filter((section) => has(section.heading));
    const elsewhere = among.filter((section) =>
        !inHeading.includes(section) && has(`${section.page} ${section.heading} ${section.text}`)
    );
    return [...inHeading, ...elsewhere].slice(0, most).map((section) => ({
        ...section,
        excerpt: excerpt(section.text, wanted),
    }));
}

/** @param {string} text @param {string[]} wanted the words around the first that is found */
function excerpt(text, wanted) {
    const lower = text.toLowerCase();
    const places = wanted.map((word) => lower.indexOf(word)).filter((place) => place >= 0);
    const first = Math.max(0, Math.min(...places, text.length) - 40);
    if (places.length === 0) return text.length > 110 ? `${text.slice(0, 110)}…` : text;
    return `${first > 0 ? "…" : ""}${text.slice(first, first + 110)}${first + 110 < text.length ? "…" : ""}`;
}
