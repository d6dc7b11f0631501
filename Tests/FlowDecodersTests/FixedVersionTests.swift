import FlowDecoders
import FlowSchema
import NetMetaTesting
import NetTypes
import Testing
import WireFormat

/// NetFlow v1 and v7, and counters that go on counting.
@Suite("NetFlow v1, v7, totals")
struct FixedVersionTests {
    /// Addresses, interfaces, packets and bytes, times, ports.
    private func start(_ last: UInt8) -> [UInt8] {
        [10, 0, 0, last, 192, 0, 2, 9, 192, 0, 2, 254] + Bytes.u16(3, 4)
            + Bytes.u32(5, 600, Bytes.uptime - 2000, Bytes.uptime - 1000) + Bytes.u16(1234, 80)
    }

    private func header(_ version: UInt16, count: UInt16) -> [UInt8] {
        Bytes.u16(version, count) + Bytes.u32(Bytes.uptime, Bytes.exportTime, 0)
    }

    @Test("v1, in Cisco's records of 52 bytes and softflowd's of 48", arguments: [11, 7])
    func version1(padding: Int) {
        let records = (1...2).flatMap {
            start(UInt8($0)) + [0, 0, 6, 0xB8, 0x12] + [UInt8](repeating: 0, count: padding)
        }
        let decoded = Decoded([RecordedDatagram(header(1, count: 2) + records)])
        let batch = decoded.batch
        #expect(batch.count == 2 && decoded.counters.malformed.total == 0 && decoded.counters.bytesUnaccounted == 0)
        #expect(batch.number(.flowType, row: 1) == UInt64(FlowType.netflowV1.rawValue))
        #expect(batch.address(.srcAddr, row: 1) == IPAddress(10, 0, 0, 2))
        #expect(batch.number(.bytes, row: 1) == 600 && batch.number(.packets, row: 1) == 5)
        #expect(batch.number(.proto, row: 1) == 6 && batch.number(.ipTos, row: 1) == 0xB8)
        #expect(batch.number(.tcpFlags, row: 1) == 0x12 && batch.number(.dstPort, row: 1) == 80)
        #expect(batch.number(.timeFlowStart, row: 1) == UInt64(Bytes.exportTime) - 2)
        #expect(decoded.exporters[0].missingRecords == 0)
    }

    @Test("v7: like v5 with a reserved word and the router that was bypassed; its sequence counts flows")
    func version7() {
        let tail: [UInt8] = [0, 0x1B, 17, 0] + Bytes.u16(65001, 65002) + [24, 16, 0, 0, 192, 0, 2, 1]
        func datagram(_ sequence: UInt32) -> RecordedDatagram {
            RecordedDatagram(header(7, count: 1) + Bytes.u32(sequence, 0) + start(1) + tail)
        }
        let decoded = Decoded([datagram(10), datagram(14)])
        let batch = decoded.batch
        #expect(batch.count == 2 && batch.number(.flowType, row: 0) == UInt64(FlowType.netflowV7.rawValue))
        #expect(batch.number(.proto, row: 0) == 17 && batch.number(.tcpFlags, row: 0) == 0x1B)
        #expect(batch.number(.srcAS, row: 0) == 65001 && batch.number(.dstNet, row: 0) == 16)
        #expect(decoded.exporters[0].missingRecords == 3)
        let bad = Decoded([RecordedDatagram(header(7, count: 2) + Bytes.u32(1, 0) + start(1) + tail)])
        #expect(bad.counters.malformed[.badCount] == 1 && bad.batch.count == 0 && bad.counters.bytesUnaccounted == 0)
    }

