import { groups, search, sections } from "../../Web/manual.js";
import { parse, plain, target } from "../../Web/markdown.js";
import { equal } from "./assert.js";

const folder = new URL("../../Docs/", import.meta.url);
const names = [...Deno.readDirSync(folder)].map((entry) => entry.name);
const pages = names.filter((name) => name.endsWith(".md")).sort().map((file) => {
    const text = Deno.readTextFileSync(new URL(file, folder));
    return { name: file.slice(0, -3), title: /^# (.*)$/m.exec(text)?.[1] ?? "", text, blocks: parse(text) };
});

/** @param {import("../../Web/markdown.js").Block[]} blocks @returns {import("../../Web/markdown.js").Block[]} */
const all = (blocks) =>
    blocks.flatMap((block) => block.type === "list" ? [block, ...block.items.flatMap(all)] : [block]);
/** @param {import("../../Web/markdown.js").Block[]} blocks */
const texts = (blocks) =>
    all(blocks).flatMap((block) => {
        if (block.type === "table") return [...block.head, ...block.rows.flat()];
        return block.type === "paragraph" || block.type === "heading" ? [block.content] : [];
    });
/** @param {import("../../Web/markdown.js").Inline[]} content @returns {string[]} */
const links = (content) =>
    content.flatMap((part) => {
        if (typeof part === "string" || part.type === "code") return [];
        return [...(part.type === "link" ? [part.href] : []), ...links(part.content)];
    });

Deno.test("every page of the manual has a title, and nothing of its form is left in its text", () => {
    if (pages.length < 15) throw new Error(`only ${pages.length} pages`);
    for (const { name, title, text, blocks } of pages) {
        const first = blocks[0];
        equal(first.type === "heading" && first.level === 1 && plain(first.content), title.replaceAll("`", ""));
        equal(all(blocks).filter((block) => block.type === "code").length > 0, /^ {0,3}```|\n\n {4}\S/m.test(text));
        for (const content of texts(blocks)) {
            for (const part of content.filter((part) => typeof part === "string")) {
                const left = /\*\*|`|\]\(|^#|\|\s*-|<!--/.exec(String(part));
                if (left) throw new Error(`${name}: “${left[0]}” is left in “${part}”`);
            }
        }
    }
});

Deno.test("every picture of the manual is there, and says what it shows", () => {
    const pictures = pages.flatMap(({ blocks }) => all(blocks)).flatMap((block) =>
        block.type === "picture" ? [block] : []
    );
    if (pictures.length < 5) throw new Error(`only ${pictures.length} pictures`);
    for (const { words, address } of pictures) {
        if (words.length < 10) throw new Error(`“${words}” doesn't say what ${address} shows`);
        Deno.statSync(new URL(address.replace("./docs/", ""), folder));
    }
});

Deno.test("every link within the manual goes somewhere", () => {
    let count = 0;
    for (const { name, blocks } of pages) {
        for (const href of texts(blocks).flatMap(links)) {
            const to = target(href, name);
            if (!to) throw new Error(`${name}: ${href} isn't shipped`);
            if (to.kind === "file" && !names.includes(to.address.slice(7))) throw new Error(`${name}: no ${href}`);
            if (to.kind !== "page") continue;
            count += 1;
            const [doc, section] = to.doc.split("/");
            const page = pages.find((page) => page.name === doc);
            const known = page?.blocks.some((block) => block.type === "heading" && block.id === section);
            if (!page || section && !known) throw new Error(`${name}: ${href} leads nowhere`);
        }
    }
    if (count < 30) throw new Error(`only ${count} links`);
});

Deno.test("the links from the console into the manual go somewhere", () => {
    let count = 0;
    for (const folder of ["../../Web/", "../../Web/views/"]) {
        for (const { name } of Deno.readDirSync(new URL(folder, import.meta.url))) {
            if (!name.endsWith(".js")) continue;
            const text = Deno.readTextFileSync(new URL(folder + name, import.meta.url));
            for (const [, doc, section] of text.matchAll(/\$\{Manual\} doc="([a-z-]+)(?:\/([^"]+))?"/g)) {
                count += 1;
                const page = pages.find((page) => page.name === doc);
                const known = page?.blocks.some((block) => block.type === "heading" && block.id === section);
                if (!page || section && !known) throw new Error(`${name}: ${doc}/${section} leads nowhere`);
            }
        }
    }
    if (count < 5) throw new Error(`only ${count} links`);
});

Deno.test("all pages are listed once, also those that nobody put into a group", () => {
    const listed = groups([...pages, { name: "new", title: "New" }]).flatMap((group) => group.pages);
    equal(listed.map((page) => page.name).sort(), [...pages.map((page) => page.name), "new"].sort());
});

Deno.test("what Markdown is made of becomes a tree, and HTML stays text", () => {
    const [title, paragraph, list, table, code] = parse(
        "# A `b` & <i>c</i>\n\nOne **two *three*** `a|b` [x](y.md#z) <http://e.org/> \\*\n\n" +
            "1. first\n   more\n   - inner\n2. second\n\n| a | b |\n|---|--:|\n| `x \\| y` | 2 |\n\n```js\n<b>\n\n# no\n```\n",
    );
    equal(title, {
        type: "heading",
        level: 1,
        id: "a-b--ici",
        content: ["A ", { type: "code", text: "b" }, " & <i>c</i>"],
    });
    equal(paragraph, {
        type: "paragraph",
        content: [
            "One ",
            { type: "strong", content: ["two ", { type: "em", content: ["three"] }] },
            " ",
            { type: "code", text: "a|b" },
            " ",
            { type: "link", href: "y.md#z", content: ["x"] },
            " ",
            { type: "link", href: "http://e.org/", content: ["http://e.org/"] },
            " *",
        ],
    });
    equal(list, {
        type: "list",
        ordered: true,
        start: 1,
        items: [
            [{ type: "paragraph", content: ["first more"] }, {
                type: "list",
                ordered: false,
                start: 1,
                items: [[{ type: "paragraph", content: ["inner"] }]],
            }],
            [{ type: "paragraph", content: ["second"] }],
        ],
    });
    equal(table, {
        type: "table",
        align: ["left", "right"],
        head: [["a"], ["b"]],
        rows: [[[{ type: "code", text: "x | y" }], ["2"]]],
    });
    equal(code, { type: "code", language: "js", text: "<b>\n\n# no" });
    equal(target("javascript:alert(1)", "a"), null);
    equal(target("../CONTRIBUTING.md", "a"), null);
});

Deno.test("a search finds headings first, then text, and all of its words", () => {
    const index = pages.flatMap((page) => sections(page, page.blocks));
    equal(search(index, "lists of names")[0].doc, "names/lists-of-names");
    const found = search(index, "tcp_be_liberal nosuchword");
    equal(found, []);
    const kernel = search(index, "kernel buffer");
    if (!kernel.some((one) => /kernel|buffer/i.test(one.excerpt))) throw new Error("no excerpt");
});
