// @ts-check
// Brings the chart library, by far the largest file, after the first picture: figures and tables don't wait for it.
// Until it is there `echarts` is a stand-in whose charts note what is asked of them and do it then.

/** @typedef {{element: HTMLElement, how: [null|undefined, {renderer?: "canvas"|"svg"}|undefined], chart: EChartsInstance|undefined, calls: [string, unknown[]][], gone: boolean}} Waiting */

/** @type {Waiting[]} */
let waiting = [];
/** @type {Promise<void>|undefined} */
let loading;

/** @param {HTMLElement} element @param {null} [theme] @param {{renderer?: "canvas"|"svg"}} [options] */
function init(element, theme, options) {
    load();
    /** @type {Waiting} */
    const one = { element, how: [theme, options], chart: undefined, calls: [], gone: false };
    waiting.push(one);
    return /** @type {EChartsInstance} */ (/** @type {unknown} */ (new Proxy(one, { get })));
}

/** @param {Waiting} one @param {string|symbol} name a method of the chart, now or when it is there */
function get(one, name) {
    return (/** @type {unknown[]} */ ...values) => {
        const chart = /** @type {Record<string|symbol, Function>|undefined} */ (/** @type {unknown} */ (one.chart));
        if (chart) return chart[name](...values);
        if (name === "dispose") one.gone = true;
        // The last one holds all; those before are of no use any more.
        if (name === "setOption" || name === "resize") one.calls = one.calls.filter(([other]) => other !== name);
        one.calls.push([String(name), values]);
    };
}

/** The first picture; a page that nobody sees has none, so that is not waited for without end. @type {Promise<void>} */
const painted = new Promise((resolve) => {
    if (!("PerformanceObserver" in globalThis)) return resolve();
    const observer = new PerformanceObserver(() => {
        observer.disconnect();
        // Its time is taken a little after it is announced.
        setTimeout(resolve);
    });
    observer.observe({ type: "paint", buffered: true });
    setTimeout(resolve, 1000);
});

/** Fetches the library, once, after the first picture. @returns {Promise<void>} when all charts that waited are drawn */
export function load() {
    loading ??= painted.then(fetched);
    return loading;
}

/** @returns {Promise<void>} */
function fetched() {
    return new Promise((resolve) => {
        const script = document.createElement("script");
        // Beside this module, so that it has the same version in its address.
        script.src = new URL("../vendor/echarts.min.js", import.meta.url).href;
        script.onload = () => {
            begin();
            resolve();
        };
        script.onerror = () => {
            script.remove();
            setTimeout(() => fetched().then(resolve), 2000);
        };
        document.head.append(script);
    });
}

function begin() {
    for (const one of waiting.filter(({ gone }) => !gone)) {
        one.chart = echarts.init(one.element, one.how[0], one.how[1]);
        const chart = /** @type {Record<string, Function>} */ (/** @type {unknown} */ (one.chart));
        for (const [name, values] of one.calls) chart[name](...values);
        one.calls = [];
    }
    waiting = [];
}

/** Whether all charts of the page are drawn; @returns {Promise<void>|undefined} undefined when nothing waits */
export function drawn() {
    return waiting.some(({ gone }) => !gone) ? load() : undefined;
}

// The library puts itself into the same place.
/** @type {{echarts?: unknown}} */ (globalThis).echarts ??= { init };
