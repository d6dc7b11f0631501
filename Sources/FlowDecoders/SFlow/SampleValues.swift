import FlowSchema
import WireFormat

/// Lists and texts that few samples tell, written into a row that is stored
/// already: AS paths, communities, users, URLs.
struct SampleValues {
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
    static func store(
        _ aside: inout FlowSample,
        _ sample: RawSpan,
        _ format: UInt32,
        _ row: Int,
        in batch: FlowBatch
    ) -> UInt64 {
        var values = SampleValues()
        if aside.told.contains(.path) { values.storePath(aside.path, sample, row, in: batch) }
        if aside.told.contains(.texts) {
            values.storeTexts(sample, at: FlowSample.recordsOffset(format), row, in: batch)
        }
        return values.lost
    }

    // MARK: - Lists

    /// Of `struct extended_gateway` the segments of the path, then the communities.
    private mutating func storePath(_ path: PathPlace, _ sample: RawSpan, _ row: Int, in batch: FlowBatch) {
        if var list = unsafe open(.asPath, Int(path.numbers), row, in: batch) {
            var offset = Int(path.start)
            // There are as many numbers as were counted when the sample was read.
            while list.count > 0 {
                // Set or sequence: of a set each number stands there.
                let count = min(Int(sample.number(at: offset + 4, as: UInt32.self)), list.count)
                unsafe Self.copy(sample, at: offset + 8, to: list.extracting(..<count))
                unsafe list = list.extracting(count...)
                offset += 8 + count * 4
            }
        }
        let communities = Int(path.communities)
        let end = Int(path.end)
        guard communities > 0, end - communities >= 4 else { return }
        let told = Int(sample.number(at: communities, as: UInt32.self))
        let there = min(told, (end - communities - 4) / 4)
        if let list = unsafe open(.bgpCommunities, there, row, in: batch) {
            unsafe Self.copy(sample, at: communities + 4, to: list)
        }
    }

    /// Memory for a row's list, of as many numbers as are kept; nil when there are none, or no room.
    @inline(__always)
    @unsafe
    private mutating func open(
        _ column: FlowColumn,
        _ count: Int,
        _ row: Int,
        in batch: FlowBatch
    ) -> UnsafeMutableBufferPointer<UInt32>? {
        guard count > 0 else { return nil }
        let kept = min(count, VariableValue.mostNumbers)
        lost += UInt64(count - kept)
        guard let start = unsafe batch.append(column, row: row, numbers: kept) else {
            lost += 1
            return nil
        }
        return unsafe UnsafeMutableBufferPointer(start: start, count: kept)
    }

    /// Copies as many numbers as the list has from where the sample has them.
    @inline(__always)
    @unsafe
    private static func copy(_ sample: RawSpan, at offset: Int, to list: UnsafeMutableBufferPointer<UInt32>) {
        let count = list.count
        let numbers = WireRecords(sample.cut(at: offset, length: count * 4), stride: 4, count: count)
        numbers.forEach(UInt32.self, at: 0) { unsafe list[$0] = UInt32(bigEndian: $1).littleEndian }
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
