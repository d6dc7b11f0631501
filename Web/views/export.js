// @ts-check
// The answer in other shapes: CSV, JSON, the SQL behind it.
import { markup } from "../preact.js";
import { csv } from "../charts/legend.js";
import { CopyButton, Dropdown, Icon, Menu } from "./parts.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */

/** @param {{graph: Graph|undefined, state: import("../state.js").State}} props */
export function ExportMenu({ graph, state }) {
    if (!graph) return markup`<button disabled><${Icon} name="download" />Export<${Icon} name="down" /></button>`;
    const name = `netmeta-${graph.dimensions.join("-") || "total"}-${graph.from}-${graph.to}`;
    const label = markup`<${Icon} name="download" />Export<${Icon} name="down" />`;
    return markup`<${Dropdown} label=${label} align="right">${(/** @type {() => void} */ close) =>
        markup`<${Menu} label="Export" items=${[
            {
                key: "csv",
                label: "Table as CSV",
                hint: ".csv",
                act: () => {
                    download(`${name}.csv`, "text/csv", csv(graph, state.sort));
                    close();
                },
            },
            {
                key: "json",
                label: "Whole answer as JSON",
                hint: ".json",
                act: () => {
                    download(`${name}.json`, "application/json", JSON.stringify(graph, null, 1));
                    close();
                },
            },
        ]} />`}<//>`;
}

/** @param {string} name @param {string} type @param {string} text */
function download(name, type, text) {
    const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    const anchor = document.createElement("a");
    anchor.href = address;
    anchor.download = name;
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** @param {{sql: string, close: () => void, what?: string}} props */
export function SqlView({ sql, close, what = "what the chart was read with" }) {
    return markup`<section class="panel sql" aria-label="SQL"><div class="head"><h2>SQL</h2><span class="dim cut">${what}</span>
        <span class="grow"></span><${CopyButton} text=${sql} label="Copy" />
        <button class="quiet" aria-label="Close" onClick=${close}><${Icon} name="close" /></button></div>
        <pre tabindex="0"><code>${sql}</code></pre></section>`;
}
