import FlowDecoders
import FlowSchema
import NetMetaTesting
import NetTypes
import Testing

/// What the configuration changes for one exporter.
@Suite("Settings of exporters")
struct ExporterSettingsTests {
    private let small: [(UInt16, UInt16)] = [(8, 4), (1, 4)]
    private let address = IPAddress(192, 0, 2, 1)

    private func settings(_ change: (inout ExporterSettings) -> Void) -> DecoderSettings {
        var exporter = ExporterSettings()
        change(&exporter)
        var settings = DecoderSettings()
        settings.exporters = [Prefix(address, bits: 128): exporter]
        return settings
    }

    private func record(_ bytes: UInt32) -> [UInt8] { [10, 0, 0, 1] + Bytes.u32(bytes) }
    private var template: RecordedDatagram { RecordedDatagram(Bytes.ipfix(Bytes.set(2, Bytes.template(256, small)))) }
    private var data: RecordedDatagram { RecordedDatagram(Bytes.ipfix(Bytes.set(256, record(100)))) }

    /// Options data that says 1 of 512 for the domain.
    private var rate: RecordedDatagram {
        RecordedDatagram(
            Bytes.ipfix(
                Bytes.set(3, Bytes.optionsTemplate(300, scope: 1, [(149, 4), (34, 4)])),
                Bytes.set(300, Bytes.u32(7, 512))
            )
        )
    }

    @Test("the longest prefix counts")
    func prefixes() {
        var wide = ExporterSettings()
        wide.samplingRate = 1
        var narrow = ExporterSettings()
        narrow.samplingRate = 2
        var settings = DecoderSettings()
        settings.exporters = [
            Prefix(IPAddress(192, 0, 2, 0), bits: 120): wide, Prefix(IPAddress(192, 0, 2, 1), bits: 128): narrow,
        ]
        #expect(settings.exporter(address).samplingRate == 2)
        #expect(settings.exporter(IPAddress(192, 0, 2, 9)).samplingRate == 1)
        #expect(settings.exporter(IPAddress(192, 0, 3, 9)).samplingRate == nil)
    }

    @Test("a rate of the configuration counts for more than any that is told, in NetFlow and sFlow")
    func override() {
        let decoded = Decoded([template, rate, data], settings: settings { $0.samplingRate = 2000 })
        #expect(decoded.batch.number(.samplingRate, row: 0) == 2000)
        #expect(decoded.batch.number(.samplingRateSource, row: 0) == UInt64(SamplingSource.configuration.rawValue))
        #expect(decoded.exporters[0].samplingSource == .configuration && decoded.exporters[0].scaledBytes == 200_000)

        let frame = SFlowBytes.ethernet(0x0800, SFlowBytes.ipv4(proto: 6, SFlowBytes.tcp()))
        let sample = RecordedDatagram(
            SFlowBytes.datagram([SFlowBytes.flowSample(records: [SFlowBytes.rawHeader(frame)])])
        )
        let sflow = Decoded([sample], settings: settings { $0.samplingRate = 3000 })
        #expect(sflow.batch.count == 1 && sflow.batch.number(.samplingRate, row: 0) == 3000)
        #expect(sflow.exporters[0].samplingSource == .configuration)
    }

