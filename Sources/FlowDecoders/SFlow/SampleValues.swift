import FlowSchema
import WireFormat

/// Lists and texts that few samples tell, read aside like the samples
/// themselves: AS paths, communities, users, URLs.
struct SampleValues: Sendable {
    private struct Entry {
        /// The sample among those that are aside.
        var sample: Int
        var column: FlowColumn
        var bytes: Range<Int>
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// Texts and numbers that didn't fit.
    private(set) var lost: UInt64 = 0

    /// `struct flow_record`'s formats of enterprise 0 that this is about.
    private enum Format {
        static let gateway: UInt32 = 1003
        static let user: UInt32 = 1004
        static let url: UInt32 = 1005
    }

    /// Reads a sample's records for the second time, for what varies in length.
    ///
    /// What is broken was counted the first time.
    ///
    /// - Parameters:
    ///   - start: where the records begin.
    ///   - index: the sample's place among those that are aside.
    mutating func read(_ sample: RawSpan, at start: Int, index: Int) {
        var offset = start
        var texts: [UInt8] = []
        // A row has one path: of several records the first counts.
        var hasGateway = false
        while let (format, length) = try? sample.formatAndLength(at: offset) {
            let there = min(length, sample.byteCount - offset - 8)
            var reader = WireReader(sample.extracting((offset + 8)..<(offset + 8 + there)))
            switch format {
            case Format.gateway where !hasGateway:
                hasGateway = true
                try? readGateway(&reader, index)
            case Format.user: try? readUser(&reader, &texts)
            case Format.url: try? readURL(&reader, &texts)
            default: break
            }
            offset = sample.offset(after: there, from: offset + 8)
            if there < length { break }
        }
        note(.strings, texts, index)
    }

    /// Gives the rows of the samples their values.
    ///
    /// - Parameter rows: the rows that the samples became, from the first on; samples behind them gave none.
    mutating func store(in rows: Range<Int>, of batch: FlowBatch) {
        guard !entries.isEmpty else { return }
        var missed: UInt64 = 0
        for entry in entries where entry.sample < rows.count {
            let value = bytes.span.extracting(entry.bytes)
            if unsafe !batch.append(entry.column, row: rows.lowerBound + entry.sample, value: value.bytes) {
                missed += 1
            }
        }
        lost += missed
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// What was lost since this was asked for last.
    mutating func takeLost() -> UInt64 {
        defer { lost = 0 }
        return lost
    }

    private mutating func note(_ column: FlowColumn, _ value: [UInt8], _ index: Int) {
        guard !value.isEmpty else { return }
        entries.append(Entry(sample: index, column: column, bytes: bytes.count..<(bytes.count + value.count)))
        bytes += value
    }

    // MARK: - Records

    /// `struct extended_gateway`: behind next hop and three AS numbers the
    /// segments of the path, then the communities.
    private mutating func readGateway(_ reader: inout WireReader, _ index: Int) throws(DecodeError) {
        let (_, offset) = try reader.rest.sflowAddress(at: 0)
        try reader.skip(offset + 12)
        let segments: UInt32 = try reader.read()
        try readNumbers(.asPath, segments, &reader, index) { reader throws(DecodeError) in
            // Set or sequence: of a set each number stands there.
            try reader.skip(4)
            return try reader.read(UInt32.self)
        }
        try readNumbers(.bgpCommunities, 1, &reader, index) { reader throws(DecodeError) in
            try reader.read(UInt32.self)
        }
    }

    /// Reads lists of numbers into one value, as far as it may have them.
    private mutating func readNumbers(
        _ column: FlowColumn,
        _ lists: UInt32,
        _ reader: inout WireReader,
        _ index: Int,
        _ count: (inout WireReader) throws(DecodeError) -> UInt32
    ) throws(DecodeError) {
        let start = bytes.count
        var numbers = 0
        // Whatever ends it early, what was read stays.
        defer {
            if bytes.count > start { entries.append(Entry(sample: index, column: column, bytes: start..<bytes.count)) }
        }
        for _ in 0..<lists {
            for _ in 0..<(try count(&reader)) {
                let number = try reader.read(UInt32.self)
                numbers += 1
                guard numbers <= VariableValue.mostNumbers else {
                    lost += 1
                    continue
                }
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: number >> shift))
                }
            }
        }
    }

    /// `struct extended_user`: character set and name, of the source and of the destination.
    private mutating func readUser(_ reader: inout WireReader, _ texts: inout [UInt8]) throws(DecodeError) {
        try reader.skip(4)
        try readText("userName", &reader, &texts)
        try reader.skip(4)
        try readText("destinationUserName", &reader, &texts)
    }

    /// `struct extended_url`: direction, URL, host.
    private mutating func readURL(_ reader: inout WireReader, _ texts: inout [UInt8]) throws(DecodeError) {
        try reader.skip(4)
        try readText("httpUrl", &reader, &texts)
        try readText("httpHost", &reader, &texts)
    }

    private mutating func readText(
        _ key: String,
        _ reader: inout WireReader,
        _ texts: inout [UInt8]
    ) throws(DecodeError) {
        let length = Int(try reader.read(UInt32.self))
        let (text, isCut) = PlainText.utf8(try reader.take(length).rest)
        // XDR fills up to a multiple of four.
        try reader.skip(min(-length & 3, reader.remaining))
        if isCut { lost += 1 }
        guard !text.isEmpty else { return }
        texts += key.utf8
        texts.append(0)
        texts += text
        texts.append(0)
    }
}
