import FlowSchema
import WireFormat

/// Lists and texts that few samples tell, written into a row that is stored
/// already: AS paths, communities, users, URLs.
struct SampleValues: Sendable {
    /// The numbers of a list, little-endian.
    private var numbers = InlineArray<255, UInt32>(repeating: 0)
    /// Texts and numbers that didn't fit.
    private var lost: UInt64 = 0

    /// `struct flow_record`'s formats of enterprise 0 that texts are in.
    private enum Format {
        static let user: UInt32 = 1004
        static let url: UInt32 = 1005
    }

    /// Gives a row what varies in length.
    ///
    /// What is broken was counted when the sample was read.
    ///
    /// - Parameters:
    ///   - aside: what was read of the sample; not changed, by reference since it is large.
    ///   - sample: its bytes.
    ///   - row: the batch's last row that is stored.
    /// - Returns: how many texts and numbers didn't fit.
    @inline(never)
    mutating func store(
        _ aside: inout FlowSample,
        _ sample: RawSpan,
        _ format: UInt32,
        _ row: Int,
        in batch: FlowBatch
    ) -> UInt64 {
        lost = 0
        if aside.told.contains(.path) {
            let start = Int(aside.pathStart)
            storePath(sample.cut(at: start, length: Int(aside.pathEnd) - start), row, in: batch)
        }
        if aside.told.contains(.texts) { storeTexts(sample, at: FlowSample.recordsOffset(format), row, in: batch) }
        return lost
    }

    // MARK: - Lists

    /// Of `struct extended_gateway` the segments of the path, then the communities.
    private mutating func storePath(_ record: RawSpan, _ row: Int, in batch: FlowBatch) {
        guard record.byteCount >= 4 else { return }
        var segments = record.number(at: 0, as: UInt32.self)
        var offset = 4
        var count = 0
        var isWhole = true
        while segments > 0, isWhole {
            segments -= 1
            // Set or sequence: of a set each number stands there.
            offset += 4
            isWhole = readNumbers(record, &offset, &count)
        }
        append(.asPath, count, row, in: batch)
        guard isWhole else { return }
        count = 0
        _ = readNumbers(record, &offset, &count)
        append(.bgpCommunities, count, row, in: batch)
    }

    /// Reads how many numbers follow and then those, behind the ones that are there already.
    ///
    /// - Returns: false when the bytes end before: what was read stays.
    @inline(__always)
    private mutating func readNumbers(_ record: RawSpan, _ offset: inout Int, _ count: inout Int) -> Bool {
        guard record.byteCount - offset >= 4 else { return false }
        let told = Int(record.number(at: offset, as: UInt32.self))
        offset += 4
        let there = min(told, (record.byteCount - offset) / 4)
        let kept = min(there, min(VariableValue.mostNumbers, numbers.count) - count)
        lost += UInt64(there - kept)
        let list = WirePart(record, at: offset, length: kept * 4)
        for index in 0..<kept {
            numbers[count + index] = list.number(at: index * 4, as: UInt32.self).littleEndian
        }
        count += kept
        offset += there * 4
        return there == told
    }

    private mutating func append(_ column: FlowColumn, _ count: Int, _ row: Int, in batch: FlowBatch) {
        guard count > 0 else { return }
        if unsafe !batch.append(column, row: row, value: numbers.span.extracting(first: count).bytes) { lost += 1 }
    }

    // MARK: - Texts

    /// Reads a sample's records for the second time, for their texts.
    @inline(never)
    private mutating func storeTexts(_ sample: RawSpan, at start: Int, _ row: Int, in batch: FlowBatch) {
        var offset = start
        var texts: [UInt8] = []
        // Of several records of a kind the first counts: a row has one text of each name.
        var hasUser = false
        var hasURL = false
        while let (format, length) = try? sample.formatAndLength(at: offset) {
            let there = min(length, sample.byteCount - offset - 8)
            var reader = WireReader(sample.cut(at: offset + 8, length: there))
            switch format {
            case Format.user where !hasUser:
                hasUser = true
                try? readUser(&reader, &texts)
            case Format.url where !hasURL:
                hasURL = true
                try? readURL(&reader, &texts)
            default: break
            }
            offset = sample.offset(after: there, from: offset + 8)
            if there < length { break }
        }
        guard !texts.isEmpty else { return }
        if unsafe !batch.append(.strings, row: row, value: texts.span.bytes) { lost += 1 }
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
