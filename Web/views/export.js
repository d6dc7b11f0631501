// @ts-check
// The answer in other shapes: CSV, JSON, a picture, the SQL behind it.
import { markup } from "../preact.js";
import { csv } from "../charts/legend.js";
import { CopyButton, Dropdown, Icon, Menu } from "./parts.js";
import { savePicture } from "./png.js";

/** @typedef {import("../types/api.d.ts").Graph} Graph */

/**
 * @param {{graph?: Graph, state?: import("../state.js").State, answer?: unknown,
 *   table?: {name: string, csv: () => string}}} props a graph with its state, or another answer with its own table
 */
export function ExportMenu({ graph, state, answer = graph, table }) {
    if (!answer) return markup`<button disabled><${Icon} name="download" />Export<${Icon} name="down" /></button>`;
    const name = table?.name ?? (graph ? `netmeta-${graph.dimensions.join("-") || "total"}-${graph.from}-${graph.to}` : "netmeta");
    const lines = () => table ? table.csv() : graph && state ? csv(graph, state.sort) : "";
    const label = markup`<${Icon} name="download" />Export<${Icon} name="down" />`;
    return markup`<${Dropdown} label=${label} align="right">${(/** @type {() => void} */ close) =>
        markup`<${Menu} label="Export" items=${[
            {
                key: "csv",
                label: "Table as CSV",
                hint: ".csv",
                act: () => {
                    download(`${name}.csv`, "text/csv", lines());
                    close();
                },
            },
            {
                key: "json",
                label: "Whole answer as JSON",
                hint: ".json",
                act: () => {
                    download(`${name}.json`, "application/json", JSON.stringify(answer, null, 1));
                    close();
                },
            },
            {
                key: "png",
                label: "Chart as picture",
                hint: ".png",
                act: () => {
                    close();
                    savePicture(name, document.querySelector("h1")?.textContent ?? "NetMeta");
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
