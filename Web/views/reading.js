// @ts-check
// What stands over a panel whose answer takes long: how far it is, and a way out.
import { markup, useEffect, useState } from "../preact.js";
import { progress, watch } from "../questions.js";

/** @typedef {import("../data.js").Loaded<unknown>} Loaded */

/** @param {{reads: Loaded[], what?: string}} props the reads of one panel; one button for all of them */
export function Reading({ reads, what }) {
    const [questions, setQuestions] = useState(/** @type {import("../questions.js").Question[]} */ ([]));
    const slow = reads.filter(({ long }) => long !== undefined);
    const isSlow = slow.length > 0;
    useEffect(() => isSlow ? watch(setQuestions) : undefined, [isSlow]);
    const cancelled = reads.filter(({ error }) => error?.code === "cancelled");
    if (isSlow) {
        const since = Math.min(...slow.map(({ long }) => long?.since ?? Infinity));
        const mine = questions.filter(({ id }) => slow.some(({ long }) => long?.id === id));
        return markup`<div class="reading" role="group" aria-label="Progress">
            <span>${progress(mine, (performance.now() - since) / 1000, what)}</span>
            <button onClick=${() => slow.forEach(({ cancel }) => cancel())}>Cancel</button></div>`;
    }
    if (cancelled.length > 0) {
        return markup`<div class="reading" role="status"><span>${what && `${what}: `}Cancelled.</span>
            <button onClick=${() => cancelled.forEach(({ retry }) => retry())}>Retry</button></div>`;
    }
    return null;
}
