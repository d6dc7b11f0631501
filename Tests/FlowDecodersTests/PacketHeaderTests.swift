import FlowDecoders
import FlowSchema
import NetTypes
import Testing

@Suite("packet headers")
struct PacketHeaderTests {
    typealias Wire = SFlowBytes

    private func header(_ bytes: [UInt8], _ link: PacketLink = .ethernet) -> PacketHeader {
        PacketHeader(bytes.span.bytes, link: link)
    }

    private static let v4 = Wire.ipv4(proto: 6, Wire.tcp())
    private static let v6 = Wire.ipv6(next: 6, Wire.tcp())

    @Test("Ethernet with IPv4 and TCP")
    func plain() {
        let packet = header(Wire.ethernet(0x0800, Self.v4))
        #expect(packet.srcMac == 0x0200_0000_0001)
        #expect(packet.dstMac == 0x0200_0000_0002)
        #expect(packet.eType == 0x0800)
        #expect(packet.vlanId == 0)
        #expect(packet.srcAddr.address == IPAddress(198, 51, 100, 1))
        #expect(packet.dstAddr.address == IPAddress(203, 0, 113, 5))
        #expect(packet.ipTos == 0xB8)
        #expect(packet.ipTTL == 61)
        #expect(packet.fragmentId == 0x1234)
        #expect((packet.proto, packet.srcPort, packet.dstPort, packet.tcpFlags) == (6, 443, 50000, 0x12))
    }

    /// What stands between the MAC addresses and IPv4, and the VLAN.
    @Test(
        "what may stand between Ethernet and IPv4",
        arguments: [
            ([0x81, 0x00, 0xE0, 0x64, 0x08, 0x00], 100),
            ([0x88, 0xA8, 0x00, 0xC8, 0x81, 0x00, 0x00, 0x64, 0x08, 0x00], 200),
            ([0x91, 0x00, 0x00, 0x05, 0x08, 0x00], 5),
            ([0x81, 0x00, 0x00, 0x00, 0x08, 0x00], 0),
            ([0x00, 0x40, 0xAA, 0xAA, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00], 0),
            ([0x88, 0x47, 0x00, 0x01, 0x00, 0x40, 0x00, 0x02, 0x01, 0x40], 0),
            ([0x88, 0x64, 0x11, 0x00, 0x00, 0x01, 0x00, 0x3E, 0x00, 0x21], 0),
        ] as [([UInt8], UInt16)]
    )
    func between(bytes: [UInt8], vlan: UInt16) {
        let packet = header(Array(Wire.ethernet(0, []).prefix(12)) + bytes + Self.v4)
        #expect(packet.vlanId == vlan)
        #expect(packet.eType == 0x0800)
        #expect(packet.srcAddr.address == IPAddress(198, 51, 100, 1))
        #expect(packet.dstPort == 50000)
    }

    @Test("frames without IP")
    func noIP() {
        #expect(header(Wire.ethernet(0x0806, Array(repeating: 0, count: 28))).eType == 0x0806)
        // A spanning tree frame: IEEE 802.2 without SNAP.
        let bpdu = header(Wire.ethernet(38, [0x42, 0x42, 3] + Array(repeating: 0, count: 35)))
        #expect(bpdu.eType == 0)
        #expect(bpdu.srcMac == 0x0200_0000_0001)
        // MPLS over which something else than IP goes: a pseudowire's control word.
        let pseudowire = header(Wire.ethernet(0x8847, [0, 1, 1, 64, 0, 0, 0, 0] + Self.v4))
        #expect(pseudowire.eType == 0x8847)
        #expect(pseudowire.proto == 0)
    }

    @Test("a frame may begin at any layer")
    func links() {
        #expect(header(Self.v4, .ipv4).dstPort == 50000)
        #expect(header(Self.v4, .ip).eType == 0x0800)
        #expect(header(Self.v6, .ipv6).dstPort == 50000)
        #expect(header(Self.v6, .ip).eType == 0x86DD)
        #expect(header([0, 1, 1, 64] + Self.v6, .mpls).eType == 0x86DD)
        #expect(header([0xFF, 3, 0, 0x57] + Self.v6, .ppp).srcPort == 443)
        #expect(header([0x21] + Self.v4, .ppp).srcPort == 443)
        #expect(header([0x15] + Self.v4, .ip).proto == 0)
        #expect(header(Self.v6, .ipv4).proto == 0)
    }

