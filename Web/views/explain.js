// @ts-check
// What changed between a selection and the time before it: beside the chart, never over it.
import { markup, useEffect, useRef } from "../preact.js";
import * as api from "../api.js";
import { useData } from "../data.js";
import { clearer, referenceOf, relative, selectionOf, subject, symptoms, valueAndCompanion } from "../explained.js";
import { and } from "../filter.js";
import { navigate, steps } from "../store.js";
import { span } from "../time.js";
import { counted, duration, full, parts, percent, prefixed, short } from "../units.js";
import { nameAndId } from "../words.js";
import { Failure, Icon, Skeleton } from "./parts.js";
import { Reading } from "./reading.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Explained} Explained */
/** @typedef {import("../types/api.d.ts").ExplainCause} Cause */
/** @typedef {import("../types/api.d.ts").ExplainPart} Part */

/** @type {[State["against"], string][]} */
const REFERENCES = [["before", "the time before"], ["day", "a day before"], ["week", "a week before"]];

/** @param {{state: State, zone: import("../time.js").Zone}} props */
export function ExplainPanel({ state, zone }) {
    const selection = selectionOf(state);
    const reference = selection && referenceOf(selection, state.against);
    const parameters = {
        ...selection,
        // The default is told by leaving it out: the server knows what is stored.
        referenceFrom: state.against === "before" ? undefined : reference?.from,
        referenceTo: state.against === "before" ? undefined : reference?.to,
        filter: state.filter,
        unit: state.unit,
        direction: state.direction === "in" || state.direction === "out" ? state.direction : undefined,
    };
    const loaded = useData(
        selection ? `explain ${JSON.stringify(parameters)}` : "",
        (signal, id) => api.explain(parameters, signal, id),
        0,
    );
    const answer = loaded.data;
    const panel = useRef(/** @type {HTMLElement|null} */ (null));
    useEffect(() => {
        // The keyboard goes on from what it asked for, not from the top of the page; a page that is opened stays as it is.
        if (steps().undo && document.activeElement === document.body) panel.current?.focus({ preventScroll: true });
    }, [state.explain]);
    const close = () => navigate({ explain: "", against: "before" });
    return markup`<section class="panel explain" aria-label="Explain" tabindex="-1" ref=${panel}>
        <div class="head"><h2>Explain</h2><span class="dim cut">${selection && span(selection, zone, selection.to)}</span><span class="grow"></span>
            <button class="quiet" onClick=${close} aria-label="Close the explanation"><${Icon} name="close" /></button></div>
        <label class="explain-against"><span>against</span><select value=${state.against}
            onChange=${(/** @type {Event} */ event) =>
        navigate({ against: /** @type {State["against"]} */ (/** @type {HTMLSelectElement} */ (event.target).value) })}>
            ${REFERENCES.map(([key, name]) => markup`<option key=${key} value=${key} selected=${key === state.against}>${name}</option>`)}</select>
            <span class="grow"></span>
            ${selection && markup`<button onClick=${() =>
        navigate({ from: String(selection.from), to: String(selection.to) })}>Zoom in</button>`}</label>
        <div class="over explain-body"><${Reading} reads=${[loaded]} what="Explain" />
        ${loaded.error && !["network", "cancelled"].includes(loaded.error.code) &&
        (loaded.error.message.startsWith("nothing is stored")
            ? markup`<div class="notice warn" role="alert"><span class="dot warn"></span><div class="grow">
                <strong>Nothing is stored of the time to compare with.</strong>
                <div class="dim">Drag over a later part of the chart: it is compared with what came before it.</div></div></div>`
            : markup`<${Failure} error=${loaded.error} retry=${loaded.retry} />`)}
        ${answer
            ? markup`<div class=${loaded.stale ? "faded" : ""}><${Answer} answer=${answer} state=${state} zone=${zone} /></div>`
            : loaded.slow && markup`<${Skeleton} lines=${6} />`}</div>
    </section>`;
}

