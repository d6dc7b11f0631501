import Enrichment
import NetTypes
import Testing

struct AddressMapTests {
    private static func map(_ routes: [(String, UInt32)]) -> AddressMap {
        var builder = AddressMapBuilder()
        for (text, asn) in routes {
            if let prefix = Prefix(text) { _ = builder.add(prefix, asn: asn) }
        }
        return builder.build()
    }

    private static func look(_ map: AddressMap, _ address: String) -> (UInt32, UInt8)? {
        IPAddress(address).flatMap { map.lookUp($0) }.map { ($0.asn, $0.prefixLength) }
    }

    @Test(
        arguments: [
            ("9.255.255.255", nil), ("10.0.0.0", (1, 8)), ("10.1.0.0", (2, 16)), ("10.1.2.2", (2, 16)),
            ("10.1.2.3", (3, 32)), ("10.1.2.4", (2, 16)), ("10.2.0.0", (1, 8)), ("10.255.255.255", (1, 8)),
            ("11.0.0.0", nil), ("255.255.255.255", (4, 32)), ("255.255.255.254", (5, 25)), ("0.0.0.0", (6, 31)),
            ("0.0.0.2", nil), ("::", nil), ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", nil), ("2001:db8::", (7, 32)),
            ("2001:db8::1", (8, 128)), ("2001:db8::2", (7, 32)), ("2001:db9::", nil),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", (9, 1)), ("8000::", (9, 1)),
            ("7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nil), ("::ffff:10.1.2.3", (3, 32)),
        ] as [(String, (UInt32, UInt8)?)]
    )
    func longestMatch(_ address: String, _ expected: (UInt32, UInt8)?) {
        let map = Self.map([
            ("10.0.0.0/8", 1), ("10.1.0.0/16", 2), ("10.1.2.3/32", 3), ("255.255.255.255/32", 4),
            ("255.255.255.128/25", 5), ("0.0.0.0/31", 6), ("2001:db8::/32", 7), ("2001:db8::1/128", 8), ("8000::/1", 9),
        ])
        let found = Self.look(map, address)
        #expect(found?.0 == expected?.0 && found?.1 == expected?.1)
        #expect(map.routes == AddressMap.RouteCounts(v4: 6, v6: 3))
    }

    @Test func empty() {
        #expect(AddressMap().lookUp(IPAddress(192, 0, 2, 1)) == nil)
        #expect(AddressMap(merging: []).lookUp(IPAddress(high: 1, low: 1)) == nil)
        #expect(AddressMapBuilder().build().routes == AddressMap.RouteCounts())
    }

    /// Prefixes that nest and crowd, beside the plainest search there is.
    @Test(arguments: 0..<12 as Range<UInt64>)
    func likePlainSearch(_ seed: UInt64) {
        var random = TestRandom(seed)
        var prefixes: [Prefix: UInt32] = [:]
        var builder = AddressMapBuilder()
        let hubs = (0..<6).map { _ in IPAddress(high: random.next() >> 3 | 1 << 61, low: random.next()) }
        for number in 1...400 as ClosedRange<UInt32> {
            let isV4 = seed % 2 == 0
            let hub = isV4 ? IPAddress(v4: hubs.randomElement(using: &random)?.v4 ?? 0) : hubs[Int(number) % hubs.count]
            let wide = Int.random(in: isV4 ? 97...128 : 1...128, using: &random)
            let noise = random.next() & (1 << UInt64.random(in: 0..<33, using: &random) - 1)
            let address = IPAddress(
                high: isV4 ? 0 : hub.high ^ (noise & 0xFF),
                low: hub.low ^ (isV4 ? noise & 0xFFFF : noise)
            )
            let prefix = Prefix(address, bits: wide)
            // Of equals the lowest number stays.
            prefixes[prefix] = prefixes[prefix] ?? number
            _ = builder.add(prefix, asn: number)
        }
        let map = builder.build()
        var routes: [Prefix: UInt32] = [:]
        map.forEachRoute { prefix, asn in
            #expect(routes[prefix] == nil && prefixes[prefix] == asn)
            routes[prefix] = asn
        }
        var addresses = prefixes.keys.flatMap { [$0.first, $0.last, before($0.first), after($0.last)] }
        addresses += (0..<200).map { _ in IPAddress(high: random.next(), low: random.next()) }
        #expect(Self.together(addresses, in: map) == addresses.map { map.lookUp($0) })
        for address in addresses {
            let best = prefixes.filter { $0.key.contains(address) && $0.key.isV4 == address.isV4 }
                .max { $0.key.bits < $1.key.bits }
            let match = map.lookUp(address)
            #expect(match?.asn == best?.value, "\(address)")
            #expect(match.map { Int($0.prefixLength) } == best?.key.length, "\(address)")
            // Whoever has the routes alone finds the same.
            let inRoutes = routes.filter { $0.key.contains(address) && $0.key.isV4 == address.isV4 }
            #expect(inRoutes.max { $0.key.bits < $1.key.bits }?.value == match?.asn, "\(address)")
        }
    }

    /// More prefixes in one place than buckets can be made fine for.
    @Test(arguments: ["192.0.0.0/32", "2001:db8::/64", "2001:db8::/80", "2001:db8::/128"])
    func crowds(_ text: String) throws {
        let start = try #require(Prefix(text))
        func address(_ number: UInt64) -> IPAddress {
            start.bits == 64
                ? IPAddress(high: start.first.high + number, low: 0)
                : IPAddress(high: start.first.high, low: start.first.low + number << UInt64(128 - start.bits))
        }
        var builder = AddressMapBuilder()
        for number in 0..<5000 as Range<UInt64> where number % 7 != 3 {
            _ = builder.add(Prefix(address(number), bits: start.bits), asn: UInt32(number + 1))
        }
        let map = builder.build()
        let addresses = (0..<5001 as Range<UInt64>).map(address)
        let expected = (0..<5001 as Range<UInt32>).map { $0 == 5000 || $0 % 7 == 3 ? nil : $0 + 1 }
        #expect(addresses.map { map.lookUp($0)?.asn } == expected)
        #expect(Self.together(addresses.reversed(), in: map).map { $0?.asn } == expected.reversed())
        for edge in [IPAddress(high: 0, low: 0), IPAddress(v4: .max), IPAddress(high: .max, low: .max)] {
            #expect(map.lookUp(edge) == nil)
        }
    }

    private static func together(_ addresses: [IPAddress], in map: AddressMap) -> [AddressMap.Match?] {
        var matches = [AddressMap.Match?](repeating: nil, count: addresses.count)
        var span = matches.mutableSpan
        map.lookUp(addresses.span, into: &span)
        return matches
    }

    private func before(_ address: IPAddress) -> IPAddress {
        IPAddress(high: address.low == 0 ? address.high &- 1 : address.high, low: address.low &- 1)
    }

    private func after(_ address: IPAddress) -> IPAddress {
        IPAddress(high: address.low == .max ? address.high &+ 1 : address.high, low: address.low &+ 1)
    }

    @Test func morePeersWin() {
        var builder = AddressMapBuilder()
        let prefix = Prefix(IPAddress(192, 0, 2, 0), bits: 120)
        for (asn, peers) in [(9, 2), (3, 5), (4, 5), (1, 1)] as [(UInt32, Int)] {
            _ = builder.add(prefix, asn: asn, peers: peers)
        }
        #expect(builder.build().lookUp(IPAddress(192, 0, 2, 1))?.asn == 3)
    }

    /// The first source that knows the AS, or the place, decides.
    @Test func merging() throws {
        var own = AddressMapBuilder()
        let berlin = own.number(of: AddressMap.Place(country: "DE", city: "Berlin"))
        _ = own.add(try #require(Prefix("10.0.0.0/8")), asn: 64512, place: 0)
        _ = own.add(try #require(Prefix("192.0.2.0/25")), asn: 0, place: berlin)
        var places = AddressMapBuilder()
        let france = places.number(of: AddressMap.Place(country: "FR"))
        _ = places.add(try #require(Prefix("0.0.0.0/1")), asn: 0, place: france)
        _ = places.add(try #require(Prefix("192.0.2.0/24")), asn: 0, place: france)
        let map = AddressMap(merging: [
            own.build(), Self.map([("10.9.0.0/16", 5), ("192.0.2.0/24", 6), ("198.51.100.0/24", 7)]), places.build(),
        ])
        func told(_ address: String) -> String {
            guard let match = IPAddress(address).flatMap({ map.lookUp($0) }) else { return "nothing" }
            let place = map.places[Int(match.place)]
            return "\(match.asn)/\(match.prefixLength) \(place.country) \(place.city)"
        }
        #expect(told("10.9.1.1") == "64512/8 FR ")
        #expect(told("192.0.2.1") == "6/24 DE Berlin")
        #expect(told("192.0.2.129") == "6/24 FR ")
        #expect(told("198.51.100.1") == "7/24  ")
        #expect(told("1.1.1.1") == "0/1 FR ")
        #expect(told("200.0.0.1") == "nothing")
        #expect(map.routes.v4 == 7)
    }

    @Test func filters() throws {
        let filter = RouteFilter(longestV4: 24, longestV6: 48, dropsBogons: true)
        var builder = AddressMapBuilder(filter: filter)
        for (text, reason) in [
            ("0.0.0.0/0", .defaultRoute), ("::/0", .defaultRoute), ("8.8.8.0/25", .tooSpecific),
            ("2600::/49", .tooSpecific), ("10.1.0.0/16", .bogon), ("240.0.0.0/8", .bogon), ("fc00::/8", .bogon),
            ("2001:db8:1::/48", .bogon), ("8.8.8.0/24", nil), ("2600::/48", nil),
        ] as [(String, RouteSkip?)] {
            #expect(builder.add(try #require(Prefix(text)), asn: 1) == reason, "\(text)")
        }
        #expect(builder.add(try #require(Prefix("9.0.0.0/8")), asn: 0) == .noOrigin)
    }

    @Test(
        arguments: [
            (1_000_000, 200_000, 700_000, 200_000, .replace),
            (1_000_000, 200_000, 699_999, 200_000, .keep(family: .v4, share: 0.300001)),
            (1_000_000, 200_000, 1_000_000, 0, .keep(family: .v6, share: 1)),
            (0, 0, 1, 1, .replace), (999, 0, 0, 0, .replace), (1000, 0, 2_000_000, 0, .replace),
        ] as [(Int, Int, Int, Int, ReplacementRule.Decision)]
    )
    func replacement(_ v4: Int, _ v6: Int, _ newV4: Int, _ newV6: Int, _ decision: ReplacementRule.Decision) {
        let old = AddressMap.RouteCounts(v4: v4, v6: v6)
        #expect(ReplacementRule().decide(old: old, new: AddressMap.RouteCounts(v4: newV4, v6: newV6)) == decision)
    }
}

/// The compiled map as a file.
struct AddressMapFileTests {
    private static let map: AddressMap = {
        var builder = AddressMapBuilder()
        let place = builder.number(of: AddressMap.Place(country: "DE", city: "Köln"))
        for (number, text) in ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24", "2001:db8::/32"].enumerated() {
            if let prefix = Prefix(text) { _ = builder.add(prefix, asn: UInt32(number + 1), place: place) }
        }
        return builder.build()
    }()

    @Test func roundTrip() throws {
        var stamp = ""
        let bytes = Self.map.encoded(stamp: "rib.bz2 5 6")
        let map = try AddressMap(file: bytes.span.bytes, stamp: &stamp)
        #expect(stamp == "rib.bz2 5 6")
        #expect(map.places == Self.map.places)
        #expect(map.routes == AddressMap.RouteCounts(v4: 3, v6: 1))
        for address in ["10.0.0.1", "10.1.0.1", "192.0.2.255", "2001:db8::1", "2001:db9::1", "9.0.0.1"] {
            let address = try #require(IPAddress(address))
            #expect(map.lookUp(address) == Self.map.lookUp(address))
        }
        #expect(map.encoded(stamp: stamp) == bytes)
    }

    @Test func damageIsRefused() {
        let bytes = Self.map.encoded(stamp: "x")
        func refused(_ bytes: [UInt8]) -> Bool {
            var stamp = ""
            return (try? AddressMap(file: bytes.span.bytes, stamp: &stamp)) == nil
        }
        #expect(!refused(bytes))
        for length in 0..<bytes.count { #expect(refused(Array(bytes.prefix(length)))) }
        #expect(refused(bytes + [0]))
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                #expect(refused(changed), "byte \(index)")
            }
        }
    }
}
