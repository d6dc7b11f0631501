import FlowDecoders
import FlowSchema
import NetMetaTesting
import NetTypes
import Testing
import WireFormat

@Suite("NetFlow and IPFIX")
struct NetFlowTests {
    private let small: [(UInt16, UInt16)] = [(8, 4), (12, 4), (1, 4), (2, 4)]
    private func record(_ last: UInt8, bytes: UInt32 = 100) -> [UInt8] {
        [10, 0, 0, last, 10, 0, 1, last] + Bytes.u32(bytes, 2)
    }

    @Test("v5: header, record, sampling, times")
    func version5() {
        var header = Bytes.u16(5, 1) + Bytes.u32(Bytes.uptime, Bytes.exportTime, 500_000_000, 42)
        header += [1, 2] + Bytes.u16(0x4064)
        var record: [UInt8] = [192, 0, 2, 10, 198, 51, 100, 20, 203, 0, 113, 1]
        record += Bytes.u16(3, 4) + Bytes.u32(7, 900, Bytes.uptime - 2500, Bytes.uptime - 500)
        record += Bytes.u16(1234, 443) + [0, 0x12, 6, 0x20] as [UInt8]
        record += Bytes.u16(65001, 65002) + [24, 16, 0, 0] as [UInt8]
        let decoded = Decoded([RecordedDatagram(header + record)])
        let batch = decoded.batch
        #expect(batch.count == 1 && decoded.counters.records == 1)
        #expect(batch.address(.srcAddr, row: 0) == IPAddress(192, 0, 2, 10))
        #expect(batch.address(.dstAddr, row: 0) == IPAddress(198, 51, 100, 20))
        #expect(batch.address(.nextHop, row: 0) == IPAddress(203, 0, 113, 1))
        #expect(batch.address(.samplerAddress, row: 0) == IPAddress(192, 0, 2, 1))
        let expected: [FlowColumn: UInt64] = [
            .inIf: 3, .outIf: 4, .packets: 7, .bytes: 900, .srcPort: 1234, .dstPort: 443, .tcpFlags: 0x12, .proto: 6,
            .ipTos: 0x20, .srcAS: 65001, .dstAS: 65002, .srcNet: 24, .dstNet: 16, .samplingRate: 100,
            .samplingRateSource: 1, .sequenceNum: 42, .eType: 0x0800, .flowDirection: 255, .flowType: 2,
            .timeReceived: UInt64(Bytes.exportTime) + 1, .timeFlowStart: UInt64(Bytes.exportTime) - 2,
            .timeFlowStartNs: 0, .timeFlowEnd: UInt64(Bytes.exportTime), .timeFlowEndNs: 0,
        ]
        for (column, value) in expected { #expect(batch.number(column, row: 0) == value, "\(column)") }
    }

    @Test("v5: a count that contradicts the length rejects the datagram", arguments: [0, 2, 31])
    func version5Count(count: UInt16) {
        let bytes = Bytes.u16(5, count) + [UInt8](repeating: 0, count: 20 + 48)
        let decoded = Decoded([RecordedDatagram(bytes)])
        #expect(decoded.batch.count == 0 && decoded.counters.malformed[.badCount] == 1)
    }

    @Test("v9: template and data in one datagram, padding ignored")
    func version9() {
        let template = Bytes.set(0, Bytes.template(256, small))
        let data = Bytes.set(256, record(1), record(2), [0, 0, 0])
        let decoded = Decoded([RecordedDatagram(Bytes.v9(template, data))])
        #expect(decoded.batch.count == 2 && decoded.counters.bytesUnaccounted == 0)
        #expect(decoded.batch.address(.dstAddr, row: 1) == IPAddress(10, 0, 1, 2))
        #expect(decoded.batch.number(.samplingRate, row: 0) == 1)
        #expect(decoded.batch.number(.samplingRateSource, row: 0) == UInt64(SamplingSource.unknown.rawValue))
        // Without times in the record, the flow happened when it was exported.
        #expect(decoded.batch.number(.timeFlowEnd, row: 0) == UInt64(Bytes.exportTime))
    }

    @Test(
        "data before its template waits and is decoded when it comes, with its own times; what never can be is counted"
    )
    func unknownTemplate() {
        let data = Bytes.v9(Bytes.set(256, record(1)))
        let other = Bytes.v9(sequence: 3, Bytes.set(300, record(1)))
        let template = Bytes.v9(sequence: 2, Bytes.set(0, Bytes.template(256, small)))
        var early = RecordedDatagram(data)
        early.context.receivedAt -= 60
        let decoded = Decoded([early, RecordedDatagram(template), RecordedDatagram(data), RecordedDatagram(other)])
        #expect(decoded.batch.count == 2 && decoded.counters.parkedSets == 2)
        #expect(decoded.counters.unknownTemplateSets == 1)
        #expect(decoded.batch.number(.timeReceived, row: 0) == UInt64(Bytes.exportTime) - 59)
        #expect(decoded.batch.number(.timeReceived, row: 1) == UInt64(Bytes.exportTime) + 1)
    }

    @Test("what waits is bounded, and the order of templates and data makes no difference to the rows")
    func parking() {
        let template = RecordedDatagram(Bytes.v9(Bytes.set(0, Bytes.template(256, small))))
        let records = (0..<60).flatMap { record(UInt8($0)) }
        let flood = (0..<2000).map { RecordedDatagram(Bytes.v9(sequence: UInt32($0), Bytes.set(256, records))) }
        let late = Decoded(flood + [template])
        #expect(late.counters.unknownTemplateSets > 0)
        #expect(late.counters.parkedSets + late.counters.unknownTemplateSets == 2000)
        #expect(late.counters.flows == late.counters.parkedSets * 60)
        let few = Array(flood.prefix(10))
        let first = Decoded([template] + few)
        let last = Decoded(few + [template])
        #expect(first.rows == last.rows && first.rows.count == 600)
    }

    @Test("sets that waited come out in their order, those of other templates go on waiting and come out later")
    func parkedOrder() {
        let other: [(UInt16, UInt16)] = [(8, 4), (12, 4), (1, 4), (2, 4)]
        func data(_ id: UInt16, _ last: UInt8) -> RecordedDatagram {
            RecordedDatagram(Bytes.v9(sequence: UInt32(last), Bytes.set(id, record(last))))
        }
        let early = (1...200).map { data($0 % 2 == 0 ? 256 : 257, UInt8($0)) }
        let decoded = Decoded(
            early + [RecordedDatagram(Bytes.v9(Bytes.set(0, Bytes.template(256, small)))), data(256, 201)]
                + [RecordedDatagram(Bytes.v9(Bytes.set(0, Bytes.template(257, other)))), data(258, 202)]
        )
        let last = (0..<decoded.batch.count).map { decoded.batch.address(.srcAddr, row: $0).low & 0xFF }
        #expect(last == stride(from: 2, through: 200, by: 2) + [201] + stride(from: 1, through: 199, by: 2))
        #expect(decoded.counters.parkedSets == 201 && decoded.counters.unknownTemplateSets == 1)
        #expect(decoded.counters.bytesUnaccounted == 0)
    }

    @Test("templates belong to exporter, domain and id")
    func templateKeys() {
        let other: [(UInt16, UInt16)] = [(12, 4), (8, 4), (2, 4), (1, 4)]
        let one = IPAddress(192, 0, 2, 1)
        let two = IPAddress(192, 0, 2, 2)
        let decoded = Decoded([
            RecordedDatagram(Bytes.v9(domain: 1, Bytes.set(0, Bytes.template(256, small))), from: one),
            RecordedDatagram(Bytes.v9(domain: 2, Bytes.set(0, Bytes.template(256, other))), from: one),
            RecordedDatagram(Bytes.v9(domain: 1, Bytes.set(256, record(1))), from: one),
            RecordedDatagram(Bytes.v9(domain: 2, Bytes.set(256, record(1))), from: one),
            RecordedDatagram(Bytes.v9(domain: 1, Bytes.set(256, record(1))), from: two),
        ])
        #expect(decoded.batch.count == 2 && decoded.counters.unknownTemplateSets == 1)
        #expect(decoded.batch.address(.srcAddr, row: 0) == IPAddress(10, 0, 0, 1))
        #expect(decoded.batch.address(.srcAddr, row: 1) == IPAddress(10, 0, 1, 1))
    }

    @Test("several exporting processes behind one address: the port tells them apart, a lone definition serves all")
    func templatePorts() {
        let other: [(UInt16, UInt16)] = [(12, 4), (8, 4), (1, 4), (2, 4)]
        let template = Bytes.v9(Bytes.set(0, Bytes.template(256, small)))
        let redefined = Bytes.v9(Bytes.set(0, Bytes.template(256, other)))
        let data = Bytes.v9(Bytes.set(256, record(1)))
        let decoded = Decoded([
            RecordedDatagram(template, port: 1), RecordedDatagram(data, port: 3),
            RecordedDatagram(redefined, port: 2), RecordedDatagram(data, port: 1), RecordedDatagram(data, port: 2),
            RecordedDatagram(data, port: 3),
        ])
        let sources = (0..<decoded.batch.count).map { decoded.batch.address(.srcAddr, row: $0).description }
        #expect(sources == ["10.0.0.1", "10.0.0.1", "10.0.1.1"])
        #expect(decoded.counters.unknownTemplateSets == 1)
    }

    @Test("a redefined template takes effect at once; a bad redefinition deletes the old one")
    func redefinition() {
        let other: [(UInt16, UInt16)] = [(12, 4), (8, 4), (1, 4), (2, 4)]
        let decoded = Decoded([
            RecordedDatagram(Bytes.ipfix(Bytes.set(2, Bytes.template(256, small)), Bytes.set(256, record(1)))),
            RecordedDatagram(Bytes.ipfix(Bytes.set(2, Bytes.template(256, other)), Bytes.set(256, record(1)))),
            RecordedDatagram(Bytes.ipfix(Bytes.set(2, Bytes.u16(256, 5, 8, 4)), Bytes.set(256, record(1)))),
        ])
        #expect(decoded.batch.count == 2 && decoded.counters.unknownTemplateSets == 1)
        #expect(decoded.batch.address(.srcAddr, row: 1) == IPAddress(10, 0, 1, 1))
        #expect(decoded.counters.malformed[.truncated] == 1)
    }

    @Test("IPFIX: variable lengths, enterprise fields, reduced sizes")
    func ipfixShapes() {
        // interfaceName (variable), a vendor's field, octets in 5 bytes, packets in 3, source in the end.
        let template =
            Bytes.u16(300, 5) + Bytes.u16(82, 65535) + Bytes.u16(0x8001, 4) + Bytes.u32(99999)
            + Bytes.u16(1, 5, 2, 3, 8, 4)
        let long = [UInt8](repeating: 0x61, count: 300)
        let one = [3, 0x65, 0x74, 0x68, 0, 0, 0, 1, 1, 0, 0, 0, 7, 0, 1, 0, 10, 0, 0, 9] as [UInt8]
        let two = [255, 1, 44] + long + [0, 0, 0, 2, 0, 0, 0, 0, 8, 0, 0, 2, 10, 0, 0, 10] as [UInt8]
        let decoded = Decoded([RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), Bytes.set(300, one, two)))])
        let batch = decoded.batch
        #expect(batch.count == 2 && decoded.counters.malformed.total == 0)
        #expect(batch.number(.bytes, row: 0) == 0x1_0000_0007 && batch.number(.packets, row: 0) == 256)
        #expect(batch.number(.bytes, row: 1) == 8 && batch.address(.srcAddr, row: 1) == IPAddress(10, 0, 0, 10))
    }

    @Test("sampling out of options data: by sampler, for the whole domain, in the record")
    func sampling() {
        let options = Bytes.u16(257, 4, 8) + Bytes.u16(1, 4) + Bytes.u16(48, 1, 50, 4)
        let optionsData = Bytes.set(257, Bytes.u32(0), [5], Bytes.u32(1000), Bytes.u32(0), [6], Bytes.u32(2000))
        let withSampler = Bytes.template(256, small + [(48, 1)])
        let withInterval = Bytes.template(258, small + [(34, 4)])
        let plain = Bytes.template(259, small)
        let decoded = Decoded([
            RecordedDatagram(
                Bytes.v9(
                    Bytes.set(1, options),
                    optionsData,
                    Bytes.set(0, withSampler, withInterval, plain),
                    Bytes.set(256, record(1), [6], record(2), [5], record(3), [9]),
                    Bytes.set(258, record(4), Bytes.u32(77)),
                    Bytes.set(259, record(5))
                )
            )
        ])
        let rates = (0..<5).map { decoded.batch.number(.samplingRate, row: $0) }
        #expect(rates == [2000, 1000, 1, 77, 1])
        let sources = (0..<5).map { decoded.batch.number(.samplingRateSource, row: $0) }
        #expect(sources == [2, 2, 0, 1, 0])
        #expect(decoded.counters.optionsRecords == 2)
    }

    @Test("IPFIX sampling by packet interval and space, for the domain")
    func ipfixSampling() {
        // Scope: observationDomainId; 305 = 1, 306 = 99: one in a hundred.
        let options = Bytes.u16(400, 3, 1) + Bytes.u16(149, 4, 305, 4, 306, 4)
        let decoded = Decoded([
            RecordedDatagram(
                Bytes.ipfix(
                    Bytes.set(3, options),
                    Bytes.set(400, Bytes.u32(7, 1, 99)),
                    Bytes.set(2, Bytes.template(256, small)),
                    Bytes.set(256, record(1))
                )
            )
        ])
        #expect(decoded.batch.number(.samplingRate, row: 0) == 100)
        #expect(decoded.batch.number(.samplingRateSource, row: 0) == UInt64(SamplingSource.options.rawValue))
    }

    @Test("uptime that wrapped between flow and export")
    func uptimeWrap() {
        let template = Bytes.template(256, [(22, 4), (21, 4)])
        let data = Bytes.set(256, Bytes.u32(0xFFFF_FC18, 500))
        let decoded = Decoded([RecordedDatagram(Bytes.v9(uptime: 1000, Bytes.set(0, template), data))])
        // 2000 ms and 500 ms before the export.
        #expect(decoded.batch.number(.timeFlowStart, row: 0) == UInt64(Bytes.exportTime) - 2)
        #expect(decoded.batch.number(.timeFlowEnd, row: 0) == UInt64(Bytes.exportTime) - 1)
        #expect(decoded.batch.number(.timeFlowEndNs, row: 0) == 500_000_000)
    }

    /// Wherever the flow's uptime lies around the message's, to the millisecond, and for an exporter whose clock began in 1970.
    @Test(
        "uptimes near and far",
        arguments: [Bytes.exportTime, 1000],
        [0, 1, 1000, 2_147_483_647, 2_147_483_648, .max]
    )
    func uptimes(export: UInt32, now: UInt32) {
        var random = SplitMix(state: 23)
        var values: [UInt32] = [0, 1, 999, 1000, 1 << 31 - 1, 1 << 31, 1 << 31 + 1, .max].map { now &+ $0 }
        while values.count < 301 { values.append(.random(in: 0 ... .max, using: &random)) }
        let message =
            Bytes.u16(9, 2) + Bytes.u32(now, export, 1, 7) + Bytes.set(0, Bytes.template(256, [(22, 4), (21, 4)]))
            + Bytes.set(256, values.flatMap { Bytes.u32($0, $0 &+ 1) })
        let source = IPEndpoint(address: IPAddress(192, 0, 2, 1), port: 4000)
        let decoded = Decoded([
            RecordedDatagram(bytes: message, context: DatagramContext(source: source, receivedAt: export + 1))
        ])
        #expect(decoded.batch.count == values.count)
        let edges: [(FlowColumn, FlowColumn, UInt32)] = [
            (.timeFlowStart, .timeFlowStartNs, 0), (.timeFlowEnd, .timeFlowEndNs, 1),
        ]
        for (row, value) in values.enumerated() {
            for (seconds, nanoseconds, more) in edges {
                let time = max(Int64(export) * 1000 + Int64(Int32(truncatingIfNeeded: value &+ more &- now)), 0)
                #expect(decoded.batch.number(seconds, row: row) == UInt64(time / 1000), "\(value)")
                #expect(decoded.batch.number(nanoseconds, row: row) == UInt64(time % 1000 * 1_000_000), "\(value)")
            }
        }
    }

    /// A time element as it is sent, and what it means.
    struct TimeCase: Sendable {
        var id: UInt16
        var length: Int
        var raw: UInt64
        var seconds: UInt64
        var nanoseconds: UInt64
    }

    static let second: UInt64 = 1_700_000_001
    static let ntpSecond = (second + 2_208_988_800) << 32
    static let timeCases = [
        TimeCase(id: 150, length: 4, raw: second, seconds: second, nanoseconds: 0),
        TimeCase(id: 152, length: 8, raw: second * 1000 + 250, seconds: second, nanoseconds: 250_000_000),
        TimeCase(id: 154, length: 8, raw: ntpSecond | 1 << 31, seconds: second, nanoseconds: 500_000_000),
        TimeCase(id: 156, length: 8, raw: ntpSecond | 1 << 30, seconds: second, nanoseconds: 250_000_000),
        TimeCase(
            id: 158,
            length: 4,
            raw: 1_500_000,
            seconds: UInt64(Bytes.exportTime) - 2,
            nanoseconds: 500_000_000
        ),
    ]

    @Test("IPFIX times in every form", arguments: timeCases)
    func times(form: TimeCase) {
        let value = Array(Bytes.u64(form.raw).suffix(form.length))
        let template = Bytes.template(256, [(form.id, UInt16(form.length))])
        let batch = Decoded([RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, value)))]).batch
        #expect(batch.number(.timeFlowStart, row: 0) == form.seconds)
        #expect(batch.number(.timeFlowStartNs, row: 0) == form.nanoseconds)
        #expect(batch.number(.timeFlowEnd, row: 0) == form.seconds)
    }

    @Test("ICMP type and code, from their element or from the port")
    func icmp() {
        let fromPort = Bytes.template(256, [(4, 1), (11, 2)])
        let fromElement = Bytes.template(257, [(4, 1), (32, 2)])
        let decoded = Decoded([
            RecordedDatagram(
                Bytes.v9(
                    Bytes.set(0, fromPort, fromElement),
                    Bytes.set(256, [1], Bytes.u16(0x0303), [6], Bytes.u16(0x0303)),
                    Bytes.set(257, [1], Bytes.u16(0x0B00))
                )
            )
        ])
        #expect((0..<3).map { decoded.batch.number(.icmpType, row: $0) } == [3, 0, 11])
        #expect((0..<3).map { decoded.batch.number(.icmpCode, row: $0) } == [3, 0, 0])
    }

    @Test("zeros to a fixed size, sets of length 0, and lengths beyond the end")
    func lengths() {
        let good = Bytes.v9(Bytes.set(0, Bytes.template(256, small)), Bytes.set(256, record(1)))
        let padded = Decoded([RecordedDatagram(good + [UInt8](repeating: 0, count: 700))])
        #expect(
            padded.batch.count == 1 && padded.counters.malformed.total == 0 && padded.counters.bytesUnaccounted == 0
        )
        let beyond = Decoded([RecordedDatagram(good + Bytes.u16(256, 400) + [1, 2, 3])])
        #expect(beyond.batch.count == 1 && beyond.counters.malformed[.badLength] == 1)
        #expect(beyond.counters.bytesRejected == 7 && beyond.counters.bytesUnaccounted == 0)
        let short = Decoded([RecordedDatagram(Bytes.ipfix() + [1])])
        #expect(short.counters.malformed.total == 1)
    }

    @Test("a flood of templates, domains and exporters is bounded")
    func bounds() {
        var decoder = FlowDecoder()
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        for id in 0..<40_000 {
            let message = Bytes.ipfix(
                domain: UInt32(id / 30_000),
                Bytes.set(2, Bytes.template(UInt16(256 + id % 30_000), small))
            )
            let datagram = RecordedDatagram(message)
            decoder.decode(datagram.bytes.span.bytes, context: datagram.context, into: batch)
        }
        #expect(decoder.snapshots.first?.templates ?? 0 <= 4096)
        for number in 0..<20_000 {
            let datagram = RecordedDatagram(Bytes.ipfix(), from: IPAddress(v4: 0x0A00_0000 + UInt32(number)))
            decoder.decode(datagram.bytes.span.bytes, context: datagram.context, into: batch)
        }
        #expect(decoder.snapshots.count == FlowDecoder.mostExporters)
        #expect(decoder.counters.datagrams == 60_000)
    }
}
