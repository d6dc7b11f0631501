// @ts-check
// What could be written next in the filter, as the server says: a list under the text that the keyboard and the mouse choose from.
import { markup, useEffect, useRef, useState } from "../preact.js";
import { complete } from "../api.js";
import { split, take, typed } from "../completion.js";
import { percent } from "../units.js";

/** @typedef {import("../api.js").Completion} Completion */

/** The server is asked this many milliseconds after the last letter. */
const PAUSE = 90;

/** @typedef {{text: string, cursor: number, completion: Completion}} Shown what can be written at a place of a text */

/**
 * @typedef {object} Suggestions
 * @property {import("preact").ComponentChildren} list what floats under the text, if anything does
 * @property {Record<string, unknown>} attributes of the text, for assistive technology
 * @property {(element: HTMLTextAreaElement) => void} ask asks for what can be written at the cursor
 * @property {() => void} close
 * @property {(event: KeyboardEvent) => boolean} onKey whether the key was for the list
 */

/**
 * @param {(text: string) => void} write is told a new text
 * @returns {Suggestions}
 */
export function useSuggestions(write) {
    const [shown, setShown] = useState(
        /** @type {Shown|undefined} */ (undefined),
    );
    // -1 marks nothing: then Tab leaves the field as it does everywhere.
    const [marked, setMarked] = useState(-1);
    const [moved, setMoved] = useState(false);
    const asking = useRef(/** @type {{timer: number, abort: AbortController}|undefined} */ (undefined));
    const list = useRef(/** @type {HTMLElement|null} */ (null));

    const stop = () => {
        clearTimeout(asking.current?.timer);
        asking.current?.abort.abort();
        asking.current = undefined;
    };
    const close = () => {
        stop();
        setShown(undefined);
    };
    useEffect(() => stop, []);
    useEffect(() => {
        list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
    }, [marked, shown]);

    /** @param {HTMLTextAreaElement} element @param {number} [pause] @param {(shown: Shown) => void} [then] instead of showing them */
    const ask = (element, pause = PAUSE, then) => {
        stop();
        const abort = new AbortController();
        const timer = setTimeout(async () => {
            const [text, cursor] = [element.value, element.selectionEnd];
            try {
                const completion = await complete(text, cursor, abort.signal);
                if (document.activeElement !== element || element.value !== text) return;
                if (then && completion.candidates.length > 0) return then({ text, cursor, completion });
                setShown(completion.candidates.length > 0 ? { text, cursor, completion } : undefined);
                setMarked(typed(text, completion, cursor) === "" ? -1 : 0);
                setMoved(false);
            } catch {
                // Without a list one can still write; a server that is away is told elsewhere.
                setShown(undefined);
            }
        }, pause);
        asking.current = { timer, abort };
    };

    /** @param {Shown} shown @param {number} index @param {HTMLTextAreaElement} element */
    const put = ({ text, completion }, index, element) => {
        const result = take(text, completion, completion.candidates[index]);
        close();
        // At once, not when it is drawn: a key that comes before that goes where the cursor is.
        element.value = result.text;
        element.setSelectionRange(result.cursor, result.cursor);
        element.focus();
        write(result.text);
        ask(element, 0);
    };

    const choose = (/** @type {number} */ index, /** @type {HTMLTextAreaElement} */ element) => {
        const candidate = shown?.completion.candidates[index];
        if (!shown || !candidate) return;
        if (element.value === shown.text) return put(shown, index, element);
        // The list is of what was written before the last letters. It is chosen from theirs: the same, or the likeliest.
        ask(element, 0, (newer) => {
            const same = newer.completion.candidates.findIndex(({ insert }) => insert === candidate.insert);
            put(newer, Math.max(same, 0), element);
        });
    };

    const onKey = (/** @type {KeyboardEvent} */ event) => {
        const element = /** @type {HTMLTextAreaElement} */ (event.target);
        if (event.key === " " && event.ctrlKey) {
            ask(element, 0);
            return true;
        }
        if (!shown || event.ctrlKey || event.altKey || event.metaKey) return false;
        const count = shown.completion.candidates.length;
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            const step = event.key === "ArrowDown" ? 1 : -1;
            setMarked(marked < 0 ? (step > 0 ? 0 : count - 1) : (marked + step + count) % count);
            setMoved(true);
            return true;
        }
        if (event.key === "Escape") {
            close();
            return true;
        }
        const takes = event.key === "Tab" && !event.shiftKey || event.key === "Enter" && !event.shiftKey && moved;
        if (takes && marked >= 0) {
            choose(marked, element);
            return true;
        }
        if (["ArrowLeft", "ArrowRight", "Home", "End", "Tab"].includes(event.key)) close();
        return false;
    };

    const attributes = {
        "aria-autocomplete": "list",
        "aria-haspopup": "listbox",
        "aria-controls": shown ? "filter-list" : undefined,
        "aria-activedescendant": shown && marked >= 0 ? `filter-list-${marked}` : undefined,
        onBlur: close,
    };
    return { list: shown && markup`<${List} ...${{ shown, marked, choose }} list=${list} />`, attributes, ask, close, onKey };
}

/**
 * @param {{shown: Shown, marked: number,
 *     choose: (index: number, element: HTMLTextAreaElement) => void, list: {current: HTMLElement|null}}} props
 */
function List({ shown, marked, choose, list }) {
    const { text, cursor, completion } = shown;
    const word = typed(text, completion, cursor);
    // A press would take the focus from the text before the click is one.
    const keepFocus = (/** @type {Event} */ event) => event.preventDefault();
    return markup`<div class="suggestions" onMouseDown=${keepFocus}>
        <ul id="filter-list" role="listbox" aria-label="Suggestions" ref=${list}>${completion.candidates.map((candidate, index) => {
        const [before, same, after] = split(candidate.label, word);
        return markup`<li key=${candidate.label + candidate.insert} id=${`filter-list-${index}`} role="option" aria-selected=${index === marked}
            title=${[candidate.label, candidate.detail].filter(Boolean).join(": ")} onClick=${(/** @type {MouseEvent} */ event) =>
            choose(index, /** @type {HTMLTextAreaElement} */ (
                /** @type {HTMLElement} */ (event.currentTarget).closest(".filter-field")?.querySelector("textarea")
            ))}>
            <span class="name">${before}<b>${same}</b>${after}</span><span class="detail">${candidate.detail}</span>
            <span class="share">${candidate.share === null ? "" : `${percent(candidate.share)} %`}</span></li>`;
    })}</ul>
        <div class="keys-hint"><span><kbd>Tab</kbd>take</span><span><kbd>↑↓</kbd>choose</span><span><kbd>Esc</kbd>close</span>
            <span class="grow"></span>${completion.period && markup`<span class="cut">shares of ${completion.period}</span>`}
            <span class="hidden" role="status">${completion.candidates.length === 1 ? "1 suggestion" : `${completion.candidates.length} suggestions`}</span></div></div>`;
}
