// @ts-check
// Reads the Markdown that the manual is written in: headings, paragraphs, lists, tables, code, links. Pure: text in,
// a tree out. There is no HTML in the tree, so whatever a page holds is shown as text.

/** @typedef {string|{type: "code", text: string}|{type: "strong"|"em", content: Inline[]}|{type: "link", href: string, content: Inline[]}} Inline */
/** @typedef {{type: "heading", level: number, id: string, content: Inline[]}} Heading */
/** @typedef {{type: "picture", words: string, address: string}} Picture of the manual's own, alone in its line */
/** @typedef {{type: "list", ordered: boolean, start: number, items: Block[][]}} List */
/** @typedef {{type: "table", align: ("left"|"right"|"center")[], head: Inline[][], rows: Inline[][][]}} Table */
/** @typedef {Heading|List|Table|{type: "code", language: string, text: string}|{type: "paragraph", content: Inline[]}|Picture} Block */

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function parse(text) {
    /** @type {Map<string, number>} */
    const ids = new Map();
    return blocks(text.replace(/<!--[^]*?-->/g, "").replaceAll("\r\n", "\n").split("\n"), ids);
}

/**
 * The words of a piece of text, without its form.
 * @param {Inline[]} content
 * @returns {string}
 */
export function plain(content) {
    return content.map((part) =>
        typeof part === "string" ? part : part.type === "code" ? part.text : plain(part.content)
    ).join("");
}

/**
 * All words of blocks, for the search.
 * @param {Block[]} among
 * @returns {string}
 */
export function words(among) {
    return among.map((block) => {
        switch (block.type) {
            case "code":
                return block.text;
            case "picture":
                return block.words;
            case "list":
                return block.items.map(words).join(" ");
            case "table":
                return [block.head, ...block.rows].flat().map(plain).join(" ");
            default:
                return plain(block.content);
        }
    }).join(" ");
}

/**
 * Where a link of a page leads.
 * @param {string} href
 * @param {string} page the page that it stands on
 * @returns {{kind: "page", doc: string}|{kind: "file"|"web", address: string}|null} null for what isn't shipped
 */
