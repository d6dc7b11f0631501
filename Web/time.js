// @ts-check
// Ranges and clock faces. Pure: "now" is always handed in.

/** @typedef {{from: string, to: string}} Range as in the URL: unix seconds, "now", "-6h", or "auto" to begin */
/** @typedef {"utc"|"local"} Zone */

const UNITS = /** @type {Record<string, number>} */ ({ s: 1, m: 60, h: 3600, d: 86400, w: 604800 });

/** The ranges offered by name, shortest first. */
export const PRESETS = [
    { from: "-5m", name: "Last 5 minutes" },
    { from: "-15m", name: "Last 15 minutes" },
    { from: "-1h", name: "Last hour" },
    { from: "-6h", name: "Last 6 hours" },
    { from: "-24h", name: "Last 24 hours" },
    { from: "-2d", name: "Last 2 days" },
    { from: "-7d", name: "Last 7 days" },
    { from: "-30d", name: "Last 30 days" },
];

/**
 * Unix seconds of one end of a range; undefined when the text is no time.
 * @param {string} text
 * @param {number} now unix seconds
 * @returns {number|undefined}
 */
export function seconds(text, now) {
    if (text === "now") return now;
    const relative = /^-(\d{1,9})([smhdw])$/.exec(text);
    if (relative) return now - Number(relative[1]) * UNITS[relative[2]];
    return /^\d{1,11}$/.test(text) ? Number(text) : undefined;
}

/**
 * Both ends in unix seconds; a range that makes no sense becomes the last hour.
 * @param {Range} range
 * @param {number} now
 */
export function resolve(range, now) {
    const to = seconds(range.to, now) ?? now;
    const from = seconds(range.from, now) ?? to - 3600;
    return from < to ? { from, to } : { from: to - 3600, to };
}

/**
 * Where a range begins that nobody chose: an hour ago, or with the first flow of a server that is younger.
 * @param {number|null} first when the oldest stored flow was received
 * @param {number} now
 */
export function automatic(first, now) {
    const age = first === null ? Infinity : now - first;
    if (age >= 3600) return "-1h";
    return age < 60 ? "-1m" : String(first);
}

/** @param {Range} range whether the range moves with the clock */
export function isLive(range) {
    return range.to === "now";
}

/**
 * The range one length earlier (-1) or later (1). A step that reaches the present goes back to following it,
 * also when the present has moved on a little since the step back: by a tenth of the length at most.
 * @param {Range} range
 * @param {-1|1} direction
 * @param {number} now
 * @returns {Range}
 */
export function shift(range, direction, now) {
    const { from, to } = resolve(range, now);
    const length = to - from;
    if (direction > 0 && (isLive(range) || to + 1.1 * length >= now)) return { from: relative(length), to: "now" };
    return { from: String(from + direction * length), to: String(to + direction * length) };
}

/**
 * "-6h" for 21600: the largest unit that divides the length.
 * @param {number} length seconds
 */
export function relative(length) {
    const whole = Math.max(1, Math.round(length));
    for (const unit of ["d", "h", "m"]) {
        if (whole % UNITS[unit] === 0 && !(unit === "d" && whole === 86400)) return `-${whole / UNITS[unit]}${unit}`;
    }
    return `-${whole}s`;
}

/** @param {number} value */
const two = (value) => String(value).padStart(2, "0");

/**
 * Calendar fields of a time in a zone.
 * @param {number} time unix seconds
 * @param {Zone} zone
 */
