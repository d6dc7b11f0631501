import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import NetTypes
import Telemetry
import Testing

@testable import WebAPI

/// Completion and checks of filters, and names in them.
struct FilterRouteTests {
    private static let ports = FakeStore { _ in
        FakeStore.numbers([
            ("k0", [443, 0]), ("bytes", [6000, 3000]), ("packets", [60, 30]), ("flows", [6, 3]), ("groups", [2, 2]),
            ("all_bytes", [10000, 10000]), ("all_packets", [100, 100]), ("all_flows", [12, 12]),
            ("all_assumed", [0, 0]),
        ])
    }

    private func encode(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private func candidates(_ json: [String: Any]) throws -> [[String: String]] {
        let all = try #require(json["candidates"] as? [[String: Any]])
        return all.map { $0.compactMapValues { $0 as? String } }
    }

    @Test func completesValues() async throws {
        let store = Self.ports
        let answer = try await Harness(store: store).send(
            "/api/v1/filter/complete?text=\(encode("DstPort = ht and Proto = 6"))&position=12"
        )
        #expect(answer.status == 200)
        let json = try answer.json()
        #expect(json["position"] as? Int == 10 && json["length"] as? Int == 2)
        #expect(json["expected"] as? [String] == ["a port number or service name"])
        let found = try candidates(json)
        // The port that was seen is found by what it is called, and isn't offered by its name again.
        #expect(found.prefix(3).map { $0["label"] } == ["http", "http-alt", "443"])
        let seen = try #require(found.first { $0["label"] == "443" })
        #expect(seen["detail"] == "https" && seen["insert"] == "443 ")
        let shares = try #require(json["candidates"] as? [[String: Any]]).filter { !($0["share"] is NSNull) }
        #expect(shares.count == 1 && shares[0]["share"] as? Double == 0.6)
        #expect(json["period"] as? String == "the last 5 minutes")
        // Nothing was asked but the one small question about ports, and no unknown is offered as a number.
        #expect(store.asked.count == 1 && store.limits[0].seconds == SeenValues.seconds)
        #expect(!found.contains { $0["label"] == "0" })
    }

    @Test func completesWithoutTheStore() async throws {
        let broken = FakeStore { _ in throw StoreError(code: 159, message: "too long") }
        let found = try candidates(
            try await Harness(store: broken).send("/api/v1/filter/complete?text=\(encode("InIf = xe"))").json()
        )
        #expect(found.map { $0["label"] } == ["xe-0/0/9", "xe-0/0/10"])
        #expect(found[0]["detail"] == "9 of 192.0.2.9")
        let columns = try candidates(try await Harness().send("/api/v1/filter/complete").json())
        #expect(columns.count == FilterCompletion.most && columns[0]["kind"] == "column")
        #expect(try await Harness().send("/api/v1/filter/complete").json()["period"] is NSNull)
    }

    @Test(arguments: ["position=-1", "position=x", "text=1&text=2", "filter=1"])
    func refuses(query: String) async throws {
        let answer = try await Harness().send("/api/v1/filter/complete?\(query)")
        #expect(answer.status == 400)
        #expect(try answer.error()["parameter"] != nil)
    }

    @Test func checks() async throws {
        let good = try await Harness().send("/api/v1/filter/check?text=\(encode("dstport==HTTPS and inif=XE-0/0/9"))")
        #expect(try good.json()["canonical"] as? String == #"DstPort = 443 and InIf = "xe-0/0/9""#)
        #expect(try good.json()["error"] is NSNull)
        let bad = try await Harness().send("/api/v1/filter/check?text=\(encode("ä = 1"))")
        #expect(bad.status == 200)
        let json = try await Harness().send("/api/v1/filter/check?text=\(encode("SrcAZ = 1"))").json()
        #expect(json["canonical"] is NSNull)
        let error = try #require(json["error"] as? [String: Any])
        #expect(error["position"] as? Int == 0 && error["length"] as? Int == 5)
        #expect(error["suggestion"] as? String == "SrcAS" && error["parameter"] as? String == "text")
        let empty = try await Harness().send("/api/v1/filter/check").json()
        #expect(empty["canonical"] as? String == "")
    }

    @Test func namesAreUnderstoodInQuestions() async throws {
        let store = FakeStore { _ in QueryResult(columns: [], rowCount: 0, elapsed: 0) }
        _ = try await Harness(store: store).send("/api/v1/flows?filter=\(encode("InIf = \"xe-0/0/9\""))")
        #expect(store.asked[0].contains("((SamplerAddress, InIf) IN ((toIPv6('::ffff:192.0.2.9'), 9)))"))
        let error = try await Harness(store: store).send("/api/v1/flows?filter=\(encode("InIf = xe-0/0/8"))").error()
        #expect(error["suggestion"] as? String == "xe-0/0/9" || error["suggestion"] as? String == "xe-0/0/10")
        #expect(store.asked.count == 1)
    }
}

