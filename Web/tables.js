// @ts-check
// Where the tables of enrichment come from, whatever kind they are, in one list.

/** @typedef {import("./types/api.d.ts").Health} Health */

/**
 * @typedef {object} Table
 * @property {string} kind what is taken of it, or the exporter whose routes they are
 * @property {string} source file or URL
 * @property {number|null} entries
 * @property {number|null} changed Unix seconds
 * @property {number|null} checked Unix seconds; null of files
 * @property {string|null} problem
 */

/** Those with a problem first. @param {Health} health @returns {Table[]} */
export function tablesOf({ asMap, routerTables }) {
    const map = (asMap?.sources ?? []).map(({ kind, location, entries, changed, checked, problem }) => (
        { kind, source: location, entries, changed, checked, problem }
    ));
    const routers = routerTables.map(({ exporter, file, prefixes, changed, loaded, problem }) => (
        { kind: exporter, source: file, entries: loaded === null ? null : prefixes, changed, checked: null, problem }
    ));
    return [...map, ...routers].sort((a, b) => Number(a.problem === null) - Number(b.problem === null));
}
