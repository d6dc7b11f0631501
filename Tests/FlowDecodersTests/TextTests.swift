import FlowDecoders
import FlowSchema
import NetMetaTesting
import NetTypes
import Testing

/// What exporters tell in words: the column `Strings`, and names of numbers.
@Suite("Text")
struct TextTests {
    private func texts(_ batch: FlowBatch, _ row: Int) -> [String: String] {
        let bytes = batch.variable(.strings)?.value(row: row) ?? []
        return Dictionary(uniqueKeysWithValues: VariableValue.texts(bytes).map { ($0.name, $0.text) })
    }

    @Test("text of fixed and of variable length, of IANA's elements and of an enterprise's")
    func strings() {
        // 460 with the enterprise bit: Flowmon's httpHost is 39499/1.
        let enterprise = Bytes.u16(257, 2, 1, 4, 0x8001, 65535) + Bytes.u32(39499)
        let template = Bytes.template(256, [(1, 4), (371, 8), (460, 65535)]) + enterprise
        let one = Bytes.u32(5) + Array("anna".utf8) + [0, 0, 0, 0] + Bytes.variable(Array("example.net".utf8))
        let none = Bytes.u32(6) + [UInt8](repeating: 0, count: 8) + Bytes.variable([])
        let other = Bytes.u32(7) + Bytes.variable(Array("flowmon.example".utf8))
        let decoded = Decoded([
            RecordedDatagram(
                Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, one, none), Bytes.set(257, other))
            )
        ])
        #expect(decoded.batch.count == 3 && decoded.counters.lostTexts == 0)
        #expect(texts(decoded.batch, 0) == ["userName": "anna", "httpHost": "example.net"])
        #expect(texts(decoded.batch, 1).isEmpty)
        #expect(texts(decoded.batch, 2) == ["httpHost": "flowmon.example"])
        #expect(decoded.rows[0].contains(#""Strings":{"userName":"anna","httpHost":"example.net"}"#))
        #expect(!decoded.rows[1].contains("Strings"))
    }

    @Test("long text is cut at a code point and counted, bytes that are no UTF-8 are replaced")
    func bounds() {
        let template = Bytes.template(256, [(1, 4), (461, 65535)])
        // 255 letters, then a code point of three bytes that would end behind 256.
        let long = [UInt8](repeating: 0x61, count: 255) + Array("\u{20AC}".utf8) + [0x62]
        let broken: [UInt8] = [0x61, 0xFF, 0x62]
        let records = [long, broken].map { Bytes.u32(1) + Bytes.variable($0) }
        let decoded = Decoded([
            RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, records[0], records[1])))
        ])
        #expect(texts(decoded.batch, 0)["httpUrl"] == String(repeating: "a", count: 255))
        #expect(texts(decoded.batch, 1)["httpUrl"] == "a\u{FFFD}b")
        #expect(decoded.counters.lostTexts == 1)
    }

    @Test("a record has at most so many texts, a batch so many bytes; what is beyond is counted, rows stay")
    func flood() {
        let keys: [UInt16] = [
            94, 96, 372, 373, 374, 460, 459, 470, 462, 461, 469, 468, 284, 300, 290, 288, 289, 371, 348, 350,
        ]
        let template = Bytes.template(256, keys.map { ($0, 250) })
        let record = [UInt8](repeating: 0x41, count: 250 * keys.count)
        let message = RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, record, record)))
        let decoded = Decoded([message])
        #expect(texts(decoded.batch, 0).count == VariableValue.mostTexts)
        #expect(decoded.counters.lostTexts == UInt64(2 * (keys.count - VariableValue.mostTexts)))

        let many = Decoded(Array(repeating: message, count: 5000))
        #expect(many.batch.count == 10_000 && many.counters.flows == 10_000)
        let size = (0..<many.batch.count).reduce(0) { $0 + (many.batch.variable(.strings)?.value(row: $1).count ?? 0) }
        #expect(size <= VariableColumn.mostBytes && size > VariableColumn.mostBytes - 10_000)
        let kept = UInt64((0..<many.batch.count).reduce(0) { $0 + texts(many.batch, $1).count })
        #expect(kept + many.counters.lostTexts == UInt64(10_000 * keys.count))
    }

    @Test("several elements of one name: the first counts")
    func oneName() {
        // 372 is IANA's applicationCategoryName, 12232 Cisco's.
        let fields = Bytes.u16(256, 3) + Bytes.u16(1, 4, 372, 4) + Bytes.u16(0x8000 | 12232, 4) + Bytes.u32(9)
        let record = Bytes.u32(1) + Array("mail".utf8) + Array("chat".utf8)
        let decoded = Decoded([RecordedDatagram(Bytes.ipfix(Bytes.set(2, fields), Bytes.set(256, record)))])
        #expect(decoded.rows[0].contains(#""Strings":{"applicationCategory":"mail"}"#))
    }

    @Test("names of interfaces, VRFs, applications and samplers out of options data, and statistics")
    func options() {
        let templates =
            Bytes.optionsTemplate(300, scope: 1, [(10, 4), (82, 8), (83, 8)])
            + Bytes.optionsTemplate(301, scope: 1, [(234, 4), (236, 65535)])
            + Bytes.optionsTemplate(302, scope: 1, [(95, 4), (96, 65535)])
            + Bytes.optionsTemplate(303, scope: 1, [(302, 8), (335, 65535), (305, 4), (306, 4)])
            + Bytes.optionsTemplate(304, scope: 1, [(144, 4), (41, 8), (42, 8), (166, 8)])
        let name = Array("eth0".utf8) + [0, 0, 0, 0]
        let description = Array("uplink".utf8) + [0, 0]
        let application = Bytes.u32(0x0300_0050) + Bytes.variable(Array("http".utf8))
        let selector = Bytes.u64(5) + Bytes.variable(Array("hash".utf8)) + Bytes.u32(1, 99)
        let statistics = Bytes.u32(1) + Bytes.u64(10) + Bytes.u64(200) + Bytes.u64(3)
        let decoded = Decoded([
            RecordedDatagram(
                Bytes.ipfix(
                    Bytes.set(3, templates),
                    Bytes.set(300, Bytes.u32(7) + name + description),
                    Bytes.set(301, Bytes.u32(2) + Bytes.variable(Array("red".utf8))),
                    Bytes.set(302, application),
                    Bytes.set(303, selector),
                    Bytes.set(304, statistics)
                )
            )
        ])
        #expect(decoded.counters.optionsRecords == 5 && decoded.batch.count == 0)
        let exporter = decoded.exporters[0]
        #expect(exporter.names.interfaces == [7: "eth0"] && exporter.names.vrfs == [2: "red"])
        #expect(exporter.names.applications == [0x0300_0050: "http"] && exporter.names.samplers == [5: "hash"])
        #expect(exporter.statistics[.exportedMessageTotalCount] == 10)
        #expect(exporter.statistics[.exportedFlowRecordTotalCount] == 200)
        #expect(exporter.statistics[.notSentFlowTotalCount] == 3)
    }

    @Test("statistics of several domains: totals add up, timeouts don't, and nothing overflows")
    func statisticsAddUp() {
        var all: [ExporterStatistic: UInt64] = [.flowActiveTimeout: 60, .exportedMessageTotalCount: 3]
        all.add([.flowActiveTimeout: 30, .exportedMessageTotalCount: 4, .notSentFlowTotalCount: .max])
        all.add([.notSentFlowTotalCount: 1])
        #expect(
            all == [.flowActiveTimeout: 60, .exportedMessageTotalCount: 7, .notSentFlowTotalCount: .max]
        )
    }

    @Test("names of interfaces out of data records; route distinguishers in words")
    func records() {
        let template = Bytes.template(256, [(10, 4), (82, 8), (83, 8), (14, 4), (82, 8), (90, 8), (1, 4)])
        func padded(_ text: String) -> [UInt8] { Array(text.utf8) + [UInt8](repeating: 0, count: 8 - text.utf8.count) }
        let distinguisher: [UInt8] = [0, 0, 0xFD, 0xE8, 0, 0, 0, 9]
        let record =
            Bytes.u32(3) + padded("in") + padded("uplink") + Bytes.u32(4) + padded("out") + distinguisher + Bytes.u32(1)
        let decoded = Decoded([RecordedDatagram(Bytes.ipfix(Bytes.set(2, template), Bytes.set(256, record)))])
        #expect(decoded.exporters[0].names.interfaces == [3: "in", 4: "out"])
        #expect(texts(decoded.batch, 0) == ["routeDistinguisher": "65000:9"])
    }

    @Test(
        "an enterprise element of the configuration goes to its column or name; a change compiles known templates anew"
    )
    func mappings() {
        // Enterprise numbers stand behind each element with the bit.
        let fields =
            Bytes.u16(256, 3) + Bytes.u16(1, 4) + Bytes.u16(0x8000 | 24822, 2) + Bytes.u32(35632)
            + Bytes.u16(0x8000 | 24884, 65535) + Bytes.u32(35632)
        let record = Bytes.u32(9) + Bytes.u16(77) + Bytes.variable(Array("/index".utf8))
        let teach = RecordedDatagram(Bytes.ipfix(Bytes.set(2, fields)))
        let data = RecordedDatagram(Bytes.ipfix(sequence: 2, Bytes.set(256, record)))
        var settings = DecoderSettings()
        settings.elements = [
            ElementMapping(enterprise: 35632, id: 24822, target: .column(.applicationId)),
            ElementMapping(enterprise: 35632, id: 24884, target: .text(key: "url")),
        ]
        var decoder = FlowDecoder()
        let batch = FlowBatch(capacity: 3 * FlowDecoder.mostRows)
        for datagram in [teach, data] {
            decoder.decode(datagram.bytes.span.bytes, context: datagram.context, into: batch)
        }
        decoder.settings = settings
        decoder.decode(data.bytes.span.bytes, context: data.context, into: batch)
        batch.seal()
        #expect(batch.count == 2)
        #expect(batch.number(.applicationId, row: 0) == 0 && batch.number(.applicationId, row: 1) == 77)
        #expect(texts(batch, 0).isEmpty && texts(batch, 1) == ["url": "/index"])
    }
}
