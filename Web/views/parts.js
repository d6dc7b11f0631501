// @ts-check
// Small pieces that all views use: icons, skeletons, messages, menus.
import { markup, useEffect, useLayoutEffect, useRef, useState } from "../preact.js";

/** @type {Record<string, string>} paths on a 16 px grid */
const ICONS = {
    left: "M10 3 5 8l5 5",
    right: "m6 3 5 5-5 5",
    down: "m4 6 4 4 4-4",
    close: "m4 4 8 8m0-8-8 8",
    plus: "M8 3v10M3 8h10",
    undo: "M6 3 3 6l3 3M3 6h6.500a3.500 3.500 0 0 1 0 7H6",
    redo: "m10 3 3 3-3 3m3-3H6.500a3.500 3.500 0 0 0 0 7H10",
    copy: "M6 6h7v7H6zM10 6V3H3v7h3",
    download: "M8 2v8m-3.500-3L8 10.500 11.500 7M3 13.500h10",
    code: "m5.500 4-4 4 4 4m5-8 4 4-4 4",
    open: "M9 3h4v4m0-4L7.500 8.500M6.500 4H3v9h9V9.500",
    play: "M5 3.500v9l7-4.500z",
    columns: "M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10",
    rows: "M2 4h12M2 8h12M2 12h12",
    first: "m11 3-5 5 5 5M4.500 3v10",
    menu: "M2 4h12M2 8h12M2 12h12",
    pause: "M5.500 3.500v9m5-9v9",
    sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1m8 8 1 1m0-10-1 1m-8 8-1 1",
    moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500",
    system: "M2 3h12v8H2zM6 14h4m-2-3v3",
    area: "M2 12.500V10l3.500-4 3 2.500L14 3.500v9z",
    lines: "m2 11 3.500-4 3 2.500L14 4",
    user: "M8 2.500a2.750 2.750 0 1 1 0 5.500 2.750 2.750 0 0 1 0-5.500M2.500 14c.500-3 2.500-4.500 5.500-4.500s5 1.500 5.500 4.500",
    bookmark: "M4 2.500h8v11L8 10.500l-4 3z",
    pencil: "M3 13v-2.500L10.500 3 13 5.500 5.500 13zM9 4.500 11.500 7",
    save: "M3 3h8l2 2v8H3zM5.500 3v3.500h4V3M5 13V9.500h6V13",
    share: "M2.500 2.500h11v11h-11zM2.500 6h11m-11 4 4-1.500 7 1.500",
    bars: "M3.500 13.500v-5m4.500 5v-10m4.500 10V6",
    grid: "M2.500 2.500h4v4h-4zm7 0h4v4h-4zm-7 7h4v4h-4zm7 0h4v4h-4z",
    sankey: "M2 3.500c6 0 6 8.500 12 8.500M2 12.500c6 0 6-8.500 12-8.500M2 8h2.500m7 0H14",
    heat: "M2.500 2.500h11v11h-11zm0 3.700h11m-11 3.700h11M6.200 2.500v11m3.700-11v11",
    values: "M3 13v-2m2.500 2V8M8 13V3.500m2.500 9.500V7m2.500 6v-3M2 14.500h12",
    help: "",
    grip: "",
    link:
        "M7 9a2.500 2.500 0 0 0 3.500 0l2.500-2.500A2.500 2.500 0 0 0 9.500 3L8.500 4M9 7a2.500 2.500 0 0 0-3.500 0L3 9.500A2.500 2.500 0 0 0 6.500 13l1-1",
};

