import FlowStore
import NetTypes
import Synchronization
import Telemetry
import Testing

/// Knows one name, and remembers what it was asked for.
final class FakeHosts: HostNameSource {
    private let known: [IPAddress: String]
    private let log = Mutex<[[IPAddress]]>([])

    init(_ known: [IPAddress: String]) {
        self.known = known
    }

    var asked: [[IPAddress]] { log.withLock { $0 } }

    func names(of addresses: [IPAddress]) -> [IPAddress: String] {
        log.withLock { $0.append(addresses) }
        return known.filter { addresses.contains($0.key) }
    }

    func metrics() -> [MetricFamily] {
        [MetricFamily("netmeta_hosts_test_total", .counter, help: "From the hosts.", value: 9)]
    }
}

@Suite("Names of hosts in answers")
struct HostNameTests {
    private static let addresses = [IPAddress(192, 0, 2, 1), IPAddress(192, 0, 2, 2)]

    /// Two groups of an address each, in a table and in a graph.
    private static let store = FakeStore { sql in
        func numbers(_ columns: [(String, [UInt64])]) -> [ResultColumn] { FakeStore.numbers(columns).columns }
        if sql.contains(" AS r,") {
            return FakeStore.numbers([
                ("t", [1_795_413_000, 1_795_413_000]), ("r", [1, 2]), ("direction", [0, 0]), ("amount", [60, 30]),
                ("flows", [6, 3]), ("assumed", [0, 0]),
            ])
        }
        let keys = ResultColumn(name: "k0", type: "IPv6", values: addresses.map(ResultValue.address))
        let sums = numbers([
            ("bytes", [60, 30]), ("packets", [6, 3]), ("flows", [6, 3]), ("assumed", [0, 0]), ("groups", [2, 2]),
            ("all_bytes", [90, 90]), ("all_packets", [9, 9]), ("all_flows", [9, 9]), ("all_assumed", [0, 0]),
        ])
        return QueryResult(columns: [keys] + sums, rowCount: 2, elapsed: 0)
    }

    @Test(arguments: ["top", "graph"])
    func labels(_ route: String) async throws {
        let hosts = FakeHosts([Self.addresses[1]: "\"><b>.example.net"])
        let harness = Harness(store: Self.store, hosts: hosts)
        let json = try await harness.send("/api/v1/\(route)?from=-10m&dimensions=SrcAddr").json()
        let groups = try #require((json["rows"] ?? json["series"]) as? [[String: Any]])
        #expect(groups.map { $0["labels"] as? [String] } == [["192.0.2.1"], ["\"><b>.example.net 192.0.2.2"]])
        #expect(groups.map { $0["key"] as? [String] } == [["192.0.2.1"], ["192.0.2.2"]])
        #expect(hosts.asked == [Self.addresses])
    }

    @Test("what has no addresses asks nobody, and the metrics say what was done")
    func others() async throws {
        let hosts = FakeHosts([:])
        let harness = Harness(store: QuestionRouteTests.store, hosts: hosts)
        _ = try await harness.send("/api/v1/top?from=-10m&dimensions=SrcAS")
        #expect(hosts.asked.flatMap { $0 } == [])
        #expect(try await harness.send("/metrics").body.contains("netmeta_hosts_test_total 9"))
    }
}
