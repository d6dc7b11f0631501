public import FlowSchema
import NetTypes

/// Reads Azure's flow logs: those of virtual networks (flowLogVersion 4) and
/// of network security groups (versions 1 and 2), JSON as Network Watcher
/// writes it into an hour's block blob. Records come in `{"records": [...]}`,
/// an end of which isn't there yet while the hour lasts, or one a line.
///
/// Takes a file in pieces of any size and writes rows into a batch. A tuple
/// tells both ways of a flow: each that has traffic is a row, and a record of
/// ``CloudLogCounters``.
public struct AzureFlowLogs {
    /// What was counted.
    public private(set) var counters = CloudLogCounters()
    /// Whether tuples of a record are left for which the batch had no room.
    public private(set) var awaitsRoom = false

    private let settings: CloudLogSettings
    private var file = JSONPlace()
    private var isInEnvelope = false
    private var record = AzureRecord()
    /// Ways of the record's tuples that were counted before the batch was full: two a tuple.
    private var done = 0
    private var scratch: [UInt8] = []

    /// Bytes of the longest record: a minute of one interface.
    public static let mostBytes = 16 << 20

    /// Starts with the first file.
    public init(settings: CloudLogSettings = CloudLogSettings()) {
        self.settings = settings
    }

    /// Begins with another file; what was counted stays.
    public mutating func startFile() {
        file = JSONPlace()
        isInEnvelope = false
        done = 0
        awaitsRoom = false
    }

    /// Decodes records from the start of some bytes, as long as the batch has room; as ``AWSFlowLogs/decode(_:isLast:into:)``.
    public mutating func decode(_ bytes: Span<UInt8>, isLast: Bool, into batch: FlowBatch) -> Int {
        awaitsRoom = false
        var offset = 0
        if file.isSkipping { offset = file.skipLine(bytes, &counters) }
        decoding: while true {
            offset = skipBetween(bytes, from: offset)
            guard offset < bytes.count else { break }
            switch AzureEnvelope(bytes, at: offset) {
            case .begins(let end):
                file.countLines(bytes, offset..<end, &counters)
                offset = end
                isInEnvelope = true
                continue decoding
            case .undecided where !isLast && bytes.count - offset <= Self.mostBytes: break decoding
            case .undecided, .none: break
            }
            switch JSONDocuments.next(bytes, from: offset) {
            case .document(let range):
                guard decodeRecord(bytes.extracting(range), into: batch) else {
                    awaitsRoom = true
                    break decoding
                }
                file.countLines(bytes, range, &counters)
                offset = range.upperBound
            case .junk(let range):
                // The rest of it may be in the next piece.
                if range.upperBound == bytes.count, !isLast, range.count < Self.mostBytes { break decoding }
                file.reject(.badJSON, &counters)
                offset = range.upperBound
            case .incomplete(let seen):
                if bytes.count - seen > Self.mostBytes {
                    // A quote that is missing makes a document endless: the next line begins anew.
                    file.reject(.tooLong, &counters)
                    offset = seen + file.skipLine(bytes.extracting(seen..<bytes.count), &counters)
                } else if isLast {
                    file.reject(.cutShort, &counters)
                    file.countLines(bytes, seen..<bytes.count, &counters)
                    offset = bytes.count
                } else {
                    break decoding
                }
            }
        }
        counters.bytes += UInt64(offset)
        return offset
    }

