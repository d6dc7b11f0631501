// @ts-check
// The whole state of a page as a short query string, and back. Pure; a test pins the strings, since people keep links.

/**
 * @typedef {object} State
 * @property {"overview"|"explore"|"docs"} page
 * @property {string} from as the range has it; "auto" is the last hour, or all of a younger server
 * @property {string} to
 * @property {string[]} dimensions column names, at most 5
 * @property {"area"|"lines"} chart
 * @property {string} unit as the API names it
 * @property {"all"|"in"|"out"|"split"} direction
 * @property {number} top how many values before Other
 * @property {"average"|"max"} by
 * @property {number} bucket seconds, 0 = the server chooses
 * @property {string} filter
 * @property {"automatic"|"raw"} detail which tables answer: sums where they are exact, or raw rows only
 * @property {string} sort column of the legend table, "-" in front for descending
 * @property {string} exporter the address whose details are open, "" for none
 * @property {boolean} losses whether the account of what was lost is open
 * @property {string} doc the page of the manual that is shown and its section: "", "names" or "names/direction"
 * @property {string[]} mirrored Overview's tables that show the other side
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
    page: "overview",
    from: "auto",
    to: "now",
    dimensions: [],
    chart: "area",
    unit: "bit/s",
    direction: "all",
    top: 8,
    by: "average",
    bucket: 0,
    filter: "",
    detail: "automatic",
    sort: "-total",
    mirrored: [],
    exporter: "",
    losses: false,
    doc: "",
});

/** The most dimensions that one query takes. */
export const MAX_DIMENSIONS = 5;

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/**
 * @param {string} search location.search, with or without "?"
 * @returns {State}
 */
export function parse(search) {
    const given = new URLSearchParams(search);
    /** @param {string} key @param {string} fallback @param {RegExp} form */
    const text = (key, fallback, form) => {
        const value = given.get(key);
        return value !== null && form.test(value) ? value : fallback;
    };
    /** @param {string} key @param {number} fallback @param {number} most */
    const number = (key, fallback, most) =>
        Math.min(Math.max(Number(text(key, String(fallback), /^\d{1,9}$/)), 0), most);
    /** @param {string} key */
    const names = (key) => (given.get(key) ?? "").split(",").filter((name) => NAME.test(name));
    const time = /^(auto|now|-\d{1,9}[smhdw]|\d{1,11})$/;
    return {
        page: /** @type {State["page"]} */ (text("p", DEFAULTS.page, /^(explore|docs)$/)),
        from: text("from", DEFAULTS.from, time),
        to: text("to", DEFAULTS.to, time),
        dimensions: [...new Set(names("d"))].slice(0, MAX_DIMENSIONS),
        chart: given.get("c") === "lines" ? "lines" : "area",
        unit: text("u", DEFAULTS.unit, /^[a-z]+\/s$/),
        direction: /** @type {State["direction"]} */ (text("dir", DEFAULTS.direction, /^(in|out|split)$/)),
        top: Math.max(1, number("n", DEFAULTS.top, 50)),
        by: given.get("by") === "max" ? "max" : "average",
        bucket: number("b", DEFAULTS.bucket, 86400 * 31),
        filter: given.get("f") ?? "",
        detail: given.get("rows") === "raw" ? "raw" : "automatic",
        sort: text("s", DEFAULTS.sort, /^-?[a-z0-9]{1,16}$/),
        mirrored: names("m"),
        exporter: text("e", "", /^[0-9a-f:.]{2,45}$/i),
        losses: given.get("l") === "1",
        doc: text("doc", "", /^[a-z0-9-]{1,64}(\/[\p{L}\p{N}_-]{1,128})?$/u),
    };
}

/**
 * The shortest query string of a state: what is as by default is left out, keys stand in a fixed order.
 * @param {State} state
 * @returns {string} "" or "?..."
 */
export function format(state) {
    /** @type {[string, string, string][]} */
    const fields = [
        ["p", state.page, DEFAULTS.page],
        ["from", state.from, DEFAULTS.from],
        ["to", state.to, DEFAULTS.to],
        ["d", state.dimensions.join(","), ""],
        ["c", state.chart, DEFAULTS.chart],
        ["u", state.unit, DEFAULTS.unit],
        ["dir", state.direction, DEFAULTS.direction],
        ["n", String(state.top), String(DEFAULTS.top)],
        ["by", state.by, DEFAULTS.by],
        ["b", String(state.bucket), String(DEFAULTS.bucket)],
        ["f", state.filter, ""],
        ["rows", state.detail, DEFAULTS.detail],
        ["s", state.sort, DEFAULTS.sort],
        ["m", state.mirrored.join(","), ""],
        ["e", state.exporter, ""],
        ["l", state.losses ? "1" : "", ""],
        ["doc", state.doc, ""],
    ];
    const query = fields.filter(([, value, normal]) => value !== normal).map(([key, value]) =>
        `${key}=${escape(value)}`
    );
    return query.length === 0 ? "" : `?${query.join("&")}`;
}

/** @param {string} value percent-encoded, but for what a query may hold and people like to read */
function escape(value) {
    return encodeURIComponent(value).replace(/%(2F|3A|2C|3D|28|29)/g, (code) => decodeURIComponent(code)).replace(
        /%20/g,
        "+",
    );
}

/**
 * The address of a state with some fields changed, for links.
 * @param {State} state
 * @param {Partial<State>} change
 */
export function link(state, change) {
    return `./${format({ ...state, ...change })}`;
}
