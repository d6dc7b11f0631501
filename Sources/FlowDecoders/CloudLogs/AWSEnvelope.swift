/// The lines that JSON documents wrap: those of CloudWatch Logs, of Kinesis
/// and Firehose, and what these pack within each other, in base64 and gzip.
///
/// - `{"message": LINE}`
/// - `{"messageType": ..., "logEvents": [{"message": LINE}]}`, a subscription of CloudWatch Logs
/// - `{"records": [{"data": PACKED}]}`, a delivery of Firehose
/// - `{"Records": [{"Data": PACKED}]}` and `{"Records": [{"kinesis": {"data": PACKED}}]}`, of Kinesis
/// - `{"awslogs": {"data": PACKED}}`, what a function of a subscription gets
struct AWSEnvelope {
    /// Inflates gzip to at most so many bytes; nil when it is damaged, or larger.
    typealias Inflate = @Sendable (_ bytes: [UInt8], _ most: Int) -> [UInt8]?

    /// The lines, each with its end.
    private(set) var lines: [UInt8] = []
    /// Health checks of subscriptions.
    private(set) var controls: UInt64 = 0
    /// What was wrong with documents and packed records, one by one.
    private(set) var problems: [CloudLogError] = []
    private let inflate: Inflate?

    /// Packed records within each other: a subscription of CloudWatch Logs through Kinesis to Firehose has two.
    private static let mostDepth = 4
    /// Bytes of all lines of a document.
    static let mostBytes = 64 << 20

    init(inflate: Inflate?) {
        self.inflate = inflate
    }

    /// Reads a document.
    mutating func read(_ bytes: Span<UInt8>) { read(bytes, depth: 0) }

    private mutating func read(_ bytes: Span<UInt8>, depth: Int) {
        let start = lines.count
        var (isControl, isKnown) = (false, false)
        do throws(CloudLogError) {
            var reader = JSONReader(bytes)
            guard try reader.readValue() == .object else { throw .badJSON }
            var isFirst = true
            while let name = try reader.readName(&isFirst) {
                if reader.isEqual(name, "message") {
                    isKnown = true
                    try readMessage(&reader)
                } else if reader.isEqual(name, "messageType") {
                    let value = try reader.readValue()
                    if case .string(let type) = value {
                        isControl = reader.isEqual(type, "CONTROL_MESSAGE")
                    } else {
                        try reader.skipRest(of: value)
                    }
                } else if reader.isEqual(name, "logEvents") {
                    isKnown = true
                    try readEvents(&reader)
                } else if reader.isEqual(name, "records") || reader.isEqual(name, "Records") {
                    isKnown = true
                    try readRecords(&reader, depth)
                } else if reader.isEqual(name, "awslogs") {
                    isKnown = true
                    try readRecord(&reader, depth)
                } else {
                    try reader.skipValue()
                }
            }
            guard isKnown || isControl else { throw .notAFlow }
        } catch {
            lines.removeSubrange(start...)
            problems.append(error)
            return
        }
        guard isControl else { return }
        lines.removeSubrange(start...)
        controls += 1
    }

    /// The events of a subscription of CloudWatch Logs.
    private mutating func readEvents(_ reader: inout JSONReader) throws(CloudLogError) {
        guard try reader.readValue() == .array else { throw .badJSON }
        var isFirst = true
        while try reader.hasElement(&isFirst) {
            guard try reader.readValue() == .object else { throw .badJSON }
            var isFirst = true
            while let name = try reader.readName(&isFirst) {
                if reader.isEqual(name, "message") {
                    try readMessage(&reader)
                } else {
                    try reader.skipValue()
                }
            }
        }
    }

    private mutating func readMessage(_ reader: inout JSONReader) throws(CloudLogError) {
        let value = try reader.readValue()
        guard case .string(let range) = value else { return try reader.skipRest(of: value) }
        let start = lines.count
        reader.appendText(range, to: &lines)
        // One record is one line, whatever ends it.
        while lines.count > start, let last = lines.last, JSONReader.isSpace(last) { lines.removeLast() }
        try endLine()
    }

    private mutating func endLine() throws(CloudLogError) {
        guard lines.count < Self.mostBytes else { throw .tooLong }
        lines.append(0x0A)
    }

    // MARK: - Packed records

    private mutating func readRecords(_ reader: inout JSONReader, _ depth: Int) throws(CloudLogError) {
        guard try reader.readValue() == .array else { throw .badJSON }
        var isFirst = true
        while try reader.hasElement(&isFirst) { try readRecord(&reader, depth) }
    }

    private mutating func readRecord(_ reader: inout JSONReader, _ depth: Int) throws(CloudLogError) {
        guard try reader.readValue() == .object else { throw .badJSON }
        var isFirst = true
        while let name = try reader.readName(&isFirst) {
            if reader.isEqual(name, "data") || reader.isEqual(name, "Data") {
                let value = try reader.readValue()
                guard case .string(let range) = value else { throw .badJSON }
                var text: [UInt8] = []
                reader.appendText(range, to: &text)
                try unpack(text, depth)
            } else if reader.isEqual(name, "kinesis"), depth < Self.mostDepth {
                try readRecord(&reader, depth + 1)
            } else {
                try reader.skipValue()
            }
        }
    }

    /// Takes in what a record packs: lines, documents, or gzip of either.
    private mutating func unpack(_ text: [UInt8], _ depth: Int) throws(CloudLogError) {
        guard depth < Self.mostDepth, var content = Self.base64(text) else {
            problems.append(.damagedRecord)
            return
        }
        if content.starts(with: [0x1F, 0x8B]) {
            guard let inflated = inflate?(content, AWSFlowLogs.mostBytes) else {
                problems.append(.damagedRecord)
                return
            }
            content = inflated
        }
        guard content.first(where: { !JSONReader.isSpace($0) }) == UInt8(ascii: "{") else {
            guard lines.count + content.count < Self.mostBytes else { throw .tooLong }
            lines += content
            if content.last != 0x0A { lines.append(0x0A) }
            return
        }
        var offset = 0
        while offset < content.count {
            switch JSONDocuments.next(content.span, from: offset) {
            case .document(let range):
                read(content.span.extracting(range), depth: depth + 1)
                offset = range.upperBound
            case .junk(let range):
                problems.append(.badJSON)
                offset = range.upperBound
            case .incomplete(let seen):
                if seen < content.count { problems.append(.badJSON) }
                offset = content.count
            }
        }
    }

    /// What base64 (RFC 4648 section 4) stands for; nil when it is none.
    static func base64(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (bits, count): (UInt32, Int) = (0, 0)
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        for index in 0..<end {
            let value: UInt8
            switch text[index] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = text[index] - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = text[index] - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = text[index] - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return count < 6 ? bytes : nil
    }
}
