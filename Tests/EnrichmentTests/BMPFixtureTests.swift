import Enrichment
import Foundation
import NetTypes
import Testing

/// Sessions of real routers, beside what tshark and the routers themselves say of them.
@Suite("Recorded BMP sessions")
struct BMPFixtureTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/bmp")

    private static func stream(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name)/session.bin")))
    }

    @Test("every change of a route is the one that tshark reads", arguments: ["frr", "gobgp"])
    func differential(_ name: String) throws {
        let oracle = try String(contentsOf: Self.folder.appendingPathComponent("\(name)/tshark.tsv"), encoding: .utf8)
        var lines: [String] = []
        var session = BMPSession()
        try feed(&session, try Self.stream(name)) { action in
            guard case .routes(let peer, let view, let update) = action else { return }
            #expect(update.treatedAsWithdrawn == 0 && update.otherFamilies == 0)
            // Loc-RIBs and the router's own routes have no peer's address.
            let address = peer.address.isUnspecified ? "-" : peer.address.description
            for route in update.withdrawn { lines.append("\(view)\t\(address)\t-\t\(route.prefix)\t\t\t") }
            for route in update.announced {
                let found = update.attributes[route.attributes]
                // tshark prints an IPv4 address in IPv6's form with its colons.
                let hop =
                    route.family == .v6 && found.nextHop.isV4
                    ? found.nextHop.ipv6Description : found.nextHop.description
                let communities = found.communities.map { "\($0 >> 16):\($0 & 0xFFFF)" }.joined(separator: " ")
                let path = found.path.map { String($0) }.joined(separator: " ")
                lines.append("\(view)\t\(address)\t+\t\(route.prefix)\t\(hop)\t\(path)\t\(communities)")
            }
        }
        #expect(lines.joined(separator: "\n") + "\n" == oracle)
    }

    @Test("what is left in the end is what FRR showed in the end")
    func frr() throws {
        var (session, rib) = (BMPSession(), RouterRIB())
        var skipped: [BMPSkip: Int] = [:]
        // As it came: in pieces of any size.
        let stream = try Self.stream("frr")
        for start in stride(from: 0, to: stream.count, by: 71) {
            try feed(&session, Array(stream[start..<min(stream.count, start + 71)])) { action in
                if case .skipped(let reason, let count) = action { skipped[reason, default: 0] += count }
                #expect(rib.apply(action, session: 1, at: 0, most: .max) == 0)
            }
        }
        // `show bgp ipv4 unicast`, `show bgp ipv6 unicast`.
        let shown = [
            ("8.8.8.8", 0, "10.98.0.2", [64501]), ("10.1.2.3", 16, "0.0.0.0", []),
            ("192.0.2.7", 24, "10.98.0.2", [64501, 64510, 64521, 64522]),
            ("198.51.100.200", 24, "10.98.0.2", [64501, 64510, 4_200_000_001]),
            ("203.0.113.1", 24, "10.98.0.2", [64501, 64510, 64511]), ("2001:db8:1::5", 48, "::", []),
            ("2001:db8:a::5", 48, "fd98::2", [64501, 64510, 64512] as [UInt32]),
        ]
        let table = rib.makeTable()
        for (address, length, hop, path) in shown {
            let found = try #require(table.lookUp(IPAddress(address) ?? .unspecified), "\(address)")
            #expect(Int(found.prefixLength) == length && found.attributes.nextHop.description == hop, "\(address)")
            #expect(Array(found.attributes.path) == path, "\(address)")
        }
        // The second peer has gone, and its route is only held.
        let held = try #require(IPAddress("2001:db8:b::5"))
        #expect(table.lookUp(held)?.attributes.path == [64502, 4_200_000_002])
        rib.expire(at: 9, hold: 9)
        #expect(rib.makeTable().lookUp(held) == nil && rib.prefixes.v4 == 5 && rib.prefixes.v6 == 2)
        #expect(Set(skipped.keys) == [.statistics, .unknownPeer])
    }

    @Test("a session cut off anywhere, or damaged anywhere, is read as far as it goes", arguments: ["frr", "gobgp"])
    func damaged(_ name: String) throws {
        let stream = try Self.stream(name)
        for end in 0..<stream.count where end % 7 == 0 {
            var session = BMPSession()
            try feed(&session, Array(stream[..<end])) { _ in }
        }
        var random = SeededGenerator(state: 11)
        for _ in 0..<1000 {
            var bytes = stream
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            var (session, rib) = (BMPSession(), RouterRIB())
            try? feed(&session, bytes) { _ = rib.apply($0, session: 1, at: 0, most: 1 << 20) }
            _ = rib.makeTable()
            rib.end(session: 1, at: 0)
            rib.expire(at: 9, hold: 9)
            #expect(rib.isEmpty && rib.bytes == 0)
        }
    }
}