/** @param {{name: string}} props */
export function Icon({ name }) {
    return markup`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

/** @param {{lines?: number, tall?: boolean}} props grey blocks in the shape of what is awaited */
export function Skeleton({ lines = 6, tall = false }) {
    if (tall) return markup`<div class="skeleton tall" role="status" aria-label="Loading"></div>`;
    return markup`<div class="skeleton-lines" role="status" aria-label="Loading">
        ${Array.from({ length: lines }, (_, index) => markup`<div class="skeleton" key=${index}></div>`)}
    </div>`;
}

/**
 * A failed read: what happened and what to do about it.
 * @param {{error: import("../api.js").ApiError, retry: () => void}} props
 */
export function Failure({ error, retry }) {
    return markup`<div class="notice crit" role="alert">
        <span class="dot crit"></span>
        <div class="grow"><strong>${error.message}</strong><div class="dim">${remedy(error)}</div></div>
        <button onClick=${retry}>Try again</button>
    </div>`;
}

/** @param {import("../api.js").ApiError} error */
function remedy(error) {
    if (error.code === "network") return "Trying again every 2 seconds. Check that “netmeta serve” is running.";
    if (/timeout|504|too_|memory|limit/.test(error.code)) {
        return "Choose a shorter range, fewer dimensions or a narrower filter.";
    }
    if (/503|unavailable/.test(error.code)) return "Try again in a moment; the server's log tells what it waits for.";
    if (error.code === "forbidden") return "Log in as somebody who may, or ask an admin.";
    if (error.parameter) return `Change “${error.parameter}”, or go back to the step before.`;
    return "The server's log has the details.";
}

/**
 * A button that opens something floating under it; Escape, a click outside and choosing close it.
 * @param {{label: unknown, title?: string, class?: string, children: (close: () => void) => unknown, align?: "left"|"right", name?: string}} props
 */
export function Dropdown({ label, title, class: style, children, align = "left", name }) {
    const [open, setOpen] = useState(false);
    const box = useRef(/** @type {HTMLElement|null} */ (null));
    const close = () => {
        setOpen(false);
        /** @type {HTMLElement|null|undefined} */ (box.current?.querySelector("button"))?.focus();
    };
    useOutside(box, open, () => setOpen(false));
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Escape" && open) {
            event.stopPropagation();
            close();
        }
    };
    return markup`<div class="dropdown" ref=${box} onKeyDown=${onKey}>
        <button class=${style} title=${title} aria-label=${name} aria-haspopup="true" aria-expanded=${open}
            onClick=${() => setOpen(!open)}>${label}</button>
        ${open && markup`<div class=${`float ${align}`}>${children(close)}</div>`}
    </div>`;
}

/**
 * Tells when people press outside of a box, or leave it by Tab.
 * @param {{current: HTMLElement|null}} box
 * @param {boolean} active
 * @param {() => void} leave
 */
export function useOutside(box, active, leave) {
    // At once: the keyboard may be through a list and out of it again before the next frame.
    useLayoutEffect(() => {
        if (!active) return;
        const listener = (/** @type {PointerEvent} */ event) => {
            if (!box.current?.contains(/** @type {Node} */ (event.target))) leave();
        };
        // Nothing at all has the focus while something is drawn anew, and what is around the box is no other place.
        const left = (/** @type {FocusEvent} */ event) => {
            const next = /** @type {Node|null} */ (event.relatedTarget);
            if (next && !element?.contains(next) && !next.contains(element)) leave();
        };
        const element = box.current;
        addEventListener("pointerdown", listener);
        element?.addEventListener("focusout", left);
        return () => {
            removeEventListener("pointerdown", listener);
            element?.removeEventListener("focusout", left);
        };
    }, [active]);
}

/**
 * Gives the focus back to what had it when the box was first drawn, if the box still has it when it goes.
 * @param {{current: HTMLElement|null}} box
 */
export function useFocusBack(box) {
    const [opener] = useState(() => /** @type {HTMLElement|null} */ (document.activeElement));
    // At once: a box that is closed before the next frame would never have had an effect that waits for one.
    useLayoutEffect(() => {
        const element = box.current;
        return () => {
            const { activeElement, body } = document;
            if (activeElement === body || element?.contains(activeElement)) opener?.focus({ preventScroll: true });
        };
    }, []);
}

/**
 * Keeps a dialog above all else: where the page around it is drawn anew it may be moved, upon which the browser takes it
 * out of the top layer, and leaves it open among the rest.
 * @param {{current: HTMLDialogElement|null}} dialog
 */
export function useModal(dialog) {
    useLayoutEffect(() => {
        const element = /** @type {HTMLDialogElement} */ (dialog.current);
        element.showModal();
        // What moves it, or what it is in, need not draw the dialog: its own drawing is no moment to look.
        const observer = new MutationObserver(() => {
            if (!element.open || element.matches(":modal")) return;
            element.removeAttribute("open");
            element.showModal();
        });
        observer.observe(document.body, { childList: true, subtree: true });
        return () => observer.disconnect();
    }, []);
}

/**
 * A list of choices moved through with the arrow keys.
 * @param {{items: {label: unknown, hint?: unknown, chosen?: boolean, act: () => void, key: string}[], label: string}} props
 */
export function Menu({ items, label }) {
    const list = useRef(/** @type {HTMLElement|null} */ (null));
    useLayoutEffect(() => {
        const chosen = list.current?.querySelector('[aria-checked="true"]') ?? list.current?.querySelector("button");
        /** @type {HTMLElement|null|undefined} */ (chosen)?.focus({ preventScroll: true });
    }, []);
    return markup`<div class="menu" role="menu" aria-label=${label} ref=${list} onKeyDown=${moveFocus}>
        ${items.map((item) =>
            markup`<button role=${item.chosen === undefined ? "menuitem" : "menuitemradio"} key=${item.key}
            aria-checked=${item.chosen} onClick=${item.act}><span>${item.label}</span>
            ${item.hint !== undefined && markup`<span class="hint">${item.hint}</span>`}</button>`
        )}
    </div>`;
}

/** @param {KeyboardEvent} event up and down among the buttons of the element that handles it */
export function moveFocus(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll("button, input")];
    const place = buttons.indexOf(/** @type {Element} */ (document.activeElement));
    /** @type {HTMLElement} */ (buttons[(place + step + buttons.length) % buttons.length])?.focus();
}

/**
 * Choices of which one holds, side by side.
 * @param {{label: string, options: {value: string, label: unknown}[], value: string, choose: (value: string) => void, plain?: boolean}} props
 */
export function Segments({ label, options, value, choose, plain }) {
    return markup`<div class=${plain ? "tabs-plain" : "segments"} role="group" aria-label=${label}>
        ${options.map((option) =>
            markup`<button key=${option.value} aria-pressed=${option.value === value}
            onClick=${() => choose(option.value)}>${option.label}</button>`
        )}
    </div>`;
}

/** @param {{text: string, label?: string}} props copies, and says so for a moment */
export function CopyButton({ text, label }) {
    const [copied, setCopied] = useState(false);
    const copy = async () => {
        await copyText(text);
        setCopied(true);
        setTimeout(() => setCopied(false), 1500);
    };
    return markup`<button class="copy" onClick=${copy} aria-label=${label ? undefined : "Copy"} title="Copy">
        <${Icon} name="copy" />${copied ? "Copied" : label}</button>`;
}

/** @param {string} text the clipboard API needs https or loopback; elsewhere the old way works */
export async function copyText(text) {
    try {
        await navigator.clipboard.writeText(text);
    } catch {
        const area = document.createElement("textarea");
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
    }
}

/** @param {string} query a media query @returns {boolean} */
export function useMedia(query) {
    const [holds, setHolds] = useState(() => matchMedia(query).matches);
    useEffect(() => {
        const media = matchMedia(query);
        const listener = () => setHolds(media.matches);
        media.addEventListener("change", listener);
        listener();
        return () => media.removeEventListener("change", listener);
    }, [query]);
    return holds;
}

/** @param {{paint: import("../colour.js").Paint}} props the colour of a series, as in the chart */
export function Swatch({ paint }) {
    const colour = paint.kind === "value" ? `var(--s${paint.slot})` : `var(--${paint.kind})`;
    return markup`<span class=${`swatch ${paint.kind} p${paint.pattern}`} style=${{ "--c": colour }}></span>`;
}
