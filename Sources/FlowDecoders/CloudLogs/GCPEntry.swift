import FlowSchema
import NetTypes

/// What one LogEntry says, gathered in one walk over its JSON.
///
/// Texts are copied into an arena that is kept from entry to entry, so that
/// their ranges outlive the walk and escapes are resolved once.
struct GCPEntry {
    /// Which end reported.
    enum Reporter {
        case unknown, source, destination
    }

    /// The bytes of all texts.
    private(set) var arena: [UInt8] = []
    private var texts = InlineArray<34, Range<Int>?>(repeating: nil)
    /// Texts for `Strings`: their place in ``GCPField/named``.
    private(set) var named: [(index: Int, range: Range<Int>)] = []
    /// AS numbers of the way out.
    private(set) var path: [UInt32] = []
    private(set) var reporter = Reporter.unknown
    private(set) var reporterText: Range<Int>?
    private(set) var dropReason: Range<Int>?
    private(set) var lostTexts: UInt64 = 0
    /// The project in the log's name.
    private(set) var project: Range<Int>?
    private var isOtherLog = false
    private var hasPayload = false

    private var source: IPAddress?
    private var destination: IPAddress?
    private var start: (seconds: UInt32, nanoseconds: UInt32)?
    private var end: (seconds: UInt32, nanoseconds: UInt32)?
    private var timestamp: (seconds: UInt32, nanoseconds: UInt32)?
    private var sourcePort: UInt64 = 0
    private var destinationPort: UInt64 = 0
    private var ipProtocol: UInt64 = 0
    private var bytes: UInt64 = 0
    private var packets: UInt64 = 0
    private var bytesDropped: UInt64 = 0
    private var packetsDropped: UInt64 = 0
    private var rtt: UInt64 = 0
    private var medianRTT: UInt64 = 0
    private var sourceAS: UInt64 = 0
    private var destinationAS: UInt64 = 0
    private var dscp: UInt64 = 0
    private var isDropped = false

    /// Objects and arrays within each other that are walked; what is deeper is passed over.
    private static let mostDepth = 12

    /// Forgets the entry before, but for the memory of its texts.
    mutating func clear() {
        var fresh = GCPEntry()
        swap(&fresh.arena, &arena)
        swap(&fresh.named, &named)
        swap(&fresh.path, &path)
        fresh.arena.removeAll(keepingCapacity: true)
        fresh.named.removeAll(keepingCapacity: true)
        fresh.path.removeAll(keepingCapacity: true)
        self = fresh
    }

    /// Whether it is an entry of VPC flow logs: the log's name says so, or isn't there.
    var isFlowLog: Bool { hasPayload && !isOtherLog }

    /// Whether both ends are in networks of Google Cloud, and so both may have reported.
    var hasBothNetworks: Bool {
        texts[Int(GCPText.sourceVpc.rawValue)] != nil && texts[Int(GCPText.destinationVpc.rawValue)] != nil
    }

    /// The first of some texts that there is.
    func text(_ choices: [GCPText]) -> Range<Int>? {
        for choice in choices {
            if let range = texts[Int(choice.rawValue)] { return range }
        }
        return nil
    }

    /// The bytes of a text.
    func bytes(_ range: Range<Int>?) -> ArraySlice<UInt8> { range.map { arena[$0] } ?? [] }

    // MARK: - The walk

    /// Reads a document.
    mutating func read(_ bytes: Span<UInt8>) throws(CloudLogError) {
        var reader = JSONReader(bytes)
        guard try reader.readValue() == .object else { throw .badJSON }
        try readObject(&reader, PathHash(), depth: 0)
    }

    private mutating func readObject(
        _ reader: inout JSONReader,
        _ path: PathHash,
        depth: Int
    ) throws(CloudLogError) {
        var isFirst = true
        while let name = try reader.readName(&isFirst) {
            if depth == 0, reader.isEqual(name, "jsonPayload") { hasPayload = true }
            let own = path.appending(reader.bytes, name, isFirst: depth == 0)
            try readMember(&reader, own, depth: depth)
        }
    }

    private mutating func readMember(
        _ reader: inout JSONReader,
        _ path: PathHash,
        depth: Int
    ) throws(CloudLogError) {
        let value = try reader.readValue()
        switch value {
        case .object where depth < Self.mostDepth: try readObject(&reader, path, depth: depth + 1)
        case .array where depth < Self.mostDepth:
            // What is in an array has the path of the array.
            var isFirst = true
            while try reader.hasElement(&isFirst) { try readMember(&reader, path, depth: depth + 1) }
        case .object, .array: try reader.skipRest(of: value)
        case .string(let range), .number(let range):
            guard let field = GCPField.byPath[path.value] else { return }
            try take(field, reader, range)
        case .true, .false, .null: break
        }
    }

