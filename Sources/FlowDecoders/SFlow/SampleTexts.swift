import FlowSchema
import WireFormat

/// Texts that few samples tell, written into a row that is stored already:
/// users and URLs.
struct SampleTexts {
    /// Texts that didn't fit.
    private var lost: UInt64 = 0

    /// `struct flow_record`'s formats of enterprise 0 that texts are in.
    private enum Format {
        static let user: UInt32 = 1004
        static let url: UInt32 = 1005
    }

    /// Gives a row the texts of its sample.
    ///
    /// What is broken was counted when the sample was read.
    ///
    /// - Parameters:
    ///   - sample: its bytes.
    ///   - row: the batch's last row that is stored.
    /// - Returns: how many texts didn't fit.
    @inline(never)
    static func store(_ sample: RawSpan, _ format: UInt32, _ row: Int, in batch: FlowBatch) -> UInt64 {
        var texts = SampleTexts()
        texts.storeTexts(sample, at: FlowSample.recordsOffset(format), row, in: batch)
        return texts.lost
    }

    /// Reads a sample's records for the second time, for their texts.
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
