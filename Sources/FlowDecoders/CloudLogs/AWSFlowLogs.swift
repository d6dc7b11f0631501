public import FlowSchema
import NetTypes

/// Reads AWS VPC flow logs: text with or without a header line, and the JSON
/// that CloudWatch Logs and Firehose wrap lines in.
///
/// Takes a file in pieces of any size and writes rows into a batch. It looks
/// at each byte of a line once to cut it into fields and once more to read
/// those that a row needs; nothing is allocated per line.
public struct AWSFlowLogs {
    /// What was counted.
    public private(set) var counters = CloudLogCounters()
    /// The fields of the lines that come next; nil until a header line or the first line told them.
    public private(set) var layout: AWSLogLayout?

    /// Whether lines of a document are left for which the batch had no room.
    public var awaitsRoom: Bool { !pending.isEmpty }

    private let configured: AWSLogLayout?
    private let settings: CloudLogSettings
    private var form = Form.unknown
    private var isSkippingLine = false
    /// Whether nobody said what the fields are.
    private var isAssumed = false
    /// Why no line of the file can be read.
    private var refusal: CloudLogError?
    private var scratch: [UInt8] = []
    private var account = AccountAddress()
    private let inflate: (@Sendable (_ bytes: [UInt8], _ most: Int) -> [UInt8]?)?
    /// Lines of the document that was read last, where they go on, and the line before the document.
    private var pending: [UInt8] = []
    private var pendingStart = 0
    private var pendingLine: UInt64 = 0

    private enum Form {
        case unknown, text, json
    }

    /// Bytes of the longest line or document; a line of all fields has less than 4 KB, a subscription's batch 6 MB.
    public static let mostBytes = 16 << 20
    /// Bytes of the longest line.
    static let mostLineBytes = 1 << 16

    /// Starts a file.
    ///
    /// - Parameters:
    ///   - layout: what lines hold until a header line says otherwise; nil takes AWS's default.
    ///   - inflate: inflates the gzip of packed records to at most so many bytes, or gives nil; without it they are
    ///     rejected.
    public init(
        layout: AWSLogLayout? = nil,
        settings: CloudLogSettings = CloudLogSettings(),
        inflate: (@Sendable (_ bytes: [UInt8], _ most: Int) -> [UInt8]?)? = nil
    ) {
        self.inflate = inflate
        configured = layout
        self.layout = layout
        self.settings = settings
    }

    /// Forgets the layout of the file before; what was counted stays.
    public mutating func startFile() {
        layout = configured
        form = .unknown
        isSkippingLine = false
        isAssumed = false
        refusal = nil
        line = 0
        pending = []
    }

    /// The line that is read, from 1.
    private var line: UInt64 = 0

    /// Decodes records from the start of some bytes, as long as the batch has room.
    ///
    /// - Parameters:
    ///   - bytes: the file from where the last call stopped.
    ///   - isLast: whether the file ends with them.
    /// - Returns: how many bytes are done with. Fewer than there are when the batch is full, or when the rest
    ///   is the start of a record; at the end of a file, with room in the batch, all.
    public mutating func decode(_ bytes: Span<UInt8>, isLast: Bool, into batch: FlowBatch) -> Int {
        var offset = 0
        if awaitsRoom {
            decodePending(into: batch)
            guard !awaitsRoom else { return 0 }
        }
        if form == .unknown {
            while offset < bytes.count, JSONReader.isSpace(bytes[offset]) {
                if bytes[offset] == 0x0A { line += 1 }
                offset += 1
            }
            guard offset < bytes.count else {
                counters.bytes += UInt64(offset)
                return offset
            }
            let first = bytes[offset]
            form = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .text
        }
        offset =
            form == .json
            ? decodeDocuments(bytes, from: offset, isLast: isLast, into: batch)
            : decodeLines(bytes, from: offset, isLast: isLast, into: batch)
        counters.bytes += UInt64(offset)
        return offset
    }

    // MARK: - Text

    private mutating func decodeLines(
        _ bytes: Span<UInt8>,
        from start: Int,
        isLast: Bool,
        into batch: FlowBatch
    ) -> Int {
        var offset = start
        if isSkippingLine { offset = skipLine(bytes, from: offset) }
        while offset < bytes.count, batch.room > 0 {
            guard let end = decodeLine(bytes, from: offset, isLast: isLast, into: batch) else {
                guard bytes.count - offset > Self.mostLineBytes else { break }
                line += 1
                counters.lines += 1
                counters.records += 1
                counters.count(.tooLong, line: line)
                isSkippingLine = true
                offset = skipLine(bytes, from: offset)
                continue
            }
            offset = end
        }
        return offset
    }

