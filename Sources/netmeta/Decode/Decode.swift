import ArgumentParser
import FlowDecoders
import FlowSchema
import Foundation
import NetTypes
import WireFormat

/// `netmeta decode`: files in, flows out, by the same decoders as the server's.
struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decode captures and datagram files offline.",
        discussion: """
            Takes pcap and pcapng captures of exports over UDP and of IPFIX over TCP, IPFIX files (RFC 5655), \
            files of raw NetFlow, IPFIX or sFlow messages, VPC flow logs of AWS (text and JSON) and of Google Cloud \
            (JSON), FastNetMon's traffic export (with --type fastnetmon: TrafficData with lengths in front, one alone, \
            or JSON, one a line), and scamper's files (warts, or JSON of sc_warts2json); gzip of any, bzip2 of all but flow logs. Prints one JSON object a flow, \
            of warts one an object as sc_warts2json does; the last \
            line on standard error is a summary in JSON. Templates are \
            kept from file to file. Of a configuration named with --config, samplers and sources.elements count. \
            Exits 0 when the files could be read, even when records were malformed.
            """
    )

    /// What the files hold.
    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case auto
        case capture
        case messages
        case aws
        case gcp
        case azure
        case fastnetmon

        /// Whose flow logs these are; nil for other files.
        var cloud: CloudLogKind? { CloudLogKind(rawValue: rawValue) }
        case warts
    }

    /// How flows are printed.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case ndjson
        case table
        case protobuf
    }

    @Option(help: "ndjson, table, or protobuf for FlowMessages with their lengths in front.")
    var format = Format.ndjson

    @Option(
        name: .customLong("type"),
        help:
            "auto, capture (pcap, pcapng), messages (raw datagrams), aws, gcp or azure (flow logs), fastnetmon, or warts (also as JSON)."
    )
    var kind = Kind.auto

    @Option(help: "A configuration that says how exporters are read (default: each as it comes).")
    var config: String?

    @Option(help: "The fields of AWS flow logs without a header: '${version} ${account-id} ...' (default: version 2).")
    var layout: String?

    @Argument(help: "Files to read, in this order.")
    var files: [String]

    func run() throws {
        var session = DecodeSession(format: format, settings: try settings())
        let layout = try awsLayout()
        for file in files {
            if let cloud = try kind.cloud ?? (kind == .auto ? Self.cloud(file) : nil) {
                try session.decodeCloudLog(file, cloud, layout)
                continue
            }
            let bytes = try InputFile.read(file)
            if kind == .warts || (kind == .auto && TraceFileReader.isTraceFile(bytes)) {
                try session.decodeWarts(bytes, name: file)
                continue
            }
            if kind == .fastnetmon {
                try session.decodeTraffic(bytes, name: file)
                continue
            }
            let isCapture = kind == .capture || (kind == .auto && CaptureReader.isCapture(bytes))
            do {
                if isCapture {
                    try session.decodeCapture(bytes)
                } else {
                    try session.decodeMessages(bytes)
                }
            } catch let error as CaptureError {
                throw Failure("\(file): \(error.description)")
            }
        }
        try session.finish()
        FileHandle.standardError.write(Data((session.summary + "\n").utf8))
    }
}

extension Decode {
    private func awsLayout() throws -> AWSLogLayout? {
        guard let layout else { return nil }
        do throws(CloudLogError) {
            return try AWSLogLayout(reading: layout)
        } catch {
            throw UsageError("the layout can't be: \(error.explanation)")
        }
    }

    /// Whose flow logs a file begins like.
    private static func cloud(_ file: String) throws -> CloudLogKind? {
        var start: [UInt8] = []
        // What isn't a file, such as a pipe, can be read once only.
        guard (try? FileManager.default.attributesOfItem(atPath: file)[.type] as? FileAttributeType) == .typeRegular
        else { return nil }
        guard let pieces = try? TextPieces(file, name: file), (try? pieces.read(into: &start)) == true else {
            return nil
        }
        return TraceFileReader.isTraceFile(start) ? nil : CloudLogKind(recognizing: start)
    }

    /// What the configuration says of decoding; without one, nothing.
    private func settings() throws -> DecoderSettings {
        guard let config else { return DecoderSettings() }
        do {
            return DecoderSettings(try ConfigurationLoader.load(file: config).configuration)
        } catch {
            throw UsageError(error.description)
        }
    }
}