export function target(href, page) {
    if (/^https?:\/\//.test(href)) return { kind: "web", address: href };
    const local = /^(?:([a-z0-9-]+)\.md)?(?:#([^\s]+))?$/i.exec(href);
    if (local) return { kind: "page", doc: (local[1] ?? page) + (local[2] ? `/${local[2]}` : "") };
    return /^[a-z0-9-]+\.[a-z]+$/i.test(href) ? { kind: "file", address: `./docs/${href}` } : null;
}

// MARK: Blocks

const PICTURE = /^!\[([^\]]+)\]\((images\/[a-z0-9-]+\.webp)\)$/;
const FENCE = /^\s*(```+|~~~+)\s*([\w-]*)\s*$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const DELIMITERS = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/**
 * @param {string[]} lines
 * @param {Map<string, number>} ids the anchors that are taken
 * @returns {Block[]}
 */
function blocks(lines, ids) {
    /** @type {Block[]} */
    const found = [];
    let at = 0;
    while (at < lines.length) {
        const line = lines[at];
        const fence = FENCE.exec(line);
        const heading = HEADING.exec(line);
        const picture = PICTURE.exec(line);
        if (line.trim() === "") {
            at += 1;
        } else if (picture) {
            found.push({ type: "picture", words: picture[1], address: `./docs/${picture[2]}` });
            at += 1;
        } else if (fence) {
            let end = at + 1;
            while (end < lines.length && !lines[end].trim().startsWith(fence[1])) end += 1;
            found.push({ type: "code", language: fence[2], text: lines.slice(at + 1, end).join("\n") });
            at = end + 1;
        } else if (heading) {
            const content = inline(heading[2]);
            found.push({ type: "heading", level: heading[1].length, id: anchor(plain(content), ids), content });
            at += 1;
        } else if (line.includes("|") && at + 1 < lines.length && DELIMITERS.test(lines[at + 1])) {
            let end = at + 2;
            while (end < lines.length && lines[end].includes("|")) end += 1;
            found.push(table(lines.slice(at, end)));
            at = end;
        } else if (/^ {4}/.test(line)) {
            let end = at;
            while (end < lines.length && (/^ {4}/.test(lines[end]) || lines[end].trim() === "")) end += 1;
            const text = lines.slice(at, end).map((row) => row.slice(4)).join("\n").trimEnd();
            found.push({ type: "code", language: "", text });
            at = end;
        } else if (ITEM.test(line)) {
            const end = endOfList(lines, at);
            found.push(list(lines.slice(at, end), ids));
            at = end;
        } else {
            let end = at + 1;
            while (end < lines.length && !interrupts(lines, end)) end += 1;
            found.push({ type: "paragraph", content: inline(lines.slice(at, end).map((row) => row.trim()).join(" ")) });
            at = end;
        }
    }
    return found;
}

/** @param {string[]} lines @param {number} at whether a paragraph ends before that line */
function interrupts(lines, at) {
    const line = lines[at];
    // As in CommonMark, only a list that begins with 1 may follow a paragraph without a blank line.
    const item = ITEM.exec(line);
    return line.trim() === "" || FENCE.test(line) || HEADING.test(line) ||
        item !== null && (!/\d/.test(item[2]) || /^1[.)]/.test(item[2])) ||
        line.includes("|") && DELIMITERS.test(lines[at + 1] ?? "");
}

/** @param {string[]} lines @param {number} start the first line behind the list that begins there */
function endOfList(lines, start) {
    const first = /** @type {RegExpExecArray} */ (ITEM.exec(lines[start]));
    const kind = /\d/.test(first[2]);
    const depth = first[1].length;
    let end = start + 1;
    while (end < lines.length) {
        const item = ITEM.exec(lines[end]);
        if (lines[end].trim() === "") {
            // A list goes on behind a blank line with what is indented, or with an item of its kind.
            const next = lines.slice(end).findIndex((row) => row.trim() !== "");
            if (next < 0) return end;
            const row = lines[end + next];
            const follows = ITEM.exec(row);
            const goesOn = follows && follows[1].length <= depth + 1
                ? /\d/.test(follows[2]) === kind && follows[1].length >= depth
                : row.search(/\S/) >= depth + 2;
            if (!goesOn) return end;
            end += next;
        } else if (item && item[1].length < depth) {
            return end;
        } else if (item && item[1].length <= depth + 1 && /\d/.test(item[2]) !== kind) {
            return end;
        } else if (!item && (HEADING.test(lines[end]) || FENCE.test(lines[end]) && !/^\s/.test(lines[end]))) {
            return end;
        } else {
            end += 1;
        }
    }
    return end;
}

/** @param {string[]} lines @param {Map<string, number>} ids @returns {List} */
function list(lines, ids) {
    const first = /** @type {RegExpExecArray} */ (ITEM.exec(lines[0]));
    const depth = first[1].length;
    /** @type {string[][]} */
    const items = [];
    let width = 0;
    for (const line of lines) {
        const item = ITEM.exec(line);
        if (item && item[1].length <= depth + 1) {
            width = line.length - item[3].length;
            items.push([item[3]]);
        } else {
            // What belongs to the item loses the item's indentation; lazy lines have less.
            items[items.length - 1].push(line.slice(Math.min(width, Math.max(0, line.search(/\S|$/)))));
        }
    }
    return {
        type: "list",
        ordered: /\d/.test(first[2]),
        start: Number.parseInt(first[2], 10) || 1,
        items: items.map((item) => blocks(item, ids)),
    };
}

/** @param {string[]} lines @returns {Table} */
function table(lines) {
    const rows = lines.map(cells);
    const align = rows[1].map((cell) => {
        if (cell.startsWith(":") && cell.endsWith(":")) return "center";
        return cell.endsWith(":") ? "right" : "left";
    });
    const fill = (/** @type {string[]} */ row) => align.map((_, index) => inline(row[index] ?? ""));
    return { type: "table", align, head: fill(rows[0]), rows: rows.slice(2).map(fill) };
}

/** @param {string} line the texts between bars that no backslash stands before */
function cells(line) {
    const parts = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "").split(/(?<!\\)\|/);
    return parts.map((part) => part.trim().replaceAll("\\|", "|"));
}

/**
 * An anchor as GitHub makes it, so that links written for there work here.
 * @param {string} text
 * @param {Map<string, number>} ids
 */
function anchor(text, ids) {
    const id = text.toLowerCase().replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "").trim().replace(/\s/g, "-");
    const count = ids.get(id) ?? 0;
    ids.set(id, count + 1);
    return count === 0 ? id : `${id}-${count}`;
}

// MARK: Text

const INLINE = new RegExp(
    [
        /\\([!-/:-@[-`{-~])/, // 1: an escaped mark
        /(`+)(?!`)([^]*?[^`])\2(?!`)/, // 2, 3: code
        /\[((?:`[^`]*`|[^\]`])*)\]\(([^()\s]+)\)/, // 4, 5: a link
        /<(https?:\/\/[^\s<>]+)>/, // 6: an address
        /\*\*(?=\S)((?:`[^`]*`|[^`])*?(?:`[^`]*`|[^`\s]))\*\*(?!\*)/, // 7: strong
        /(?<![\w*])\*(?=[^\s*])((?:`[^`]*`|[^`*])*?(?:`[^`]*`|[^`\s*]))\*(?![\w*])/, // 8: emphasis
    ].map((form) => form.source).join("|"),
    "gu",
);

/**
 * @param {string} text
 * @returns {Inline[]}
 */
function inline(text) {
    /** @type {Inline[]} */
    const parts = [];
    let at = 0;
    const say = (/** @type {string} */ more) => {
        if (more === "") return;
        if (typeof parts[parts.length - 1] === "string") parts[parts.length - 1] += more;
        else parts.push(more);
    };
    for (const found of text.matchAll(INLINE)) {
        say(text.slice(at, found.index));
        at = found.index + found[0].length;
        const [, mark, , code, label, href, address, strong, em] = found;
        if (mark !== undefined) say(mark);
        else if (code !== undefined) parts.push({ type: "code", text: code.replace(/^ (.*[^ ].*) $/, "$1") });
        else if (href !== undefined) parts.push({ type: "link", href, content: inline(label) });
        else if (address !== undefined) parts.push({ type: "link", href: address, content: [address] });
        else if (strong !== undefined) parts.push({ type: "strong", content: inline(strong) });
        else parts.push({ type: "em", content: inline(em) });
    }
    say(text.slice(at));
    return parts;
}
