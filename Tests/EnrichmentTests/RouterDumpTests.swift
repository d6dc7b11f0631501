import Enrichment
import FlowSchema
import NetTypes
import Testing

/// A dump of one router's table, read as the routes that its packets take.
struct RouterDumpTests {
    /// ORIGIN and AS_PATH.
    private static func base(_ path: [Int]) -> [UInt8] {
        MRTBytes.attribute(1, [0]) + MRTBytes.path(.sequence(path))
    }

    private static func hop(_ last: UInt8) -> [UInt8] { MRTBytes.attribute(3, [192, 0, 2, last]) }

    private static func optional(_ flags: UInt8, _ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [flags, type, UInt8(value.count)] + value
    }

    private static let hop6: [UInt8] = [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [9]

    private static func table(
        _ bytes: [UInt8],
        pieces: Int = .max,
        most: Int = 1 << 20
    ) -> (RouterTable, RouterDump.Counters) {
        var dump = RouterDump(most: most)
        var offset = 0
        while offset < bytes.count {
            let end = bytes.count - offset > pieces ? offset + pieces : bytes.count
            dump.read(Array(bytes[offset..<end]).span.bytes)
            offset = end
        }
        let table = dump.finish()
        return (table, dump.counters)
    }

    private static func look(_ table: RouterTable, _ address: String) -> String {
        guard let found = IPAddress(address).flatMap({ table.lookUp($0) }) else { return "nothing" }
        let set = found.attributes
        return "/\(found.prefixLength) \(set.nextHop) \(set.neighbour) \(set.origin) \(Array(set.communities))"
    }

    @Test("next hops and paths, of several entries the one that the router would have chosen", arguments: [Int.max, 7])
    func routes(_ pieces: Int) {
        let preferred = Self.base([64501, 64502, 64503]) + Self.hop(2) + Self.optional(0x40, 5, [0, 0, 0, 200])
        let file =
            MRTBytes.peers([64500, 64501])
            + MRTBytes.route("198.51.100.0/24", [(0, Self.base([64500, 64510]) + Self.hop(1)), (1, preferred)])
            + MRTBytes.route(
                "203.0.113.0/24",
                [
                    (0, Self.base([64500, 64510, 64511]) + Self.hop(1)),
                    (1, Self.base([64501, 64511]) + Self.hop(2) + Self.optional(0xC0, 8, [0xFC, 0, 0, 7])),
                ]
            )
            + MRTBytes.route("0.0.0.0/0", [(0, Self.hop(3))])
            // MP_REACH_NLRI as RFC 6396 has it, and whole.
            + MRTBytes.route(
                "2001:db8:1::/48",
                [(0, Self.base([64500]) + Self.optional(0x80, 14, [16] + Self.hop6))],
                subtype: 4
            )
            + MRTBytes.route(
                "2001:db8:2::/48",
                [
                    (
                        0,
                        Self.base([64500])
                            + Self.optional(0x80, 14, [0, 2, 1, 16] + Self.hop6 + [0, 48, 32, 1, 0xD, 0xB8, 0, 2])
                    )
                ],
                subtype: 4
            )
        let (table, counters) = Self.table(file, pieces: pieces)
        #expect(Self.look(table, "198.51.100.9") == "/24 192.0.2.2 64501 64503 []")
        #expect(Self.look(table, "203.0.113.9") == "/24 192.0.2.2 64501 64511 [4227858439]")
        #expect(Self.look(table, "8.8.8.8") == "/0 192.0.2.3 0 0 []")
        #expect(Self.look(table, "2001:db8:1::1") == "/48 2001:db8::9 64500 64500 []")
        #expect(Self.look(table, "2001:db8:2::1") == "/48 2001:db8::9 64500 64500 []")
        #expect(Self.look(table, "2001:db8:3::1") == "nothing")
        #expect(counters.prefixes == 5 && counters.entries == 7 && counters.skipped == 1 && counters.malformed == 0)
    }

    @Test("a prefix in two records, malformed entries, the end within a record, and no room")
    func odd() {
        let good = Self.base([64500]) + Self.hop(1)
        let better = Self.base([64500]) + Self.hop(2) + Self.optional(0x40, 5, [0, 0, 1, 0])
        let file =
            MRTBytes.route("198.51.100.0/24", [(0, good)])
            + MRTBytes.route("198.51.100.0/24", [(0, better)], subtype: 8)
            + MRTBytes.route("203.0.113.0/24", [(0, [0x40, 3, 2, 1, 1])])
            + MRTBytes.record(subtype: 2, [0, 0, 0, 0, 33, 1, 2, 3, 4, 5, 0, 0])
        let (table, counters) = Self.table(file + [0, 0, 0])
        #expect(Self.look(table, "198.51.100.1") == "/24 192.0.2.2 64500 64500 []")
        #expect(Self.look(table, "203.0.113.1") == "nothing")
        // The entry, the prefix that it was all of, and the length that IPv4 hasn't.
        #expect(counters.malformed == 3 && counters.isTruncated && counters.prefixes == 1 && !counters.isFull)
        #expect(Self.table(file, most: 1).1.isFull)
        // Whatever becomes of a byte, it is read to its end.
        for index in file.indices {
            var changed = file
            changed[index] ^= 0xFF
            _ = Self.table(changed)
        }
    }

    @Test("large and extended communities, whole ones, into columns of their own")
    func communities() {
        let large: [UInt8] = [0, 0, 0xFC, 0, 0, 0, 0, 1, 0, 0, 0, 2]
        // A route target of two bytes' AS (RFC 4360 section 4), 200 times.
        let target: [UInt8] = [0, 2, 0xFC, 0, 0, 0, 0, 100]
        let many = [UInt8](([[UInt8]](repeating: target, count: 200)).joined())
        let route =
            Self.base([64500]) + Self.hop(1) + Self.optional(0xC0, 8, [0xFC, 0, 0, 7]) + Self.optional(0xC0, 32, large)
            + [0xD0, 16, UInt8(many.count >> 8), UInt8(many.count & 0xFF)] + many
        let (table, counters) = Self.table(MRTBytes.route("198.51.100.0/24", [(0, route)]))
        #expect(counters.malformed == 0)
        let sampler = IPAddress(192, 0, 2, 101)
        let source = EnrichmentSource(dumps: RouterTables([sampler: table], details: [.communities]))
        var enricher = Enricher(source)
        let batch = rows(["10.1.0.1 > 198.51.100.1", "10.1.0.1 > 8.8.8.8"])
        set(batch, .samplerAddress, [AddressBytes(sampler), AddressBytes(sampler)])
        batch.seal()
        enricher.enrich(batch)
        func list(_ column: FlowColumn, _ row: Int = 0) -> [UInt32] {
            VariableValue.numbers(batch.variable(column)?.value(row: row) ?? [])
        }
        #expect(list(.bgpCommunities) == [0xFC00_0007] && list(.bgpLargeCommunities) == [0xFC00, 1, 2])
        let extended = list(.bgpExtendedCommunities)
        #expect(extended.count == 254 && Array(extended.prefix(4)) == [0x0002_FC00, 100, 0x0002_FC00, 100])
        #expect(list(.bgpLargeCommunities, 1).isEmpty && !batch.isPresent(.asPath))
    }

    @Test("routes that a router tells itself come before its dump, those of others beside them")
    func joined() throws {
        let (dump, _) = Self.table(MRTBytes.route("0.0.0.0/0", [(0, Self.hop(1))]))
        let (told, _) = Self.table(MRTBytes.route("0.0.0.0/0", [(0, Self.hop(2))]))
        let (one, two) = (IPAddress(192, 0, 2, 101), IPAddress(192, 0, 2, 102))
        let source = EnrichmentSource(routes: RouterTables([one: told]))
        source.replace(dumps: RouterTables([one: dump, two: dump]))
        var enricher = Enricher(source)
        let batch = rows(["10.1.0.1 > 8.8.8.8", "10.1.0.1 > 8.8.8.8", "10.1.0.1 > 8.8.8.8"])
        set(batch, .samplerAddress, [one, two, IPAddress(192, 0, 2, 103)].map { AddressBytes($0) })
        batch.seal()
        enricher.enrich(batch)
        #expect((0..<3).map { batch.address(.nextHop, row: $0).description } == ["192.0.2.2", "192.0.2.1", "::"])
    }
}

@Suite("Interfaces that SNMP agents don't know")
struct KnownInterfacesTests {
    @Test func strangers() {
        let source = EnrichmentSource()
        let exporters = (1...4).map { IPAddress(192, 0, 2, UInt8($0)) }
        source.replace(knownInterfaces: KnownInterfaces([exporters[0]: [1, 2], exporters[1]: [1], exporters[2]: []]))
        var enricher = Enricher(source)
        func strangers(_ inputs: [UInt32], _ outputs: [UInt32]) -> Set<IPAddress> {
            let batch = rows([String](repeating: "10.1.0.1 > 10.2.0.1", count: 4))
            set(batch, .samplerAddress, exporters.map { AddressBytes($0) })
            set(batch, .inIf, inputs)
            set(batch, .outIf, outputs)
            batch.seal()
            enricher.enrich(batch)
            return source.takeStrangers()
        }
        // The last one's agent didn't answer.
        #expect(strangers([1, 1, 0, 7], [2, 0, UInt32.max, 9]) == [])
        #expect(strangers([1, 2, 0, 7], [3, 0, 5, 9]) == [exporters[0], exporters[1], exporters[2]])
        #expect(source.takeStrangers() == [])
        source.replace(knownInterfaces: nil)
        #expect(strangers([1, 2, 0, 7], [3, 0, 5, 9]) == [])
    }
}
