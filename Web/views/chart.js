// @ts-check
// Holds one ECharts instance and everything that moves over it: crosshair, tooltip, brush. Knows no data, fetches nothing.
import { markup, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../preact.js";
import { FRAME, pixelOf, timeAt } from "../charts/axis.js";
import { firstFlow } from "../clock.js";
import { clockWithSeconds, day, span } from "../time.js";
import { duration } from "../units.js";
import { EventBands } from "./eventbands.js";
import { Icon } from "./parts.js";

/** @typedef {import("../charts/axis.js").Theme} Theme */

/**
 * @typedef {object} ChartProps
 * @property {(width: number, theme: Theme) => object} option makes the ECharts option
 * @property {unknown[]} inputs what the option is made from
 * @property {{from: number, to: number}} range
 * @property {number[]} times bucket starts
 * @property {number} bucket seconds
 * @property {(index: number, down: number) => unknown} tip content of the tooltip for one bucket, and how far down the
 *   plot the pointer is, 0 to 1
 * @property {(from: number, to: number) => void} zoom
 * @property {(from: number, to: number) => void} [explain] where it is given, a brush stays and offers both
 * @property {{from: number, to: number, kind: "selection"|"reference"}[]} [marks] ranges to show
 * @property {number} [lifted] place of the series to lift, in drawing order
 * @property {string} label what the chart shows, for those who don't see it
 * @property {import("../time.js").Zone} zone
 * @property {import("../charts/axis.js").Frame} [frame]
 * @property {number} [height] pixels, where the content needs its own
 * @property {boolean} [cells] whether a bucket is drawn over its whole width, not as a point at its start
 * @property {boolean} [flows] whether it shows flows, of which nothing is stored before the first; true when left out
 * @property {number} [pending] seconds at the end of which flows are still to be reported
 */

/** @param {ChartProps} props */
export function Chart(props) {
    const { option, inputs, range, times, bucket, tip, zoom, explain, marks = [], lifted, label, zone, height, cells, flows = true, pending = 0 } = props;
    const frame = props.frame ?? FRAME;
    const canvas = useRef(/** @type {HTMLElement|null} */ (null));
    const chart = useRef(/** @type {EChartsInstance|null} */ (null));
    const [width, setWidth] = useState(0);
    const [pointer, setPointer] = useState(/** @type {{x: number, y: number, down: number}|null} */ (null));
    const [brush, setBrush] = useState(/** @type {{start: number, end: number}|null} */ (null));
    const [held, setHeld] = useState(/** @type {{from: number, to: number}|null} */ (null));
    const theme = useTheme();
    useEffect(() => setHeld(null), [range.from, range.to]);

    useLayoutEffect(() => {
        const element = /** @type {HTMLElement} */ (canvas.current);
        chart.current = echarts.init(element, null, { renderer: "canvas" });
        const observer = new ResizeObserver(() => {
            chart.current?.resize();
            setWidth(element.clientWidth);
        });
        observer.observe(element);
        setWidth(element.clientWidth);
        return () => {
            observer.disconnect();
            chart.current?.dispose();
        };
    }, []);

    const made = useMemo(() => width > 0 ? option(width, theme) : null, [width, theme, ...inputs]);
    useLayoutEffect(() => {
        if (made) chart.current?.setOption(made, { notMerge: true });
    }, [made]);
    useEffect(() => {
        if (lifted === undefined) return;
        chart.current?.dispatchAction({ type: "highlight", seriesIndex: lifted });
        return () => chart.current?.dispatchAction({ type: "downplay", seriesIndex: lifted });
    }, [lifted, made]);

    /** @param {PointerEvent} event */
    const place = (event) => {
        const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
        return {
            x: Math.min(Math.max(event.clientX - box.left, frame.left), width - frame.right),
            y: event.clientY - box.top,
            down: Math.min(Math.max((event.clientY - box.top - frame.top) / (box.height - frame.top - frame.bottom), 0), 0.9999),
        };
    };
    const onDown = (/** @type {PointerEvent} */ event) => {
        if (event.button !== 0 || event.pointerType === "touch") return;
        const { x } = place(event);
        /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
        setBrush({ start: x, end: x });
    };
    const onMove = (/** @type {PointerEvent} */ event) => {
        const at = place(event);
        setPointer(at);
        if (brush) setBrush({ ...brush, end: at.x });
    };
    const onUp = () => {
        const chosen = brush && chosenRange(brush, width, range, bucket, frame);
        setBrush(null);
        if (explain) setHeld(chosen);
        else if (chosen) zoom(chosen.from, chosen.to);
    };
    const leave = () => {
        setPointer(null);
        setBrush(null);
    };
    useEffect(() => {
        if (!brush) return;
        const cancel = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && setBrush(null);
        addEventListener("keydown", cancel);
        return () => removeEventListener("keydown", cancel);
    }, [brush !== null]);

    const index = pointer && times.length > 0 ? nearest(timeAt(pointer.x, width, range, frame), times, bucket, cells) : null;
    const chosen = brush && chosenRange(brush, width, range, bucket, frame);
    return markup`<div class="chart" style=${height ? { height: `${height}px` } : undefined} onPointerDown=${onDown} onPointerMove=${onMove} onPointerUp=${onUp} onPointerLeave=${leave}
        onPointerCancel=${leave}>
        <div class="canvas" ref=${canvas} role="img" aria-label=${label}></div>
        <${EventBands} range=${range} width=${width} frame=${frame} zone=${zone} pointer=${brush ? null : pointer} />
        ${flows && markup`<${Before} range=${range} width=${width} zone=${zone} frame=${frame} />`}
        ${pending > 0 && markup`<${Pending} range=${range} width=${width} frame=${frame} seconds=${pending} />`}
        ${marks.map((mark) => markup`<${Band} key=${mark.kind} band=${mark} range=${range} width=${width} frame=${frame} kind=${mark.kind} />`)}
        ${held && !brush && explain &&
        markup`<${Held} held=${held} range=${range} width=${width} frame=${frame} zone=${zone} zoom=${zoom} explain=${explain}
            close=${() => setHeld(null)} />`}
        ${brush && markup`<div class="brush" style=${{
            left: `${Math.min(brush.start, brush.end)}px`,
            width: `${Math.abs(brush.end - brush.start)}px`,
            top: `${frame.top}px`,
            bottom: `${frame.bottom}px`,
        }}></div>`}
        ${chosen &&
        markup`<div class="brush-tag" style=${tagPlace(brush, width)}><strong>${span(chosen, zone, chosen.to)}</strong>
            <span class="dim">${duration(chosen.to - chosen.from)}</span>${!explain && markup`<span>release to zoom</span>`}</div>`}
        ${index !== null && pointer && !brush && markup`
            <div class=${cells ? "crosshair none" : "crosshair"} style=${{
            left: `${pixelOf(Math.max(times[index], range.from), width, range, frame)}px`,
            top: `${frame.top}px`,
            bottom: `${frame.bottom}px`,
        }}></div>
            <div class="tip" style=${tipPlace(pointer, width)}>${tip(index, pointer.down)}</div>`}
    </div>`;
}

/**
 * A time within the range, over the full height.
 * @param {{band: {from: number, to: number}, range: {from: number, to: number}, width: number,
 *   frame: import("../charts/axis.js").Frame, kind: string}} props
 */
function Band({ band, range, width, frame, kind }) {
    const from = Math.max(band.from, range.from);
    const to = Math.min(band.to, range.to);
    if (from >= to || width === 0) return null;
    const left = pixelOf(from, width, range, frame);
    return markup`<div class=${`brush ${kind}`} style=${{
        left: `${left}px`,
        width: `${Math.max(2, pixelOf(to, width, range, frame) - left)}px`,
        top: `${frame.top}px`,
        bottom: `${frame.bottom}px`,
    }}></div>`;
}

/**
 * A brush that was released, and what can be done with it.
 * @param {{held: {from: number, to: number}, range: {from: number, to: number}, width: number,
 *   frame: import("../charts/axis.js").Frame, zone: import("../time.js").Zone, zoom: (from: number, to: number) => void,
 *   explain: (from: number, to: number) => void, close: () => void}} props
 */
function Held({ held, range, width, frame, zone, zoom, explain, close }) {
    const tag = useRef(/** @type {HTMLElement|null} */ (null));
    const act = (/** @type {(from: number, to: number) => void} */ what) => () => {
        close();
        what(held.from, held.to);
    };
    // Before it is seen: a key right behind the brush is meant for it.
    useLayoutEffect(() => {
        /** @type {HTMLElement|null|undefined} */ (tag.current?.querySelector("button"))?.focus({ preventScroll: true });
        const keys = (/** @type {KeyboardEvent} */ event) => {
            if (event.ctrlKey || event.metaKey || event.altKey) return;
            if (/** @type {HTMLElement} */ (event.target).closest("input, textarea, select, dialog[open]")) return;
            if (event.key === "Escape") close();
            else if (event.key === "e") act(explain)();
            else return;
            event.preventDefault();
            event.stopPropagation();
        };
        // Before the page's own keys, of which one is the same.
        addEventListener("keydown", keys, { capture: true });
        return () => removeEventListener("keydown", keys, { capture: true });
    }, [held]);
    const stop = (/** @type {Event} */ event) => event.stopPropagation();
    return markup`<${Band} band=${held} range=${range} width=${width} frame=${frame} kind="selection" />
        <div class="brush-tag held" ref=${tag} role="group" aria-label="Selection" onPointerDown=${stop} onPointerUp=${stop}
            style=${tagPlace({ start: pixelOf(held.from, width, range, frame), end: pixelOf(held.to, width, range, frame) }, width)}>
            <strong>${span(held, zone, held.to)}</strong><span class="dim">${duration(held.to - held.from)}</span>
            <button onClick=${act(zoom)}>Zoom in</button>
            <button onClick=${act(explain)} title="What changed, against the time before">Explain <kbd>e</kbd></button>
            <button class="step" onClick=${close} aria-label="Drop the selection"><${Icon} name="close" /></button></div>`;
}

/**
 * The part of the range of which nothing is stored: there a chart without traffic would be a lie.
 * @param {{range: {from: number, to: number}, width: number, zone: import("../time.js").Zone,
 *   frame: import("../charts/axis.js").Frame}} props
 */
function Before({ range, width, zone, frame }) {
    const first = firstFlow() ?? 0;
    const end = pixelOf(Math.min(first, range.to), width, range, frame);
    const room = end - frame.left;
    if (room < 4) return null;
    const date = first - range.from > 43200 ? `${day(first, zone)} ` : "";
    return markup`<div class="before" style=${{
        left: `${frame.left}px`,
        width: `${room}px`,
        top: `${frame.top}px`,
        bottom: `${frame.bottom}px`,
    }}></div>
        ${room > 150 && markup`<div class="before-words" style=${{
        right: `${width - end + 6}px`,
        maxWidth: `${room - 12}px`,
        top: `${frame.top + 4}px`,
    }}>nothing is stored from before ${date}${clockWithSeconds(first, zone)}</div>`}`;
}

/**
 * The end of a range in which flows that go on are still to be reported: there a spread chart is too low.
 * @param {{range: {from: number, to: number}, width: number, frame: import("../charts/axis.js").Frame, seconds: number}} props
 */
function Pending({ range, width, frame, seconds }) {
    const left = Math.max(frame.left, pixelOf(range.to - seconds, width, range, frame));
    return markup`<div class="pending" title="Flows that are still going on are reported later" style=${{
        left: `${left}px`,
        right: `${frame.right}px`,
        top: `${frame.top}px`,
        bottom: `${frame.bottom}px`,
    }}></div>`;
}

/** @param {{x: number, y: number}} pointer @param {number} width beside the pointer, on the side with more room */
function tipPlace({ x, y }, width) {
    const top = `${Math.max(0, y - 20)}px`;
    return x > width / 2 ? { right: `${width - x + 16}px`, top } : { left: `${x + 16}px`, top };
}

/** @param {{start: number, end: number}} brush @param {number} width */
function tagPlace({ start, end }, width) {
    const middle = (start + end) / 2;
    return middle > width / 2 ? { right: `${width - Math.max(start, end)}px` } : { left: `${Math.min(start, end)}px` };
}

/**
 * The brushed range in whole buckets; null when it is only a click.
 * @param {{start: number, end: number}} brush
 * @param {number} width
 * @param {{from: number, to: number}} range
 * @param {number} bucket
 * @param {import("../charts/axis.js").Frame} frame
 */
function chosenRange({ start, end }, width, range, bucket, frame) {
    if (Math.abs(end - start) < 5) return null;
    const first = timeAt(Math.min(start, end), width, range, frame);
    const last = timeAt(Math.max(start, end), width, range, frame);
    const from = Math.floor(first / bucket) * bucket;
    return { from, to: Math.max(Math.ceil(last / bucket) * bucket, from + Math.max(1, bucket)) };
}

/**
 * The bucket whose point is next to the time or, of cells, that holds it.
 * @param {number} time
 * @param {number[]} times
 * @param {number} bucket
 * @param {boolean} [cells]
 */
function nearest(time, times, bucket, cells) {
    const place = (time - times[0]) / bucket;
    return Math.min(times.length - 1, Math.max(0, cells ? Math.floor(place) : Math.round(place)));
}

/** The page's colours, read again when the theme changes. @returns {Theme} */
export function useTheme() {
    const [theme, setTheme] = useState(readTheme);
    useEffect(() => {
        const listener = () => setTheme(readTheme());
        addEventListener("netmeta-theme", listener);
        return () => removeEventListener("netmeta-theme", listener);
    }, []);
    return theme;
}

/** @returns {Theme} */
function readTheme() {
    const style = getComputedStyle(document.documentElement);
    /** @param {string} name */
    const read = (name) => style.getPropertyValue(name).trim();
    /** @param {import("../colour.js").Paint} paint */
    const colour = (paint) => read(paint.kind === "value" ? `--s${paint.slot}` : `--${paint.kind}`);
    return {
        surface: read("--surface"),
        text: read("--text"),
        axis: read("--axis"),
        grid: read("--grid"),
        zero: read("--zero"),
        axisText: read("--axis-text"),
        font: read("--font-sans"),
        size: Number.parseFloat(read("--chart-label")) || 11,
        in: read("--dir-in"),
        out: read("--dir-out"),
        accent: read("--accent"),
        colour,
        fill: (paint) =>
            paint.kind === "unknown" || paint.pattern > 0
                ? { image: pattern(paint, colour(paint), read("--surface")), repeat: "repeat" }
                : colour(paint),
    };
}

/**
 * A tile of diagonal stripes: unknown is hatched, values that share a slot are striped ever more densely.
 * @param {import("../colour.js").Paint} paint
 * @param {string} colour
 * @param {string} surface
 */
function pattern(paint, colour, surface) {
    const size = paint.kind === "unknown" ? 8 : 12 - 2 * paint.pattern;
    const tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
    const hatch = paint.kind === "unknown";
    pen.fillStyle = hatch ? surface : colour;
    pen.fillRect(0, 0, size, size);
    pen.strokeStyle = hatch ? colour : surface;
    pen.globalAlpha = hatch ? 0.8 : 0.45;
    pen.lineWidth = hatch ? 1.5 : 2;
    pen.beginPath();
    // Three lines make the stripe run on over the tile's edges.
    for (const offset of [-size, 0, size]) {
        pen.moveTo(offset - 1, size + 1);
        pen.lineTo(offset + size + 1, -1);
    }
    pen.stroke();
    return tile;
}
