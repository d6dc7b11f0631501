// @ts-check
// Typed reads of /api/v1. Every call takes an AbortSignal and throws an ApiError that says what went wrong.
import { tellDate } from "./clock.js";
import { ask } from "./questions.js";
import { toLogin } from "./session.js";

/** @typedef {import("./types/api.d.ts").Schema} Schema */
/** @typedef {import("./types/api.d.ts").Graph} Graph */
/** @typedef {import("./types/api.d.ts").Top} Top */
/** @typedef {import("./types/api.d.ts").Values} Values */
/** @typedef {import("./types/api.d.ts").Explained} Explained */
/** @typedef {import("./types/api.d.ts").Exporters} Exporters */
/** @typedef {import("./types/api.d.ts").Health} Health */
/** @typedef {import("./types/api.d.ts").Losses} Losses */
/** @typedef {import("./types/api.d.ts").Flows} Flows */
/** @typedef {import("./types/api.d.ts").FlowDetails} FlowDetails */
/** @typedef {import("./types/api.d.ts").TailLine} TailLine */
/** @typedef {import("./types/api.d.ts").Completion} Completion */
/** @typedef {import("./types/api.d.ts").Events} Events */
/** @typedef {import("./types/api.d.ts").NetEvent} NetEvent */
/** @typedef {Record<string, string|number|undefined>} Parameters */

/** Why a read failed: the server's own words, or "network" when there was no answer. */
export class ApiError extends Error {
    /**
     * @param {string} code
     * @param {string} message
     * @param {{parameter?: string, position?: number, length?: number}} [where]
     */
    constructor(code, message, where = {}) {
        super(message);
        this.code = code;
        this.parameter = where.parameter;
        this.position = where.position;
        this.length = where.length;
    }
}

/** @param {AbortSignal} signal @returns {Promise<Schema>} */
export const schema = (signal) => read("schema", {}, signal);
/** @param {AbortSignal} signal @returns {Promise<Health>} */
export const health = (signal) => read("health", {}, signal);
/** @param {AbortSignal} signal @returns {Promise<Losses>} */
export const losses = (signal) => read("health/losses", {}, signal);
/** @param {AbortSignal} signal @returns {Promise<Exporters>} */
export const exporters = (signal) => read("exporters", {}, signal);
/** @param {string} address @param {AbortSignal} signal @returns {Promise<Exporters>} one exporter, with its names */
export const exporter = (address, signal) => read("exporters", { address }, signal);

/** @param {Parameters} parameters @param {AbortSignal} signal @returns {Promise<Events>} the newest first */
export const events = (parameters, signal) => read("events", parameters, signal);

/** @param {number} limit @param {AbortSignal} signal @returns {Promise<{events: import("./types/api.d.ts").AuditEvent[]}>} the newest first */
export const audit = (limit, signal) => read("audit", { limit }, signal);

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<import("./types/api.d.ts").TracePairs>} */
export const tracePairs = (parameters, signal, id) =>
    ask(id, signal, () => read("traces", { ...parameters, id }, signal));

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<import("./types/api.d.ts").TracePair>} */
export const tracePair = (parameters, signal, id) =>
    ask(id, signal, () => read("traces", { ...parameters, id }, signal));

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<import("./types/api.d.ts").TraceLinkPairs>} */
export const traceLinkPairs = (parameters, signal, id) =>
    ask(id, signal, () => read("traces/links", { ...parameters, id }, signal));

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<import("./types/api.d.ts").TraceLinks>} */
export const traceLinks = (parameters, signal, id) =>
    ask(id, signal, () => read("traces/links", { ...parameters, id }, signal));

/** @param {string} id @param {AbortSignal} signal @returns {Promise<NetEvent>} with all of its text */
export const event = (id, signal) => read("events", { event: id }, signal);

/** @param {AbortSignal} signal @returns {Promise<import("./types/api.d.ts").Manual>} */
export const docs = (signal) => read("docs", {}, signal);

/** @param {string} name @param {AbortSignal} signal @returns {Promise<string>} a page of the manual, as Markdown */
export async function docPage(name, signal) {
    const response = await answer(`./docs/${encodeURIComponent(name)}.md`, "text/plain", signal);
    const text = await response.text().catch(() => "");
    if (signal.aborted) throw signal.reason;
    if (response.ok) return text;
    throw new ApiError(`http_${response.status}`, `The manual has no page “${name}”.`);
}

/**
 * What can be written at a place in a filter.
 * @param {string} text
 * @param {number} position in UTF-16 units
 * @param {AbortSignal} signal
 * @returns {Promise<Completion>}
 */
