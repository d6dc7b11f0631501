// @ts-check
// The keys that work everywhere.
import { markup, useRef } from "../preact.js";
import { useModal } from "./parts.js";

const KEYS = [
    [["/"], "Filter, in Docs the search"],
    [["g", "o"], "Overview"],
    [["g", "e"], "Explore"],
    [["g", "f"], "Flows; there ↑ ↓ move among rows, Enter opens one"],
    [["g", "r"], "Relations"],
    [["g", "t"], "Traces"],
    [["g", "v"], "Events"],
    [["e"], "Explain what is brushed, or the range"],
    [["g", "d"], "Docs"],
    [["g", "a"], "Audit log, for admins"],
    [["r"], "Choose the range"],
    [["←", "→"], "Range one length earlier or later"],
    [["Enter"], "Apply the filter; Shift Enter begins a line"],
    [["Tab"], "Take what the list under the filter has marked; ↓ and ↑ mark another, Ctrl Space opens the list"],
    [["Esc"], "Close what floats, cancel a brush"],
    [["?"], "This list"],
];

/** @param {{close: () => void}} props */
export function Help({ close }) {
    const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
    useModal(dialog);
    return markup`<dialog ref=${dialog} class="help" aria-label="Keys" onClose=${close}
        onClick=${(/** @type {MouseEvent} */ event) => event.target === dialog.current && dialog.current?.close()}>
        <h2>Keys</h2>
        <dl>${KEYS.map(([keys, what]) =>
            markup`<dt>${/** @type {string[]} */ (keys).map((key) => markup`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd>`
        )}</dl>
        <p class="dim">Drag over a chart to zoom or to explain; Back undoes it. Click a value in a table to filter, exclude or split by it.</p>
        <form method="dialog"><button class="primary" autofocus>Close</button></form>
    </dialog>`;
}