    @Test("without a rate, records are held until options data tells one")
    func hold() {
        let hold = settings { $0.holdForRate = 60 }
        let told = Decoded([template, data, data, rate, data], settings: hold)
        #expect(told.counters.heldSets == 2 && told.batch.count == 3 && told.counters.bytesUnaccounted == 0)
        for row in 0..<3 { #expect(told.batch.number(.samplingRate, row: row) == 512) }

        // Nothing is held where nobody asks for it, nor where the record tells.
        #expect(Decoded([template, data]).counters.heldSets == 0)
        let own = RecordedDatagram(
            Bytes.ipfix(
                Bytes.set(2, Bytes.template(256, [(8, 4), (1, 4), (34, 4)])),
                Bytes.set(256, record(100) + Bytes.u32(8))
            )
        )
        #expect(Decoded([own], settings: hold).counters.heldSets == 0)
    }

    @Test("held records become rows when their time is over, at the end, and where there is no room")
    func holdEnds() {
        let hold = settings { $0.holdForRate = 60 }
        let late = Decoded([template, data], settings: hold, expireAt: Bytes.exportTime + 200)
        #expect(late.batch.count == 1 && late.batch.number(.samplingRateSource, row: 0) == 0)
        #expect(late.batch.number(.timeReceived, row: 0) == UInt64(Bytes.exportTime) + 1)
        let end = Decoded([template, data], settings: hold)
        #expect(end.batch.count == 1 && end.counters.unknownTemplateSets == 0)

        let records = (0..<100).flatMap { record($0) }
        let flood = (0..<2000).map { _ in RecordedDatagram(Bytes.ipfix(Bytes.set(256, records))) }
        let many = Decoded([template] + flood, settings: hold)
        #expect(many.counters.heldSets < 2000 && many.counters.heldSets > 100)
        #expect(many.counters.flows == 200_000 && many.counters.bytesUnaccounted == 0 && many.counters.isBalanced)
    }

    @Test("templates of the own port only, or the newest of any port")
    func templateScope() {
        let other: [(UInt16, UInt16)] = [(12, 4), (1, 4)]
        let redefined = Bytes.ipfix(Bytes.set(2, Bytes.template(256, other)))
        let first = Bytes.ipfix(Bytes.set(2, Bytes.template(256, small)))
        let data = Bytes.ipfix(Bytes.set(256, record(100)))
        let strict = Decoded(
            [RecordedDatagram(first, port: 1), RecordedDatagram(data, port: 2), RecordedDatagram(data, port: 1)],
            settings: settings { $0.templates = .port }
        )
        #expect(strict.batch.count == 1 && strict.counters.unknownTemplateSets == 1)
        let newest = Decoded(
            [
                RecordedDatagram(first, port: 1), RecordedDatagram(redefined, port: 2), RecordedDatagram(data, port: 3),
                RecordedDatagram(first, port: 1), RecordedDatagram(data, port: 3),
            ],
            settings: settings { $0.templates = .exporter }
        )
        #expect(newest.batch.count == 2)
        #expect(newest.batch.address(.dstAddr, row: 0) == IPAddress(10, 0, 0, 1))
        #expect(newest.batch.address(.srcAddr, row: 1) == IPAddress(10, 0, 0, 1))
    }

    @Test("a clock that is far off is counted and put right; one that is a little off is believed")
    func clocks() {
        let template = Bytes.template(256, [(8, 4), (1, 4), (150, 4), (151, 4)])
        let relative = Bytes.template(257, [(8, 4), (1, 4), (22, 4), (21, 4)])
        func dates(_ start: UInt32) -> [UInt8] { record(1) + Bytes.u32(start, start + 5) }
        func decode(_ behind: UInt32, corrects: Bool = true) -> (FlowBatch, ExporterSnapshot) {
            var decoder = FlowDecoder()
            decoder.correctsClocks = corrects
            let batch = FlowBatch(capacity: 2 * FlowDecoder.mostRows)
            let messages = [
                Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, dates(Bytes.exportTime - 10))),
                Bytes.v9(
                    Bytes.set(0, relative),
                    Bytes.set(257, record(1) + Bytes.u32(Bytes.uptime - 9000, Bytes.uptime - 4000))
                ),
            ]
            for message in messages {
                var datagram = RecordedDatagram(message)
                datagram.context.receivedAt = Bytes.exportTime + behind
                decoder.decode(datagram.bytes.span.bytes, context: datagram.context, into: batch)
            }
            batch.seal()
            return (batch, decoder.snapshots[0])
        }
        let (near, nearExporter) = decode(100)
        #expect(near.number(.timeFlowStart, row: 0) == UInt64(Bytes.exportTime) - 10)
        #expect(nearExporter.clockOffset == -100 && nearExporter.counters.wrongClocks == 0)

        let (far, farExporter) = decode(1_000_000)
        #expect(farExporter.counters.wrongClocks == 2 && farExporter.clockOffset == -1_000_000)
        let arrival = UInt64(Bytes.exportTime) + 1_000_000
        #expect(far.number(.timeFlowStart, row: 0) == arrival - 10 && far.number(.timeFlowEnd, row: 0) == arrival - 5)
        #expect(far.number(.timeFlowStart, row: 1) == arrival - 9 && far.number(.timeFlowEnd, row: 1) == arrival - 4)

        let (asTold, counted) = decode(1_000_000, corrects: false)
        #expect(asTold.number(.timeFlowStart, row: 0) == UInt64(Bytes.exportTime) - 10)
        #expect(counted.counters.wrongClocks == 2)
    }
}
