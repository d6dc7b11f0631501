import FlowStore
import Foundation
import HTTPTypes
import Testing

/// What graphs can have besides their own lines, and distributions.
struct ChartRouteTests {
    /// Answers any graph with one group, and what is spread with something outside.
    private static let store = FakeStore { sql in
        guard sql.contains(" AS r,") || sql.contains(" AS t, r,") else {
            return FakeStore.numbers([("k0", [13335]), ("groups", [1])])
        }
        var columns: [(String, [UInt64])] = [
            ("t", [sql.contains("1795412") ? 1_795_412_400 : 1_795_413_000]), ("r", [1]), ("direction", [0]),
            ("amount", [6000]), ("flows", [6]), ("assumed", [0]),
        ]
        if sql.contains(" AS packets") { columns.append(("packets", [60])) }
        if sql.contains(" AS apart") { columns += [("before", [70]), ("after", [5]), ("apart", [2])] }
        return FakeStore.numbers(columns)
    }

    @Test func spreadGraphsTellWhatIsOutside() async throws {
        let path = "/api/v1/graph?from=-10m&dimensions=SrcAS&bucket=30"
        let spread = try await Harness(store: Self.store).send(path + "&spread=auto").json()
        let told = try #require(spread["spread"] as? [String: Int])
        #expect(told == ["timeout": 60, "before": 70, "after": 5, "apart": 2])
        #expect((spread["sql"] as? String)?.contains("ARRAY JOIN") == true)
        for more in ["", "&spread=off"] {
            let plain = try await Harness(store: Self.store).send(path + more).json()
            #expect(plain["spread"] is NSNull)
            #expect((plain["sql"] as? String)?.contains("ARRAY JOIN") == false)
        }
    }

    @Test func theOtherDirectionAndTheTimeBeforeHaveTheSameGroups() async throws {
        let json = try await Harness(store: Self.store)
            .send("/api/v1/graph?from=-10m&dimensions=SrcAS&bucket=300&reverse=on&previous=600&filter=InIf+%3D+3")
            .json()
        let reverse = try #require(json["reverse"] as? [String: Any])
        #expect(reverse["dimensions"] as? [String] == ["DstAS"])
        #expect((reverse["sql"] as? String)?.contains("(OutIf = 3)") == true)
        let series = try #require(reverse["series"] as? [[String: Any]])
        #expect(series.map { $0["key"] as? [String] } == [["13335"]])
        let previous = try #require(json["previous"] as? [String: Any])
        #expect(previous["seconds"] as? Int == 600)
        #expect(previous["to"] as? Int == json["from"] as? Int)
        #expect(((previous["series"] as? [[String: Any]])?.first?["values"] as? [Double]) == [160, 0])
    }

    @Test func sizesAndTotals() async throws {
        let path = "/api/v1/graph?from=-10m&bucket=300&unit="
        for (unit, value) in [("byte/packet", 100.0), ("bytes", 6000), ("bit/s", 160)] {
            let json = try await Harness(store: Self.store).send(path + unit).json()
            let series = try #require((json["series"] as? [[String: Any]])?.first)
            #expect(series["values"] as? [Double] == [value, 0])
            #expect(series["total"] as? Int == 6000)
        }
    }

    @Test func distributions() async throws {
        let store = FakeStore { _ in
            FakeStore.numbers([
                ("t", [1_795_413_000, 1_795_413_300, 1_795_413_000]), ("bin", [3, 5, 0]), ("amount", [10, 20, 7]),
                ("flows", [1, 2, 7]), ("assumed", [0, 0, 5]),
            ])
        }
        let json = try await Harness(store: store)
            .send("/api/v1/values?from=-10m&column=IPTTL&unit=flows&bucket=300&filter=Proto+%3D+TCP").json()
        #expect(json["column"] as? String == "IPTTL" && json["scale"] as? String == "linear")
        let bins = try #require(json["bins"] as? [[String: Int]])
        #expect(
            bins == [
                ["from": 8, "to": 12, "total": 10], ["from": 12, "to": 16, "total": 0],
                ["from": 16, "to": 20, "total": 20],
            ]
        )
        #expect(json["cells"] as? [[Int]] == [[0, 0, 10], [1, 2, 20]])
        #expect(json["unknown"] as? Int == 7 && json["total"] as? Int == 37)
        #expect(json["assumedSampling"] as? Double == 0.5)
        #expect((json["sql"] as? String)?.contains("(Proto = 6)") == true)
        #expect(store.asked.count == 1)
    }
}
