// @ts-check
// The whole state of a page as a short query string, and back. Pure; a test pins the strings, since people keep links.

/**
 * @typedef {object} State
 * @property {"overview"|"explore"|"flows"|"relations"|"traces"|"events"|"docs"|"audit"} page
 * @property {string} from as the range has it; "auto" is the last hour, or all of a younger server
 * @property {string} to
 * @property {string[]} dimensions column names, at most 6
 * @property {"area"|"share"|"lines"|"bars"|"grid"|"sankey"|"heat"|"values"} chart
 * @property {string} column whose values the chart "values" shows
 * @property {"auto"|"on"|"off"} spread whether flows count over their lifetime; auto where buckets are short
 * @property {boolean} reverse whether the other direction is drawn below zero
 * @property {""|"period"|"day"|"week"} previous what is drawn to compare with
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
 * @property {string} explain the selection that is explained, "1700000000-1700000600" in Unix seconds, "" for none
 * @property {"before"|"day"|"week"} against what it is compared with
 * @property {string} doc the page of the manual that is shown and its section: "", "names" or "names/direction"
 * @property {string[]} mirrored Overview's tables that show the other side
 * @property {string[]} columns of Flows, in their order; none is the usual ones
 * @property {string} order the column that Flows is in the order of, "-" in front for descending; "" is newest first
 * @property {string} place where the page of Flows begins: rows before it, "@", the server's cursor; "" is the start
 * @property {string} row the row whose details are open: second and hash
 * @property {string} target the address whose measurements Traces shows, "" for a list of all
 * @property {string} monitor who measured it
 * @property {boolean} live whether Flows shows what arrives
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
    page: "overview",
    from: "auto",
    to: "now",
    dimensions: [],
    chart: "area",
    column: "PacketSize",
    spread: "auto",
    reverse: false,
    previous: "",
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
    columns: [],
    order: "",
    place: "",
    row: "",
    target: "",
    monitor: "",
    live: false,
    explain: "",
    against: "before",
    doc: "",
});

/** The most dimensions that one query takes. */
export const MAX_DIMENSIONS = 6;

/** Columns that Flows shows at most: more than there are. */
const MAX_COLUMNS = 150;

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
        page: /** @type {State["page"]} */ (text(
            "p",
            DEFAULTS.page,
            /^(explore|flows|relations|traces|events|docs|audit)$/,
        )),
        from: text("from", DEFAULTS.from, time),
        to: text("to", DEFAULTS.to, time),
        dimensions: [...new Set(names("d"))].slice(0, MAX_DIMENSIONS),
        chart:
            /** @type {State["chart"]} */ (text("c", DEFAULTS.chart, /^(share|lines|bars|grid|sankey|heat|values)$/)),
        column: text("v", DEFAULTS.column, NAME),
        spread: /** @type {State["spread"]} */ (text("sp", DEFAULTS.spread, /^(on|off)$/)),
        reverse: given.get("bi") === "1",
        previous: /** @type {State["previous"]} */ (text("pp", DEFAULTS.previous, /^(period|day|week)$/)),
        unit: text("u", DEFAULTS.unit, /^([a-z]+\/s|bytes|packets|flows|byte\/packet)$/),
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
        columns: [...new Set(names("cols"))].slice(0, MAX_COLUMNS),
        order: text("o", "", /^-?[A-Za-z][A-Za-z0-9]{0,63}$/),
        place: text("at", "", /^\d{1,9}@[0-9A-Za-z:.-]{5,4200}$/),
        row: text("row", "", /^\d{1,10}-[0-9a-f]{1,16}$/),
        target: text("t", "", /^[0-9a-f:.]{2,45}$/i),
        monitor: text("mon", "", /^.{1,256}$/),
        live: given.get("live") === "1",
        explain: text("x", "", /^\d{1,10}-\d{1,10}$/),
        against: /** @type {State["against"]} */ (text("xr", DEFAULTS.against, /^(day|week)$/)),
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
        ["v", state.column, DEFAULTS.column],
        ["sp", state.spread, DEFAULTS.spread],
        ["bi", state.reverse ? "1" : "", ""],
        ["pp", state.previous, DEFAULTS.previous],
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
        ["cols", state.columns.join(","), ""],
        ["o", state.order, ""],
        ["at", state.place, ""],
        ["row", state.row, ""],
        ["t", state.target, ""],
        ["mon", state.monitor, ""],
        ["live", state.live ? "1" : "", ""],
        ["x", state.explain, ""],
        ["xr", state.against, DEFAULTS.against],
        ["doc", state.doc, ""],
    ];
    const query = fields.filter(([, value, normal]) => value !== normal).map(([key, value]) =>
        `${key}=${escape(value)}`
    );
    return query.length === 0 ? "" : `?${query.join("&")}`;
}

/** @param {string} value percent-encoded, but for what a query may hold and people like to read */
function escape(value) {
    return encodeURIComponent(value).replace(/%(2F|3A|2C|3D|28|29|40)/g, (code) => decodeURIComponent(code)).replace(
        /%20/g,
        "+",
    );
}

/**
 * A state with a change: a place in a list of rows means nothing in another list, nor does a row that was open there.
 * @param {State} state
 * @param {Partial<State>} change
 * @returns {State}
 */
export function changed(state, change) {
    const next = { ...state, ...change };
    const another = ["page", "from", "to", "filter", "order", "live"].some((key) =>
        next[/** @type {keyof State} */ (key)] !== state[/** @type {keyof State} */ (key)]
    );
    if (another && change.place === undefined) next.place = "";
    if ((another || next.place !== state.place) && change.row === undefined) next.row = "";
    return next;
}

/**
 * The address of a state with some fields changed, for links.
 * @param {State} state
 * @param {Partial<State>} change
 */
export function link(state, change) {
    return `./${format(changed(state, change))}`;
}
