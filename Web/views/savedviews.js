// @ts-check
// Saved views: a menu that saves this page under a name, and opens, renames, shares and deletes what was saved.
import { markup, useEffect, useRef, useState } from "../preact.js";
import { send } from "../session.js";
import { format, parse } from "../state.js";
import { current, navigate } from "../store.js";
import { useSession } from "./account.js";
import { copyText, Dropdown, Icon, Skeleton } from "./parts.js";

/** @typedef {import("../types/api.d.ts").SavedView} SavedView */

/** @param {string} id @returns {string} the address that opens a view, whatever becomes of it later */
export const linkTo = (id) => `${location.origin}${location.pathname}?view=${id}`;

/** The menu in the top bar. @param {{narrow?: boolean}} props */
export function Views({ narrow = false }) {
    const label = markup`<${Icon} name="bookmark" />${!narrow && markup`<span class="views-word">Views</span>`}`;
    return markup`<${Dropdown} label=${label} class="quiet" align=${narrow ? "right" : "left"} name="Views" title="Saved views">
        ${(/** @type {() => void} */ close) => markup`<${Panel} close=${close} />`}<//>`;
}

/** @param {{close: () => void}} props */
function Panel({ close }) {
    const session = useSession();
    const [views, setViews] = useState(/** @type {SavedView[]|undefined} */ (undefined));
    const [problem, setProblem] = useState("");
    const mayChange = session !== undefined && session.role !== null && session.role !== "viewer";

    const read = async () => setViews((await send("views", "GET")).views);
    /** @param {() => Promise<unknown>} change */
    const act = async (change) => {
        setProblem("");
        try {
            await change();
            await read();
        } catch (error) {
            setProblem(error instanceof Error ? error.message : String(error));
        }
    };
    useEffect(() => void act(async () => {}), []);

    return markup`<div class="views" role="dialog" aria-label="Views">
        ${mayChange && markup`<${SaveForm} save=${(/** @type {object} */ view) => act(() => send("views", "POST", view))} />`}
        ${problem && markup`<p class="crit-text" role="alert">${problem}</p>`}
        ${views === undefined
            ? !problem && markup`<${Skeleton} lines=${3} />`
            : views.length === 0
            ? markup`<p class="empty">${mayChange ? "Nothing is saved yet." : "No view is shared with you."}</p>`
            : markup`<ul class="scroll">${views.map((view) =>
                markup`<${Row} key=${view.id} view=${view} close=${close} act=${act} user=${session?.user ?? ""} />`
            )}</ul>`}
    </div>`;
}

/** @param {{save: (view: object) => Promise<void>}} props */
function SaveForm({ save }) {
    const [name, setName] = useState("");
    const [shared, setShared] = useState(true);
    const field = useRef(/** @type {HTMLInputElement|null} */ (null));
    useEffect(() => field.current?.focus(), []);
    const submit = async (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        if (name.trim() === "") return;
        await save({ name, query: format(current()), shared });
        setName("");
    };
    return markup`<form onSubmit=${submit}>
        <div class="views-save"><input ref=${field} aria-label="Name of a new view" placeholder="Save this page as …" maxlength="80" value=${name}
            onInput=${(/** @type {InputEvent} */ event) => setName(/** @type {HTMLInputElement} */ (event.target).value)} />
        <button class="primary" disabled=${name.trim() === ""}>Save</button></div>
        <label class="views-check"><input type="checkbox" checked=${shared}
            onChange=${(/** @type {Event} */ event) => setShared(/** @type {HTMLInputElement} */ (event.target).checked)} />Others see it, too</label>
    </form>`;
}

/** @param {{view: SavedView, close: () => void, act: (change: () => Promise<unknown>) => Promise<void>, user: string}} props */
function Row({ view, close, act, user }) {
    const [mode, setMode] = useState(/** @type {""|"rename"|"delete"|"copied"} */ (""));
    const [name, setName] = useState(view.name);
    const change = (/** @type {object} */ body) => act(() => send(`views?view=${view.id}`, "PUT", body));
    const open = (/** @type {MouseEvent} */ event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        navigate(parse(view.query));
        close();
    };
    const rename = async (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        if (name.trim() !== "" && name !== view.name) await change({ name });
        setMode("");
    };
    const stop = (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        setName(view.name);
        setMode("");
    };
    const copy = async () => {
        await copyText(linkTo(view.id));
        setMode("copied");
        setTimeout(() => setMode((now) => now === "copied" ? "" : now), 1500);
    };
    if (mode === "rename") {
        return markup`<li><form class="views-save" onSubmit=${rename} onKeyDown=${stop}>
            <input aria-label=${`New name of ${view.name}`} maxlength="80" value=${name} ref=${focused}
                onInput=${(/** @type {InputEvent} */ event) => setName(/** @type {HTMLInputElement} */ (event.target).value)} />
            <button class="primary">Rename</button></form></li>`;
    }
    if (mode === "delete") {
        return markup`<li class="views-ask" onKeyDown=${stop}><span class="cut grow">Delete “${view.name}”?</span>
            <button ref=${focused} onClick=${() => act(() => send(`views?view=${view.id}`, "DELETE"))}>Delete</button>
            <button onClick=${() => setMode("")}>Keep</button></li>`;
    }
    const whose = view.owner !== user && view.owner !== "" ? view.owner : view.shared ? "" : "only you";
    return markup`<li><a class="cut grow" href=${`./${view.query}`} title=${view.name} onClick=${open}>${view.name}
            ${whose && markup` <span class="hint">${whose}</span>`}</a>
        ${mode === "copied"
            ? markup`<span class="hint" role="status">Link copied</span>`
            : markup`<button class="quiet" title="Copy a link to it" aria-label=${`Copy a link to ${view.name}`} onClick=${copy}><${Icon} name="link" /></button>`}
        ${view.mayChange &&
            markup`<button class="quiet" title="Save this page in its place" aria-label=${`Save this page as ${view.name}`}
                onClick=${() => change({ query: format(current()) })}><${Icon} name="save" /></button>
            <button class="quiet" title="Rename" aria-label=${`Rename ${view.name}`} onClick=${() => setMode("rename")}><${Icon} name="pencil" /></button>
            <button class="quiet" title="Delete" aria-label=${`Delete ${view.name}`} onClick=${() => setMode("delete")}><${Icon} name="close" /></button>`}
    </li>`;
}

/** @param {HTMLElement|null} element */
function focused(element) {
    if (element && element !== document.activeElement) element.focus();
}

/** Opens the view of a link, `?view=ID`; says so when there is none. */
export function LinkedView() {
    const [problem, setProblem] = useState("");
    useEffect(() => {
        const id = new URLSearchParams(location.search).get("view");
        if (id === null) return;
        send(`views?view=${encodeURIComponent(id)}`, "GET").then(
            (/** @type {SavedView} */ view) => navigate(parse(view.query), { replace: true }),
            () => setProblem("There is no such view, or it isn't shared with you."),
        );
    }, []);
    if (!problem) return null;
    return markup`<div class="notice warn bar" role="alert"><span class="dot warn"></span><span class="grow">${problem}</span>
        <button class="quiet" aria-label="Close" onClick=${() => setProblem("")}><${Icon} name="close" /></button></div>`;
}
