import FlowDecoders
import FlowSchema
import NetMetaTesting
import NetTypes
import Testing

/// Sections of packets in IPFIX records (RFC 5477 section 8.5, RFC 7133).
@Suite("Packet sections")
struct PacketSectionTests {
    /// A frame with a VLAN tag, IPv4 and UDP 53 -> 4000.
    private static let ethernet: [UInt8] =
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 8, 0] + ipv4

    private static let ipv4: [UInt8] =
        [0x45, 0xB8, 0, 100, 0x12, 0x34, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]
        + [0, 53, 0x0F, 0xA0, 0, 80, 0, 0]

    /// VXLAN 77 around a frame from 10.0.0.1 to 10.0.0.2.
    private static let vxlan: [UInt8] =
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]
        + [0x45, 0, 0, 100, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]
        + [0xC0, 0, 0x12, 0xB5, 0, 80, 0, 0, 8, 0, 0, 0, 0, 0, 77, 0]
        + [2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 4, 8, 0]
        + [0x45, 0, 0, 50, 0, 0, 0, 0, 63, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 1, 0]

    @Test(
        "a frame fills in the columns of its headers; its length on the wire is Bytes",
        arguments: [315, 104] as [UInt16]
    )
    func frame(element: UInt16) {
        let length: UInt16 = element == 315 ? 312 : 103
        let template = Bytes.template(256, [(length, 2), (10, 4), (305, 4), (306, 4), (element, 65535)])
        let record = Bytes.u16(1500) + Bytes.u32(3, 1, 999) + Bytes.variable(Self.ethernet)
        let decoded = Decoded([RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, record, record)))])
        let batch = decoded.batch
        #expect(batch.count == 2 && decoded.counters.bytesUnaccounted == 0)
        for row in 0..<2 {
            #expect(batch.number(.bytes, row: row) == 1500 && batch.number(.packets, row: row) == 1)
            #expect(batch.number(.samplingRate, row: row) == 1000 && batch.number(.inIf, row: row) == 3)
            #expect(batch.address(.srcAddr, row: row) == IPAddress(192, 0, 2, 1))
            #expect(batch.address(.dstAddr, row: row) == IPAddress(198, 51, 100, 2))
            #expect(batch.number(.srcPort, row: row) == 53 && batch.number(.dstPort, row: row) == 4000)
            #expect(batch.number(.vlanId, row: row) == 7 && batch.number(.eType, row: row) == 0x0800)
            #expect(batch.number(.srcMac, row: row) == 0x0200_0000_0002)
            #expect(batch.number(.ipTos, row: row) == 0xB8 && batch.number(.ipTTL, row: row) == 64)
        }
    }

    @Test("sections of fixed length, of IP, of another link or from the middle of a packet")
    func kinds() {
        let ip = Bytes.template(256, [(224, 8), (313, UInt16(Self.ipv4.count))])
        let other = Bytes.template(257, [(408, 2), (312, 2), (315, 65535)])
        let middle = Bytes.template(258, [(409, 2), (312, 2), (315, 65535)])
        let wireless = Bytes.u16(2, 300) + Bytes.variable(Self.ethernet)
        let cut = Bytes.u16(20, 300) + Bytes.variable(Self.ethernet)
        let decoded = Decoded([
            RecordedDatagram(
                Bytes.ipfix(
                    Bytes.set(2, ip, other, middle),
                    Bytes.set(256, Bytes.u64(100) + Self.ipv4),
                    Bytes.set(257, wireless),
                    Bytes.set(258, cut)
                )
            )
        ])
        let batch = decoded.batch
        #expect(batch.count == 3)
        #expect(batch.number(.bytes, row: 0) == 100 && batch.number(.dstPort, row: 0) == 4000)
        for row in 1...2 {
            #expect(batch.address(.srcAddr, row: row) == .unspecified && batch.number(.bytes, row: row) == 300)
        }
    }

    @Test(
        "a tunnel in a section: outer or inner in the main columns, as the configuration says",
        arguments: TunnelView.allCases
    )
    func tunnel(view: TunnelView) {
        var settings = DecoderSettings()
        var exporter = ExporterSettings()
        exporter.tunnel = view
        settings.exporters = [Prefix(IPAddress(192, 0, 2, 1), bits: 128): exporter]
        let template = Bytes.template(256, [(312, 2), (315, 65535)])
        let record = Bytes.u16(600) + Bytes.variable(Self.vxlan)
        let message = RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, record)))
        let batch = Decoded([message], settings: settings).batch
        #expect(batch.address(.srcAddrEncap, row: 0) == IPAddress(10, 0, 0, 1))
        #expect(batch.number(.encapType, row: 0) == UInt64(EncapType.vxlan.rawValue))
        #expect(batch.number(.encapId, row: 0) == 77)
        let source = view == .outer ? IPAddress(192, 0, 2, 1) : IPAddress(10, 0, 0, 1)
        #expect(batch.address(.srcAddr, row: 0) == source)
        #expect(batch.number(.proto, row: 0) == (view == .outer ? 17 : 6))
    }
}
