import FlowDecoders
import FlowSchema
import NetTypes
import Testing

/// What a tunnel's own headers are, and what must come of them. Around them
/// are IPv4 or IPv6 of ``SFlowBytes``, inside of them ``TunnelTests/inner``.
struct TunnelCase: Sendable, CustomTestStringConvertible {
    var name: String
    /// From the outer IP header on.
    var packet: [UInt8]
    var type: EncapType
    var id: UInt32
    /// Whether the inner packet can be read.
    var hasInner = true
    /// Whether frames are what the tunnel carries.
    var hasFrame = false
    var testDescription: String { name }
}

@Suite("tunnels")
struct TunnelTests {
    typealias Wire = SFlowBytes

    /// 192.0.2.7 to 192.0.2.8, UDP 1111 to 2222, time to live 17.
    static let inner: [UInt8] =
        [
            0x45, 0x48, 0, 28, 0x77, 0x77, 0, 0, 17, 17, 0, 0, 192, 0, 2, 7, 192, 0, 2, 8,
            0x04, 0x57, 0x08, 0xAE, 0, 8, 0, 0,
        ]
    static let frame: [UInt8] = [4, 0, 0, 0, 0, 4, 4, 0, 0, 0, 0, 3, 0x81, 0, 0, 77, 8, 0] + inner

    static func udp(_ port: UInt16, _ payload: [UInt8]) -> [UInt8] {
        var header = Wire()
        header.u16(50000, port, UInt16(8 + payload.count), 0)
        return Wire.ipv4(proto: 17, header.bytes + payload)
    }

    static func gre(_ header: [UInt8], _ payload: [UInt8]) -> [UInt8] { Wire.ipv4(proto: 47, header + payload) }

    static let routing: [UInt8] = [4, 2, 4, 0, 0, 0, 0, 0] + Array(repeating: 0x20, count: 16)

