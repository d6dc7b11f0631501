import FlowDecoders
import FlowSchema
import Glibc
import NetMetaTesting
import NetTypes
import Testing

/// What hostile exporters can make a decoder remember is bounded: for each of
/// them, and for all of them together (Docs/decoders-proof.md states it).
@Suite("Bounds", .serialized)
struct BoundsTests {
    /// Bytes that are resident now.
    private static var residentBytes: Int {
        var pages = 0
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4096
    }

    private static func address(_ index: Int) -> IPAddress {
        IPAddress(high: 0x2001_0DB8 << 32, low: UInt64(index))
    }

    private func decode(
        _ message: [UInt8],
        from index: Int,
        at now: UInt32,
        by decoder: inout FlowDecoder,
        _ batch: FlowBatch
    ) {
        let source = IPEndpoint(address: Self.address(index), port: UInt16(index & 7))
        let context = DatagramContext(source: source, receivedAt: now)
        decoder.decode(message.span.bytes, context: context, into: batch)
        if batch.room < FlowDecoder.mostRows { batch.clear() }
    }

    /// A template set full of templates of so many fields each.
    private func templates(_ first: Int, count: Int, fields: Int) -> [UInt8] {
        let records = (0..<count).flatMap { index in
            Bytes.template(UInt16(256 + (first + index) % 60_000), (0..<fields).map { (UInt16(1 + $0 % 300), 4) })
        }
        return Bytes.ipfix(Bytes.set(2, records))
    }

    @Test("one exporter floods templates, domains and names: it stays within its bytes, what was refused is counted")
    func oneExporter() {
        var decoder = FlowDecoder()
        let batch = FlowBatch(capacity: 2 * FlowDecoder.mostRows)
        for round in 0..<3000 {
            decode(templates(round * 3, count: 3, fields: 100), from: 1, at: Bytes.exportTime, by: &decoder, batch)
        }
        for domain in 0..<1000 {
            let options = Bytes.optionsTemplate(300, scope: 1, [(10, 4), (82, 16), (34, 4)])
            let names = (0..<20).flatMap {
                Bytes.u32(UInt32($0)) + Array("interface-\($0 % 9)-name".utf8.prefix(16)) + Bytes.u32(9)
            }
            let message = Bytes.ipfix(domain: UInt32(domain), Bytes.set(3, options), Bytes.set(300, names))
            decode(message, from: 1, at: Bytes.exportTime, by: &decoder, batch)
        }
        let exporter = decoder.snapshots[0]
        #expect(exporter.stateBytes <= 8 << 20 && exporter.stateBytes > 7 << 20)
        #expect(exporter.templates <= 4096 && exporter.refusedState > 1000)

        // What was there before the flood goes on being decoded.
        let early = Bytes.ipfix(sequence: 9, Bytes.set(256, [UInt8](repeating: 1, count: 400)))
        let before = decoder.counters.records
        decode(early, from: 1, at: Bytes.exportTime, by: &decoder, batch)
        #expect(decoder.counters.records == before + 1)
    }

    /// Bounds of the state, of what waits, and the batch's own memory.
    private static let mostResident = (128 + 64 + 64) << 20

    /// 20,000 exporters with templates and with data that has none.
    private func flood(_ batch: FlowBatch) -> (decoder: FlowDecoder, growth: Int) {
        var decoder = FlowDecoder()
        let before = Self.residentBytes
        let data = Bytes.ipfix(sequence: 2, Bytes.set(999, [UInt8](repeating: 7, count: 1300)))
        let message = templates(0, count: 3, fields: 100)
        for index in 0..<20_000 {
            for _ in 0..<3 { decode(message, from: index, at: Bytes.exportTime, by: &decoder, batch) }
            for _ in 0..<4 { decode(data, from: index, at: Bytes.exportTime, by: &decoder, batch) }
        }
        return (decoder, Self.residentBytes - before)
    }

    @Test("made-up exporters flood templates and data without them: the thread stays within its bytes")
    func manyExporters() {
        let batch = FlowBatch(capacity: 2 * FlowDecoder.mostRows)
        var (decoder, growth) = flood(batch)
        // Other tests of this process take memory at the same time: the least of some floods is nearest to the truth.
        for _ in 0..<3 where growth >= Self.mostResident {
            let again = flood(batch)
            decoder = again.decoder
            growth = min(growth, again.growth)
        }
        #expect(growth < Self.mostResident)
        let counters = decoder.counters
        let exporters = decoder.snapshots
        #expect(exporters.count <= FlowDecoder.mostExporters)
        #expect(exporters.reduce(0) { $0 + $1.stateBytes } <= 128 << 20)
        #expect(counters.refusedDatagrams + exporters.reduce(0) { $0 + $1.refusedState } > 0)
        #expect(counters.bytesUnaccounted == 0 && counters.datagrams == 140_000)

        // An hour later nobody of them is left in the way of a new one.
        decode(templates(0, count: 3, fields: 100), from: 99_999, at: Bytes.exportTime + 4200, by: &decoder, batch)
        decoder.expire(at: Bytes.exportTime + 4200, into: batch)
        decode(templates(0, count: 3, fields: 100), from: 99_998, at: Bytes.exportTime + 4300, by: &decoder, batch)
        #expect(decoder.snapshots.contains { $0.address == Self.address(99_998) && $0.templates == 3 })
        #expect(decoder.counters.datagrams == 140_002)
    }

    @Test("a template that is neither defined again nor used for two days is forgotten; one in use is not")
    func expiry() {
        var decoder = FlowDecoder()
        let batch = FlowBatch(capacity: 2 * FlowDecoder.mostRows)
        let start = Bytes.exportTime
        let both = Bytes.ipfix(
            Bytes.set(2, Bytes.template(256, [(8, 4), (1, 4)]), Bytes.template(257, [(8, 4), (1, 4)]))
        )
        decode(both, from: 1, at: start, by: &decoder, batch)
        for hour in 1...60 {
            let data = Bytes.ipfix(sequence: UInt32(hour), Bytes.set(256, [UInt8](repeating: 1, count: 8)))
            decode(data, from: 1, at: start + UInt32(hour) * 3600, by: &decoder, batch)
            decoder.expire(at: start + UInt32(hour) * 3600, into: batch)
        }
        #expect(decoder.snapshots[0].templates == 1 && decoder.counters.records == 60)
        #expect(decoder.counters.unknownTemplateSets == 0)
    }
}