export function fields(time, zone) {
    const date = new Date(time * 1000);
    if (zone === "utc") {
        return {
            year: date.getUTCFullYear(),
            month: date.getUTCMonth() + 1,
            day: date.getUTCDate(),
            hour: date.getUTCHours(),
            minute: date.getUTCMinutes(),
            second: date.getUTCSeconds(),
        };
    }
    return {
        year: date.getFullYear(),
        month: date.getMonth() + 1,
        day: date.getDate(),
        hour: date.getHours(),
        minute: date.getMinutes(),
        second: date.getSeconds(),
    };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @param {number} time @param {Zone} zone "14:05", with seconds where they are not 0 */
export function clock(time, zone) {
    const { hour, minute, second } = fields(time, zone);
    return `${two(hour)}:${two(minute)}` + (second === 0 ? "" : `:${two(second)}`);
}

/** @param {number} time @param {Zone} zone "06:12:40" */
export function clockWithSeconds(time, zone) {
    const { hour, minute, second } = fields(time, zone);
    return `${two(hour)}:${two(minute)}:${two(second)}`;
}

/** @param {number} time @param {Zone} zone "23 Nov" */
export function day(time, zone) {
    const { month, day } = fields(time, zone);
    return `${day} ${MONTHS[month - 1]}`;
}

/** @param {number} time @param {Zone} zone "2026-11-23 14:05:00" */
export function stamp(time, zone) {
    const { year, month, day } = fields(time, zone);
    return `${year}-${two(month)}-${two(day)} ${clockWithSeconds(time, zone)}`;
}

/**
 * "18:00 – 00:00", with the day where it is not today's or the range is long.
 * @param {{from: number, to: number}} range
 * @param {Zone} zone
 * @param {number} now
 */
export function span(range, zone, now) {
    const today = day(now, zone);
    const long = range.to - range.from > 86400;
    const end = (/** @type {number} */ time) => {
        const date = day(time, zone);
        if (range.to - range.from >= 7 * 86400) return date;
        // Seconds matter in a short range only; the live end would show them flickering.
        const face = range.to - range.from < 600 ? clock(time, zone) : clock(time - (time % 60), zone);
        return long || date !== today ? `${date} ${face}` : face;
    };
    return `${end(range.from)} – ${end(range.to)}`;
}

/**
 * The zone's name: "UTC" or "UTC+1".
 * @param {Zone} zone
 * @param {number} time unix seconds, since the offset changes over the year
 */
export function zoneName(zone, time) {
    if (zone === "utc") return "UTC";
    const offset = -new Date(time * 1000).getTimezoneOffset();
    const rest = Math.abs(offset) % 60;
    const sign = offset < 0 ? "−" : "+";
    return `UTC${sign}${Math.floor(Math.abs(offset) / 60)}${rest === 0 ? "" : `:${two(rest)}`}`;
}

/**
 * The zone whose days a chart's buckets are, for the server; undefined where they are shorter, so that all who look at
 * the same share an answer.
 * @param {Zone} zone
 * @param {number} bucket seconds, 0 where the server chooses
 * @param {number} length seconds of the range
 * @returns {string|undefined} such as "Europe/Berlin"
 */
export function zoneOfDays(zone, bucket, length) {
    // The server chooses days for ranges of months.
    if (bucket > 0 ? bucket % DAY !== 0 : length < 30 * DAY) return undefined;
    return zone === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone || undefined;
}

/** Seconds of a day. */
const DAY = 86400;

const STEPS = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
    172800,
    604800,
    1209600,
    2592000,
];

/**
 * Where the time axis has its labels: round times of the zone, at most `count` of them.
 * @param {number} from
 * @param {number} to
 * @param {number} count
 * @param {Zone} zone
 * @returns {{times: number[], step: number}}
 */
export function ticks(from, to, count, zone) {
    const step = STEPS.find((step) => (to - from) / step <= Math.max(1, count)) ?? STEPS[STEPS.length - 1];
    const offset = (/** @type {number} */ time) => zone === "utc" ? 0 : -new Date(time * 1000).getTimezoneOffset() * 60;
    const times = [];
    const first = Math.ceil((from + offset(from)) / step) * step;
    for (let face = first;; face += step) {
        // Up to an hour, steps are even; longer ones go by the clock's face, so that days begin at midnight also after
        // the clocks were changed.
        const even = face - offset(from);
        const time = step <= 3600 ? even : face - offset(face - offset(even));
        if (time > to) break;
        if (time >= from) times.push(time);
    }
    return { times, step };
}

/**
 * The label of one tick: a day at midnight or in long steps, else the clock.
 * @param {number} time
 * @param {number} step seconds between ticks
 * @param {Zone} zone
 */
export function tickLabel(time, step, zone) {
    const { hour, minute, second } = fields(time, zone);
    if (step >= 86400 || (hour === 0 && minute === 0 && second === 0)) return day(time, zone);
    return step < 60 ? clockWithSeconds(time, zone) : clock(time, zone);
}

/**
 * What a person typed for one end of a range, as the URL holds it; undefined when it is no time.
 * @param {string} typed
 * @param {Zone} zone
 * @returns {string|undefined}
 */
export function parseEnd(typed, zone) {
    const text = typed.trim().replace("−", "-").toLowerCase();
    if (text === "now" || /^-\d{1,9}[smhdw]$/.test(text)) return text;
    if (/^\d{9,11}$/.test(text)) return text;
    const form = /^(\d{4})-(\d\d?)-(\d\d?)(?:[ t](\d\d?):(\d\d)(?::(\d\d))?)?(z?)$/.exec(text);
    if (!form) return undefined;
    const [year, month, day, hour, minute, second] = form.slice(1, 7).map((part) => Number(part ?? 0));
    const utc = zone === "utc" || form[7] === "z";
    const date = utc
        ? new Date(Date.UTC(year, month - 1, day, hour, minute, second))
        : new Date(year, month - 1, day, hour, minute, second);
    const time = Math.floor(date.getTime() / 1000);
    // The 31st of February would roll over into March.
    const same = fields(time, utc ? "utc" : "local");
    return same.day === day && same.month === month && time >= 0 ? String(time) : undefined;
}
