// @ts-check
// What was lost for which reason, in words. Pure.

/** @typedef {import("./types/api.d.ts").Health} Health */
/** @typedef {{name: string, words: string, count: number, unit: string}} Reason `unit` in the singular */

/**
 * The reasons of /health that something was lost for, those of most first.
 * @param {Health["losses"]} losses
 * @returns {Reason[]}
 */
export function lossReasons(losses) {
    const { rows, datagrams, lost } = losses;
    return Object.entries(lost.reasons).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1])
        .map(([name, count]) => ({
            name,
            words: reasonName(name),
            count,
            unit: name in rows.lost.reasons ? "row" : name in datagrams.lost.reasons ? "datagram" : "data set",
        }));
}

/** @param {string} name "kernel_drop" as people say it */
export function reasonName(name) {
    return name.replaceAll("_", " ");
}

/** @param {string} unit as the API names it @returns {string} one of it */
export function one(unit) {
    return unit === "sets" ? "data set" : unit.replace(/s$/, "");
}
