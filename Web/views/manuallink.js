// @ts-check
// A "?" beside a figure or a word that opens the manual where it is explained.
import { markup } from "../preact.js";
import { link } from "../state.js";
import { current } from "../store.js";
import { docsStart, follow } from "./topbar.js";

/** @param {{doc: string, about: string}} props a page of the manual and a section of it, `names/lists-of-names` */
export function Manual({ doc, about }) {
    const start = docsStart(current(), doc);
    return markup`<a class="manual" href=${link(start, {})} onClick=${follow(start)}
        title=${`Manual: ${about}`} aria-label=${`Manual: ${about}`}>?</a>`;
}
