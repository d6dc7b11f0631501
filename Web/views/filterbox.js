// @ts-check
// The filter as plain text. The server owns the grammar; its error is shown under the text with the place marked.
import { markup, useEffect, useRef, useState } from "../preact.js";
import { navigate } from "../store.js";
import { Manual } from "./manuallink.js";
import { useSuggestions } from "./suggestions.js";

/** @param {{filter: string, error: import("../api.js").ApiError|undefined}} props */
export function FilterBox({ filter, error }) {
    const [text, setText] = useState(filter);
    const applied = useRef(filter);
    useEffect(() => {
        // What was typed before this first ran stays.
        if (applied.current !== filter) setText(filter);
        applied.current = filter;
    }, [filter]);
    const changed = text.trim() !== filter;
    const suggestions = useSuggestions(setText);
    const apply = () => {
        suggestions.close();
        navigate({ filter: text.trim() });
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        if (suggestions.onKey(event)) {
            // A key for the list is nobody else's: Escape would close the page's panels too.
            event.preventDefault();
            event.stopPropagation();
        } else if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            apply();
        } else if (event.key === "Escape") {
            setText(filter);
            /** @type {HTMLElement} */ (event.target).blur();
        }
    };
    return markup`<div class="field"><div class="filter-field"><div class="label with-manual"><label for="filter">Filter</label>
            <${Manual} doc="filter" about="the filter language" /><span class="grow"></span><kbd title="Press / to come here">/</kbd></div>
        <textarea id="filter" class=${error ? "mono wrong" : "mono"} rows=${Math.min(8, Math.max(2, Math.ceil(text.length / 30)))} value=${text}
            spellcheck="false" autocomplete="off" autocapitalize="off" placeholder="DstPort = 443 and not SrcAddr << 10.0.0.0/8"
            aria-invalid=${error !== undefined} aria-describedby=${error ? "filter-error" : undefined} ...${suggestions.attributes} onKeyDown=${onKey}
            onInput=${(/** @type {Event} */ event) => {
        const element = /** @type {HTMLTextAreaElement} */ (event.target);
        setText(element.value);
        suggestions.ask(element);
    }}></textarea>${suggestions.list}</div>
        ${error && markup`<div id="filter-error" class="filter-error" role="alert">
            ${error.position !== undefined && !changed && markup`<${Marked} text=${filter} position=${error.position} length=${error.length} />`}
            <div>${error.message}</div></div>`}
        <div class="filter-buttons"><button class="primary" disabled=${!changed} onClick=${apply}>Apply <span>Enter</span></button>
            <button disabled=${text === ""} onClick=${() => {
        suggestions.close();
        setText("");
        navigate({ filter: "" });
    }}>Clear</button></div>
    </div>`;
}

/** @param {{text: string, position: number, length?: number}} props the text with the word at the position underlined */
function Marked({ text, position, length }) {
    const place = Math.min(position, text.length);
    const word = length && length > 0 ? text.slice(place, place + length) || " " : /^[\w.:/"]+|^./.exec(text.slice(place))?.[0] ?? " ";
    return markup`<div class="mono">${text.slice(0, place)}<mark>${word === " " ? "\u00a0" : word}</mark>${text.slice(place + word.length)}</div>`;
}
