import FlowDecoders
import FlowSchema
import NetTypes

/// What must be true of every decoding, whatever the bytes.
public enum FuzzLaws {
    /// Rows of the narrow batch.
    private static let few = 5
    /// Rows whose JSON is rendered: rendering all would leave no time to fuzz.
    private static let rendered = 8

    /// Settings that make decoders do all that they can.
    private static let configured: DecoderSettings = {
        var exporter = ExporterSettings()
        exporter.holdForRate = 60
        exporter.tunnel = .inner
        exporter.templates = .exporter
        var settings = DecoderSettings()
        settings.exporters = [Prefix(IPAddress(high: 0, low: 0), bits: 0): exporter]
        settings.elements = [
            ElementMapping(enterprise: 0, id: 400, target: .column(.applicationId)),
            ElementMapping(enterprise: 9, id: 1, target: .column(.nextHop)),
            ElementMapping(enterprise: 9, id: 2, target: .text(key: "nine")),
        ]
        return settings
    }()

    private static let first = FlowBatch(capacity: FlowDecoder.mostRows)
    private static let second = FlowBatch(capacity: FlowDecoder.mostRows)
    private static let narrow = FlowBatch(capacity: few)

    /// Decodes a sequence twice with two new decoders and checks both.
    ///
    /// The second batch is full of junk beforehand: memory that a decoder
    /// forgets to write shows as a difference.
    public static func check(_ datagrams: [FuzzDatagram], _ options: FuzzSequence.Options) {
        let settings = options.contains(.configured) ? configured : DecoderSettings()
        if options.contains(.narrow) {
            _ = decode(datagrams, settings, into: narrow)
            return
        }
        let a = decode(datagrams, settings, into: first)
        litter(second, rows: first.count)
        let b = decode(datagrams, settings, into: second)
        require(a.counters == b.counters, "the second decoder counts otherwise")
        require(first.count == second.count, "the second decoder gives other rows")
        for column in FlowColumn.allCases {
            for row in 0..<first.count {
                require(first.number(column, row: row) == second.number(column, row: row), column.name)
                require(first.address(column, row: row) == second.address(column, row: row), column.name)
                require(
                    first.variable(column)?.value(row: row) == second.variable(column)?.value(row: row),
                    column.name
                )
            }
        }
        let json = JSONRows()
        for row in 0..<min(first.count, rendered) {
            let text = json.object(first, row: row, origin: nil)
            require(text == json.object(second, row: row, origin: nil), "JSON differs")
        }
    }

    /// Decodes a sequence and checks that every record went somewhere.
    private static func decode(
        _ datagrams: [FuzzDatagram],
        _ settings: DecoderSettings,
        into batch: FlowBatch
    ) -> FlowDecoder {
        batch.clear()
        var decoder = FlowDecoder(settings: settings)
        var bytes = 0
        var handed = 0
        for datagram in datagrams {
            bytes += datagram.bytes.count
            // The server hands a batch on in good time; the narrow one is for decoders that are not waited for.
            if batch.capacity >= FlowDecoder.mostRows, batch.room < FlowDecoder.mostRows {
                handed += batch.count
                batch.clear()
            }
            decoder.decode(datagram.bytes.span.bytes, context: datagram.context, into: batch)
            require(batch.count <= batch.capacity, "more rows than fit")
        }
        // What waits is settled in between and at the end; where nothing fits, it goes on waiting.
        if let last = datagrams.last { decoder.expire(at: last.context.receivedAt &+ 100, into: batch) }
        while decoder.finish(into: batch), batch.capacity >= FlowDecoder.mostRows {
            require(batch.count > 0, "an empty batch that sets don't fit into")
            handed += batch.count
            batch.clear()
        }
        batch.seal()
        let counters = decoder.counters
        require(counters.bytesHeld == 0 || batch.capacity < FlowDecoder.mostRows, "bytes that are held still")
        require(Int(counters.flows) == handed + batch.count, "flows isn't the number of rows")
        require(counters.isBalanced, "records isn't rows, events and rejected together")
        require(counters.reverseFlows <= counters.records, "more second rows of biflows than records")
        require(counters.records <= bytes, "more records than bytes")
        require(Int(counters.bytes) == bytes, "bytes aren't those that came")
        require(counters.bytesUnaccounted == 0, "bytes that no count explains")
        require(decoder.snapshots.count <= datagrams.count * 4 + 64, "more exporters than datagrams")
        return decoder
    }

    /// Writes ones into every column of the next rows and forgets them.
    private static func litter(_ batch: FlowBatch, rows count: Int) {
        batch.clear()
        let rows = batch.reserve(min(count + 1, batch.capacity))
        for column in FlowColumn.allCases {
            switch column.storage {
            case .uint8: batch.fill(column, rows, with: UInt8.max)
            case .uint16: batch.fill(column, rows, with: UInt16.max)
            case .uint32: batch.fill(column, rows, with: UInt32.max)
            case .uint64: batch.fill(column, rows, with: UInt64.max)
            case .bytes16: batch.fill(column, rows, with: IPAddress(high: .max, low: .max))
            case .variable:
                let junk: [UInt8] = [1, 0, 1, 0]
                for row in rows { _ = batch.append(column, row: row, value: junk.span.bytes) }
            }
        }
        batch.clear()
    }

    /// Stops the fuzzer with a sentence when a law is broken.
    @inline(__always)
    public static func require(_ condition: Bool, _ law: @autoclosure () -> String) {
        if !condition { fatalError("law broken: " + law()) }
    }
}
