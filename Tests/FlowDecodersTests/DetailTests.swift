import FlowDecoders
import FlowSchema
import NetMetaTesting
import NetTypes
import Testing

@Suite("Biflows, events, details")
struct DetailTests {
    private func ipfixTemplate(_ id: UInt16, _ fields: [(id: UInt16, length: UInt16, enterprise: UInt32)]) -> [UInt8] {
        var bytes = Bytes.u16(id, UInt16(fields.count))
        for field in fields {
            bytes += Bytes.u16(field.enterprise == 0 ? field.id : field.id | 0x8000, field.length)
            if field.enterprise != 0 { bytes += Bytes.u32(field.enterprise) }
        }
        return bytes
    }

    @Test("a biflow gives a row for each direction that has traffic")
    func biflow() {
        let template = ipfixTemplate(
            256,
            [
                (8, 4, 0), (12, 4, 0), (7, 2, 0), (11, 2, 0), (10, 2, 0), (14, 2, 0), (6, 1, 0), (1, 4, 0), (2, 4, 0),
                (1, 4, 29305), (2, 4, 29305), (6, 1, 29305),
            ]
        )
        func record(_ forward: (UInt32, UInt32), _ reverse: (UInt32, UInt32)) -> [UInt8] {
            var bytes: [UInt8] = [10, 0, 0, 1, 10, 0, 0, 2]
            bytes += Bytes.u16(1000, 80, 3, 4) + [0x02] + Bytes.u32(forward.0, forward.1, reverse.0, reverse.1) + [0x12]
            return bytes
        }
        let data = Bytes.set(256, record((100, 1), (5000, 4)), record((200, 2), (0, 0)), record((0, 0), (300, 3)))
        let decoded = Decoded([RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), data))])
        let batch = decoded.batch
        #expect(decoded.counters.records == 3 && decoded.counters.flows == 4 && decoded.counters.reverseFlows == 1)
        #expect(decoded.counters.isBalanced)
        #expect((0..<4).map { batch.number(.bytes, row: $0) } == [100, 200, 5000, 300])
        #expect((0..<4).map { batch.number(.tcpFlags, row: $0) } == [2, 2, 0x12, 0x12])
        #expect((0..<4).map { batch.number(.srcPort, row: $0) } == [1000, 1000, 80, 80])
        #expect((0..<4).map { batch.number(.inIf, row: $0) } == [3, 3, 4, 4])
        #expect(batch.address(.srcAddr, row: 2) == IPAddress(10, 0, 0, 2))
        #expect(batch.address(.dstAddr, row: 2) == IPAddress(10, 0, 0, 1))
    }

    @Test("a firewall's events without traffic give no row, its flows two directions")
    func firewall() {
        let fields: [(UInt16, UInt16)] = [(8, 4), (12, 4), (233, 1), (231, 4), (232, 4)]
        func record(_ event: UInt8, _ initiator: UInt32, _ responder: UInt32) -> [UInt8] {
            [10, 0, 0, 1, 10, 0, 0, 2, event] + Bytes.u32(initiator, responder)
        }
        let data = Bytes.set(256, record(1, 0, 0), record(2, 700, 9000), record(3, 0, 0), record(2, 0, 50))
        let decoded = Decoded([RecordedDatagram(Bytes.v9(Bytes.set(0, Bytes.template(256, fields)), data))])
        #expect(decoded.counters.records == 4 && decoded.counters.eventRecords == 2)
        #expect(decoded.counters.flows == 3 && decoded.counters.isBalanced)
        #expect((0..<3).map { decoded.batch.number(.bytes, row: $0) } == [700, 9000, 50])
        #expect(decoded.batch.address(.srcAddr, row: 1) == IPAddress(10, 0, 0, 2))
        #expect(decoded.batch.number(.firewallEvent, row: 0) == 2)
    }

    @Test("translated addresses and events by the numbers that Cisco had before there were others")
    func oldFirewall() {
        let fields: [(UInt16, UInt16)] = [
            (8, 4), (40001, 4), (40002, 4), (40003, 2), (40004, 2), (40005, 1), (85, 4),
        ]
        let record: [UInt8] = [10, 0, 0, 1, 192, 0, 2, 7, 192, 0, 2, 8, 4, 0, 0, 80]
        let data = Bytes.set(256, record + [2] + Bytes.u32(56), record + [1] + Bytes.u32(0))
        let decoded = Decoded([RecordedDatagram(Bytes.v9(Bytes.set(0, Bytes.template(256, fields)), data))])
        #expect((decoded.counters.flows, decoded.counters.eventRecords) == (1, 1))
        #expect(decoded.batch.address(.srcAddrNAT, row: 0) == IPAddress(192, 0, 2, 7))
        #expect(decoded.batch.address(.dstAddrNAT, row: 0) == IPAddress(192, 0, 2, 8))
        let numbers = [FlowColumn.srcPortNAT, .dstPortNAT, .firewallEvent].map { decoded.batch.number($0, row: 0) }
        #expect(numbers == [1024, 80, 2])
    }

    @Test("a NAT event record is an event, a flow with translated addresses is a flow")
    func nat() {
        let event: [(UInt16, UInt16)] = [(230, 1), (8, 4), (225, 4), (7, 2), (227, 2)]
        let flow: [(UInt16, UInt16)] = [(8, 4), (225, 4), (7, 2), (227, 2), (1, 4)]
        var first: [UInt8] = [1, 10, 0, 0, 1, 192, 0, 2, 7]
        first += Bytes.u16(1000, 2000)
        var second: [UInt8] = [10, 0, 0, 1, 192, 0, 2, 7]
        second += Bytes.u16(1000, 2000) + Bytes.u32(77)
        let templates = Bytes.set(0, Bytes.template(256, event), Bytes.template(257, flow))
        let decoded = Decoded([
            RecordedDatagram(Bytes.v9(templates, Bytes.set(256, first), Bytes.set(257, second)))
        ])
        #expect(decoded.counters.eventRecords == 1 && decoded.counters.flows == 1)
        #expect(decoded.batch.address(.srcAddrNAT, row: 0) == IPAddress(192, 0, 2, 7))
        #expect(decoded.batch.number(.srcPortNAT, row: 0) == 2000)
    }

    @Test("MPLS labels, durations, times from the start of the uptime")
    func others() {
        let template = Bytes.template(256, [(70, 3), (71, 3), (152, 8), (161, 4)])
        let relative = Bytes.template(257, [(160, 8), (22, 4), (21, 4)])
        var one: [UInt8] = [0x00, 0x01, 0x40, 0x00, 0x02, 0x01]
        one += Bytes.u64(1_700_000_000_250) + Bytes.u32(1500)
        // The third record's uptime has wrapped since the boot that it names: 2^32 ms are 49.7 days.
        let wrapped = Bytes.u64(1_799_999_990_000 - 1 << 32) + Bytes.u32(1000, 2500)
        let two = Bytes.u64(1_799_999_990_000) + Bytes.u32(1000, 2500) + wrapped
        let decoded = Decoded([
            RecordedDatagram(Bytes.ipfix(Bytes.set(2, template, relative), Bytes.set(256, one), Bytes.set(257, two)))
        ])
        let batch = decoded.batch
        #expect(batch.number(.mpls1Label, row: 0) == 20 && batch.number(.mpls2Label, row: 0) == 32)
        #expect(batch.number(.mplsCount, row: 0) == 2 && batch.number(.mplsCount, row: 1) == 0)
        #expect(batch.number(.timeFlowEnd, row: 0) == 1_700_000_001)
        #expect(batch.number(.timeFlowEndNs, row: 0) == 750_000_000)
        for row in 1...2 {
            #expect(batch.number(.timeFlowStart, row: row) == 1_799_999_991)
            #expect(batch.number(.timeFlowEnd, row: row) == 1_799_999_992)
            #expect(batch.number(.timeFlowEndNs, row: row) == 500_000_000)
        }
    }

    @Test("both families in one record: the one with a value wins, first choices over second")
    func families() {
        let template = Bytes.template(256, [(18, 4), (15, 4), (8, 4), (27, 16)])
        let v6: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
        let zero6 = [UInt8](repeating: 0, count: 16)
        var data: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 10, 0, 0, 1]
        data += zero6
        data += [192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0] as [UInt8]
        data += v6
        let decoded = Decoded([RecordedDatagram(Bytes.v9(Bytes.set(0, template), Bytes.set(256, data)))])
        let batch = decoded.batch
        #expect(batch.address(.srcAddr, row: 0) == IPAddress(10, 0, 0, 1))
        #expect(batch.address(.srcAddr, row: 1) == IPAddress("2001:db8::1"))
        #expect(batch.address(.nextHop, row: 0) == IPAddress(192, 0, 2, 2))
        #expect(batch.address(.nextHop, row: 1) == IPAddress(192, 0, 2, 1))
        #expect(batch.address(.bgpNextHop, row: 0) == IPAddress(192, 0, 2, 1))
        #expect((0..<2).map { batch.number(.eType, row: $0) } == [0x0800, 0x86DD])
    }

    @Test("what is remembered decodes the first datagram of the next life")
    func memory() {
        let options = Bytes.u16(257, 4, 8) + Bytes.u16(1, 4) + Bytes.u16(48, 1, 50, 4)
        let names = Bytes.u16(258, 4, 4) + Bytes.u16(2, 4) + Bytes.u16(82, 8)
        let template = Bytes.template(256, [(8, 4), (1, 4), (48, 1)])
        let first = Bytes.v9(
            Bytes.set(1, options, names),
            Bytes.set(257, Bytes.u32(0), [5], Bytes.u32(1000)),
            Bytes.set(258, Bytes.u32(3), Array("eth 1".utf8) + [0, 0, 0]),
            Bytes.set(0, template)
        )
        let data = RecordedDatagram(Bytes.v9(sequence: 2, Bytes.set(256, [10, 0, 0, 1], Bytes.u32(7), [5])))
        let batch = FlowBatch(capacity: 2 * FlowDecoder.mostRows)
        var before = FlowDecoder()
        let teaching = RecordedDatagram(first)
        before.decode(teaching.bytes.span.bytes, context: teaching.context, into: batch)
        let text = before.memories.map(\.lines).joined() + "T broken\nnonsense\n"

        var after = FlowDecoder(remembering: ExporterMemory.parse(text))
        after.decode(data.bytes.span.bytes, context: data.context, into: batch)
        #expect(batch.count == 1 && after.counters.unknownTemplateSets == 0 && after.counters.parkedSets == 0)
        #expect(batch.number(.bytes, row: 0) == 7 && batch.number(.samplingRate, row: 0) == 1000)
        #expect(after.snapshots.first?.names.interfaces == [3: "eth 1"])
        #expect(
            after.memories.map(\.lines).joined().split(separator: "\n").sorted()
                == text.split(separator: "\n").dropLast(2).sorted()
        )
    }
}
