// @ts-check
// The frame of Explore's charts that are no time series: the query on the left, head, doubts and content on the right.
import { markup, useState } from "../preact.js";
import { useReady } from "../data.js";
import { link } from "../state.js";
import { navigate, steps } from "../store.js";
import { full, percent, short } from "../units.js";
import { ExportMenu, SqlView } from "./export.js";
import { CopyButton, Failure, Icon, Skeleton } from "./parts.js";
import { QueryPanel } from "./querypanel.js";
import { Reading } from "./reading.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Statistics} Statistics */
/** @typedef {{sql: string, exact: boolean, assumedSampling: number, statistics: Statistics}} Answer */

/**
 * @param {{state: State, schema: import("../data.js").Loaded<import("../api.js").Schema>, title: string, asked: string,
 *   loaded: import("../data.js").Loaded<Answer>, summary?: unknown, table?: {name: string, csv: () => string},
 *   children: unknown}} props asked is what is read, as useData has it; table is what can be exported
 */
export function Bench({ state, schema, title, asked, loaded, summary, table, children }) {
    const [sql, setSql] = useState(false);
    const { data, error } = loaded;
    const settled = asked !== "" && !loaded.stale || error !== undefined;
    useReady(
        settled && (schema.data !== undefined || schema.error !== undefined),
        `${asked} ${state.chart} ${state.losses} ${settled}`,
    );
    const filterError = error?.parameter === "filter" ? error : undefined;
    return markup`<div class="bench">
        <${QueryPanel} state=${state} schema=${schema.data} error=${filterError} />
        <main id="main" class="result">
            <div class="title-line">
                <${UndoRedo} />
                <h1>${title}</h1>
                <span class="dim summary">${data && !loaded.stale && summary !== undefined && markup`${summary}<${Source} answer=${data} state=${state} />`}</span>
                <span class="grow"></span>
                <div class="title-buttons">
                <button aria-pressed=${sql} disabled=${!data?.sql} onClick=${() => setSql(!sql)}><${Icon} name="code" />SQL</button>
                <${ExportMenu} answer=${loaded.stale || !data?.sql ? undefined : data} table=${table} />
                <${CopyButton} text=${new URL(link(state, {}), location.href).href} label="Link" /></div>
            </div>
            ${error && !["network", "cancelled"].includes(error.code) && (filterError
        ? markup`<div class="notice crit" role="status"><span class="dot crit"></span><div class="grow"><strong>The filter is not understood.</strong> ${error.message}</div>
                <button onClick=${() => navigate({ filter: "" })}>Show without filter</button></div>`
        : markup`<${Failure} error=${error} retry=${loaded.retry} />`)}
            ${sql && data && markup`<${SqlView} sql=${data.sql} close=${() => setSql(false)} />`}
            <div class="over"><${Reading} reads=${[loaded]} />
            ${data
        ? markup`<div class=${loaded.stale ? "stack faded" : "stack"}>${children}</div>`
        : (!error || error.code === "cancelled") &&
            markup`<div class="stack"><section class="panel"><div class="chart-space tall">${loaded.slow &&
                markup`<${Skeleton} tall=${true} />`}</div></section></div>`}
            </div>
        </main>
    </div>`;
}

/** @param {{answer: Answer, state: State}} props where the figures come from */
function Source({ answer, state }) {
    const { rows, elapsed, source, resolution } = answer.statistics;
    const took = elapsed < 1 ? `${Math.max(1, Math.round(elapsed * 1000))} ms` : `${elapsed.toFixed(1)} s`;
    const what = resolution > 1 ? "rows, from sums" : "raw rows";
    return markup`<span class=${answer.exact ? "" : "warn-text"}>${answer.exact ? "exact" : "approximate"}</span>,${" "}
        <span title=${`${full(rows)} rows, from the table ${source}`}>${short(rows)} ${what}</span> in ${took}
        ${answer.assumedSampling > 0 && !state.unit.startsWith("flow") &&
        markup`<span class="warn-text" title="Nobody told the sampling rate of these rows, so the figures are lower bounds">
            ; ≥ sampling rate unknown, assumed 1:1${answer.assumedSampling < 0.9995 && ` for ${percent(answer.assumedSampling)} % of rows`}</span>`}`;
}

export function UndoRedo() {
    const { undo, redo } = steps();
    return markup`<div class="joined">
        <button class="step" title="Undo (Back)" aria-label="Undo" disabled=${!undo} onClick=${() =>
        history.back()}><${Icon} name="undo" /></button>
        <button class="step" title="Redo (Forward)" aria-label="Redo" disabled=${!redo} onClick=${() =>
        history.forward()}><${Icon} name="redo" /></button>
    </div>`;
}
