/// sFlow datagrams of seven samples or as many as fit.
struct SFlowTraffic {
    private static let count = 4000
    private static let payload = 1400

    private var random = SeededRandom(seed: 11)
    private var sequence: UInt32 = 0

    init() {}

    /// 128 bytes of header, IPv4 mostly, with the switch's and the router's records.
    mutating func usual() -> Mix {
        mix("usual samples", headerLength: 128, v6Share: 8, extended: true)
    }

    /// IPv6, with the path of the gateway.
    mutating func v6() -> Mix {
        mix("mostly IPv6", headerLength: 128, v6Share: 230, extended: true)
    }

    /// Headers of 64 bytes and nothing else.
    mutating func short() -> Mix {
        mix("short headers alone", headerLength: 64, v6Share: 8, extended: false)
    }

    private mutating func mix(_ name: String, headerLength: Int, v6Share: UInt64, extended: Bool) -> Mix {
        var mix = Mix(name: name)
        for _ in 0..<Self.count {
            var samples: [[UInt8]] = []
            while samples.reduce(0, { $0 + $1.count }) + (samples.last?.count ?? 0) < Self.payload {
                let isV6 = random.next() & 255 < v6Share
                samples.append(sample(headerLength, isV6: isV6, extended: extended, gateway: extended && isV6))
            }
            var writer = Writer()
            writer.put(5, 4)
            writer.put(1, 4)
            writer.put(0xC000_0201 as UInt32, 4)
            writer.put(0, 4)
            writer.put(sequence, 4)
            writer.put(1000 * sequence, 4)
            writer.put(samples.count, 4)
            for sample in samples { writer.bytes += sample }
            sequence += 1
            mix.datagrams.append(writer.bytes)
        }
        return mix
    }

    private mutating func sample(_ headerLength: Int, isV6: Bool, extended: Bool, gateway: Bool) -> [UInt8] {
        let noise = random.next()
        let interface = 1 + UInt32(noise % 48)
        var writer = Writer()
        writer.put(1, 4)
        writer.put(0, 4)
        writer.put(noise & 0xFFFFFF, 4)
        writer.put(interface, 4)
        writer.put(1024, 4)
        writer.put(1_000_000, 4)
        writer.put(0, 4)
        writer.put(interface, 4)
        writer.put(50 + UInt32(noise >> 32 & 7), 4)
        writer.put(1 + (extended ? 2 : 0) + (gateway ? 1 : 0), 4)
        putHeader(headerLength, isV6: isV6, &writer)
        if extended { putExtended(isV6: isV6, &writer) }
        if gateway { putGateway(&writer) }
        let length = writer.bytes.count - 8
        writer.set(4, 0)
        writer.set(6, length)
        return writer.bytes
    }

    private mutating func putHeader(_ length: Int, isV6: Bool, _ writer: inout Writer) {
        let noise = random.next()
        writer.put(1, 4)
        writer.put(16 + length, 4)
        writer.put(1, 4)
        writer.put(1518, 4)
        writer.put(4, 4)
        writer.put(length, 4)
        let end = writer.bytes.count + length
        writer.put(0x0200_0000_0000 | noise & 0xFFFF, 6)
        writer.put(0x0200_0000_0000 | noise >> 16 & 0xFFFF, 6)
        if noise & 3 == 0 {
            writer.put(0x8100, 2)
            writer.put(noise >> 8 & 0xFFF, 2)
        }
        let proto: UInt8 = noise & 7 == 0 ? 17 : 6
        writer.put(isV6 ? 0x86DD : 0x0800, 2)
        if isV6 {
            writer.put(0x6000_0000 | UInt32(noise & 0xFFFFF), 4)
            writer.put(1460, 2)
            writer.put(proto, 1)
            writer.put(64, 1)
            for _ in 0..<2 {
                writer.put(0x2001_0DB8_0000_0000 as UInt64, 8)
                writer.put(random.next(), 8)
            }
        } else {
            writer.put(0x4500_05DC as UInt32, 4)
            writer.put(noise & 0xFFFF_0000 | 0x4000, 4)
            writer.put(64, 1)
            writer.put(proto, 1)
            writer.put(0, 2)
            writer.put(random.next(), 8)
        }
        writer.put(443, 2)
        writer.put(noise >> 48, 2)
        writer.put(0, 9)
        writer.put(0x18, 1)
        while writer.bytes.count < end { writer.put(0x55, 1) }
        writer.bytes.removeLast(writer.bytes.count - end)
    }

    private mutating func putExtended(isV6: Bool, _ writer: inout Writer) {
        writer.put(1001, 4)
        writer.put(16, 4)
        for value in [100, 0, 200, 0] { writer.put(value, 4) }
        writer.put(1002, 4)
        writer.put(isV6 ? 28 : 16, 4)
        writer.put(isV6 ? 2 : 1, 4)
        if isV6 { writer.put(0xFE80_0000_0000_0000 as UInt64, 8) }
        writer.put(random.next(), isV6 ? 8 : 4)
        writer.put(isV6 ? 48 : 24, 4)
        writer.put(isV6 ? 32 : 16, 4)
    }

    private mutating func putGateway(_ writer: inout Writer) {
        writer.put(1003, 4)
        writer.put(4 + 16 + 12 + 8 + 16 + 8, 4)
        writer.put(2, 4)
        writer.put(0x2001_0DB8_0000_0000 as UInt64, 8)
        writer.put(1, 8)
        for value in [64_500, 64_501, 64_502, 1, 2, 4] { writer.put(value, 4) }
        for _ in 0..<4 { writer.put(64_600 + random.next() % 100, 4) }
        // No communities, and a local preference.
        writer.put(0, 4)
        writer.put(100, 4)
    }
}