    private mutating func take(
        _ field: GCPField,
        _ reader: borrowing JSONReader,
        _ range: Range<Int>
    ) throws(CloudLogError) {
        let text = reader.bytes
        switch field {
        case .sourceAddress: source = try Self.address(text, range)
        case .destinationAddress: destination = try Self.address(text, range)
        case .sourcePort: sourcePort = try Self.number(text, range)
        case .destinationPort: destinationPort = try Self.number(text, range)
        case .protocol: ipProtocol = try Self.number(text, range)
        case .start: start = try Self.time(text, range)
        case .end: end = try Self.time(text, range)
        case .timestamp: timestamp = try Self.time(text, range)
        case .bytes: bytes = try Self.number(text, range)
        case .packets: packets = try Self.number(text, range)
        case .bytesDropped: bytesDropped = try Self.number(text, range)
        case .packetsDropped: packetsDropped = try Self.number(text, range)
        case .rtt: rtt = try Self.number(text, range).multipliedReportingOverflow(by: 1000).partialValue
        case .medianRTT: medianRTT = Self.micros(text, range)
        case .sourceAS: sourceAS = try Self.number(text, range)
        case .destinationAS: destinationAS = try Self.number(text, range)
        case .dscp: dscp = try Self.number(text, range)
        case .pathAS:
            let number = try Self.number(text, range)
            if path.count < VariableValue.mostNumbers { path.append(UInt32(truncatingIfNeeded: number)) }
        case .disposition: isDropped = reader.isEqual(range, "DROPPED")
        case .dropReason: dropReason = keep(reader, range)
        case .reporter:
            reporterText = keep(reader, range)
            if reader.isEqual(range, "SRC") || reader.isEqual(range, "SRC_GATEWAY") {
                reporter = .source
            } else if reader.isEqual(range, "DEST") || reader.isEqual(range, "DEST_GATEWAY") {
                reporter = .destination
            }
        case .insertId: break
        case .logName: takeLogName(reader, range)
        case .text(let text):
            // Of several the first counts.
            guard texts[Int(text.rawValue)] == nil else { break }
            texts[Int(text.rawValue)] = keep(reader, range)
        case .named(let index): takeNamed(index, reader, range)
        }
    }

    private mutating func takeNamed(_ index: Int, _ reader: borrowing JSONReader, _ range: Range<Int>) {
        guard !named.contains(where: { $0.index == index }) else { return }
        guard named.count < VariableValue.mostTexts else {
            lostTexts += 1
            return
        }
        if let kept = keep(reader, range) { named.append((index, kept)) }
    }

    /// `projects/P/logs/compute.googleapis.com%2Fvpc_flows`.
    private mutating func takeLogName(_ reader: borrowing JSONReader, _ range: Range<Int>) {
        guard let kept = keep(reader, range) else { return }
        let name = arena[kept]
        isOtherLog = !name.suffix(9).elementsEqual("vpc_flows".utf8)
        let prefix = Array("projects/".utf8)
        guard name.starts(with: prefix) else { return }
        let start = kept.lowerBound + prefix.count
        guard let end = name[start...].firstIndex(of: UInt8(ascii: "/")), end > start else { return }
        project = start..<end
    }

    /// Copies a text; nil when it is empty.
    private mutating func keep(_ reader: borrowing JSONReader, _ range: Range<Int>) -> Range<Int>? {
        let start = arena.count
        reader.appendText(range, to: &arena)
        let (text, isCut) = unsafe PlainText.utf8(arena.span.bytes.extracting(start..<arena.count))
        if isCut { lostTexts += 1 }
        arena.removeSubrange(start...)
        arena += text
        return text.isEmpty ? nil : start..<arena.count
    }

    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) throws(CloudLogError) -> UInt64 {
        guard let number = ByteText.number(text, range) else { throw .badNumber }
        return number
    }

    private static func address(_ text: Span<UInt8>, _ range: Range<Int>) throws(CloudLogError) -> IPAddress {
        guard let address = ByteText.address(text, range) else { throw .badAddress }
        return address
    }

    private static func time(
        _ text: Span<UInt8>,
        _ range: Range<Int>
    ) throws(CloudLogError) -> (seconds: UInt32, nanoseconds: UInt32) {
        guard let time = ByteText.time(text, range) else { throw .badTime }
        return time
    }

    /// Milliseconds with a fraction, as microseconds; 0 for what isn't one.
    private static func micros(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        let dot = range.first { text[$0] == UInt8(ascii: ".") } ?? range.upperBound
        guard let whole = ByteText.number(text, range.lowerBound..<dot), whole < 1 << 32 else { return 0 }
        var fraction: UInt64 = 0
        for place in 1...3 {
            let index = dot + place
            let digit = index < range.upperBound ? text[index] &- UInt8(ascii: "0") : 0
            guard digit < 10 else { return 0 }
            fraction = fraction * 10 + UInt64(digit)
        }
        return whole * 1000 + fraction
    }
}

