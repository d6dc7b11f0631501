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

/** @param {Relation} relation @returns {string[]} each column once, as the API is asked */
export function columnsOf({ stages }) {
    return [...new Set(stages.flat())];
}