/// What filters may call things.
struct KnownNamesTests {
    private static let one = IPAddress(192, 0, 2, 1)
    private static let two = IPAddress(192, 0, 2, 2)

    private var names: KnownNames {
        var book = NameBook()
        var edge = SamplerNames()
        edge.description = "Edge Router"
        edge.interfaces = [9: "uplink"]
        edge.vlans = [100: "guests"]
        edge.hosts = [IPAddress(198, 51, 100, 7): "web"]
        book.samplers = [Prefix(Self.one, bits: 128): edge]
        book.autnums = [64500: AutonomousSystemName(name: "Example Networks")]
        book.listedAutnums = [
            64500: AutonomousSystemName(name: "Another"), 64501: AutonomousSystemName(name: "Netsystem"),
            64502: AutonomousSystemName(name: "example networks"),
        ]
        var first = ExporterReport(address: Self.one, name: "told", lastSeen: 0)
        first.names.interfaces = [9: "xe-0/0/9", 3: "lo0"]
        var second = ExporterReport(address: Self.two, name: "core", lastSeen: 0)
        second.names.interfaces = [7: "uplink: to Example", 3: "lo0"]
        second.names.vrfs = [3: "blue"]
        return KnownNames([second, first], book)
    }

    @Test func meanings() {
        func meaning(_ name: String, _ column: FlowColumn) -> NamedValue.Meaning? {
            names.value(named: name, in: column)?.meaning
        }
        #expect(meaning("EXAMPLE networks", .srcAS) == .numbers([64500, 64502]))
        // What the configuration calls otherwise isn't called as the list says.
        #expect(meaning("Another", .srcAS) == nil)
        #expect(meaning("edge router", .samplerAddress) == .addresses([Self.one]))
        #expect(meaning("told", .samplerAddress) == nil)
        #expect(meaning("core", .samplerAddress) == .addresses([Self.two]))
        #expect(meaning("core", .srcAddr) == nil)
        #expect(meaning("Web", .srcAddr) == .addresses([IPAddress(198, 51, 100, 7)]))
        #expect(
            meaning("uplink", .outIf)
                == .ofExporters([.init(exporter: Self.one, number: 9), .init(exporter: Self.two, number: 7)])
        )
        #expect(meaning("xe-0/0/9", .inIf) == nil)
        #expect(meaning("blue", .egressVrfId) == .ofExporters([.init(exporter: Self.two, number: 3)]))
        #expect(meaning("guests", .vlanId) == .ofExporters([.init(exporter: Self.one, number: 100)]))
        #expect(meaning("guests", .inIf) == nil)
    }

    @Test func choices() {
        func choices(_ text: String, _ column: FlowColumn, limit: Int = 9) -> [String] {
            names.names(in: column, like: text, limit: limit).map { "\($0.text): \($0.detail)" }
        }
        #expect(choices("net", .srcAS) == ["64501: Netsystem", "64500: Example Networks", "64502: example networks"])
        #expect(choices("64502", .srcAS) == ["64502: example networks"])
        #expect(choices("", .srcAS, limit: 1).count == 1)
        #expect(choices("lo", .inIf) == ["lo0: 2 of that name"])
        #expect(choices("LINK", .inIf).sorted() == ["uplink: 9 of Edge Router", "uplink: to Example: 7 of core"])
        #expect(choices("edge", .samplerAddress) == ["192.0.2.1: Edge Router"])
        #expect(choices("192.0.2.2", .samplerAddress) == ["192.0.2.2: core"])
        #expect(choices("web", .dstAddr) == ["198.51.100.7: web"])
    }
}
