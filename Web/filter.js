// @ts-check
// Text of the filter language for one value. The server parses and checks it; nothing here becomes SQL. Pure.

/** Values that the language reads without quotes: numbers, addresses, prefixes. */
const BARE = /^(\d+|[0-9a-fA-F]*[:.][0-9a-fA-F:.]*(\/\d+)?)$/;

/**
 * "SrcAS = 13335", "Proto = \"TCP\"", "SrcAS = unknown".
 * @param {string} column
 * @param {string} value the key as the API gave it
 * @param {boolean} [unknown] whether the value is the one that says nobody told
 * @param {boolean} [exclude]
 */
export function term(column, value, unknown = false, exclude = false) {
    const text = unknown ? "unknown" : BARE.test(value) ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
    return `${column} ${exclude ? "!=" : "="} ${text}`;
}

/**
 * All terms of a row of several dimensions, joined by "and".
 * @param {string[]} terms
 */
export function all(terms) {
    return terms.join(" and ");
}

/**
 * The filter with one more condition; what holds already is not said twice.
 * @param {string} filter
 * @param {string} term
 */
export function and(filter, term) {
    const old = filter.trim();
    if (old === "") return term;
    if (old === term || old.split(" and ").includes(term)) return old;
    return /\bor\b|--|#|\/\*|\n/i.test(old) ? `(${old}) and ${term}` : `${old} and ${term}`;
}
