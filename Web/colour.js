// @ts-check
// A value keeps its colour for good: the slot is a hash of the value, never of its rank. Pure.

/** How many colours the palette has: --s1 to --s12. */
export const SLOTS = 12;

/**
 * @typedef {object} Paint how one series is told apart
 * @property {"value"|"other"|"unknown"} kind
 * @property {number} slot 1..12; 0 for other and unknown
 * @property {number} pattern 0 plain; 1, 2, 3 stripe or dash of values that share a slot
 */

/**
 * The slot of a value: FNV-1a over its UTF-8 bytes, mixed, modulo the palette.
 * @param {string[]} key
 */
export function slot(key) {
    let hash = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(key.join("\u001f"))) hash = Math.imul(hash ^ byte, 0x01000193);
    // FNV's low bits are weak on short keys; this is MurmurHash3's finaliser.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) % SLOTS + 1;
}

/**
 * A paint for each row in view. Of the values that share a slot the first by name is plain, later ones are striped.
 * @param {{key: string[], labels: string[], kind: string}[]} rows
 * @returns {Paint[]}
 */
export function paints(rows) {
    /** @type {Map<string, {name: string, slot: number}>} */
    const values = new Map();
    for (const row of rows) {
        if (row.kind === "value") {
            values.set(row.key.join("\u001f"), { name: row.labels.join("\u001f"), slot: slot(row.key) });
        }
    }
    const patterns = new Map();
    const used = new Map();
    const byName = [...values].sort((a, b) =>
        a[1].name < b[1].name ? -1 : a[1].name > b[1].name ? 1 : a[0] < b[0] ? -1 : 1
    );
    for (const [id, { slot }] of byName) {
        const count = used.get(slot) ?? 0;
        patterns.set(id, count % 4);
        used.set(slot, count + 1);
    }
    return rows.map((row) => {
        if (row.kind === "other" || row.kind === "unknown") return { kind: row.kind, slot: 0, pattern: 0 };
        return { kind: "value", slot: slot(row.key), pattern: patterns.get(row.key.join("\u001f")) ?? 0 };
    });
}

/**
 * The name of the custom property that holds a paint's colour.
 * @param {Paint} paint
 */
export function property(paint) {
    return paint.kind === "value" ? `--s${paint.slot}` : `--${paint.kind}`;
}