    /// Moves over space, what stands between records, and the end of an envelope.
    private mutating func skipBetween(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "}"), isInEnvelope {
                isInEnvelope = false
            } else if !JSONReader.isSpace(byte), !JSONDocuments.isBetween(byte) {
                break
            }
            offset += 1
        }
        file.countLines(bytes, start..<offset, &counters)
        return offset
    }

    // MARK: - Records

    /// Decodes a record's tuples, from where ``done`` says.
    ///
    /// - Returns: false when the batch has no room for one.
    private mutating func decodeRecord(_ bytes: Span<UInt8>, into batch: FlowBatch) -> Bool {
        var place = 0
        do throws(CloudLogError) {
            let form = try record.read(bytes)
            guard let form else {
                counters.records += 1
                counters.ignored += 1
                return true
            }
            var reader = JSONReader(bytes.extracting(form.place..<bytes.count))
            let isWhole = try walk(&reader, form, depth: 0, &place, batch)
            done = isWhole ? 0 : place
            return isWhole
        } catch {
            done = 0
            file.reject(error, &counters)
            return true
        }
    }

    /// Walks a value: objects within each other, each of which may say something of the tuples in it.
    private mutating func walk(
        _ reader: inout JSONReader,
        _ form: AzureRecord.Form,
        depth: Int,
        _ place: inout Int,
        _ batch: FlowBatch
    ) throws(CloudLogError) -> Bool {
        let value = try reader.readValue()
        switch value {
        case .object where depth < AzureRecord.mostDepth:
            let outer = record.words
            var isFirst = true
            // Names in any order: the words first, then what is within.
            var look = reader
            while let name = try look.readName(&isFirst) { try record.readWord(name, &look) }
            isFirst = true
            while let name = try reader.readName(&isFirst) {
                if reader.isEqual(name, "flowTuples") {
                    guard try readTuples(&reader, form, &place, batch) else { return false }
                } else if reader.isEqual(name, "flows") || reader.isEqual(name, "flowGroups") {
                    guard try walk(&reader, form, depth: depth + 1, &place, batch) else { return false }
                } else {
                    try reader.skipValue()
                }
            }
            record.words = outer
        case .array where depth < AzureRecord.mostDepth:
            var isFirst = true
            while try reader.hasElement(&isFirst) {
                guard try walk(&reader, form, depth: depth + 1, &place, batch) else { return false }
            }
        default: try reader.skipRest(of: value)
        }
        return true
    }

    private mutating func readTuples(
        _ reader: inout JSONReader,
        _ form: AzureRecord.Form,
        _ place: inout Int,
        _ batch: FlowBatch
    ) throws(CloudLogError) -> Bool {
        let value = try reader.readValue()
        guard value == .array else {
            try reader.skipRest(of: value)
            return true
        }
        var isFirst = true
        while try reader.hasElement(&isFirst) {
            let element = try reader.readValue()
            guard case .string(let range) = element else {
                try reader.skipRest(of: element)
                continue
            }
            guard take(reader.bytes, range, form, &place, batch) else { return false }
        }
        return true
    }

    /// Writes the rows of a tuple.
    private mutating func take(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        _ form: AzureRecord.Form,
        _ place: inout Int,
        _ batch: FlowBatch
    ) -> Bool {
        defer { place += 2 }
        guard place + 2 > done else { return true }
        do throws(CloudLogError) {
            let tuple = try AzureTuple(bytes, range, form)
            if place >= done {
                guard tuple.isDenied || tuple.sent.isTraffic || tuple.received.isTraffic else {
                    counters.records += 1
                    counters.noData += 1
                    return true
                }
                if tuple.isDenied || tuple.sent.isTraffic {
                    guard batch.room > 0 else { return stop(&place, 0) }
                    write(tuple, bytes, isBack: false, batch)
                }
            }
            if tuple.received.isTraffic {
                guard batch.room > 0 else { return stop(&place, 1) }
                write(tuple, bytes, isBack: true, batch)
            }
        } catch {
            file.reject(error, &counters)
        }
        return true
    }

    /// Goes on with that way of the tuple next time.
    private func stop(_ place: inout Int, _ way: Int) -> Bool {
        // What is added at the end of every tuple.
        place += way - 2
        return false
    }

    // MARK: - Rows

    private mutating func write(_ tuple: AzureTuple, _ bytes: Span<UInt8>, isBack: Bool, _ batch: FlowBatch) {
        let row = batch.reserve(1).lowerBound
        let sampler =
            settings.samplerAddress
            ?? AccountAddress.named(record.bytes(record.subscription), prefix: Self.samplerPrefix)
        tuple.write(to: RowWriter(batch, row..<(row + 1)), row, sampler: sampler, isBack: isBack)
        if batch.keepsOrigins {
            let exporter = IPEndpoint(address: sampler, port: 0)
            batch.origins.append(RowOrigin(rows: row..<(row + 1), exporter: exporter, domain: 0, template: 0))
        }
        counters.records += 1
        counters.flows += 1
        counters.lostTexts += record.lostTexts
        append(.cloudAccount, record.bytes(record.subscription), row, batch)
        append(.cloudVpc, record.bytes(record.network), row, batch)
        append(.cloudSubnet, record.bytes(record.subnet), row, batch)
        append(.cloudInterface, record.bytes(record.words.interface), row, batch)
        append(.cloudAction, ArraySlice((tuple.isDenied ? "DENY" : "ACCEPT").utf8), row, batch)
        let encryption = ArraySlice(tuple.encryption.prefix(VariableValue.mostTextBytes).map { bytes[$0] })
        if tuple.isDenied {
            let rule = record.bytes(record.words.rule)
            // Denied for want of encryption: no rule did it.
            append(.cloudReason, rule.isEmpty || rule.elementsEqual("unspecified".utf8) ? encryption : rule, row, batch)
        }
        writeStrings(tuple, encryption, row, batch)
    }

    private mutating func append(_ column: FlowColumn, _ text: ArraySlice<UInt8>, _ row: Int, _ batch: FlowBatch) {
        guard !text.isEmpty else { return }
        if unsafe !batch.append(column, row: row, value: text.span.bytes) { counters.lostTexts += 1 }
    }

    private mutating func writeStrings(
        _ tuple: AzureTuple,
        _ encryption: ArraySlice<UInt8>,
        _ row: Int,
        _ batch: FlowBatch
    ) {
        scratch.removeAll(keepingCapacity: true)
        func add(_ name: StaticString, _ text: ArraySlice<UInt8>) {
            guard !text.isEmpty else { return }
            for index in 0..<name.utf8CodeUnitCount { unsafe scratch.append(name.utf8Start[index]) }
            scratch.append(0)
            scratch += text
            scratch.append(0)
        }
        add("azureFlowState", [tuple.state])
        add("azureEncryption", encryption)
        add("azureRule", record.bytes(record.words.rule))
        add("azureAcl", record.bytes(record.words.acl))
        add("azureResourceGroup", record.bytes(record.resourceGroup))
        add("azureSecurityGroup", record.bytes(record.securityGroup))
        if unsafe !batch.append(.strings, row: row, value: scratch.span.bytes) { counters.lostTexts += 1 }
    }

    /// fd61:7a75 is "azu" in ASCII.
    private static let samplerPrefix: UInt64 = 0xFD61_7A75_0000_0000
}

/// Whether `{"records": [` stands somewhere.
private enum AzureEnvelope {
    /// Up to here.
    case begins(Int)
    /// The bytes end within what may be one.
    case undecided
    case none

    init(_ bytes: Span<UInt8>, at start: Int) {
        var offset = start
        for token in ["{", "\"records\"", ":", "["] as [StaticString] {
            while offset < bytes.count, JSONReader.isSpace(bytes[offset]) { offset += 1 }
            for index in 0..<token.utf8CodeUnitCount {
                guard offset < bytes.count else {
                    self = .undecided
                    return
                }
                guard unsafe bytes[offset] == token.utf8Start[index] else {
                    self = .none
                    return
                }
                offset += 1
            }
        }
        self = .begins(offset)
    }
}
