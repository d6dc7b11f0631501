// @ts-check
// What the API is asked for the relations of panelset.js. Pure.

/**
 * @typedef {object} Relation
 * @property {string} id
 * @property {string} title
 * @property {string} [direction] the part of the filter that chooses it; flows whose direction nobody told pass both
 * @property {number} limit paths
 * @property {string[][]} stages columns that make a node, from left to right
 * @property {string[]} heads of the stages
 */

/** @param {{stages: string[][]}} relation @returns {string[]} each column once, as the API is asked */
export function columnsOf({ stages }) {
    return [...new Set(stages.flat())];
}

/**
 * What Explore has as dimensions for the same paths: interfaces bring their exporters along there.
 * @param {Relation} relation
 */
export function dimensionsOf({ stages }) {
    return [...new Set(stages.flatMap((stage) => stage.some(isInterface) ? stage.filter(isInterface) : stage))];
}

/**
 * What makes the nodes of a sankey of these dimensions. The number of an interface means nothing without its exporter,
 * so both make a node, unless no more columns can be asked for.
 * @param {string[]} dimensions
 * @param {number} most columns that may be asked for
 * @returns {string[][]}
 */
export function stagesOf(dimensions, most) {
    const named = dimensions.includes(EXPORTER) || dimensions.length < most;
    return dimensions.map((column) => named && isInterface(column) ? [column, EXPORTER] : [column]);
}

const EXPORTER = "SamplerAddress";

/** @param {string} column */
function isInterface(column) {
    return /^(In|Out)(Phys)?If$/.test(column);
}
