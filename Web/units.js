// @ts-check
// Numbers as people read them: SI prefixes in powers of 1000, the full figure on hover. Pure.

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];

/** @typedef {{power: number, prefix: string, factor: number}} Scale one SI step: value / factor carries the prefix */

/**
 * The SI step in which a value has one to three digits before the point.
 * @param {number} value
 * @returns {Scale}
 */
export function scaleOf(value) {
    let power = 0;
    // 999.5 would print as 1000, so it belongs to the next step.
    for (let rest = Math.abs(value); rest >= 999.5 && power < PREFIXES.length - 1; rest /= 1000) power += 1;
    return { power, prefix: PREFIXES[power], factor: 1000 ** power };
}

/**
 * Three significant digits, more only in front of the point; a real minus.
 * @param {number} value
 * @param {number} [extra] more decimals, for figures that stand alone
 */
export function threeDigits(value, extra = 0) {
    const size = Math.abs(value);
    const decimals = size < 0.0005 ? 0 : size >= 99.95 ? extra : size >= 9.995 ? 1 + extra : size < 0.1 ? 4 : 2;
    const digits = size.toFixed(decimals);
    return minus(size < 0.1 ? String(Number(digits)) : digits, value);
}

/** @param {string} digits @param {number} value */
function minus(digits, value) {
    return value < 0 && Number(digits) !== 0 ? `−${digits}` : digits;
}

/**
 * A value with its prefix, "4.61 G"; whole numbers below 1000 stay whole.
 * @param {number} value
 */
export function short(value) {
    const { text, prefix } = parts(value);
    return prefix === "" ? text : `${text} ${prefix}`;
}

/**
 * Digits and prefix apart, for figures whose unit is set smaller.
 * @param {number} value
 * @param {number} [extra] more decimals where there is a prefix
 */
export function parts(value, extra = 0) {
    const scale = scaleOf(value);
    const whole = scale.power === 0 && Number.isInteger(value);
    return {
        text: whole
            ? minus(String(Math.abs(value)), value)
            : threeDigits(value / scale.factor, scale.power > 0 ? extra : 0),
        prefix: scale.prefix,
    };
}

/** @param {number} value of a size or a budget: "512 kB", "0 B" */
export function bytes(value) {
    const { text, prefix } = parts(value);
    return `${text} ${prefix}B`;
}

/**
 * Every digit, grouped: 3,412,086,331. Rates keep up to two decimals.
 * @param {number} value
 */
export function full(value) {
    const digits = Math.abs(value).toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 100 ? 3 : 2 });
    return minus(digits, value).replace(/^−0$/, "0");
}

/**
 * How many groups there are besides those shown; in three digits, as "about 5,310,000", where they weren't counted.
 * @param {{groups: number, groupsExact: boolean}} answer
 * @param {number} [shown]
 */
export function groupCount({ groups, groupsExact }, shown = 0) {
    const others = Math.max(0, groups - shown);
    return groupsExact ? full(others) : `about ${full(Number(others.toPrecision(3)))}`;
}

/**
 * A unit with a prefix: "Gbit/s", "Mpkt/s", "k flow/s".
 * @param {string} unit as the API names it
 * @param {string} prefix
 */
export function prefixed(unit, prefix) {
    if (isMean(unit)) return `${prefix}B/packet`;
    if (unit === "bytes") return prefix === "" ? "bytes" : `${prefix}B`;
    if (/^flow|^packets$/.test(unit)) return prefix === "" ? unit : `${prefix} ${unit}`;
    return prefix + (unit === "packet/s" ? "pkt/s" : unit);
}

/** The units that the API knows. */
export const UNITS = ["bit/s", "packet/s", "flow/s", "bytes", "packets", "flows", "byte/packet"];

/** @param {string} unit whether its values are averages, which can't be added */
export function isMean(unit) {
    return unit === "byte/packet";
}

/** @param {string} unit whether its values are sums of a bucket, not divided by its seconds */
export function isTotal(unit) {
    return /^(bytes|packets|flows)$/.test(unit);
}

/** @param {string} unit whether a sampling rate that nobody told makes its figures lower bounds */
export function isScaled(unit) {
    return !unit.startsWith("flow") && !isMean(unit);
}

/**
 * Bytes, packets or flows of some seconds, in a unit.
 * @param {number} amount
 * @param {number} seconds
 * @param {string} unit
 */
export function inUnit(amount, seconds, unit) {
    return isTotal(unit) || isMean(unit) ? amount : amount * (unit === "bit/s" ? 8 : 1) / seconds;
}

/**
 * What the total over the range is counted in.
 * @param {string} unit
 */
export function totalUnit(unit) {
    if (["bit/s", "bytes", "byte/packet"].includes(unit)) return { short: "B", words: "bytes" };
    return unit.startsWith("packet") ? { short: "pkt", words: "packets" } : { short: "flows", words: "flows" };
}

/**
 * A total with prefix and unit: "114 kB", "500 pkt".
 * @param {number} value
 * @param {string} unit the rate unit that it belongs to
 */
export function total(value, unit) {
    return totalUnit(unit).short === "B" ? bytes(value) : short(value);
}

/**
 * The full total: "114,000 bytes".
 * @param {number} value
 * @param {string} unit
 */
export function totalInFull(value, unit) {
    const words = totalUnit(unit).words;
    return `${full(Math.round(value))} ${value === 1 ? words.slice(0, -1) : words}`;
}

/**
 * A share as a percentage with one decimal: 0.248 is "24.8".
 * @param {number} share 0..1
 */
export function percent(share) {
    const value = share * 100;
    if (value === 0 || value >= 0.05) return value.toFixed(1);
    return value >= 0.0001 ? value.toPrecision(2) : "< 0.0001";
}

/**
 * A length of time in words: "0.9 s", "12 min", "6 h", "6 d 04 h".
 * @param {number} seconds
 */
export function duration(seconds) {
    if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
    if (seconds < 120) return `${Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    const hours = Math.floor(seconds / 3600);
    if (hours < 48) {
        const minutes = Math.floor((seconds % 3600) / 60);
        return minutes === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes} min`;
    }
    const days = Math.floor(hours / 24);
    return hours % 24 === 0 ? `${days} d` : `${days} d ${String(hours % 24).padStart(2, "0")} h`;
}

/**
 * A count with its noun: 1 exporter, 8 exporters.
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
    return `${full(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * The least value that is not below the given share of all: p95 by nearest rank.
 * @param {number[]} values
 * @param {number} share 0..1
 */
export function percentile(values, share) {
    if (values.length === 0) return 0;
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