    private mutating func skipLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count {
            offset += 1
            if bytes[offset - 1] == 0x0A {
                isSkippingLine = false
                break
            }
        }
        return offset
    }

    /// Decodes one line.
    ///
    /// - Returns: where the next one begins; nil when its end isn't there.
    @inline(__always)
    private mutating func decodeLine(
        _ bytes: Span<UInt8>,
        from start: Int,
        isLast: Bool,
        into batch: FlowBatch
    ) -> Int? {
        var places = InlineArray<128, UInt32>(repeating: 0)
        var count = 0
        var isBad = false
        var index = start
        // A field's place is kept as where it ends: it begins behind the one before.
        while true {
            guard index < bytes.count else {
                guard isLast else { return nil }
                break
            }
            let byte = bytes[index]
            if byte <= 0x20 {
                if byte == 0x0A { break }
                if byte == 0x20 {
                    if count < AWSLogLayout.mostFields { places[count] = UInt32(truncatingIfNeeded: index - start) }
                    count += 1
                } else if byte != 0x0D {
                    isBad = true
                }
            } else if byte > 0x7E {
                isBad = true
            }
            index += 1
            if index - start > Self.mostLineBytes { return nil }
        }
        let next = index < bytes.count ? index + 1 : index
        var end = index
        while end > start, bytes[end - 1] == 0x0D || bytes[end - 1] == 0x20 {
            if bytes[end - 1] == 0x20 { count -= 1 }
            end -= 1
        }
        line += 1
        counters.lines += 1
        guard end > start else { return next }
        if count < AWSLogLayout.mostFields { places[count] = UInt32(truncatingIfNeeded: end - start) }
        count += 1
        if layout == nil, !findLayout(bytes, start..<end) { return next }
        counters.records += 1
        do throws(CloudLogError) {
            if let refusal { throw refusal }
            if isBad { throw .badText }
            try decode(bytes, from: start, places, count: count, into: batch)
        } catch {
            // Files that were put together have header lines in the middle.
            if readHeader(bytes, start..<end) {
                counters.records -= 1
            } else {
                counters.count(error, line: line)
            }
        }
        return next
    }

    /// Takes the first line for a header, or for one of AWS's default layout.
    ///
    /// - Returns: whether it is a record.
    private mutating func findLayout(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if readHeader(bytes, range) { return false }
        layout = .standard
        isAssumed = true
        return true
    }

    /// Reads a header line; false when it is none.
    private mutating func readHeader(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        // Names of fields begin with a letter; records mostly don't.
        guard range.count < 4096, bytes[range.lowerBound] &- UInt8(ascii: "a") < 26 else { return false }
        let text = String(decoding: range.map { bytes[$0] }, as: UTF8.self)
        do throws(CloudLogError) {
            layout = try AWSLogLayout(reading: text)
            isAssumed = false
            refusal = nil
        } catch {
            // Names, but not those of addresses, or of another service's logs: what follows can't be read.
            guard error != .unknownLayout else { return false }
            layout = .standard
            refusal = error
        }
        counters.headers += 1
        return true
    }

    @inline(__always)
    private mutating func decode(
        _ bytes: Span<UInt8>,
        from start: Int,
        _ places: InlineArray<128, UInt32>,
        count: Int,
        into batch: FlowBatch
    ) throws(CloudLogError) {
        guard let layout, count == layout.fields.count else { throw isAssumed ? .unknownLayout : .fieldCount }
        var record = AWSRecord()
        var from = start
        for (index, field) in layout.fields.enumerated() {
            let end = start + Int(places[index])
            record.set(field, from..<end)
            from = end + 1
        }
        switch try record.status(bytes) {
        case .noData: counters.noData += 1
        case .skipData:
            let name = record[.interfaceId].map { String(decoding: $0.map { bytes[$0] }, as: UTF8.self) }
            counters.countSkipped(name ?? "-")
        case .ok:
            let row = try AWSRow(bytes, record, settings)
            write(row, bytes, record, layout, into: batch)
        }
    }

    private mutating func write(
        _ flow: AWSRow,
        _ bytes: Span<UInt8>,
        _ record: AWSRecord,
        _ layout: AWSLogLayout,
        into batch: FlowBatch
    ) {
        let row = batch.reserve(1).lowerBound
        let sampler =
            settings.samplerAddress ?? account.address(record[.accountId].flatMap { ByteText.number(bytes, $0) } ?? 0)
        flow.write(to: RowWriter(batch, row..<(row + 1)), row, sampler: sampler)
        if batch.keepsOrigins {
            let exporter = IPEndpoint(address: sampler, port: 0)
            batch.origins.append(RowOrigin(rows: row..<(row + 1), exporter: exporter, domain: 0, template: 0))
        }
        if flow.lacksCounts { counters.withoutCounts += 1 }
        for (field, column) in layout.columns {
            guard let range = record[field] else { continue }
            let most = min(range.count, VariableValue.mostTextBytes)
            let text = unsafe bytes.bytes.extracting(range.lowerBound..<(range.lowerBound + most))
            if most < range.count || !batch.append(column, row: row, value: text) { counters.lostTexts += 1 }
        }
        if !layout.texts.isEmpty { writeTexts(row, bytes, record, layout, into: batch) }
        counters.flows += 1
    }

    private mutating func writeTexts(
        _ row: Int,
        _ bytes: Span<UInt8>,
        _ record: AWSRecord,
        _ layout: AWSLogLayout,
        into batch: FlowBatch
    ) {
        scratch.removeAll(keepingCapacity: true)
        var count = 0
        for (field, name) in layout.texts {
            guard let range = record[field] else { continue }
            guard count < VariableValue.mostTexts else {
                counters.lostTexts += 1
                continue
            }
            count += 1
            scratch += name
            if field.isEncoded {
                let (text, isCut) = unsafe PlainText.utf8(Self.percentDecoded(bytes, range).span.bytes)
                if isCut { counters.lostTexts += 1 }
                scratch += text
            } else {
                let most = min(range.count, VariableValue.mostTextBytes)
                if most < range.count { counters.lostTexts += 1 }
                for index in range.prefix(most) { scratch.append(bytes[index]) }
            }
            scratch.append(0)
        }
        if count > 0, unsafe !batch.append(.strings, row: row, value: scratch.span.bytes) { counters.lostTexts += 1 }
    }

    /// RFC 3986 section 2.1.
    private static func percentDecoded(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        var text: [UInt8] = []
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < range.upperBound,
                let high = ByteText.hexadecimal(bytes[index + 1]), let low = ByteText.hexadecimal(bytes[index + 2])
            {
                text.append(high << 4 | low)
                index += 3
            } else {
                text.append(bytes[index])
                index += 1
            }
        }
        return text
    }

    // MARK: - JSON

    private mutating func decodeDocuments(
        _ bytes: Span<UInt8>,
        from start: Int,
        isLast: Bool,
        into batch: FlowBatch
    ) -> Int {
        var offset = start
        while offset < bytes.count {
            switch JSONDocuments.next(bytes, from: offset) {
            case .document(let range):
                countLines(bytes, offset..<range.lowerBound)
                decodeDocument(bytes.extracting(range), into: batch)
                countLines(bytes, range)
                offset = range.upperBound
                guard !awaitsRoom else { return offset }
            case .junk(let range):
                countLines(bytes, offset..<range.lowerBound)
                // The rest of it may be in the next piece.
                if range.upperBound == bytes.count, !isLast, range.count < Self.mostLineBytes {
                    return range.lowerBound
                }
                reject(.badJSON)
                offset = range.upperBound
            case .incomplete(let seen):
                countLines(bytes, offset..<seen)
                guard seen < bytes.count else { return seen }
                guard isLast || bytes.count - seen > Self.mostBytes else { return seen }
                reject(isLast ? .cutShort : .tooLong)
                countLines(bytes, seen..<bytes.count)
                return bytes.count
            }
        }
        return offset
    }

    private mutating func countLines(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        for index in range where bytes[index] == 0x0A {
            line += 1
            counters.lines += 1
        }
    }

    private mutating func reject(_ error: CloudLogError) {
        counters.records += 1
        counters.count(error, line: line + 1)
    }

    /// Decodes the lines that a document holds, as far as the batch has room.
    private mutating func decodeDocument(_ bytes: Span<UInt8>, into batch: FlowBatch) {
        var envelope = AWSEnvelope(inflate: inflate)
        envelope.read(bytes)
        for problem in envelope.problems { reject(problem) }
        counters.records += envelope.controls
        counters.ignored += envelope.controls
        pending = envelope.lines
        pendingStart = 0
        pendingLine = line
        decodePending(into: batch)
    }

    private mutating func decodePending(into batch: FlowBatch) {
        let text = pending
        pending = []
        // They are no lines of the file.
        let (own, lines) = (line, counters.lines)
        var offset = pendingStart
        while offset < text.count, batch.room > 0 {
            line = pendingLine
            if let next = decodeLine(text.span, from: offset, isLast: true, into: batch) {
                offset = next
            } else {
                reject(.tooLong)
                while offset < text.count, text[offset] != 0x0A { offset += 1 }
            }
        }
        (line, counters.lines) = (own, lines)
        guard offset < text.count else { return }
        pending = text
        pendingStart = offset
    }
}
