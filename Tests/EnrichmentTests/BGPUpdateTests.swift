import Enrichment
import NetTypes
import Testing

@Suite("BGP UPDATE")
struct BGPUpdateTests {
    private typealias Bytes = BMPBytes

    @Test("withdrawn routes, announced ones and all attributes that flows need")
    func plain() throws {
        let communities = Bytes.attribute(0xC0, 8, [0xFB, 0xF4, 0, 100, 0xFB, 0xF4, 0, 200])
        let discriminator = Bytes.attribute(0x80, 4, [0, 0, 0, 9])
        let update = try read(
            Bytes.update(
                withdrawn: Bytes.nlri("10.0.0.0/8", "0.0.0.0/0"),
                attributes: Bytes.attributes([64501, 4_200_000_001], preference: 200) + communities + discriminator,
                nlri: Bytes.nlri("198.51.100.0/24", "203.0.113.128/25")
            )
        )
        #expect(update.withdrawn.map(\.prefix.description) == ["10.0.0.0/8", "0.0.0.0/0"])
        #expect(update.announced.map(\.prefix.description) == ["198.51.100.0/24", "203.0.113.128/25"])
        let found = try #require(update.attributes.first)
        #expect(found.nextHop == IPAddress(192, 0, 2, 1) && found.origin == 4_200_000_001 && found.neighbour == 64501)
        #expect(Array(found.path) == [64501, 4_200_000_001] && Array(found.communities) == [0xFBF4_0064, 0xFBF4_00C8])
        #expect(found.localPreference == 200 && found.discriminator == 9 && found.originCode == 0)
        #expect(update.endOfRIB == nil && update.treatedAsWithdrawn == 0)
    }

