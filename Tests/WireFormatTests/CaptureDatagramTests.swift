import Testing
import WireFormat

@Suite("UDP out of captures")
struct CaptureDatagramTests {
    /// UDP from port 4000 to 2055.
    static func udp(_ payload: [UInt8]) -> [UInt8] {
        let length = UInt16(payload.count + 8)
        return [0x0F, 0xA0, 0x08, 0x07, UInt8(length >> 8), UInt8(length & 255), 0, 0] + payload
    }

    /// IPv4 from 192.0.2.1 to 192.0.2.2.
    static func ipv4(_ payload: [UInt8], id: UInt8 = 1, fragment: UInt16 = 0) -> [UInt8] {
        let total = UInt16(payload.count + 20)
        return [0x45, 0, UInt8(total >> 8), UInt8(total & 255), 0, id, UInt8(fragment >> 8), UInt8(fragment & 255)]
            + [64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2] + payload
    }

    /// IPv6 from 2001:db8::1 to 2001:db8::2.
    static func ipv6(next: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let address: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        return [0x60, 0, 0, 0, UInt8(payload.count >> 8), UInt8(payload.count & 255), next, 64]
            + address + [1] + address + [2] + payload
    }

    /// An Ethernet frame with padding behind the packet.
    static let frame = Array(repeating: 2, count: 12) + [8, 0] + ipv4(udp([1, 2, 3])) + Array(repeating: 0, count: 15)

    private func read(_ frames: [[UInt8]], link: UInt32) throws -> ([CaptureDatagram], CaptureDatagrams.Counts) {
        var builder = CaptureBuilder(isBigEndian: true)
        builder.pcapHeader(link: link)
        for frame in frames { builder.pcapPacket(frame) }
        var datagrams = CaptureDatagrams(try CaptureReader(builder.file))
        var found: [CaptureDatagram] = []
        while let datagram = try datagrams.next() { found.append(datagram) }
        return (found, datagrams.counts)
    }

    /// Link type and what stands before the IP packet.
    @Test(
        "link types",
        arguments: [
            (1, Array(repeating: 2, count: 12) + [8, 0]),
            (1, Array(repeating: 2, count: 12) + [0x88, 0xA8, 0, 1, 0x81, 0, 0, 2, 8, 0]),
            (113, Array(repeating: 0, count: 14) + [8, 0]),
            (276, [8, 0] + Array(repeating: 0, count: 18)),
            (101, []), (228, []), (12, []), (14, []),
            (0, [2, 0, 0, 0]), (108, [0, 0, 0, 2]),
        ] as [(UInt32, [UInt8])]
    )
    func links(link: UInt32, start: [UInt8]) throws {
        let (found, counts) = try read([start + Self.ipv4(Self.udp([1, 2, 3]))], link: link)
        try #require(found.count == 1)
        #expect(Array(found[0].payload) == [1, 2, 3])
        #expect(found[0].source == CaptureEndpoint.v4(192, 0, 2, 1, port: 4000))
        #expect(found[0].destination == CaptureEndpoint.v4(192, 0, 2, 2, port: 2055))
        #expect(found[0].timestamp == 1_700_000_000_000_005_000)
        #expect(!found[0].isCut)
        #expect(counts.others == 0)
    }

    @Test("IPv6, with extension headers")
    func ipv6() throws {
        let options: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0]
        let (found, _) = try read([Self.ipv6(next: 0, options + Self.udp([7]))], link: 229)
        try #require(found.count == 1)
        #expect(found[0].source.high == 0x2001_0DB8_0000_0000)
        #expect((found[0].source.low, found[0].destination.low) == (1, 2))
        #expect(Array(found[0].payload) == [7])
    }

    @Test("what isn't UDP is counted; what is cut says so")
    func others() throws {
        let whole = Self.ipv4(Self.udp(Array(repeating: 9, count: 40)))
        var tcp = whole
        tcp[9] = 6
        let (found, counts) = try read([tcp, [], [0x45], Array(whole.prefix(50)), whole], link: 101)
        #expect(found.map(\.payload.count) == [22, 40])
        #expect(found.map(\.isCut) == [true, false])
        #expect(counts.packets == 5)
        #expect(counts.others == 3)
        #expect(try read([whole], link: 147).1.others == 1)
    }

    @Test("fragments are joined in any order")
    func fragments() throws {
        let udp = Self.udp((0..<100).map { UInt8($0) })
        let parts = [
            Self.ipv4(Array(udp[0..<48]), fragment: 0x2000),
            Self.ipv4(Array(udp[48..<96]), fragment: 0x2000 | 6),
            Self.ipv4(Array(udp[96...]), fragment: 12),
        ]
        let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 1, 0, 2]]
        for order in orders {
            let (found, counts) = try read(order.map { parts[$0] }, link: 101)
            try #require(found.count == 1)
            #expect(Array(found[0].payload) == (0..<100).map { UInt8($0) })
            #expect(counts.fragmentsJoined == 3)
            #expect(counts.fragmentsLost == order.count - 3)
        }
        let other = Self.ipv4(Array(udp[48..<96]), id: 2, fragment: 0x2000 | 6)
        let (none, counts) = try read([parts[0], other, parts[2]], link: 101)
        #expect(none.isEmpty)
        #expect(counts.fragmentsLost == 3)
        let overlap = Self.ipv4(Array(udp[40..<96]), fragment: 0x2000 | 5)
        #expect(try read([parts[0], overlap, parts[2]], link: 101).1.fragmentsLost == 3)
        let v6 = [
            Self.ipv6(next: 44, [17, 0, 0, 1, 0, 0, 0, 9] + udp[0..<48]),
            Self.ipv6(next: 44, [17, 0, 0, 48, 0, 0, 0, 9] + udp[48...]),
        ]
        #expect(try read(v6, link: 101).0.map(\.payload.count) == [100])
    }

    @Test("fragments that never become whole take no more than so much memory")
    func fragmentFlood() throws {
        let flood = (0..<2000).map {
            Self.ipv4([1, 2, 3, 4, 5, 6, 7, 8], id: UInt8($0 & 255), fragment: UInt16($0 >> 8 + 1))
        }
        let (found, counts) = try read(flood, link: 101)
        #expect(found.isEmpty)
        #expect(counts.fragmentsLost == 2000)
    }
}

extension CaptureEndpoint {
    static func v4(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, port: UInt16) -> CaptureEndpoint {
        CaptureEndpoint(high: 0, low: 0xFFFF_0000_0000 | a << 24 | b << 16 | c << 8 | d, port: port)
    }
}
