// @ts-check
// The small line beside a key figure, as the path of an SVG. Pure.

/**
 * @param {number[]} values
 * @param {number} width
 * @param {number} height
 * @returns {string} "" when there is nothing to draw
 */
export function sparkline(values, width, height) {
    const points = thin(values, width / 2);
    if (points.length < 2) return "";
    const most = Math.max(...points);
    const least = Math.min(...points);
    const extent = most - least || 1;
    return points.map((value, index) => {
        const x = index / (points.length - 1) * width;
        // A flat line stands in the middle, whatever its height.
        const y = most === least ? height / 2 : height - 1 - (value - least) / extent * (height - 2);
        return `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    }).join("");
}

/**
 * At most `count` averages of neighbours.
 * @param {number[]} values
 * @param {number} count
 */
function thin(values, count) {
    if (values.length <= count) return values;
    const size = values.length / count;
    return Array.from({ length: Math.floor(count) }, (_, index) => {
        const some = values.slice(
            Math.floor(index * size),
            Math.max(Math.floor(index * size) + 1, Math.floor((index + 1) * size)),
        );
        return some.reduce((sum, value) => sum + value, 0) / some.length;
    });
}