    @Test("options, fragments and padding of IPv4")
    func ipv4() {
        let options = header(
            Wire.ipv4(proto: 17, options: [1, 1, 1, 1, 1, 1, 1, 0], [0, 53, 0, 54, 0, 8, 0, 0]),
            .ipv4
        )
        #expect((options.srcPort, options.dstPort) == (53, 54))
        let first = header(Wire.ipv4(proto: 17, fragment: 0x2000, [0, 53, 0, 54, 0, 8, 0, 0]), .ipv4)
        #expect((first.srcPort, first.fragmentOffset) == (53, 0))
        let later = header(Wire.ipv4(proto: 17, fragment: 0x20B9, [0, 53, 0, 54, 0, 8, 0, 0]), .ipv4)
        #expect((later.srcPort, later.dstPort, later.proto) == (0, 0, 17))
        #expect((later.fragmentOffset, later.fragmentId) == (185, 0x1234))
        // Ethernet's padding isn't part of a packet without payload.
        let padded = header(Wire.ethernet(0x0800, Wire.ipv4(proto: 17, []) + [9, 9, 9, 9, 9, 9]))
        #expect((padded.srcPort, padded.dstPort) == (0, 0))
        // Segmentation offload leaves the total length 0.
        var offloaded = Self.v4
        offloaded[2] = 0
        offloaded[3] = 0
        #expect(header(offloaded, .ipv4).srcPort == 443)
        // A header length below 20 is none.
        var broken = Self.v4
        broken[0] = 0x44
        #expect(header(broken, .ipv4).proto == 0)
    }

    @Test("extension headers of IPv6")
    func ipv6() {
        let plain = header(Self.v6, .ipv6)
        #expect((plain.ipv6FlowLabel, plain.ipTos, plain.ipTTL, plain.proto) == (0x12345, 0x2E, 55, 6))
        #expect(plain.dstAddr.address == IPAddress("2001:db8::2"))
        let hop: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0]
        let destination: [UInt8] = [43, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let routing: [UInt8] = [51, 0, 4, 0, 0, 0, 0, 0]
        let authentication: [UInt8] = [44, 4] + Array(repeating: 0, count: 22)
        let fragment: [UInt8] = [6, 0, 0, 1, 0, 0, 0, 77]
        let all = header(
            Wire.ipv6(next: 0, hop + destination + routing + authentication + fragment + Wire.tcp()),
            .ipv6
        )
        #expect((all.proto, all.srcPort, all.dstPort, all.tcpFlags) == (6, 443, 50000, 0x12))
        #expect((all.fragmentId, all.fragmentOffset) == (77, 0))
        let later = header(Wire.ipv6(next: 44, [17, 0, 0x05, 0xA9, 0, 0, 0, 78] + Wire.tcp()), .ipv6)
        #expect((later.proto, later.srcPort, later.fragmentId, later.fragmentOffset) == (17, 0, 78, 181))
        let none = header(Wire.ipv6(next: 59, [1, 2, 3, 4]), .ipv6)
        #expect((none.proto, none.srcPort) == (59, 0))
        let secret = header(Wire.ipv6(next: 50, [1, 2, 3, 4, 5, 6, 7, 8]), .ipv6)
        #expect((secret.proto, secret.srcPort) == (50, 0))
        // A chain that never ends, and one that is cut.
        let endless = Array(repeating: [0, 0, 0, 0, 0, 0, 0, 0] as [UInt8], count: 100).flatMap { $0 }
        #expect(header(Wire.ipv6(next: 0, endless), .ipv6).srcPort == 0)
        #expect(header(Wire.ipv6(next: 0, [6, 200, 0, 0, 0, 0, 0, 0]), .ipv6).proto == 6)
        // One that is cut within an extension header whose first byte is there.
        #expect(header(Array(Wire.ipv6(next: 0, [58, 0, 5, 2, 0, 0, 1, 0]).prefix(44)), .ipv6).proto == 58)
        #expect(header(Array(Wire.ipv6(next: 0, [58, 0, 5, 2, 0, 0, 1, 0]).prefix(40)), .ipv6).proto == 0)
    }

    @Test("protocols with ports", arguments: [6, 17, 33, 132, 136] as [UInt8])
    func ports(proto: UInt8) {
        let packet = header(Wire.ipv4(proto: proto, Wire.tcp(1, 2)), .ipv4)
        #expect((packet.srcPort, packet.dstPort) == (1, 2))
        #expect(packet.tcpFlags == (proto == 6 ? 0x12 : 0))
    }

