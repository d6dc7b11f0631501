// @ts-check
// What is doubtful about an exporter, in words, with what to do about it. Pure.
import { counted, duration, full, short } from "./units.js";

/** @typedef {import("./types/api.d.ts").Exporter} Exporter */
/** @typedef {{grade: "warn"|"crit", what: string, why: string}} Doubt */

/** Silent after this many seconds: five times the active timeout that most routers are set to. */
export const SILENT = 300;

/** A clock that is further off than this moves flows visibly in time. */
const CLOCK = 60;

/** @type {Record<string, string>} the server's reasons, for people */
const REASONS = {
    truncated: "cut short",
    unknownVersion: "of no known protocol",
    badLength: "with a length that can't be",
    badTemplate: "with a template that can't be",
    badCount: "with a count that can't be",
    badStructure: "of no known structure",
};

/**
 * @param {Exporter} exporter
 * @param {number} now Unix seconds
 * @returns {Doubt[]} the worst first
 */
export function doubts(exporter, now) {
    const { sampling, templates, sets, clock, records, memory } = exporter;
    /** @type {Doubt[]} */
    const found = [];
    /** @param {boolean} holds @param {string} what @param {string} why @param {Doubt["grade"]} [grade] */
    const note = (holds, what, why, grade = "warn") => void (holds && found.push({ grade, what, why }));
    const { problem } = exporter;
    note(problem !== null, problemWords(exporter), problem ?? "", isOff(exporter) ? "crit" : "warn");
    const silence = now - exporter.lastSeen;
    note(
        silence > SILENT,
        `Silent for ${duration(silence)}`,
        "Nothing arrives any more: is it up, does it still export, is there a firewall in between?",
        "crit",
    );
    note(
        sampling.source === "unknown",
        "Sampling rate unknown",
        "Nobody told it, so that bytes and packets count as 1:1 and are lower bounds. Switch on its sampling options, or set samplingRate under samplers in the configuration.",
    );
    note(
        templates.missing > 0 || sets.withoutTemplate > 0,
        templates.missing > 0
            ? `${counted(templates.missing, "template")} missing`
            : `${counted(sets.withoutTemplate, "data set")} lost for want of a template`,
        "Data without its template can't be read. Let it send templates every minute.",
    );
    note(
        exporter.sequenceGaps > 0,
        `Gaps ≈ ${short(exporter.sequenceGaps)}`,
        "By its sequence numbers, so many datagrams or records were lost before they reached this server.",
    );
    note(
        exporter.agentDrops > 0,
        `${counted(exporter.agentDrops, "sample")} dropped by the agent`,
        "It samples more than it can send: sample less often.",
    );
    note(
        clock.wrongDatagrams > 0 || Math.abs(clock.offset ?? 0) > CLOCK,
        `Clock ${clockWords(exporter)}`,
        clockWhy(exporter),
    );
    note(
        typeof exporter.snmp?.problem === "string",
        "SNMP gives no names",
        `${(exporter.snmp?.problem ?? "").replace(/^./, (letter) => letter.toUpperCase())}.`,
    );
    const malformed = Object.entries(exporter.malformed);
    note(
        malformed.length > 0,
        `${full(malformed.reduce((sum, [, count]) => sum + count, 0))} malformed`,
        `${
            malformed.map(([reason, count]) => `${full(count)} ${reasonWords(reason)}`).join(", ")
        }. A capture of its datagrams shows more: netmeta decode.`,
    );
    note(
        records.rejected > 0,
        `${counted(records.rejected, "record")} rejected`,
        "They tell neither traffic nor an event.",
    );
    note(
        records.lostTexts > 0,
        `${counted(records.lostTexts, "text")} cut or left out`,
        "They are longer, or more, than the column Strings holds.",
    );
    note(
        memory.refused > 0,
        `${full(memory.refused)} templates or names not remembered`,
        "It tells more than there is room for, so that some of its data may not be read, or without a rate.",
    );
    return found;
}

/** @param {Exporter} exporter its state in a few words where it can give no flows: "accounting is off" */
export function problemWords({ problem }) {
    return (problem ?? "").replace(/[:;].*/s, "");
}

/** @param {Exporter} exporter whether it can give no flows; another source of the same host may do so all the same */
export function isOff({ problem, flowsPerSecond }) {
    return problem !== null && flowsPerSecond === 0;
}

/** @param {string} reason */
export function reasonWords(reason) {
    return REASONS[reason] ?? reason.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** @param {Exporter} exporter "2 h behind" */
export function clockWords({ clock }) {
    if (clock.offset === null) return "not told";
    if (Math.abs(clock.offset) <= 1) return "right";
    return `${duration(Math.abs(clock.offset))} ${clock.offset > 0 ? "ahead" : "behind"}`;
}

/** @param {Exporter} exporter */
function clockWhy({ clock }) {
    const advice = "Let it keep time by NTP.";
    if (clock.wrongDatagrams === 0) return `Start and end of its flows are as far off. ${advice}`;
    return `The dates of ${counted(clock.wrongDatagrams, "datagram")} were not believed. ${advice}`;
}