// MARK: - The flow

extension GCPEntry {
    /// The numbers of the row, checked.
    func flow(_ settings: CloudLogSettings) throws(CloudLogError) -> GCPFlow {
        guard let source, let destination else { throw .notAFlow }
        guard let end = end ?? timestamp ?? settings.receivedAt.map({ ($0, 0) }) else { throw .badTime }
        guard let sourcePort = UInt16(exactly: sourcePort), let destinationPort = UInt16(exactly: destinationPort),
            let ipProtocol = UInt8(exactly: ipProtocol), dscp < 64
        else { throw .badNumber }
        return GCPFlow(
            source: source,
            destination: destination,
            start: start ?? end,
            end: end,
            // What was dropped isn't traffic.
            bytes: isDropped ? 0 : bytes,
            packets: isDropped ? 0 : packets,
            bytesDropped: bytesDropped,
            packetsDropped: packetsDropped,
            sourcePort: sourcePort,
            destinationPort: destinationPort,
            ipProtocol: ipProtocol,
            typeOfService: UInt8(truncatingIfNeeded: dscp << 2),
            roundTrip: UInt32(clamping: medianRTT > 0 ? medianRTT : rtt),
            sourceAS: UInt32(truncatingIfNeeded: sourceAS),
            destinationAS: UInt32(truncatingIfNeeded: destinationAS),
            nextAS: path.first ?? 0,
            direction: reporter == .source ? 1 : reporter == .destination ? 0 : 255,
            isDropped: isDropped,
            samplingRate: settings.samplingRate
        )
    }
}

/// What an entry tells in numbers.
struct GCPFlow {
    var source: IPAddress
    var destination: IPAddress
    var start: (seconds: UInt32, nanoseconds: UInt32)
    var end: (seconds: UInt32, nanoseconds: UInt32)
    var bytes: UInt64
    var packets: UInt64
    var bytesDropped: UInt64
    var packetsDropped: UInt64
    var sourcePort: UInt16
    var destinationPort: UInt16
    var ipProtocol: UInt8
    var typeOfService: UInt8
    var roundTrip: UInt32
    var sourceAS: UInt32
    var destinationAS: UInt32
    var nextAS: UInt32
    var direction: UInt8
    var isDropped: Bool
    var samplingRate: UInt32

    /// Writes the columns of the row.
    func write(to writer: borrowing RowWriter, _ row: Int, sampler: IPAddress) {
        writer.set(.timeReceived, row: row, to: end.seconds)
        writer.set(.flowType, row: row, to: FlowType.gcpVPC.rawValue)
        writer.set(.samplingRate, row: row, to: max(1, samplingRate))
        // The rate stands in no entry; Google scales for its own sampling of packets.
        let told: SamplingSource = samplingRate > 0 ? .configuration : .unknown
        writer.set(.samplingRateSource, row: row, to: told.rawValue)
        writer.set(.flowDirection, row: row, to: direction)
        writer.set(.samplerAddress, row: row, to: AddressBytes(sampler))
        writer.set(.timeFlowStart, row: row, to: start.seconds)
        writer.set(.timeFlowStartNs, row: row, to: start.nanoseconds)
        writer.set(.timeFlowEnd, row: row, to: end.seconds)
        writer.set(.timeFlowEndNs, row: row, to: end.nanoseconds)
        writer.set(.bytes, row: row, to: bytes)
        writer.set(.packets, row: row, to: packets)
        writer.set(.srcAddr, row: row, to: AddressBytes(source))
        writer.set(.dstAddr, row: row, to: AddressBytes(destination))
        writer.set(.eType, row: row, to: source.isV4 ? UInt16(0x0800) : 0x86DD)
        writer.set(.proto, row: row, to: ipProtocol)
        writer.set(.srcPort, row: row, to: sourcePort)
        writer.set(.dstPort, row: row, to: destinationPort)
        // RFC 7270 section 4.12: forwarded, and dropped.
        writer.set(.forwardingStatus, row: row, to: UInt8(isDropped ? 128 : 64))
        if typeOfService > 0 { writer.set(.ipTos, row: row, to: typeOfService) }
        if sourceAS > 0 { writer.set(.srcAS, row: row, to: sourceAS) }
        if destinationAS > 0 { writer.set(.dstAS, row: row, to: destinationAS) }
        if nextAS > 0 { writer.set(.nextHopAS, row: row, to: nextAS) }
        if roundTrip > 0 { writer.set(.roundTripTime, row: row, to: roundTrip) }
        if bytesDropped > 0 { writer.set(.droppedBytes, row: row, to: bytesDropped) }
        if packetsDropped > 0 { writer.set(.droppedPackets, row: row, to: packetsDropped) }
    }
}