/// The decoder, the batch and the printer of one run of `decode`.
struct DecodeSession {
    private var decoder: FileDecoder
    private let batch: FlowBatch
    private var output = OutputBuffer(descriptor: STDOUT_FILENO)
    private let format: Decode.Format
    private let json = JSONRows()
    /// What was counted of clouds' flow logs; nil when there were none.
    private var cloud: CloudLogCounters?
    private var warts = WartsOutput()
    private var traffic = TrafficFile()

    init(format: Decode.Format, settings: DecoderSettings) {
        self.format = format
        // What the file says is shown as it is; wrong clocks are counted.
        decoder = FileDecoder(settings: settings, correctsClocks: false)
        batch = FlowBatch(capacity: 4 * FlowDecoder.mostRows)
        batch.keepsOrigins = true
    }

    /// Decodes the UDP datagrams and TCP sessions of a capture.
    mutating func decodeCapture(_ bytes: [UInt8]) throws {
        // The decoder and the printer are used at the same time.
        var decoder = FileDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        try decoder.decodeCapture(bytes, into: batch) { try printIfFull() }
    }

    /// Decodes a file of messages one behind the other; they count as received when they were exported.
    mutating func decodeMessages(_ bytes: [UInt8]) throws {
        var decoder = FileDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        try decoder.decodeMessages(bytes, into: batch) { try printIfFull() }
    }

    /// Prints the objects of a warts file; what is wrong with it goes to standard error.
    mutating func decodeWarts(_ bytes: [UInt8], name: String) throws {
        try warts.write(bytes, name: name, isTable: format == .table, to: &output)
    }

    /// Decodes a file of a cloud's flow logs, piece by piece.
    mutating func decodeCloudLog(_ file: String, _ kind: CloudLogKind, _ layout: AWSLogLayout?) throws {
        let pieces = try TextPieces(file, name: file)
        var logs = CloudLogDecoder(kind, layout: layout, inflate: { PackedRecord.inflate($0, most: $1) })
        var bytes: [UInt8] = []
        var start = 0
        var isLast = false
        repeat {
            bytes.removeSubrange(..<start)
            start = 0
            isLast = try !pieces.read(into: &bytes)
            while true {
                start += logs.decode(bytes.span.extracting(start..<bytes.count), isLast: isLast, into: batch)
                guard batch.room == 0 || logs.awaitsRoom else { break }
                try print()
            }
        } while !isLast
        try print()
        for problem in logs.counters.problems {
            let text = "netmeta: \(file): line \(problem.line): \(problem.error.explanation)\n"
            FileHandle.standardError.write(Data(text.utf8))
        }
        cloud = cloud ?? CloudLogCounters()
        cloud?.add(logs.counters)
    }

    /// Prints the flows of FastNetMon's messages: lines of JSON, messages with lengths in front, or one without.
    mutating func decodeTraffic(_ bytes: [UInt8], name: String) throws {
        var file = TrafficFile()
        swap(&file, &traffic)
        defer { swap(&file, &traffic) }
        try file.decode(bytes, name: name, into: batch) { try printIfFull() }
        try print()
    }

    private mutating func printIfFull() throws {
        if batch.room < FlowDecoder.mostRows { try print() }
    }

    /// Prints what is left.
    mutating func finish() throws {
        try finishDecoder()
        try print()
        try output.flush()
    }

    private mutating func finishDecoder() throws {
        var decoder = FileDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        try decoder.finish(into: batch) { try print() }
    }

    private mutating func print() throws {
        batch.seal()
        if format == .protobuf { return try writeMessages() }
        if format == .table, batch.count > 0 { try output.write(FlowTable.header) }
        for origin in batch.origins {
            for row in origin.rows {
                switch format {
                case .ndjson: try output.write(json.object(batch, row: row, origin: origin) + "\n")
                case .table: try output.write(FlowTable.line(batch, row: row))
                case .protobuf: break
                }
            }
        }
        batch.clear()
    }

    private mutating func writeMessages() throws {
        var encoder = FlowMessageEncoder()
        encoder.begin(batch)
        encoder.append(0..<batch.count)
        try output.write(bytes: encoder.withBytes { Array($0) })
        batch.clear()
    }