/** @param {{answer: Explained, state: State, zone: import("../time.js").Zone}} props */
function Answer({ answer, state, zone }) {
    const about = answer.exact ? "" : "≈ ";
    const difference = answer.after - answer.before;
    const { text, prefix } = parts(Math.abs(difference));
    const asked = selectionOf(state);
    const length = answer.referenceTo - answer.referenceFrom;
    const shortened = asked && length < asked.to - asked.from - 5;
    const others = clearer(answer);
    return markup`<div class="explain-sum">
            <span class="explain-big"><b>${difference < 0 ? "−" : "+"}${text}</b> ${prefixed(answer.unit, prefix)}</span>
            <span class="dim">${short(answer.before)} → ${short(answer.after)}</span><span class="grow"></span>
            <b>${relative(answer)}</b></div>
        ${!answer.changed && markup`<p class="under">All traffic together differs no more than it ordinarily does.</p>`}
        ${shortened && markup`<p class="under warn-text">Only ${duration(length)} before the selection are stored; it is compared with these.</p>`}
        ${answer.causes.length > 0
        ? markup`<ol class="causes" aria-label="Causes">${answer.causes.map((cause, index) =>
            markup`<${CauseRow} key=${cause.filter} cause=${cause} rank=${index + 1} answer=${answer} state=${state} about=${about} />`
        )}</ol>
            <p class="under">Share of the difference that each accounts for; no traffic is in two of them.
                Without them: ${short(answer.rest.before)} → ${short(answer.rest.after)}, ${relative(answer.rest)}.</p>`
        : markup`<p class="explain-none" role="status"><b>No cause stands out.</b><br />${answer.changed
            ? "All values changed alike, so look for what all traffic has in common: an exporter, its sampling rate, the time of day."
            : "No value of any dimension changed more than values ordinarily do here."}</p>`}
        ${others.length > 0 && markup`<p class="under">It shows more clearly in ${others.map(({ unit, change }, place) =>
            markup`${place > 0 && " and "}<button class="link-button" onClick=${() => navigate({ unit })}>${unit}</button> (${change})`
        )}.</p>`}
        ${answer.values.length > 0 && markup`<details class="all-values"><summary>All ${full(answer.values.length)} values that changed</summary>
            <p class="under">These overlap, so their shares do not add up.</p>
            <table><tbody>${answer.values.map((value) =>
            markup`<tr key=${value.filter}><td><span class="dim">${subject(value.part)}</span> <${ValueName} part=${value.part} filter=${value.filter} state=${state} /></td>
                <td class="main">${percent(value.share)} %</td><td>${about}${short(value.before)} → ${short(value.after)}</td></tr>`
        )}</tbody></table></details>`}
        <p class="under dim">${made(answer)}, against ${span({ from: answer.referenceFrom, to: answer.referenceTo }, zone, answer.referenceTo)}.
            ${answer.assumedSampling > 0 && answer.unit !== "flow/s" &&
        markup` <span class="warn-text">Sampling rate unknown for ${percent(answer.assumedSampling)} % of rows, assumed 1:1.</span>`}</p>`;
}

/** @param {Explained} answer how it was made */
function made({ exact, every, statistics, compared }) {
    const took = statistics.elapsed < 1
        ? `${Math.max(1, Math.round(statistics.elapsed * 1000))} ms`
        : `${statistics.elapsed.toFixed(1)} s`;
    const what = exact
        ? `Exact, ${short(statistics.rows)} raw rows`
        : `Approximate: one of ${full(every)} seconds was read, of ${short(statistics.rows)} raw rows`;
    return `${what}, ${counted(compared.length, "dimension")} in ${took}`;
}

/** @param {{cause: Cause, rank: number, answer: Explained, state: State, about: string}} props */
function CauseRow({ cause, rank, answer, state, about }) {
    const difference = cause.after - cause.before;
    const against = (answer.after - answer.before) * difference < 0 && answer.changed;
    const signs = cause.signs ? symptoms(cause.signs, answer.exact) : [];
    const { text, prefix } = parts(cause.after);
    const rates = `${short(cause.before)} → ${text} ${prefixed(answer.unit, prefix)}, ${relative(cause)}`;
    return markup`<li>
        <span class="rank">${rank}</span>
        <div class="cause">
            ${cause.parts.map((part, place) =>
        markup`<div key=${part.key.join()} class="cause-line"><span class="tag">${subject(part, cause.either)}</span>
                <${ValueName} part=${part} filter=${cause.filter} state=${state} />
                ${place === 0 && markup`<span class="grow"></span><b class="cause-share">${about}${percent(cause.share)} %</b>`}</div>`
    )}
            <div class="cause-line"><span class="cause-bar"><span style=${{
        width: `${Math.min(1, cause.share) * 100}%`,
    }}></span></span><span class="dim">${rates}</span></div>
            ${against && markup`<div class="dim">against the difference: it ${difference < 0 ? "fell" : "rose"}</div>`}
            ${signs.length > 0 && markup`<div>${signs.join(" · ")}</div>`}
            ${cause.along.length > 0 && markup`<div class="along"><span class="dim">same traffic:</span> ${cause.along.map((along) =>
        markup`<span key=${along.filter} class="along-item">${subject(along.part, along.either)} <${ValueName} part=${along.part}
                    filter=${along.filter} state=${state} /> <span class="dim">${percent(along.share)} %</span></span>`
    )}</div>`}
        </div></li>`;
}

/** @param {{part: Part, filter: string, state: State}} props a click filters to it */
function ValueName({ part, filter, state }) {
    const { value, companion } = valueAndCompanion(part);
    const [name, id] = nameAndId(value);
    return markup`<button class="value-button explain-value" title=${`Filter to ${filter}`}
        onClick=${() => navigate({ filter: and(state.filter, filter) })}>${name}${id && markup` <span class="id">${id}</span>`}${companion &&
        markup` <span class="id">${companion}</span>`}</button>`;
}
