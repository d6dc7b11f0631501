import NetTypes
import VirtualExporters

/// Makes up a full table: prefixes of about the lengths that the Internet
/// announces, half of them within others, with origins that go with them.
///
/// Allocations come first, then what is announced of each; so prefixes crowd
/// as they do in the world, where a search by leading bits has the most to do.
struct FullTable {
    var v4: [(prefix: Prefix, asn: UInt32)] = []
    var v6: [(prefix: Prefix, asn: UInt32)] = []

    /// Announced lengths and their shares in thousandths.
    private static let lengthsV4 = [
        (24, 620), (23, 100), (22, 110), (21, 50), (20, 43), (19, 25), (18, 14), (17, 9), (16, 17), (15, 3), (14, 3),
        (13, 2), (12, 2), (11, 1), (10, 1),
    ]
    private static let lengthsV6 = [
        (48, 470), (47, 25), (46, 30), (45, 15), (44, 95), (42, 20), (40, 95), (36, 45), (34, 15), (33, 20), (32, 125),
        (30, 5), (29, 35), (28, 5),
    ]
    /// Where registries allocate IPv6: 2001:200::/23 and on, 2400::/12, 2600::/12, 2800::/12, 2a00::/11, 2c00::/12.
    private static let blocksV6: [(first: UInt64, bits: UInt64)] = [
        (0x2001_0200 << 32, 17), (0x2400 << 48, 12), (0x2600 << 48, 12), (0x2800 << 48, 13), (0x2A00 << 48, 11),
        (0x2C00 << 48, 13),
    ]

    init(v4 wantedV4: Int, v6 wantedV6: Int) {
        var random = SplitMix(seed: 4711)
        var seen = Set<Prefix>()
        // One allocation for about ten prefixes of each family.
        let blocksV4 = (0..<max(1, wantedV4 / 12)).map { _ in
            (first: UInt32(1 + random.below(222)) << 24 | UInt32(random.below(1 << 24)), length: 12 + random.below(11))
        }
        while v4.count < wantedV4 {
            let number = random.below(blocksV4.count)
            let block = blocksV4[number]
            let length = Self.pick(Self.lengthsV4, &random)
            let within = block.length >= 32 ? 0 : UInt32(truncatingIfNeeded: random.below(1 << (32 - block.length)))
            let hostBits = UInt32(32 - block.length)
            let first = (block.first >> hostBits) << hostBits | within
            let prefix = Prefix(IPAddress(v4: first), bits: 96 + length)
            if seen.insert(prefix).inserted { v4.append((prefix, Self.origin(number, &random))) }
        }
        let allocationsV6 = (0..<max(1, wantedV6 / 10)).map { _ -> UInt64 in
            let block = Self.blocksV6[random.below(Self.blocksV6.count)]
            // Registries hand out one after the other, so the lower part is full and the upper empty.
            let place = (UInt64(random.below(1 << 32)) * UInt64(random.below(1 << 32))) >> 32
            let high = block.first | (place << 32) >> block.bits
            // A /29 for each.
            return (high >> 35) << 35
        }
        while v6.count < wantedV6 {
            let number = random.below(allocationsV6.count)
            let length = Self.pick(Self.lengthsV6, &random)
            let within = UInt64(random.below(1 << 19)) << 16
            let high = allocationsV6[number] | (length > 32 ? within : 0)
            let prefix = Prefix(IPAddress(high: high, low: 0), bits: length)
            if seen.insert(prefix).inserted { v6.append((prefix, Self.origin(number, &random))) }
        }
        v4.sort { $0.prefix < $1.prefix }
        v6.sort { $0.prefix < $1.prefix }
    }

    /// The holder of an allocation announces most of it, customers some.
    private static func origin(_ allocation: Int, _ random: inout SplitMix) -> UInt32 {
        let number = random.below(100) < 85 ? allocation &* 2_654_435_761 : random.below(1 << 30)
        return UInt32(1 + (number >> 4) % 85_000)
    }

    private static func pick(_ shares: [(Int, Int)], _ random: inout SplitMix) -> Int {
        var left = random.below(1000)
        for (length, share) in shares {
            if left < share { return length }
            left -= share
        }
        return shares[0].0
    }
}

extension SplitMix {
    /// A number in 0 ..< `bound`.
    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() % UInt64(bound)) }
}
