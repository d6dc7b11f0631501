import { tablesOf } from "../../Web/tables.js";
import { equal } from "./assert.js";

Deno.test("the tables of the AS map and of routers in one list, what is wrong first", () => {
    const health = /** @type {import("../../Web/types/api.d.ts").Health} */ (/** @type {unknown} */ ({
        asMap: {
            sources: [
                { location: "own.csv", kind: "routes", changed: 100, entries: 12, checked: null, problem: null },
                {
                    location: "https://192.0.2.1/names",
                    kind: "names",
                    changed: null,
                    entries: null,
                    checked: 90,
                    problem: "gone",
                },
            ],
        },
        routerTables: [
            { exporter: "192.0.2.7", file: "edge.mrt", changed: 80, loaded: 85, prefixes: 1501, problem: null },
            { exporter: "192.0.2.8", file: "b.mrt", changed: null, loaded: null, prefixes: 0, problem: "no such file" },
        ],
    }));
    equal(
        tablesOf(health).map((
            { kind, source, entries, changed, checked, problem },
        ) => [kind, source, entries, changed, checked, problem]),
        [
            ["names", "https://192.0.2.1/names", null, null, 90, "gone"],
            ["192.0.2.8", "b.mrt", null, null, null, "no such file"],
            ["routes", "own.csv", 12, 100, null, null],
            ["192.0.2.7", "edge.mrt", 1501, 80, null, null],
        ],
    );
    equal(tablesOf(/** @type {any} */ ({ asMap: null, routerTables: [] })), []);
});