    static let cases: [TunnelCase] = [
        TunnelCase(
            name: "VXLAN",
            packet: udp(4789, [8, 0, 0, 0, 0, 0x12, 0x34, 0] + frame),
            type: .vxlan,
            id: 0x1234,
            hasFrame: true
        ),
        TunnelCase(
            name: "VXLAN on Linux's port",
            packet: udp(8472, [8, 0, 0, 0, 1, 0, 0, 0] + frame),
            type: .vxlan,
            id: 65536,
            hasFrame: true
        ),
        TunnelCase(
            name: "VXLAN-GPE with IPv4",
            packet: udp(4790, [12, 0, 0, 1, 0, 0, 5, 0] + inner),
            type: .vxlan,
            id: 5
        ),
        TunnelCase(
            name: "VXLAN-GPE with something else",
            packet: udp(4790, [12, 0, 0, 4, 0, 0, 5, 0] + inner),
            type: .vxlan,
            id: 5,
            hasInner: false
        ),
        TunnelCase(
            name: "Geneve with options",
            packet: udp(6081, [2, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 1, 5, 6, 7, 8] + frame),
            type: .geneve,
            id: 9,
            hasFrame: true
        ),
        TunnelCase(
            name: "Geneve with IPv4",
            packet: udp(6081, [0, 0, 8, 0, 0, 0, 9, 0] + inner),
            type: .geneve,
            id: 9
        ),
        TunnelCase(name: "GRE", packet: gre([0, 0, 8, 0], inner), type: .gre, id: 0),
        TunnelCase(
            name: "GRE with checksum, key and sequence",
            packet: gre([0xB0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 1], inner),
            type: .gre,
            id: 42
        ),
        TunnelCase(
            name: "NVGRE",
            packet: gre([0x20, 0, 0x65, 0x58, 0, 0x12, 0x34, 7], frame),
            type: .gre,
            id: 0x12_3407,
            hasFrame: true
        ),
        TunnelCase(
            name: "GRE with MPLS",
            packet: gre([0, 0, 0x88, 0x47, 0, 0x01, 0x01, 64], inner),
            type: .gre,
            id: 0
        ),
        TunnelCase(
            name: "PPTP",
            packet: gre([0x30, 0x81, 0x88, 0x0B, 0, 32, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 3, 0, 0x21], inner),
            type: .gre,
            id: 6
        ),
        TunnelCase(
            name: "ERSPAN type I",
            packet: gre([0, 0, 0x88, 0xBE], frame),
            type: .erspan,
            id: 0,
            hasFrame: true
        ),
        TunnelCase(
            name: "ERSPAN type II",
            packet: gre([0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10, 1, 0x19, 5, 0, 0, 0, 0], frame),
            type: .erspan,
            id: 0x105,
            hasFrame: true
        ),
        TunnelCase(
            name: "ERSPAN type III with a subheader",
            packet: gre(
                [0x10, 0, 0x22, 0xEB, 0, 0, 0, 1, 0x20, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
                frame
            ),
            type: .erspan,
            id: 6,
            hasFrame: true
        ),
        TunnelCase(
            name: "ERSPAN type III with IP",
            packet: gre([0x10, 0, 0x22, 0xEB, 0, 0, 0, 1, 0x20, 1, 0, 6, 0, 0, 0, 0, 0, 0, 8, 0], inner),
            type: .erspan,
            id: 6
        ),
        TunnelCase(name: "IPv4 in IPv4", packet: Wire.ipv4(proto: 4, inner), type: .ipip, id: 0),
        TunnelCase(name: "IPv4 in IPv6", packet: Wire.ipv6(next: 4, inner), type: .ipip, id: 0),
        TunnelCase(
            name: "GTP-U",
            packet: udp(2152, [0x30, 255, 0, 28, 0, 0, 1, 2] + inner),
            type: .gtpU,
            id: 258
        ),
        TunnelCase(
            name: "GTP-U with extension headers",
            packet: udp(
                2152,
                [0x34, 255, 0, 40, 0, 0, 1, 2, 0, 0, 0, 0x85, 1, 0x10, 9, 0x85, 1, 0, 0, 0] + inner
            ),
            type: .gtpU,
            id: 258
        ),
        TunnelCase(
            name: "L2TP version 2",
            packet: udp(1701, [0x48, 2, 0, 40, 0, 1, 0, 9, 0, 0, 0, 0, 0xFF, 3, 0, 0x21] + inner),
            type: .l2tp,
            id: 9
        ),
        TunnelCase(
            name: "L2TP version 3",
            packet: Wire.ipv4(proto: 115, [0, 0, 0, 5] + frame),
            type: .l2tp,
            id: 5,
            hasInner: false
        ),
        TunnelCase(name: "SRv6", packet: Wire.ipv6(next: 43, routing + inner), type: .srv6, id: 0),
        TunnelCase(
            name: "SRv6 with frames",
            packet: Wire.ipv6(next: 43, [143] + routing.dropFirst() + frame),
            type: .srv6,
            id: 0,
            hasFrame: true
        ),
    ]

    private func header(_ bytes: [UInt8], _ view: TunnelView = .outer, link: PacketLink = .ip) -> PacketHeader {
        PacketHeader(bytes.span.bytes, link: link, view: view)
    }

    @Test("the outer packet in the main columns, the inner one beside it", arguments: cases)
    func outer(tunnel: TunnelCase) {
        let packet = header(tunnel.packet)
        #expect(packet.ipTTL == 61 || packet.ipTTL == 55)
        #expect(packet.tunnel.type == tunnel.type)
        #expect(packet.tunnel.id == tunnel.id)
        #expect(packet.vlanId == 0)
        let inside = packet.tunnel
        guard tunnel.hasInner else {
            #expect(inside.srcAddr.address == .unspecified && inside.eType == 0)
            return
        }
        #expect(inside.srcAddr.address == IPAddress(192, 0, 2, 7))
        #expect(inside.dstAddr.address == IPAddress(192, 0, 2, 8))
        #expect((inside.eType, inside.proto, inside.srcPort, inside.dstPort) == (0x0800, 17, 1111, 2222))
        #expect((inside.ipTTL, inside.ipTos, inside.fragmentId) == (17, 0x48, 0x7777))
    }

    @Test("the inner packet in the main columns", arguments: cases)
    func innerView(tunnel: TunnelCase) {
        let packet = header(
            Wire.ethernet(tunnel.packet[0] >> 4 == 4 ? 0x0800 : 0x86DD, tunnel.packet),
            .inner,
            link: .ethernet
        )
        #expect(packet.tunnel.type == tunnel.type)
        #expect(packet.tunnel.id == tunnel.id)
        guard tunnel.hasInner else {
            #expect(packet.ipTTL == 61)
            return
        }
        #expect(packet.srcAddr == packet.tunnel.srcAddr && packet.dstAddr == packet.tunnel.dstAddr)
        #expect((packet.proto, packet.srcPort, packet.dstPort, packet.ipTTL) == (17, 1111, 2222, 17))
        #expect(packet.srcMac == (tunnel.hasFrame ? 0x0400_0000_0003 : 0x0200_0000_0001))
        #expect(packet.vlanId == (tunnel.hasFrame ? 77 : 0))
    }

    @Test("every prefix of a tunnel, in both views", arguments: cases)
    func prefixes(tunnel: TunnelCase) {
        let whole = header(tunnel.packet)
        for length in 0..<tunnel.packet.count {
            let part = header(Array(tunnel.packet.prefix(length)))
            #expect(part.tunnel.type == .none || part.tunnel.type == tunnel.type || part.tunnel.type == .ipip)
            #expect(part.tunnel.srcPort == 0 || part.tunnel.srcPort == 1111)
            #expect(part.dstPort == 0 || part.dstPort == whole.dstPort)
            let promoted = header(Array(tunnel.packet.prefix(length)), .inner)
            #expect(promoted.tunnel.type == part.tunnel.type)
        }
    }

    @Test("flipped bits in tunnels", arguments: cases)
    func flipped(tunnel: TunnelCase) {
        var random = SplitMix(state: 21)
        for _ in 0..<2000 {
            var bytes = tunnel.packet
            for _ in 0...(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
            }
            let packet = header(bytes)
            #expect(packet.tunnel.ipv6FlowLabel < 1 << 20 && packet.tunnel.fragmentOffset < 8192)
            _ = header(bytes, .inner)
        }
    }

    @Test("IPv6 inside")
    func ipv6Inside() {
        let sixInFour = header(Wire.ipv4(proto: 41, Wire.ipv6(next: 6, Wire.tcp())))
        #expect(sixInFour.tunnel.type == .sixInFour)
        #expect((sixInFour.eType, sixInFour.proto, sixInFour.tunnel.eType) == (0x0800, 41, 0x86DD))
        #expect((sixInFour.tunnel.ipv6FlowLabel, sixInFour.tunnel.ipTos) == (0x12345, 0x2E))
        let sixInSix = header(Wire.ipv6(next: 41, Wire.ipv6(next: 44, [6, 0, 0, 1, 0, 0, 0, 9] + Wire.tcp())))
        #expect((sixInSix.tunnel.type, sixInSix.tunnel.fragmentId, sixInSix.tunnel.srcPort) == (.ipip, 9, 443))
        let srv6 = header(Wire.ipv6(next: 43, [41] + Self.routing.dropFirst() + Wire.ipv6(next: 6, Wire.tcp())))
        #expect((srv6.tunnel.type, srv6.proto, srv6.tunnel.dstPort) == (.srv6, 41, 50000))
        // Routed by segments, but not tunnelled.
        let inserted = header(Wire.ipv6(next: 43, [6] + Self.routing.dropFirst() + Wire.tcp()))
        #expect((inserted.tunnel.type, inserted.srcPort) == (.none, 443))
    }

    @Test("only one level is read")
    func nested() {
        let twice = header(Self.udp(4789, [8, 0, 0, 0, 0, 0, 1, 0] + Wire.ethernet(0x0800, Self.cases[0].packet)))
        #expect((twice.tunnel.type, twice.tunnel.id, twice.tunnel.dstPort) == (.vxlan, 1, 4789))
        #expect(twice.tunnel.srcAddr.address == IPAddress(198, 51, 100, 1))
        var chain = Self.inner
        for _ in 0..<200 { chain = Wire.ipv4(proto: 4, chain) }
        #expect(header(chain).tunnel.proto == 4)
    }

    @Test("what only looks like a tunnel")
    func noTunnels() {
        let others: [[UInt8]] = [
            Self.udp(4789, [0, 0, 0, 0, 0, 0, 1, 0] + Self.frame),
            Self.udp(6081, [0x40, 0, 8, 0, 0, 0, 1, 0] + Self.inner),
            Self.udp(2152, [0x30, 1, 0, 0, 0, 0, 0, 0]), Self.udp(2152, [0x48, 255, 0, 0, 0, 0, 0, 0] + Self.inner),
            Self.udp(1701, [0xC8, 2, 0, 8, 0, 1, 0, 0] + Self.inner), Self.udp(4788, [8, 0, 0, 0, 0, 0, 1, 0]),
            Wire.ipv4(proto: 115, [0, 0, 0, 0]), Wire.ipv4(proto: 47, [0, 0, 8]),
            // A later fragment begins in the middle of the payload.
            Wire.ipv4(proto: 47, fragment: 0x20B9, [0, 0, 8, 0] + Self.inner),
        ]
        for bytes in others {
            let packet = header(bytes)
            #expect(packet.tunnel.type == .none)
            #expect(packet.tunnel.srcAddr.address == .unspecified)
        }
    }

    @Test("PPPoE: what is inside is in the main columns already")
    func pppoe() {
        let frame = Wire.ethernet(0x8864, [0x11, 0, 0, 99, 0, 30, 0, 0x21] + Self.inner)
        for view in [TunnelView.outer, .inner] {
            let packet = header(frame, view, link: .ethernet)
            #expect((packet.tunnel.type, packet.tunnel.id, packet.srcPort) == (.pppoe, 99, 1111))
            #expect(packet.tunnel.srcAddr.address == .unspecified)
        }
        let tunnel = header(
            Wire.ethernet(0x8864, [0x11, 0, 0, 99, 0, 52, 0, 0x21] + Wire.ipv4(proto: 4, Self.inner)),
            link: .ethernet
        )
        #expect((tunnel.tunnel.type, tunnel.tunnel.srcPort) == (.ipip, 1111))
    }

    @Test("MPLS labels")
    func labels() {
        let stack: [UInt8] = [0, 1, 0, 64, 0, 2, 0, 63, 0, 3, 0, 62, 0, 4, 0x11, 61]
        let packet = header(Wire.ethernet(0x8847, stack + Self.inner), link: .ethernet)
        let labels = packet.labels
        #expect((labels.count, labels.label1, labels.label2, labels.label3, labels.lastLabel) == (4, 16, 32, 48, 65))
        #expect((labels.ttl1, labels.ttl2, labels.ttl3, labels.lastTTL) == (64, 63, 62, 61))
        #expect((packet.srcPort, packet.tunnel.type) == (1111, .none))
        // Cut before the bottom.
        let cut = header(Array(stack.prefix(9)), link: .mpls)
        #expect((cut.labels.count, cut.labels.label2, cut.labels.lastLabel) == (2, 32, 0))
        #expect(header(Array(repeating: 0, count: 4000), link: .mpls).labels.count == 32)
    }

    @Test("two VLAN tags")
    func stackedTags() {
        let frame = Wire.ethernet(0x88A8, [0, 200, 0x81, 0, 0, 100, 8, 0] + Self.inner)
        let packet = header(frame, link: .ethernet)
        #expect((packet.vlanId, packet.customerVlanId, packet.srcPort) == (200, 100, 1111))
        let third = header(Wire.ethernet(0x8100, [0, 1, 0x81, 0, 0, 2, 0x81, 0, 0, 3, 8, 0]), link: .ethernet)
        #expect((third.vlanId, third.customerVlanId) == (1, 2))
    }

    @Test("columns are written only where a row has a value")
    func rows() {
        let batch = FlowBatch(capacity: 8)
        let plain = [header(Self.inner), header(Wire.ipv6(next: 6, Wire.tcp()))]
        batch.store(plain.span, in: batch.reserve(2))
        #expect(FlowColumn.allCases.filter { $0.isDetail && batch.isPresent($0) }.isEmpty)
        let tunnels = [header(Self.cases[0].packet), header(Self.inner)]
        batch.store(tunnels.span, in: batch.reserve(2))
        batch.seal()
        #expect((0..<4).map { batch.number(.encapType, row: $0) } == [0, 0, 1, 0])
        #expect((0..<4).map { batch.number(.encapId, row: $0) } == [0, 0, 0x1234, 0])
        #expect((0..<4).map { batch.number(.dstPortEncap, row: $0) } == [0, 0, 2222, 0])
        #expect(batch.address(.srcAddrEncap, row: 2) == IPAddress(192, 0, 2, 7))
        #expect(!batch.isPresent(.mplsCount) && !batch.isPresent(.customerVlanId))
    }
}
