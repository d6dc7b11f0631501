// @ts-check
// A key leads to a field that may not be drawn yet; what is typed until it is belongs to it.

/** How many milliseconds a field may take to be drawn. */
const PATIENCE = 3000;

/** @param {string} id of an input or a textarea */
export function focusWhenDrawn(id) {
    const field = () => /** @type {HTMLInputElement|HTMLTextAreaElement|null} */ (document.getElementById(id));
    if (focusAtEnd(field())) return;
    let typed = "";
    const hold = (/** @type {KeyboardEvent} */ event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.key === "Escape") return stop();
        if (event.key.length !== 1) return;
        typed += event.key;
        event.preventDefault();
        event.stopImmediatePropagation();
    };
    const observer = new MutationObserver(() => {
        const element = field();
        if (!focusAtEnd(element)) return;
        stop();
        if (typed === "") return;
        element.setRangeText(typed, element.value.length, element.value.length, "end");
        element.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    const timer = setTimeout(stop, PATIENCE);
    function stop() {
        clearTimeout(timer);
        observer.disconnect();
        removeEventListener("keydown", hold, true);
    }
    addEventListener("keydown", hold, true);
    observer.observe(document.body, { childList: true, subtree: true });
}

/** @param {HTMLInputElement|HTMLTextAreaElement|null} field @returns {field is HTMLInputElement|HTMLTextAreaElement} whether it is there */
function focusAtEnd(field) {
    if (!field) return false;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    return true;
}
