import FlowQuery
import FlowStore
import Foundation
import NetTypes
import Telemetry
import Testing

struct ExplainRouteTests {
    /// An hour in which one protocol, of which there was none before, brings as much as all else.
    static let store = FakeStore { sql in
        if sql.contains("AS p0") {
            return FakeStore.numbers((0..<ExplainScan.presenceCount).map { ("p\($0)", [0]) })
        }
        if sql.contains("GROUPING SETS") {
            // The last bit of the keys of the first statement is the one that is asked for here.
            let keys = ExplainRouteTests.keys(sql)
            let all: UInt64 = (1 << UInt64(keys)) - 1
            let proto = ExplainRouteTests.place(of: "Proto", sql)
            var columns: [(String, [UInt64])] = [("missing", [all & ~(1 << UInt64(keys - 1 - proto))])]
            columns += (0..<keys).map { ("k\($0)", [$0 == proto ? 17 : 0]) }
            return FakeStore.numbers(columns + [("a1", [0]), ("a2", [0]), ("b", [360_000_000])])
        }
        if sql.contains("AS mask") {
            let slices = Array(0..<24 as Range<UInt64>)
            return FakeStore.numbers([
                ("mask", slices.map { _ in 0 } + slices.suffix(12).map { _ in 1 }),
                ("slice", slices + slices.suffix(12)),
                ("amount", (0..<36).map { _ in 30_000_000 }), ("squares", (0..<36).map { _ in 300_000_000_000 }),
                ("flows", (0..<36).map { _ in 3000 }),
            ])
        }
        if sql.contains("uniqExactIf") { return FakeStore.numbers((0..<14).map { ("c\($0)", [UInt64($0)]) }) }
        if sql.contains("system.tables") { return FakeStore.numbers([("name", [])]) }
        let slices = Array(0..<24 as Range<UInt64>)
        return FakeStore.numbers([
            ("slice", slices), ("bytes", slices.map { $0 < 12 ? 30_000_000 : 60_000_000 }),
            ("packets", slices.map { _ in 30_000 }), ("flows", slices.map { $0 < 12 ? 3000 : 6000 }),
            ("assumed", slices.map { _ in 1000 }),
        ])
    }

    private static func keys(_ sql: String) -> Int {
        (0..<64).count { sql.contains(" AS k\($0),") }
    }

    private static func place(of column: String, _ sql: String) -> Int {
        (0..<64).first { sql.contains(", \(column) AS k\($0),") || sql.contains("\(column) AS k\($0),") } ?? 0
    }

    private static func harness(_ store: FakeStore, oldest: UInt64? = 1_795_000_000) -> Harness {
        var status = FakeStatus()
        status.report.store.oldest = oldest
        return Harness(store: store, status: status)
    }

    @Test("the first cause comes with its figures, its filter and its signs")
    func cause() async throws {
        let uri = "/api/v1/explain?from=1795400000&to=1795403600&filter=SrcPort+%3E+5&id=explain-1"
        let answer = try await Self.harness(Self.store).send(uri)
        #expect(answer.status == 200)
        let json = try answer.json()
        #expect(json["from"] as? Int == 1_795_400_000 && json["to"] as? Int == 1_795_403_600)
        #expect(json["referenceFrom"] as? Int == 1_795_396_400 && json["referenceTo"] as? Int == 1_795_400_000)
        #expect(json["before"] as? Double == 800_000 && json["after"] as? Double == 1_600_000)
        #expect(json["changed"] as? Bool == true && json["exact"] as? Bool == true)
        let cause = try #require((json["causes"] as? [[String: Any]])?.first)
        #expect(cause["filter"] as? String == "Proto = UDP")
        #expect(cause["share"] as? Double == 1)
        #expect(cause["before"] as? Double == 0 && cause["after"] as? Double == 800_000)
        let part = try #require((cause["parts"] as? [[String: Any]])?.first)
        #expect(part["labels"] as? [String] == ["UDP"] && part["dimensions"] as? [String] == ["Proto"])
        let signs = try #require(cause["signs"] as? [String: [String: Any]])
        #expect(
            signs["after"]?["distinct"] as? [String: Int] == ["SrcAddr": 7, "DstAddr": 8, "SrcPort": 9, "DstPort": 10]
        )
        #expect(signs["before"]?["flows"] as? Int == 6)
        #expect((json["rest"] as? [String: Double]) == ["before": 800_000, "after": 800_000])
        #expect((json["values"] as? [Any])?.count == 1)
        let flows = try #require((json["totals"] as? [String: [String: Double]])?["flow/s"])
        #expect(flows == ["before": 10, "after": 20])
        #expect(abs((json["assumedSampling"] as? Double ?? 0) - 24.0 / 108) < 1e-12)
        let sql = try #require(json["sql"] as? String)
        #expect(sql.components(separatedBy: ";\n\n").count == 6)
        #expect(sql.components(separatedBy: "(SrcPort > 5)").count == 6)
    }

    @Test("what is stored bounds what is compared")
    func bounds() async throws {
        let store = FakeStore { _ in throw StoreError(message: "enough") }
        _ = try await Self.harness(store, oldest: Harness.now - 1000).send("/api/v1/explain?from=-10m")
        // The newest seconds aren't stored yet.
        #expect(store.asked.first?.contains("TimeReceived < toDateTime(\(Harness.now - 3))") == true)
        #expect(store.asked.first?.contains("TimeReceived >= toDateTime(\(Harness.now - 1000))") == true)
        let nothing = try await Self.harness(store, oldest: Harness.now - 600).send("/api/v1/explain?from=-10m")
        #expect(nothing.status == 400)
        #expect(try nothing.error()["parameter"] as? String == "referenceFrom")
        #expect(store.asked.count == 1)
    }

    @Test(arguments: [
        ("from=now&to=-1h", "from"), ("limit=21", "limit"), ("unit=byte", "unit"), ("filter=SrcAS", "filter"),
        ("from=-10m&referenceTo=-20m", "referenceFrom"),
        ("from=-10m&referenceFrom=-15m&referenceTo=-5m", "referenceTo"),
        ("from=-10m&referenceFrom=soon", "referenceFrom"), ("from=-40d", "from"), ("dimensions=SrcAS", "dimensions"),
    ])
    func badParametersAreNamed(query: String, parameter: String) async throws {
        let store = FakeStore { _ in throw StoreError(message: "not to be asked") }
        let answer = try await Self.harness(store, oldest: 0).send("/api/v1/explain?" + query)
        #expect(answer.status == 400)
        #expect(try answer.error()["parameter"] as? String == parameter)
        #expect(store.asked.isEmpty)
    }

    @Test func withoutRowsThereIsNothingToExplain() async throws {
        let store = FakeStore { sql in
            if sql.contains("AS p0") {
                return FakeStore.numbers((0..<ExplainScan.presenceCount).map { ("p\($0)", [0]) })
            }
            if sql.contains("GROUPING SETS") {
                let names = (0..<Self.keys(sql)).map { "k\($0)" } + ["missing", "a1", "a2", "b"]
                return FakeStore.numbers(names.map { ($0, []) })
            }
            if sql.contains("system.tables") { return FakeStore.numbers([("name", [])]) }
            return FakeStore.numbers(["slice", "bytes", "packets", "flows", "assumed"].map { ($0, []) })
        }
        let json = try await Self.harness(store).send("/api/v1/explain?from=-10m").json()
        #expect((json["causes"] as? [Any])?.isEmpty == true)
        #expect(json["changed"] as? Bool == false)
        #expect(store.asked.count == 4)
    }
}
