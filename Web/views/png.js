// @ts-check
// A panel as a picture: what its canvases and ribbons show, its words, and the names of the colours from the table.

/** Pixels for each of the page's, so that a picture is sharp in print. */
const RATIO = 2;
/** Pixels of a line of words. */
const LINE = 20;
/** The most names under a chart. */
const NAMES = 24;

/**
 * @param {string} name of the file, without ending
 * @param {string} title
 */
export function savePicture(name, title) {
    const panel = document.querySelector('section[aria-label="Chart"]');
    if (!panel) return;
    const canvas = picture(panel, title, names());
    canvas.toBlob((blob) => {
        if (!blob) return;
        const address = URL.createObjectURL(blob);
        const anchor = document.createElement("a");
        anchor.href = address;
        anchor.download = `${name}.png`;
        anchor.click();
        setTimeout(() => URL.revokeObjectURL(address), 1000);
    }, "image/png");
}

/** @typedef {{colour: string, text: string}} Name */

/** @returns {Name[]} what the table says of the colours */
function names() {
    const rows = [...document.querySelectorAll('section[aria-label="Legend"] .legend-table:not(.bins) tbody tr')];
    return rows.slice(0, NAMES).map((row) => ({
        colour: colourOf(row.querySelector(".swatch, .key-swatch")),
        text: [...row.querySelectorAll("td.c-name")].map((cell) => cell.textContent?.trim()).filter(Boolean).join(" · "),
    }));
}

/** @param {Element|null} swatch */
function colourOf(swatch) {
    return swatch ? getComputedStyle(swatch).backgroundColor : "transparent";
}

/** @param {Element} panel @param {string} title @param {Name[]} names @returns {HTMLCanvasElement} */
function picture(panel, title, names) {
    const box = panel.getBoundingClientRect();
    const columns = Math.max(1, Math.floor(box.width / 240));
    const foot = Math.ceil(names.length / columns) * LINE + (names.length > 0 ? 12 : 0);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(box.width * RATIO);
    canvas.height = Math.round((box.height + 32 + foot) * RATIO);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const style = getComputedStyle(panel);
    pen.scale(RATIO, RATIO);
    pen.fillStyle = style.backgroundColor;
    pen.fillRect(0, 0, box.width, box.height + 32 + foot);
    pen.fillStyle = style.color;
    pen.font = `600 15px ${style.fontFamily}`;
    pen.fillText(title, 12, 22, box.width - 24);
    pen.save();
    pen.translate(-box.left, 32 - box.top);
    for (const source of panel.querySelectorAll("canvas")) {
        const at = source.getBoundingClientRect();
        if (source.width > 0) pen.drawImage(source, at.left, at.top, at.width, at.height);
    }
    for (const svg of panel.querySelectorAll("svg.ribbons")) drawRibbons(pen, /** @type {SVGSVGElement} */ (svg));
    for (const swatch of panel.querySelectorAll("figcaption .swatch")) {
        const at = swatch.getBoundingClientRect();
        pen.fillStyle = colourOf(swatch);
        pen.fillRect(at.left, at.top, at.width, at.height);
    }
    for (const words of panel.querySelectorAll(".head b, .head .cut, figcaption .cut, figcaption b, .under")) {
        drawWords(pen, words);
    }
    pen.restore();
    pen.font = `12px ${style.fontFamily}`;
    names.forEach(({ colour, text }, place) => {
        const x = 12 + place % columns * ((box.width - 24) / columns);
        const y = box.height + 32 + Math.floor(place / columns) * LINE + 4;
        pen.fillStyle = colour;
        pen.fillRect(x, y, 10, 10);
        pen.fillStyle = style.color;
        pen.fillText(text, x + 16, y + 9, (box.width - 24) / columns - 24);
    });
    return canvas;
}

/** @param {CanvasRenderingContext2D} pen @param {Element} element */
function drawWords(pen, element) {
    const at = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    pen.fillStyle = style.color;
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    pen.fillText(element.textContent?.trim().replace(/\s+/g, " ") ?? "", at.left, at.bottom - at.height / 2 + 4, at.width + 2);
}

/** @param {CanvasRenderingContext2D} pen @param {SVGSVGElement} svg */
function drawRibbons(pen, svg) {
    const at = svg.getBoundingClientRect();
    pen.save();
    pen.translate(at.left, at.top);
    for (const shape of svg.querySelectorAll("path, rect, text")) {
        const style = getComputedStyle(shape);
        pen.save();
        // What stands in a moved group is moved as well.
        const { e, f } = offsetOf(shape);
        pen.translate(e, f);
        pen.globalAlpha = Number(style.fillOpacity) * Number(style.opacity);
        pen.fillStyle = style.fill;
        if (shape instanceof SVGRectElement) {
            pen.fillRect(shape.x.baseVal.value, shape.y.baseVal.value, shape.width.baseVal.value, shape.height.baseVal.value);
        } else if (shape instanceof SVGTextElement) {
            drawRuns(pen, shape);
        } else {
            pen.fill(new Path2D(shape.getAttribute("d") ?? ""));
        }
        pen.restore();
    }
    pen.restore();
}

/** @param {Element} shape @returns {{e: number, f: number}} how far its group is moved */
function offsetOf(shape) {
    const group = /** @type {SVGGElement|null} */ (shape.closest("g[transform]"));
    const matrix = group?.transform.baseVal.consolidate()?.matrix;
    return { e: matrix?.e ?? 0, f: matrix?.f ?? 0 };
}

/** @param {CanvasRenderingContext2D} pen @param {SVGTextElement} text each run of it where the browser put it */
function drawRuns(pen, text) {
    let place = 0;
    const walk = (/** @type {Node} */ node) => {
        if (node.nodeType !== Node.TEXT_NODE) {
            node.childNodes.forEach(walk);
            return;
        }
        const words = node.textContent ?? "";
        if (words.trim() !== "" && place < text.getNumberOfChars()) {
            const style = getComputedStyle(/** @type {Element} */ (node.parentElement));
            const { x, y } = text.getStartPositionOfChar(place);
            pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
            pen.fillStyle = style.fill;
            pen.fillText(words, x, y);
        }
        place += words.length;
    };
    text.childNodes.forEach(walk);
}