    /// What was counted, as JSON.
    var summary: String { "{\(decoder.summaryMembers(with: cloud))\(warts.summaryMembers)\(traffic.summaryMembers)}" }
}

extension FileDecoder {
    /// What was counted, as the members of a JSON object.
    ///
    /// - Parameter cloud: what was read of clouds' flow logs besides; its numbers stand there only then.
    func summaryMembers(with cloud: CloudLogCounters? = nil) -> String {
        var counters = counters
        var malformed = counters.malformed.nonZero.map { "\"\($0.error.rawValue)\":\($0.count)" }
        malformed += (cloud?.malformed ?? []).map { "\"\($0.error.rawValue)\":\($0.count)" }
        var ofCloud: [(String, UInt64)] = []
        if let cloud {
            counters.records += cloud.records
            counters.flows += cloud.flows
            counters.lostTexts += cloud.lostTexts
            counters.bytes += cloud.bytes
            counters.rejectedRecords += cloud.rejected
            ofCloud = [
                ("lines", cloud.lines), ("headers", cloud.headers), ("noData", cloud.noData),
                ("skipData", cloud.skipData), ("duplicates", cloud.duplicates), ("ignored", cloud.ignored),
                ("withoutCounts", cloud.withoutCounts),
            ]
        }
        let bytesUnaccounted = self.counters.bytesUnaccounted
        let members: [(String, UInt64)] = [
            ("datagrams", counters.datagrams), ("records", counters.records), ("flows", counters.flows),
            ("reverseFlows", counters.reverseFlows),
            ("optionsRecords", counters.optionsRecords), ("eventRecords", counters.eventRecords),
            ("counterSamples", counters.counterSamples), ("lostCounterSamples", counters.lostCounterSamples),
            ("skippedRecords", counters.skippedRecords), ("templates", counters.templates),
            ("unknownTemplateSets", counters.unknownTemplateSets), ("parkedSets", counters.parkedSets),
            ("heldSets", counters.heldSets), ("unknownSets", counters.unknownSets),
            ("rejectedRecords", counters.rejectedRecords), ("wrongClocks", counters.wrongClocks),
            ("lostTexts", counters.lostTexts), ("bytes", counters.bytes), ("bytesPadding", counters.bytesPadding),
            ("bytesSkipped", counters.bytesSkipped), ("bytesRejected", counters.bytesRejected),
            ("bytesUnaccounted", bytesUnaccounted),
            ("cutDatagrams", UInt64(cutDatagrams)), ("otherPackets", UInt64(otherPackets)),
        ]
        let numbers = (members + ofCloud).map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        return "\(numbers),\"malformed\":{\(malformed.joined(separator: ","))}"
    }
}

/// Flows as a table for a terminal.
enum FlowTable {
    static let header = columns(["Received", "Proto", "Source", "Destination", "Packets", "Bytes", "Rate", "Exporter"])

    static func line(_ batch: FlowBatch, row: Int) -> String {
        let proto = UInt16(batch.number(.proto, row: row))
        let name = WellKnown.ipProtocols.first { $0.id == proto }?.name ?? String(proto)
        let rate =
            batch.number(.samplingRateSource, row: row) == 0 ? "unknown" : "1:\(batch.number(.samplingRate, row: row))"
        func end(_ address: FlowColumn, _ port: FlowColumn) -> String {
            let endpoint = IPEndpoint(
                address: batch.address(address, row: row),
                port: UInt16(truncatingIfNeeded: batch.number(port, row: row))
            )
            return endpoint.description
        }
        return columns([
            Timestamp.rfc3339(seconds: batch.number(.timeReceived, row: row)), name, end(.srcAddr, .srcPort),
            end(.dstAddr, .dstPort), String(batch.number(.packets, row: row)), String(batch.number(.bytes, row: row)),
            rate, batch.address(.samplerAddress, row: row).description,
        ])
    }

    /// Numbers flush right, the rest flush left; wide values push the line out rather than being cut.
    private static func columns(_ cells: [String]) -> String {
        let widths = [20, 9, 40, 40, -10, -13, -8, 0]
        let padded = zip(cells, widths).map { cell, width in
            let space = String(repeating: " ", count: max(0, abs(width) - cell.count))
            return width < 0 ? space + cell : cell + space
        }
        return padded.joined(separator: " ") + "\n"
    }
}