export const complete = (text, position, signal) => read("filter/complete", { text, position }, signal);

/** A row is queryable this many seconds after it was received, with room to spare. */
const INGEST = 3;

/**
 * @param {Parameters} parameters
 * @param {AbortSignal} signal
 * @param {string} id of the question, see newQuestion
 * @returns {Promise<Graph>}
 */
export async function graph(parameters, signal, id) {
    /** @type {Graph} */
    const answer = await ask(id, signal, () => read("graph", { ...parameters, id }, signal));
    // Up to "now" the newest seconds are still on their way: drawn, they would be a dip at the end of every chart.
    return { ...answer, settled: parameters.to === "now" ? answer.to - INGEST : answer.to };
}

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<Values>} */
export const values = (parameters, signal, id) => ask(id, signal, () => read("values", { ...parameters, id }, signal));

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<Top>} */
export const top = (parameters, signal, id) => ask(id, signal, () => read("top", { ...parameters, id }, signal));

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<Flows>} a page of rows */
export const flows = (parameters, signal, id) => ask(id, signal, () => read("flows", { ...parameters, id }, signal));

/** @param {string} place @param {AbortSignal} signal @param {string} id @returns {Promise<FlowDetails>} one row, with all fields */
export const flow = (place, signal, id) => ask(id, signal, () => read("flows/row", { place, id }, signal));

/**
 * The address of a file with rows, for a link.
 * @param {Parameters} parameters
 */
export const flowFile = (parameters) => address("flows/export", parameters);

/**
 * What arrives, a look a second, until the signal or the server ends it.
 * @param {Parameters} parameters
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<TailLine>}
 */
export async function* tail(parameters, signal) {
    const response = await reach("flows/tail", parameters, signal);
    if (!response.ok || !response.body) throw failure(response, await response.json().catch(() => null));
    let rest = "";
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line);
    }
}

/** @param {Parameters} parameters @param {AbortSignal} signal @param {string} id @returns {Promise<Explained>} */
export const explain = (parameters, signal, id) =>
    ask(id, signal, () => read("explain", { ...parameters, id }, signal));

/**
 * @param {string} route
 * @param {Parameters} parameters undefined and "" are left out
 */
function address(route, parameters) {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(parameters)) {
        if (value !== undefined && value !== "") query.set(key, String(value));
    }
    return `./api/v1/${route}${query.size === 0 ? "" : `?${query}`}`;
}

/** @param {string} route @param {Parameters} parameters @param {AbortSignal} signal */
async function reach(route, parameters, signal) {
    const response = await answer(address(route, parameters), "application/json", signal);
    tellDate(response.headers.get("Date"));
    // The session has ended, or the configuration asks who people are since a moment ago.
    if (response.status === 401) toLogin();
    return response;
}

/** @param {string} route @param {Parameters} parameters @param {AbortSignal} signal */
async function read(route, parameters, signal) {
    const response = await reach(route, parameters, signal);
    const body = await response.json().catch(() => null);
    if (signal.aborted) throw signal.reason;
    if (response.ok && body !== null) return body;
    throw failure(response, body);
}

/** @param {Response} response @param {any} body */
function failure(response, body) {
    const said = body?.error ?? {};
    return new ApiError(
        said.code ?? `http_${response.status}`,
        told(said) ?? `The server answered ${response.status} ${response.statusText}.`.trim(),
        { parameter: said.parameter, position: position(said), length: said.length },
    );
}

/** @param {string} address @param {string} type what is wanted @param {AbortSignal} signal */
async function answer(address, type, signal) {
    try {
        return await fetch(address, { signal, headers: { Accept: type } });
    } catch (error) {
        if (signal.aborted) throw error;
        throw new ApiError("network", "The server is not reachable.");
    }
}

/** @param {{message?: string, suggestion?: string}} said */
function told({ message, suggestion }) {
    return message && suggestion ? `${message}; did you mean ${suggestion}?` : message;
}

/**
 * Where in the text the error is: a field of its own, or told in the message.
 * @param {{position?: unknown, message?: unknown}} said
 * @returns {number|undefined} characters from the start, 0 is the first
 */
function position(said) {
    if (Number.isInteger(said.position)) return Number(said.position);
    const words = /\b(?:position|offset|character|column) (\d+)/.exec(String(said.message ?? ""));
    return words ? Math.max(0, Number(words[1]) - (/^(?:character|column)/.test(words[0]) ? 1 : 0)) : undefined;
}
