// @ts-check
// What choosing a candidate of the server's does to the text, and which part of a candidate was written already. Pure.

/** @typedef {import("./types/api.d.ts").Completion} Completion */
/** @typedef {import("./types/api.d.ts").Candidate} Candidate */

/**
 * The text with a candidate in the word's place, and where the cursor stands then.
 * @param {string} text
 * @param {Completion} completion of this text
 * @param {Candidate} candidate
 * @returns {{text: string, cursor: number}}
 */
export function take(text, { position, length }, { insert }) {
    const rest = text.slice(position + length);
    // A space that is there already serves as the candidate's own.
    const added = insert.endsWith(" ") && rest.startsWith(" ") ? insert.slice(0, -1) : insert;
    const cursor = position + added.length + (added === insert ? 0 : 1);
    return { text: text.slice(0, position) + added + rest, cursor };
}

/**
 * The word that is being written, without its quote.
 * @param {string} text
 * @param {Completion} completion
 * @param {number} cursor
 */
export function typed(text, { position }, cursor) {
    return text.slice(position, cursor).replace(/^["']/, "");
}

/**
 * A label in three parts, the middle one as written.
 * @param {string} label
 * @param {string} word
 * @returns {[string, string, string]}
 */
export function split(label, word) {
    const start = word === "" ? -1 : label.toLowerCase().indexOf(word.toLowerCase());
    if (start < 0) return [label, "", ""];
    return [label.slice(0, start), label.slice(start, start + word.length), label.slice(start + word.length)];
}