    @Test("IPv6, next hops of two addresses, IPv4 with a next hop of IPv6, and the ends of tables")
    func families() throws {
        let global: [UInt8] = [0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [9]
        let local: [UInt8] = [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [9]
        func reach(_ family: UInt8, _ hop: [UInt8], _ nlri: [UInt8]) -> [UInt8] {
            Bytes.attribute(0x80, 14, [0, family, 1, UInt8(hop.count)] + hop + [0] + nlri)
        }
        let v6 = reach(2, global + local, Bytes.nlri("2001:db8:1::/48"))
        let update = try read(Bytes.update(attributes: v6 + Bytes.attributes([64501]), nlri: Bytes.nlri("10.0.0.0/8")))
        // Each with its own next hop.
        let hops = update.announced.map { "\($0.prefix) \($0.family) \(update.attributes[$0.attributes].nextHop)" }
        #expect(hops == ["10.0.0.0/8 v4 192.0.2.1", "2001:db8:1::/48 v6 2001:db8::9"])
        let mixed = try read(
            Bytes.update(attributes: reach(1, global, Bytes.nlri("10.0.0.0/8")) + Bytes.attributes([1], nextHop: nil))
        )
        #expect(mixed.announced.map(\.family) == [.v4] && mixed.attributes.first?.nextHop == IPAddress("2001:db8::9"))
        #expect(try read(Bytes.update()).endOfRIB == .v4)
        #expect(try read(Bytes.update(attributes: Bytes.attribute(0x80, 15, [0, 2, 1]))).endOfRIB == .v6)
        let gone = try read(
            Bytes.update(attributes: Bytes.attribute(0x80, 15, [0, 2, 1] + Bytes.nlri("2001:db8::/32")))
        )
        #expect(gone.withdrawn.map(\.prefix.description) == ["2001:db8::/32"] && gone.endOfRIB == nil)
        // Labels, VPNs and so on.
        #expect(try read(Bytes.update(attributes: Bytes.attribute(0x80, 15, [0, 1, 128, 1, 2, 3]))).otherFamilies == 1)
    }

    @Test("paths of two bytes are completed by AS4_PATH, as far as that one reaches (RFC 6793)")
    func narrow() throws {
        func path(_ path: [UInt8], _ long: [UInt8]?) throws -> [UInt32] {
            var encoding = BGPEncoding()
            encoding.wide = false
            let attributes =
                Bytes.attribute(0x40, 1, [0]) + Bytes.attribute(0x40, 2, path)
                + Bytes.attribute(0x40, 3, [192, 0, 2, 1]) + (long.map { Bytes.attribute(0xC0, 17, $0) } ?? [])
            let update = try read(Bytes.update(attributes: attributes, nlri: Bytes.nlri("10.0.0.0/8")), encoding)
            let found = try #require(update.attributes.first)
            #expect(found.origin == found.path.last || found.path.isEmpty)
            return Array(found.path)
        }
        let short: [UInt8] = [2, 3, 0xFB, 0xF5, 0x5B, 0xA0, 0x5B, 0xA0]
        let long: [UInt8] = [2, 2, 0, 3, 0, 0, 0, 4, 0, 0]
        #expect(try path(short, nil) == [64501, 23456, 23456])
        #expect(try path(short, long) == [64501, 0x30000, 0x40000])
        // Longer than the path itself: an old one.
        #expect(try path([2, 1, 0xFB, 0xF5], long) == [64501])
        // Malformed: passed over.
        #expect(try path(short, [2, 9, 0]) == [64501, 23456, 23456])
        // A set is one step, and all of it is there.
        #expect(
            try path([2, 1, 0, 7, 1, 2, 0x5B, 0xA0, 0x5B, 0xA0], [1, 2, 0, 3, 0, 0, 0, 3, 0, 0]) == [
                7, 0x30000, 0x30000,
            ]
        )
    }

    @Test("sets, confederations, and the router's own AS in front")
    func oddPaths() throws {
        func attributes(_ path: [UInt8], own: UInt32 = 0) throws -> RouteAttributes? {
            var encoding = BGPEncoding()
            encoding.ownAS = own
            let bytes =
                Bytes.attribute(0x40, 1, [0]) + Bytes.attribute(0x40, 2, path)
                + Bytes.attribute(0x40, 3, [192, 0, 2, 1])
            return try read(Bytes.update(attributes: bytes, nlri: Bytes.nlri("10.0.0.0/8")), encoding).attributes.first
        }
        let confederation: [UInt8] = [3, 1, 0, 0, 0xFD, 0xE8]
        let set: [UInt8] = [1, 2, 0, 0, 0, 9, 0, 0, 0, 5]
        let sequence: [UInt8] = [2, 2, 0, 0, 0, 7, 0, 0, 0, 7]
        let all = try #require(try attributes(confederation + sequence + set))
        #expect(Array(all.path) == [7, 7, 9, 5] && all.pathLength == 3 && all.origin == 5)
        let stripped = try #require(try attributes(sequence + set, own: 7))
        #expect(Array(stripped.path) == [9, 5] && stripped.pathLength == 1 && stripped.neighbour == 9)
        #expect(try attributes([], own: 7)?.neighbour == 0)
    }

    private static let malformations: [(String, [UInt8])] = {
        let usual = Bytes.attributes([1])
        var all: [(String, [UInt8])] = []
        all.append(("an ORIGIN that isn't", Bytes.attribute(0x40, 1, [3]) + usual))
        all.append(("flags that contradict the type", Bytes.attribute(0xC0, 1, [0]) + usual))
        all.append(("no AS_PATH", Bytes.attribute(0x40, 1, [0]) + Bytes.attribute(0x40, 3, [192, 0, 2, 1])))
        all.append(("no NEXT_HOP", Bytes.attributes([1], nextHop: nil)))
        all.append(("a NEXT_HOP of three bytes", Bytes.attributes([1], nextHop: [192, 0, 2])))
        all.append(
            (
                "a segment without numbers",
                Bytes.attribute(0x40, 1, [0]) + Bytes.attribute(0x40, 2, [2, 0])
                    + Bytes.attribute(0x40, 3, [192, 0, 2, 1])
            )
        )
        all.append(("AS 0", Bytes.attributes([64501, 0])))
        all.append(("half a community", usual + Bytes.attribute(0xC0, 8, [1, 2])))
        all.append(("half a large community", usual + Bytes.attribute(0xC0, 32, [1, 2, 3, 4])))
        all.append(("half an extended community", usual + Bytes.attribute(0xC0, 16, [1, 2, 3, 4])))
        all.append(("an attribute beyond the end", usual + [0xC0, 8, 200, 1]))
        return all
    }()

    @Test(
        "routes with malformed attributes are withdrawn (RFC 7606)",
        arguments: malformations
    )
    func malformed(_ what: String, _ attributes: [UInt8]) throws {
        let update = try read(Bytes.update(attributes: attributes, nlri: Bytes.nlri("10.0.0.0/8")))
        #expect(update.announced.isEmpty && update.treatedAsWithdrawn == 1, "\(what)")
        #expect(update.withdrawn.map(\.prefix.description) == ["10.0.0.0/8"], "\(what)")
    }

    @Test("where routes can't be told apart the whole message is refused")
    func refused() {
        #expect(throws: (any Error).self) { try read([]) }
        #expect(throws: (any Error).self) { try read([0, 9, 1]) }
        #expect(throws: (any Error).self) { try read([0, 0, 0, 9, 1]) }
        #expect(throws: (any Error).self) { try read(Bytes.update(nlri: [33, 1, 2, 3, 4, 5])) }
        #expect(throws: (any Error).self) { try read(Bytes.update(nlri: [24, 1, 2])) }
        let twice = Bytes.attribute(0x80, 15, [0, 2, 1]) + Bytes.attribute(0x80, 15, [0, 2, 1])
        #expect(throws: (any Error).self) { try read(Bytes.update(attributes: twice)) }
        let hop = Bytes.attribute(0x80, 14, [0, 2, 1, 4, 1, 2, 3, 4, 0])
        #expect(throws: (any Error).self) { try read(Bytes.update(attributes: hop + Bytes.attributes([1]))) }
    }

    private func read(_ bytes: [UInt8], _ encoding: BGPEncoding = BGPEncoding()) throws -> BGPUpdate {
        try BGPUpdate(bytes.span.bytes, encoding)
    }
}
