/**
 * Fails with both sides when they differ as JSON.
 * @param {unknown} actual
 * @param {unknown} expected
 */
export function equal(actual, expected) {
    const [left, right] = [JSON.stringify(actual, null, 1), JSON.stringify(expected, null, 1)];
    if (left !== right) throw new Error(`\n   got ${left}\nwanted ${right}`);
}