    @Test("ICMP has a type and a code, other protocols have neither")
    func icmp() {
        let v4 = header(Wire.ipv4(proto: 1, [3, 13, 0, 0]), .ipv4)
        #expect((v4.icmpType, v4.icmpCode, v4.srcPort) == (3, 13, 0))
        let v6 = header(Wire.ipv6(next: 58, [135, 0, 0, 0]), .ipv6)
        #expect((v6.icmpType, v6.icmpCode) == (135, 0))
        let gre = header(Wire.ipv4(proto: 47, [1, 2, 3, 4]), .ipv4)
        #expect((gre.icmpType, gre.srcPort) == (0, 0))
    }

    @Test("a cut header gives the fields that are whole")
    func cut() {
        let frame = Wire.ethernet(0x0800, Self.v4)
        #expect(header(Array(frame.prefix(5))).dstMac == 0)
        #expect(header(Array(frame.prefix(6))).dstMac == 0x0200_0000_0002)
        #expect(header(Array(frame.prefix(12))).srcMac == 0x0200_0000_0001)
        #expect(header(Array(frame.prefix(14))).eType == 0x0800)
        let tenBytes = header(Array(frame.prefix(24)))
        #expect((tenBytes.proto, tenBytes.ipTTL) == (6, 61))
        #expect(tenBytes.srcAddr.address == .unspecified)
        #expect(header(Array(frame.prefix(30))).srcAddr.address == IPAddress(198, 51, 100, 1))
        #expect(header(Array(frame.prefix(36))).srcPort == 443)
        #expect(header(Array(frame.prefix(36))).dstPort == 0)
        #expect(header(Array(Self.v6.prefix(8)), .ipv6).ipTTL == 55)
        #expect(header(Array(Self.v6.prefix(24)), .ipv6).srcAddr.address == IPAddress("2001:db8::1"))
    }

    @Test("fields only ever appear as more bytes arrive", arguments: [PacketLink.ethernet, .ip, .mpls, .ppp])
    func prefixes(link: PacketLink) {
        let start: [UInt8] =
            switch link {
            case .ethernet: Array(Wire.ethernet(0x88A8, [0, 1, 0x81, 0, 0, 2, 0x88, 0x47, 0, 1, 1, 64]))
            case .mpls: [0, 1, 0, 64, 0, 1, 1, 64]
            case .ppp: [0xFF, 3, 0, 0x57]
            default: []
            }
        let bytes = start + Wire.ipv6(next: 0, [44, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 9] + Wire.tcp())
        for length in 0..<bytes.count {
            let part = header(Array(bytes.prefix(length)), link)
            #expect(part.srcPort == 0 || part.proto == 6)
            #expect(part.vlanId == 0 || part.vlanId == 1)
        }
        #expect(header(bytes, link).tcpFlags == 0x12)
    }

    @Test("random bytes at any layer")
    func random() {
        var random = SplitMix(state: 11)
        let starts: [[UInt8]] = [[], [0x45], [0x60], Wire.ethernet(0x8100, []), Wire.ethernet(0x86DD, [0x60])]
        for round in 0..<20_000 {
            let noise = (0..<Int(random.next() % 120)).map { _ in UInt8(truncatingIfNeeded: random.next() >> 17) }
            let bytes = starts[round % starts.count] + noise
            for link in [PacketLink.ethernet, .ipv4, .ipv6, .ip, .mpls, .ppp] {
                let packet = header(bytes, link)
                #expect(packet.vlanId < 4096 && packet.fragmentOffset < 8192 && packet.ipv6FlowLabel < 1 << 20)
            }
        }
    }

    @Test("rows of packets")
    func rows() {
        let batch = FlowBatch(capacity: 8)
        let packets = [header(Self.v4, .ipv4), PacketHeader(), header(Self.v6, .ipv6)]
        batch.store(packets.span, in: batch.reserve(3))
        batch.seal()
        #expect((0..<3).map { batch.number(.srcPort, row: $0) } == [443, 0, 443])
        #expect((0..<3).map { batch.number(.ipv6FlowLabel, row: $0) } == [0, 0, 0x12345])
        #expect(batch.address(.srcAddr, row: 2) == IPAddress("2001:db8::1"))
        #expect(!batch.isPresent(.vlanId))
    }
}
