import FlowStore
import Foundation
import NetTypes
import Telemetry
import Testing

/// How the best of very many addresses are asked for; that they are the best is FlowStoreTests' to show.
struct ManyAddressesTests {
    private static let path = "/api/v1/top?from=-7d&dimensions=SrcAddr&limit=2"
    /// A store that has 100 million rows of the last week.
    private static let status: FakeStatus = {
        var status = FakeStatus()
        status.report.store.rows = 100_000_000
        status.report.store.oldest = Harness.now - 7 * 86_400
        status.report.store.newest = Harness.now
        return status
    }()

    /// Answers the survey, the two scans and the plain statement.
    private static func store(addresses: UInt64 = 400_000, flows: UInt64 = 100_000_000, bound: UInt64 = 10) -> FakeStore
    {
        FakeStore { sql in
            if sql.contains("uniqCombined") {
                return FakeStore.numbers([
                    ("all_bytes", [1000]), ("all_packets", [100]), ("all_flows", [flows]), ("all_assumed", [0]),
                    ("addresses", [addresses]),
                ])
            }
            if sql.contains(" AS r,") {
                return FakeStore.numbers(["t", "r", "direction", "amount", "flows", "assumed"].map { ($0, []) })
            }
            let isOfMany = sql.contains("AS shards")
            var columns: [(String, [UInt64])] = [
                ("bytes", [50, 20]), ("amount", [50, 20]), ("packets", [5, 2]), ("flows", [3, 1]),
                ("groups", isOfMany ? [640_000, 640_000] : [654_321, 654_321]),
            ]
            if isOfMany {
                columns.append(("bound", [bound, bound]))
            } else {
                columns += ["bytes", "packets", "flows", "assumed"].map { ("all_\($0)", [1000, 1000]) }
            }
            var result = FakeStore.numbers(columns)
            let keys = [IPAddress(192, 0, 2, 1), IPAddress(192, 0, 2, 2)].map(ResultValue.address)
            result.columns.append(ResultColumn(name: "k0", type: "IPv6", values: keys))
            return result
        }
    }

    @Test("two scans find the best, and their number is told as an estimate")
    func provenAnswer() async throws {
        let store = Self.store()
        let json = try await Harness(store: store, status: Self.status).send(Self.path).json()
        #expect(store.asked.count == 2)
        #expect(json["groupsExact"] as? Bool == false)
        #expect(json["groups"] as? Int == 640_000)
        #expect((json["rows"] as? [[String: Any]])?.map { $0["bytes"] as? Int } == [50, 20, 930])
        #expect((json["total"] as? [String: Any])?["flows"] as? Int == 100_000_000)
        #expect((json["surveySql"] as? String) == store.asked[0])
        #expect((json["sql"] as? String) == store.asked[1])
        #expect((json["statistics"] as? [String: Any])?["elapsed"] as? Double == 0.5)
        // No types are asked for: that would work the scans out twice.
        #expect(store.limits.allSatisfy { !$0.tellsTypes })
    }

    @Test("a chart's groups are ranked the same way")
    func ranking() async throws {
        let store = Self.store()
        let path = "/api/v1/graph?from=-7d&dimensions=DstAddr&limit=2"
        let json = try await Harness(store: store, status: Self.status).send(path).json()
        #expect(store.asked.count == 3)
        #expect(json["groupsExact"] as? Bool == false)
        #expect(json["rankingSql"] as? String == store.asked[1])
        #expect(json["surveySql"] as? String == store.asked[0])
        #expect(store.asked[2].contains("DstAddr IN (toIPv6('::ffff:192.0.2.1'), toIPv6('::ffff:192.0.2.2'))"))
    }

    @Test(
        "all groups are asked for where the two scans prove nothing, or aren't worth it",
        arguments: [(400_000, 100_000_000, 20, 3), (1000, 100_000_000, 10, 2), (400_000, 1000, 10, 2)]
            as [(UInt64, UInt64, UInt64, Int)]
    )
    func plainAnswer(addresses: UInt64, flows: UInt64, bound: UInt64, asked: Int) async throws {
        let store = Self.store(addresses: addresses, flows: flows, bound: bound)
        let json = try await Harness(store: store, status: Self.status).send(Self.path).json()
        #expect(store.asked.count == asked)
        #expect(json["groupsExact"] as? Bool == true)
        #expect(json["groups"] as? Int == 654_321)
        #expect((json["total"] as? [String: Any])?["flows"] as? Int == 1000)
        #expect(json["surveySql"] is NSNull)
    }

    @Test(
        "nothing is surveyed for little, for other columns, and for the best of a bucket",
        arguments: [
            "from=-1d&dimensions=SrcAddr", "from=-7d&dimensions=SrcPort", "from=-7d&dimensions=SrcAddr&by=max",
        ]
    )
    func withoutSurvey(parameters: String) async throws {
        let store = Self.store()
        let answer = try await Harness(store: store, status: Self.status).send("/api/v1/top?limit=2&\(parameters)")
        #expect(answer.status == 200)
        #expect(store.asked.count == 1)
        #expect(try answer.json()["groupsExact"] as? Bool == true)
    }
}
