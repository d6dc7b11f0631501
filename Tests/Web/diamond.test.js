// @ts-check
// Parallel ways as a drawing.
import { BOX, diamond } from "../../Web/charts/diamond.js";
import { equal } from "./assert.js";

/**
 * @param {string} from
 * @param {number} hop
 * @param {number} ttl
 * @param {string|null} address
 * @param {number} probes
 */
function link(from, hop, ttl, address, probes) {
    return { from, fromAs: 0, hop, ttl, address, as: 0, probes, leastRtt: 100 * ttl, medianRtt: 0, labels: [] };
}

// What scamper found through the lab's diamond, Tests/Fixtures/warts/diamond.
const LAB = [
    link("10.77.1.2", 1, 2, "10.77.2.2", 5),
    link("10.77.1.2", 1, 2, "10.77.3.2", 6),
    link("10.77.1.2", 2, 3, "10.77.4.2", 6),
    link("10.77.4.2", 1, 4, "10.77.6.2", 1),
];

Deno.test("the lab's diamond has two ways, and what has nothing beside it stands in one column", () => {
    const { columns, edges, beside, width, height } = diamond(LAB);
    equal(columns.map(({ first, last, vertices }) => [first, last, vertices.map(({ address }) => address)]), [
        [1, 1, ["10.77.1.2"]],
        [2, 2, ["10.77.2.2", "10.77.3.2"]],
        [3, 4, ["10.77.4.2", "10.77.6.2"]],
    ]);
    equal(beside, 2);
    // The rows that stand below each other in one column are no ways beside each other.
    const chain = ["192.0.2.2", "192.0.2.3", "192.0.2.4"].map((address, index) =>
        link(`192.0.2.${index + 1}`, 1, index + 2, address, 6)
    );
    equal([diamond(chain).beside, diamond(chain).columns.length], [1, 1]);
    equal(edges.map(({ source, target, share, sure }) => [source.address, target.address, share, sure]), [
        ["10.77.1.2", "10.77.2.2", 5 / 11, true],
        ["10.77.1.2", "10.77.3.2", 6 / 11, true],
        ["10.77.2.2", "10.77.4.2", null, true],
        ["10.77.3.2", "10.77.4.2", null, true],
        ["10.77.4.2", "10.77.6.2", 1, true],
    ]);
    for (const { vertices } of columns) {
        for (const { x, y, width: wide } of vertices) {
            equal(x >= 0 && y >= 0 && x + wide <= width && y + BOX <= height, true);
        }
    }
});

Deno.test("nothing stands on anything else, and links reach from edge to edge", () => {
    const { vertices, edges } = diamond(LAB);
    const boxes = vertices.map(({ x, y, width }) => ({ left: x, right: x + width, top: y, bottom: y + BOX }));
    boxes.forEach((one, place) =>
        boxes.slice(place + 1).forEach((other) =>
            equal(
                one.right <= other.left || other.right <= one.left || one.bottom <= other.top ||
                    other.bottom <= one.top,
                true,
            )
        )
    );
    const [first] = edges;
    equal(first.path.startsWith(`M${first.source.x + first.source.width} ${first.source.y + BOX / 2}C`), true);
});

Deno.test("silence has a place of its own behind each node", () => {
    const { vertices, edges } = diamond([
        link("192.0.2.1", 1, 5, "192.0.2.11", 8),
        link("192.0.2.1", 1, 5, "192.0.2.12", 9),
        link("192.0.2.11", 1, 0, null, 0),
        link("192.0.2.11", 2, 7, "192.0.2.99", 1),
        link("192.0.2.12", 1, 0, null, 0),
        link("192.0.2.12", 2, 7, "192.0.2.99", 1),
    ]);
    equal(vertices.filter(({ address }) => address === null).map(({ ttl }) => ttl), [6, 6]);
    equal(vertices.find(({ address }) => address === "192.0.2.1")?.ttl, 4);
    equal(edges.length, 6);
});

Deno.test("which way leads where isn't told of several hops between the same two nodes", () => {
    const { edges } = diamond([
        link("192.0.2.1", 1, 2, "192.0.2.11", 5),
        link("192.0.2.1", 1, 2, "192.0.2.12", 5),
        link("192.0.2.1", 2, 3, "192.0.2.21", 5),
        link("192.0.2.1", 2, 3, "192.0.2.22", 5),
        link("192.0.2.1", 3, 4, "192.0.2.99", 5),
    ]);
    equal(edges.map(({ sure }) => sure), [true, true, false, false, false, false, true, true]);
});