    @Test("another life of the process tells how much came between the two, and doesn't call it missing")
    func sequenceOfAnEarlierLife() throws {
        let tail: [UInt8] = [0, 0x1B, 17, 0] + Bytes.u16(65001, 65002) + [24, 16, 0, 0, 192, 0, 2, 1]
        let address = IPAddress(192, 0, 2, 77)
        let context = DatagramContext(source: IPEndpoint(address: address, port: 9999), receivedAt: 1_800_000_000)
        func feed(_ decoder: inout FlowDecoder, _ sequences: [UInt32]) throws -> ExporterSnapshot {
            let batch = FlowBatch(capacity: 2 * FlowDecoder.mostRows)
            for sequence in sequences {
                let bytes = header(7, count: 1) + Bytes.u32(sequence, 0) + start(1) + tail
                decoder.decode(bytes.span.bytes, context: context, into: batch)
            }
            return try #require(decoder.snapshots.first)
        }
        var first = FlowDecoder()
        let before = try feed(&first, [10, 11])
        #expect(before.sequenceSinceLastRun == 0 && before.sequenceMarks.map(\.next) == [12])
        // 12 to 19 came to nobody; 21 is missing in this life.
        var second = FlowDecoder(sequences: [address: before.sequenceMarks])
        let after = try feed(&second, [20, 22])
        #expect(after.sequenceSinceLastRun == 8 && after.missingRecords == 1 && after.sequenceRestarts == 0)
        // An exporter that has started again meanwhile says nothing about that.
        var third = FlowDecoder(sequences: [address: before.sequenceMarks])
        let restarted = try feed(&third, [1, 2])
        #expect(restarted.sequenceSinceLastRun == 0 && restarted.missingRecords == 0)
    }

    @Test("total counters give what was added since the flow's record before; deltas count for more")
    func totals() {
        let template = Bytes.template(256, [(8, 4), (152, 8), (85, 8), (86, 8)])
        let both = Bytes.template(257, [(8, 4), (152, 8), (85, 8), (1, 8)])
        let anonymous = Bytes.template(258, [(8, 4), (85, 8)])
        func record(_ start: UInt64, _ bytes: UInt64, _ packets: UInt64) -> [UInt8] {
            [10, 0, 0, 1] + Bytes.u64(1_799_999_000_000 + start) + Bytes.u64(bytes) + Bytes.u64(packets)
        }
        let decoded = Decoded([
            RecordedDatagram(Bytes.ipfix(Bytes.set(2, template, both, anonymous))),
            RecordedDatagram(Bytes.ipfix(Bytes.set(256, record(0, 1000, 10), record(0, 1500, 12)))),
            // The same ends again: another flow that began later, then one that counts anew.
            RecordedDatagram(Bytes.ipfix(Bytes.set(256, record(5, 1700, 3), record(5, 100, 1), record(5, 300, 2)))),
            RecordedDatagram(Bytes.ipfix(Bytes.set(257, record(0, 9000, 70), record(0, 9500, 80)))),
            RecordedDatagram(
                Bytes.ipfix(Bytes.set(258, [10, 0, 0, 1] + Bytes.u64(50), [10, 0, 0, 1] + Bytes.u64(60)))
            ),
        ])
        let bytes = (0..<decoded.batch.count).map { decoded.batch.number(.bytes, row: $0) }
        let packets = (0..<5).map { decoded.batch.number(.packets, row: $0) }
        #expect(bytes == [1000, 500, 1700, 100, 200, 70, 80, 50, 60])
        #expect(packets == [10, 2, 3, 1, 1])
        #expect(decoded.exporters[0].scaledBytes == 3760)
    }

    @Test("a stack of five labels: three of them, the bottom one and how many")
    func labels() {
        let template = Bytes.template(256, [(70, 3), (71, 3), (72, 3), (73, 3), (74, 3), (75, 3), (1, 4)])
        func entry(_ label: UInt32, bottom: Bool) -> [UInt8] {
            Array(Bytes.u32(label << 4 | (bottom ? 1 : 0)).dropFirst())
        }
        let stack: [UInt8] = (1...5).flatMap { entry(UInt32(100 + $0), bottom: $0 == 5) } + [0, 0, 0]
        let none = [UInt8](repeating: 0, count: 18)
        let decoded = Decoded([
            RecordedDatagram(
                Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, none + Bytes.u32(1), stack + Bytes.u32(2)))
            )
        ])
        let batch = decoded.batch
        #expect(batch.number(.mplsCount, row: 0) == 0 && batch.number(.mplsCount, row: 1) == 5)
        #expect(batch.number(.mpls1Label, row: 1) == 101 && batch.number(.mpls3Label, row: 1) == 103)
        #expect(batch.number(.mplsLastLabel, row: 1) == 105 && batch.number(.mpls1Label, row: 0) == 0)
    }
}
