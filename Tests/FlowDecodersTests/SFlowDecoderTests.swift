import FlowDecoders
import FlowSchema
import NetTypes
import Testing

@Suite("sFlow version 5")
struct SFlowDecoderTests {
    typealias Wire = SFlowBytes

    @Test("a sampled frame becomes a row")
    func rawHeader() throws {
        let frame = Wire.ethernet(0x8100, [0x20, 0x65, 0x08, 0x00] + Wire.ipv4(proto: 6, Wire.tcp()))
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [Wire.rawHeader(frame)])]))
        let header = try #require(decoded.header)
        #expect(header.agent == IPAddress(192, 0, 2, 1))
        #expect(header.source.subAgent == 3)
        #expect(header.sequence == 77)
        #expect(header.uptime == 1000)
        #expect(header.rows == 0..<1)
        #expect(decoded.counters.records == 1)
        #expect(decoded.counters.flows == 1)
        #expect(decoded.counters.malformed.total == 0)
        #expect(decoded.counters.bytesSkipped + decoded.counters.bytesRejected == 0)
        let expected: [(FlowColumn, UInt64)] = [
            (.flowType, 1), (.sequenceNum, 77), (.samplingRate, 100), (.samplingRateSource, 1),
            (.timeReceived, 1_790_000_000), (.timeFlowStart, 1_790_000_000), (.timeFlowEnd, 1_790_000_000),
            (.bytes, 1400), (.packets, 1), (.inIf, 7), (.outIf, 9), (.flowDirection, 0),
            (.srcMac, 0x0200_0000_0001), (.dstMac, 0x0200_0000_0002), (.vlanId, 0x65), (.eType, 0x0800),
            (.proto, 6), (.srcPort, 443), (.dstPort, 50000), (.tcpFlags, 0x12), (.ipTTL, 61), (.ipTos, 0xB8),
            (.fragmentId, 0x1234), (.fragmentOffset, 0), (.forwardingStatus, 0),
        ]
        for (column, value) in expected { #expect(decoded.number(column) == value, "\(column)") }
        #expect(decoded.address(.samplerAddress) == "192.0.2.1")
        #expect(decoded.address(.srcAddr) == "198.51.100.1")
        #expect(decoded.address(.dstAddr) == "203.0.113.5")
        #expect(!decoded.batch.isPresent(.dstAS))
    }

    @Test("switch, router and gateway records fill in the routing columns")
    func extendedRecords() {
        let gateway = Wire.words(1, 0x0A00_0001, 65001, 65002, 65003, 2, 2, 2, 65010, 65011, 1, 2, 65020, 65021, 0, 100)
        let records = [
            Wire.framed(1001, Wire.words(100, 0, 200, 0)),
            Wire.framed(1002, Wire.words(1, 0xC633_6401, 24, 16)),
            Wire.framed(1003, gateway),
            Wire.framed(1004, Wire.words(0, 0, 0, 0)),
            Wire.framed(4413 << 12 | 1, Wire.words(1)),
        ]
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(records: records)]))
        #expect(decoded.counters.flows == 1)
        #expect(decoded.counters.malformed.total == 0)
        let expected: [(FlowColumn, UInt64)] = [
            (.srcVlan, 100), (.dstVlan, 200), (.srcNet, 24), (.dstNet, 16),
            (.srcAS, 65002), (.dstAS, 65021), (.nextHopAS, 65010), (.bytes, 0), (.packets, 1),
        ]
        for (column, value) in expected { #expect(decoded.number(column) == value, "\(column)") }
        #expect(decoded.address(.nextHop) == "198.51.100.1")
    }

    @Test("the agent's own AS stands for an end without one")
    func ownAS() {
        let gateway = Wire.framed(1003, Wire.words(2, 0x2001_0DB8, 0, 0, 9, 65001, 0, 0, 0, 0, 100))
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [gateway])]))
        #expect(decoded.number(.srcAS) == 65001)
        #expect(decoded.number(.dstAS) == 65001)
        #expect(decoded.number(.nextHopAS) == 0)
        #expect(decoded.address(.nextHop) == "2001:db8::9")
    }

    @Test("sampled IPv4, IPv6 and Ethernet stand in for a header")
    func sampledFields() {
        let v4 = Wire.framed(3, Wire.words(500, 17, 0xC633_6401, 0xCB00_7105, 53, 40000, 0, 0x10))
        let v6 = Wire.framed(
            4,
            Wire.words(600, 6, 0x2001_0DB8, 0, 0, 1, 0x2001_0DB8, 0, 0, 2, 443, 40001, 0x18, 0x20)
        )
        let ethernet = Wire.framed(2, Wire.words(64, 0x0200_0000, 0x0001_0000, 0x0200_0000, 0x0002_0000, 0x0806))
        let decoded = SFlowDecoded(
            Wire.datagram([v4, v6, ethernet].map { Wire.flowSample(records: [$0]) })
        )
        #expect(decoded.counters.flows == 3)
        #expect(decoded.number(.bytes, 0) == 500)
        #expect(decoded.address(.srcAddr, 0) == "198.51.100.1")
        #expect(decoded.number(.eType, 0) == 0x0800)
        #expect(decoded.number(.srcPort, 0) == 53)
        #expect(decoded.number(.ipTos, 0) == 0x10)
        #expect(decoded.number(.bytes, 1) == 600)
        #expect(decoded.address(.dstAddr, 1) == "2001:db8::2")
        #expect(decoded.number(.dstPort, 1) == 40001)
        #expect(decoded.number(.tcpFlags, 1) == 0x18)
        #expect(decoded.number(.bytes, 2) == 64)
        #expect(decoded.number(.srcMac, 2) == 0x0200_0000_0001)
        #expect(decoded.number(.dstMac, 2) == 0x0200_0000_0002)
        #expect(decoded.number(.eType, 2) == 0x0806)
    }

    @Test("an expanded sample keeps interfaces of 32 bits")
    func expanded() {
        let frame = Wire.ethernet(0x86DD, Wire.ipv6(next: 17, [0, 53, 0x9C, 0x40, 0, 8, 0, 0]))
        let body = Wire.words(1, 0, 0x4CA4_0001, 16383, 1, 0, 0, 0x4CA4_0002, 0, 0x4CA4_0001, 1) + Wire.rawHeader(frame)
        let decoded = SFlowDecoded(Wire.datagram([Wire.framed(3, body)]))
        #expect(decoded.number(.inIf) == 0x4CA4_0002)
        #expect(decoded.number(.outIf) == 0x4CA4_0001)
        #expect(decoded.number(.flowDirection) == 1)
        #expect(decoded.number(.samplingRate) == 16383)
        #expect(decoded.address(.srcAddr) == "2001:db8::1")
        #expect(decoded.number(.ipv6FlowLabel) == 0x12345)
        #expect(decoded.number(.ipTos) == 0x2E)
        #expect(decoded.number(.srcPort) == 53)
    }

    /// Source id, input, output; then InIf, OutIf, FlowDirection, ForwardingStatus.
    @Test(
        "interfaces and direction",
        arguments: [
            ([7, 7, 9], [7, 9, 0, 0]),
            ([9, 7, 9], [7, 9, 1, 0]),
            ([8, 7, 9], [7, 9, 255, 0]),
            ([7, 7, 7], [7, 7, 255, 0]),
            ([0, 0, 9], [0, 9, 255, 0]),
            ([0x0100_0007, 7, 9], [7, 9, 255, 0]),
            ([7, 7, 0x4000_0102], [7, 0, 0, 128]),
            ([7, 7, 0x8000_0005], [7, 0, 0, 0]),
            ([7, 7, 0x3FFF_FFFF], [7, 0, 0, 0]),
            ([9, 0x3FFF_FFFF, 9], [0, 9, 1, 0]),
        ] as [([UInt32], [UInt64])]
    )
    func interfaces(told: [UInt32], expected: [UInt64]) {
        let sample = Wire.flowSample(source: told[0], input: told[1], output: told[2], records: [])
        let decoded = SFlowDecoded(Wire.datagram([sample]))
        let columns: [FlowColumn] = [.inIf, .outIf, .flowDirection, .forwardingStatus]
        #expect(columns.map { decoded.number($0) } == expected)
    }

    @Test("a rate of 0 isn't a rate")
    func noRate() {
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(rate: 0, records: [])]))
        #expect(decoded.number(.samplingRate) == 1)
        #expect(decoded.number(.samplingRateSource) == UInt64(SamplingSource.unknown.rawValue))
    }

    @Test("counter samples are counted, what isn't known is skipped")
    func otherSamples() {
        let decoded = SFlowDecoded(
            Wire.datagram([
                Wire.framed(2, Wire.words(1, 2, 0)), Wire.framed(4, Wire.words(1, 2, 0, 0)),
                Wire.framed(6, Wire.words(2, 0, 1, 256, 1, 2, 1, 0)), Wire.framed(8800 << 12 | 1, [1, 2, 3]),
                Wire.flowSample(records: []),
            ])
        )
        #expect(decoded.counters.counterSamples == 2)
        #expect(decoded.counters.records == 1)
        #expect(decoded.counters.flows == 1)
        #expect(decoded.counters.bytesSkipped + decoded.counters.bytesRejected == 0)
        #expect(decoded.counters.malformed.total == 0)
    }

    @Test("an agent without address is known by where its datagrams come from")
    func agentUnknown() {
        let sample = Wire.flowSample(records: [])
        let none = SFlowDecoded(Wire.words(5, 0, 3, 77, 1000, 1) + sample)
        #expect(none.address(.samplerAddress) == "10.1.2.3")
        let zero = SFlowDecoded(Wire.words(5, 1, 0, 3, 77, 1000, 1) + sample)
        #expect(zero.header?.agent == IPAddress(10, 1, 2, 3))
        let v6 = SFlowDecoded(Wire.words(5, 2, 0x2001_0DB8, 0, 0, 1, 3, 77, 1000, 1) + sample)
        #expect(v6.address(.samplerAddress) == "2001:db8::1")
    }

    @Test("samples that agents lost are counted from the increase")
    func drops() {
        var decoder = SFlowDecoder()
        func lost(_ drops: UInt32, source: UInt32 = 7) -> UInt64? {
            let sample = Wire.flowSample(source: source, drops: drops, records: [])
            return SFlowDecoded(Wire.datagram([sample]), &decoder).header?.droppedSamples
        }
        #expect(lost(100) == 0)
        #expect(lost(130) == 30)
        #expect(lost(5, source: 8) == 0)
        #expect(lost(130) == 0)
        #expect(lost(2) == 0)
        #expect(lost(4) == 2)
        #expect(lost(6, source: 8) == 1)
        #expect(lost(.max - 1, source: 9) == 0)
        #expect(lost(3, source: 9) == 5)
    }

    @Test("more samples than are read aside at once")
    func manySamples() {
        let samples = (0..<200).map { Wire.flowSample(rate: UInt32($0 + 1), records: []) }
        let decoded = SFlowDecoded(Wire.datagram(samples))
        #expect(decoded.header?.rows == 0..<200)
        #expect((0..<200).allSatisfy { decoded.number(.samplingRate, $0) == UInt64($0 + 1) })
        #expect(SFlowDecoder.mostRows(in: Wire.datagram(samples).count) >= 200)
    }

    @Test("samples that don't fit are counted")
    func noRoom() {
        let decoded = SFlowDecoded(Wire.datagram((0..<200).map { _ in Wire.flowSample(records: []) }), capacity: 150)
        #expect(decoded.batch.count == 150)
        #expect(decoded.counters.records == 200)
        #expect(decoded.counters.flows == 150)
        #expect(decoded.counters.rejectedRecords == 50)
    }

    @Test("a batch that other datagrams wrote keeps its rows apart")
    func mixedBatch() {
        let tcp = Wire.flowSample(records: [Wire.rawHeader(Wire.ethernet(0x0800, Wire.ipv4(proto: 6, Wire.tcp())))])
        let empty = Wire.flowSample(records: [])
        let decoded = SFlowDecoded(Wire.datagram([tcp, empty, tcp, empty]))
        #expect((0..<4).map { decoded.number(.tcpFlags, $0) } == [0x12, 0, 0x12, 0])
        #expect((0..<4).map { decoded.number(.srcMac, $0) } == [0x0200_0000_0001, 0, 0x0200_0000_0001, 0])
    }
}
