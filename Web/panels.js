// @ts-check
// What the API is asked for the panels of panelset.js. Pure.

/**
 * @typedef {object} PanelOf
 * @property {string} id
 * @property {string} title
 * @property {"graph"|"top"|"values"} kind
 * @property {string[]} [dimensions]
 * @property {string} [column] of a distribution
 * @property {string} [unit]
 * @property {number} [limit]
 * @property {string} [filter]
 * @property {"in"|"out"} [direction]
 * @property {boolean} [split] whether in and out are drawn apart
 * @property {boolean} [wide]
 */

/**
 * What the API is asked for a panel.
 * @param {PanelOf} panel
 * @param {import("./time.js").Range} range
 * @param {string} unit where the panel has none of its own
 * @returns {Record<string, string|number|undefined>}
 */
export function question(panel, { from, to }, unit) {
    const shared = { from, to, filter: panel.filter, unit: panel.unit ?? unit, direction: panel.direction };
    if (panel.kind === "values") return { ...shared, column: panel.column };
    return {
        ...shared,
        dimensions: panel.dimensions?.join(","),
        limit: panel.limit,
        split: panel.split ? "direction" : undefined,
    };
}
