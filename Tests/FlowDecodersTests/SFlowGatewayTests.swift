import FlowDecoders
import FlowSchema
import Testing
import WireFormat

@Suite("sFlow's gateway record")
struct SFlowGatewayTests {
    typealias Wire = SFlowBytes

    private static let header = Wire.rawHeader(Wire.ethernet(0x0800, Wire.ipv4(proto: 6, Wire.tcp())))

    /// Next hop 10.0.0.1, own AS 64500, source 64501, neighbour 64502; then the path.
    private static func gateway(_ path: [UInt32]) -> [UInt8] {
        let start: [UInt32] = [1, 0x0A00_0001, 64500, 64501, 64502]
        return Wire.framed(1003, (start + path).flatMap { Wire.words($0) })
    }

    private static func numbers(_ decoded: SFlowDecoded, _ column: FlowColumn, _ row: Int = 0) -> [UInt32] {
        VariableValue.numbers(decoded.batch.variable(column)?.value(row: row) ?? [])
    }

    @Test("a path that breaks off keeps the numbers that are there")
    func brokenPath() {
        // Of two segments the second claims nine numbers and has two.
        let broken = Self.gateway([2, 2, 1, 65001, 2, 9, 65002, 65003])
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [broken, Self.header])]))
        #expect(Self.numbers(decoded, .asPath) == [65001, 65002, 65003])
        #expect(Self.numbers(decoded, .bgpCommunities).isEmpty)
        #expect((decoded.number(.srcAS), decoded.number(.prevHopAS)) == (64501, 64502))
        #expect((decoded.number(.dstAS), decoded.number(.nextHopAS)) == (0, 0))
        #expect((decoded.counters.flows, decoded.counters.malformed[.truncated]) == (1, 1))
    }

    @Test("of two records the first gives the path, the last the numbers beside it")
    func twice() {
        let first = Self.gateway([1, 2, 2, 65001, 65002, 1, 77, 100])
        let second = Wire.framed(1003, Wire.words(1, 0x0A00_0002, 1, 2, 3, 1, 2, 1, 9, 1, 5, 100))
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [Self.header, first, second])]))
        #expect(Self.numbers(decoded, .asPath) == [65001, 65002])
        #expect(Self.numbers(decoded, .bgpCommunities) == [77])
        #expect((decoded.number(.srcAS), decoded.number(.prevHopAS)) == (2, 3))
        #expect((decoded.number(.dstAS), decoded.number(.nextHopAS)) == (9, 9))
        #expect((decoded.address(.nextHop), decoded.address(.bgpNextHop)) == ("10.0.0.1", "10.0.0.2"))
        #expect((decoded.counters.flows, decoded.counters.malformed.total) == (1, 0))
    }

    @Test("lists are kept up to their bound, and what is beyond is counted")
    func longLists() {
        let path = (0..<400).map { UInt32(70_000 + $0) }
        let communities = (0..<300).map { UInt32(1000 + $0) }
        let record = Self.gateway([2, 2, 200] + path[..<200] + [1, 200] + path[200...] + [300] + communities + [100])
        let decoded = SFlowDecoded(
            Wire.datagram([
                Wire.flowSample(records: [Self.header, record]),
                Wire.flowSample(records: [Self.header, Self.gateway([1, 2, 1, 65001, 0, 100])]),
            ])
        )
        #expect(Self.numbers(decoded, .asPath) == Array(path[..<VariableValue.mostNumbers]))
        #expect(Self.numbers(decoded, .bgpCommunities) == Array(communities[..<VariableValue.mostNumbers]))
        #expect((decoded.number(.dstAS), decoded.number(.nextHopAS)) == (70_399, 70_000))
        #expect(decoded.counters.lostTexts == UInt64(700 - 2 * VariableValue.mostNumbers))
        #expect(Self.numbers(decoded, .asPath, 1) == [65001])
        #expect(Self.numbers(decoded, .bgpCommunities, 1).isEmpty)
    }

    @Test("a sample that turns out to be none leaves nothing in the row of the next")
    func takenBack() {
        let told = [
            Wire.framed(1001, Wire.words(100, 0, 200, 0)), Wire.framed(1002, Wire.words(1, 0x0A00_0009, 24, 16)),
            Self.gateway([1, 2, 2, 65001, 65002, 1, 77, 100]), Wire.framed(1020, Wire.words(3, 4)),
        ]
        let whole = Wire.flowSample(records: [Self.header] + told)
        // No record tells the packet, and one is missing.
        let broken = Wire.flowSample(rate: 9, output: 1 << 30 | 258, records: told, count: 5)
        let plain = Wire.flowSample(records: [Self.header])
        let decoded = SFlowDecoded(Wire.datagram([broken, whole, broken, plain, broken, whole, broken]))
        #expect((decoded.counters.flows, decoded.counters.rejectedRecords) == (3, 4))
        #expect((0..<3).map { decoded.number(.samplingRate, $0) } == [100, 100, 100])
        #expect((0..<3).map { decoded.number(.srcPort, $0) } == [443, 443, 443])
        let set: [FlowColumn] = [
            .srcVlan, .dstVlan, .srcNet, .dstNet, .srcAS, .dstAS, .nextHopAS, .prevHopAS, .srcPortNAT,
        ]
        for column in set {
            #expect((0..<3).map { decoded.number(column, $0) != 0 } == [true, false, true], "\(column)")
        }
        for column in [FlowColumn.forwardingStatus, .dropReason] {
            #expect((0..<3).allSatisfy { decoded.number(column, $0) == 0 }, "\(column)")
        }
        #expect((0..<3).map { decoded.address(.nextHop, $0) } == ["10.0.0.9", "::", "10.0.0.9"])
        #expect((0..<3).map { Self.numbers(decoded, .asPath, $0).count } == [2, 0, 2])
        #expect((0..<3).map { Self.numbers(decoded, .bgpCommunities, $0) } == [[77], [], [77]])
    }
}
