import NetTypes

/// Rows out of FlowMessage in Protocol Buffers: ours, goflow2's and those of
/// any other producer that goes by the published `.proto`.
///
/// Payloads are several messages with their lengths in front, or a single one
/// without, as some of goflow2's formats have it. Fields that the schema
/// doesn't have are skipped and counted. Addresses have 16 bytes, or 4 for
/// IPv4. A field that isn't there is 0, as proto3 says: a flow without
/// FlowDirection came in, and 255 says that nobody knows.
///
/// Bytes come from strangers. What can't be read gives no row at all, memory
/// is bounded by the batch, and values that a column has no room for count as
/// unknown.
public struct FlowMessageDecoder {
    /// The most flows of one payload.
    public static let mostFlows = 65_536

    /// What was met so far.
    public private(set) var counters = FlowMessageCounters()
    /// Times of reception that are taken, in seconds since 1970 UTC: rows outside would make the store keep days that
    /// nobody asked for.
    public var times: ClosedRange<UInt32> = 0...UInt32.max

    private let slots = FieldSlot.table
    /// The lists and texts of the row under way.
    private var lists: [[UInt8]]
    private var hasLists = false
    private var texts = 0
    private static let variables = Array(FlowColumn.allCases[Int(FlowColumn.firstVariable.rawValue)...])

    /// Makes one.
    public init() {
        lists = Self.variables.map { _ in [] }
    }

    /// How the flows of a payload lie.
    public enum Framing: Equatable, Sendable {
        /// So many, each with its length in front.
        case delimited(flows: Int)
        /// One, and nothing else.
        case single

        /// How many.
        public var flows: Int {
            switch self {
            case .delimited(let flows): flows
            case .single: 1
            }
        }
    }

    /// Finds out how many flows a payload has, without a look into them.
    ///
    /// Lengths that end where the payload does are taken for what they seem to be.
    public static func framing(of payload: RawSpan) throws(FlowMessageError) -> Framing {
        var reader = ProtobufReader(payload)
        var flows = 0
        do throws(FlowMessageError) {
            while !reader.isAtEnd {
                _ = try reader.takeBytes()
                flows += 1
            }
        } catch {
            return .single
        }
        guard flows <= mostFlows else { throw .tooManyFlows }
        return .delimited(flows: flows)
    }

    /// Adds the flows of a payload behind a batch's rows; nothing of it when it throws.
    ///
    /// - Parameters:
    ///   - framing: what ``framing(of:)`` said; the batch has room for so many rows.
    ///   - received: TimeReceived, in seconds since 1970 UTC, of flows that don't tell.
    public mutating func decode(
        _ payload: RawSpan,
        _ framing: Framing,
        into batch: FlowBatch,
        received: UInt32
    ) throws(FlowMessageError) {
        guard framing.flows <= batch.room else { throw .tooLarge }
        let (first, before) = (batch.count, counters)
        do throws(FlowMessageError) {
            guard case .delimited = framing else { return try decode(single: payload, batch, received) }
            var reader = ProtobufReader(payload)
            while !reader.isAtEnd { try decode(flow: reader.takeBytes(), batch, received) }
        } catch {
            batch.truncate(to: first)
            counters = before
            // Bytes that look like lengths may be the one message's first fields.
            guard case .delimited = framing, batch.room > 0 else { throw error }
            do throws(FlowMessageError) {
                try decode(single: payload, batch, received)
            } catch _ {
                batch.truncate(to: first)
                counters = before
                throw error
            }
        }
    }

    /// Without a length in front any bytes may look like a message: a flow has traffic.
    private mutating func decode(
        single bytes: RawSpan,
        _ batch: FlowBatch,
        _ received: UInt32
    ) throws(FlowMessageError) {
        let first = batch.count
        try decode(flow: bytes, batch, received)
        guard batch.count == first || batch.hasTraffic(row: first) else { throw .notAFlow }
    }

    // MARK: - One flow

    private mutating func decode(
        flow bytes: RawSpan,
        _ batch: FlowBatch,
        _ received: UInt32
    ) throws(FlowMessageError) {
        let rows = batch.reserve(1)
        let row = rows.lowerBound
        let writer = RowWriter(batch, rows)
        if hasLists { clearLists() }
        let slots = slots
        var known = KnownValues()
        var isFlow = false
        // What proto3 leaves out is 0, and not these columns' default.
        writer.set(.flowDirection, row: row, to: UInt8(0))
        writer.set(.incoming, row: row, to: UInt8(0))
        var reader = ProtobufReader(bytes)
        while !reader.isAtEnd {
            let (number, wireType) = try reader.readTag()
            guard number < slots.count, slots[number].form != .unknown else {
                counters.unknownFields += 1
                try reader.skip(wireType)
                continue
            }
            let slot = slots[number]
            isFlow = true
            switch (slot.form, wireType) {
            case (.number, .varint):
                var value = try reader.readVarint()
                if slot.isWatched { value = known.note(value, of: slot.column) }
                if value > slot.most || slot.named &>> (value & 63) & 1 == 0 {
                    counters.badValues += 1
                    value = 0
                }
                writer.put(number: value, inLast: slot.column)
            case (.address, .bytes):
                try store(address: reader.takeBytes(), slot, writer, row, &known)
            case (.numbers, .varint):
                append(try reader.readVarint(), to: slot.column)
            case (.numbers, .bytes):
                var packed = ProtobufReader(try reader.takeBytes())
                while !packed.isAtEnd { append(try packed.readVarint(), to: slot.column) }
            case (.text, .bytes):
                store(text: try reader.takeBytes(), in: Self.place(of: slot.column))
            case (.texts, .bytes):
                try append(entry: reader.takeBytes(), to: slot.column)
            default:
                counters.unknownFields += 1
                try reader.skip(wireType)
            }
        }
        guard isFlow else { throw .notAFlow }
        try complete(batch, row, known, received)
    }

    /// Values that others depend on.
    private struct KnownValues {
        var received: UInt64 = 0
        var samplingRate: UInt64 = 0
        var isIPv4 = false
        /// Whether an address ends in eight zeros, as one of IPv4 in the first four bytes does.
        var mayBeShort = false

        /// Notes the value of a field that is watched; gives the value that counts.
        mutating func note(_ value: UInt64, of column: FlowColumn) -> UInt64 {
            switch column {
            case .timeReceived: received = value
            case .samplingRate: samplingRate = value
            case .eType: isIPv4 = value == 0x0800
            // Exporters send 16 bits of them, of which the store keeps those that TCP itself has used for long.
            case .tcpFlags: return value & 0xFF
            default: break
            }
            return value
        }
    }

    @inline(__always)
    private func store(
        address bytes: RawSpan,
        _ slot: FieldSlot,
        _ writer: borrowing RowWriter,
        _ row: Int,
        _ known: inout KnownValues
    ) throws(FlowMessageError) {
        switch bytes.byteCount {
        case 16:
            let halves = unsafe (
                bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self)
            )
            if halves.1 == 0 { known.mayBeShort = true }
            writer.set(slot.column, row: row, to: AddressBytes(memoryHigh: halves.0, memoryLow: halves.1))
        case 4:
            let value = unsafe UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self))
            writer.set(slot.column, row: row, to: AddressBytes(IPAddress(v4: value)))
        // What isn't known may be there without a byte.
        case 0: writer.set(slot.column, row: row, to: AddressBytes(.unspecified))
        default: throw .badAddress
        }
    }

    // MARK: - Lists and texts

    private static func place(of column: FlowColumn) -> Int {
        Int(column.rawValue) - Int(FlowColumn.firstVariable.rawValue)
    }

    private mutating func clearLists() {
        for index in lists.indices { lists[index].removeAll(keepingCapacity: true) }
        texts = 0
        hasLists = false
    }

    private mutating func append(_ value: UInt64, to column: FlowColumn) {
        hasLists = true
        let place = Self.place(of: column)
        guard lists[place].count < 4 * VariableValue.mostNumbers, value <= UInt32.max else {
            counters.leftOut += 1
            return
        }
        unsafe withUnsafeBytes(of: UInt32(value).littleEndian) { unsafe lists[place].append(contentsOf: $0) }
    }

    /// An entry of a map is a message of name and text.
    private mutating func append(entry bytes: RawSpan, to column: FlowColumn) throws(FlowMessageError) {
        hasLists = true
        var reader = ProtobufReader(bytes)
        var name = RawSpan()
        var text = RawSpan()
        while !reader.isAtEnd {
            let (number, wireType) = try reader.readTag()
            switch (number, wireType) {
            case (1, .bytes): name = try reader.takeBytes()
            case (2, .bytes): text = try reader.takeBytes()
            default: try reader.skip(wireType)
            }
        }
        let place = Self.place(of: column)
        let before = lists[place].count
        guard texts < VariableValue.mostTexts, name.byteCount > 0, name.byteCount <= Self.mostNameBytes,
            append(text: name, to: place), append(text: text, to: place)
        else {
            lists[place].removeSubrange(before...)
            counters.leftOut += 1
            return
        }
        texts += 1
    }

    /// A text by itself: of several the last counts.
    private mutating func store(text: RawSpan, in place: Int) {
        hasLists = true
        lists[place].removeAll(keepingCapacity: true)
        if append(text: text, to: place) {
            lists[place].removeLast()
        } else {
            lists[place].removeAll(keepingCapacity: true)
            counters.leftOut += 1
        }
    }

    /// Names are few and short.
    private static let mostNameBytes = 64

    /// Appends a text, cut at a character, and a zero byte; false when it isn't UTF-8 without zero bytes.
    private mutating func append(text: RawSpan, to place: Int) -> Bool {
        var count = text.byteCount
        if count > VariableValue.mostTextBytes {
            count = VariableValue.mostTextBytes
            while count > 0, text.number(count, UInt8.self) & 0xC0 == 0x80 { count -= 1 }
            counters.leftOut += 1
        }
        let start = lists[place].count
        for index in 0..<count {
            let byte = text.number(index, UInt8.self)
            guard byte != 0 else { return false }
            lists[place].append(byte)
        }
        let list = lists[place]
        guard (try? UTF8Span(validating: list.span.extracting(start..<start + count))) != nil else { return false }
        lists[place].append(0)
        return true
    }

    // MARK: - The end of a row

    private mutating func complete(
        _ batch: FlowBatch,
        _ row: Int,
        _ known: KnownValues,
        _ received: UInt32
    ) throws(FlowMessageError) {
        let time = known.received == 0 ? UInt64(received) : known.received
        guard let seconds = UInt32(exactly: time), times.contains(seconds) else {
            counters.implausibleTimes += 1
            batch.truncate(to: row)
            return
        }
        if hasLists { try storeLists(batch, row) }
        let writer = RowWriter(batch, row..<row + 1)
        writer.set(.timeReceived, row: row, to: seconds)
        // A rate that nobody tells is 1.
        if known.samplingRate == 0 || known.samplingRate > UInt64(UInt32.max) {
            writer.set(.samplingRate, row: row, to: UInt32(1))
        } else if known.samplingRate > 1, batch.number(.samplingRateSource, row: row) == 0 {
            writer.set(.samplingRateSource, row: row, to: SamplingSource.record.rawValue)
        }
        if known.isIPv4, known.mayBeShort { batch.moveShortAddresses(row) }
        counters.flows += 1
    }

    private func storeLists(_ batch: FlowBatch, _ row: Int) throws(FlowMessageError) {
        for (index, column) in Self.variables.enumerated() where !lists[index].isEmpty {
            let list = lists[index]
            guard batch.append(column, row: row, value: unsafe list.span.bytes) else { throw .tooLarge }
        }
    }
}

extension FlowBatch {
    /// Whether a row has something that every producer of flows writes.
    fileprivate func hasTraffic(row: Int) -> Bool {
        number(.bytes, row: row) != 0 || number(.packets, row: row) != 0
    }

    /// Where a producer put IPv4 addresses into the first four of 16 bytes, puts them where they belong.
    fileprivate func moveShortAddresses(_ row: Int) {
        for column in [FlowColumn.srcAddr, .dstAddr, .nextHop] where isPresent(column) {
            let address = address(column, row: row)
            guard address.low == 0, address.high & 0xFFFF_FFFF == 0, address.high != 0 else { continue }
            let short = IPAddress(v4: UInt32(truncatingIfNeeded: address.high >> 32))
            RowWriter(self, row..<row + 1).set(column, row: row, to: AddressBytes(short))
        }
    }
}

/// Where the value of a field goes.
private struct FieldSlot {
    enum Form {
        case unknown, number, address, numbers, text, texts
    }

    var form = Form.unknown
    var column = FlowColumn.timeReceived
    /// Whether other columns depend on the value, or not all of it counts.
    var isWatched = false
    /// The largest number that is taken.
    var most: UInt64 = 0
    /// A bit for each number below 64 that is taken; all of them where larger ones are.
    var named = UInt64.max

    /// By the numbers of fields.
    static let table: [FieldSlot] = {
        let most = FlowColumn.allCases.map(\.field.number).max() ?? 0
        var table = [FieldSlot](repeating: FieldSlot(), count: most + 1)
        for column in FlowColumn.allCases { table[column.field.number] = FieldSlot(column) }
        return table
    }()

    private init() {}

    private init(_ column: FlowColumn) {
        self.column = column
        form =
            switch column.storage {
            case .bytes16: .address
            case .variable:
                switch column.field.kind {
                case .strings: .texts
                case .text: .text
                default: .numbers
                }
            default: .number
            }
        isWatched = [.timeReceived, .samplingRate, .eType, .tcpFlags].contains(column)
        most = column.storage.width < 8 ? UInt64(1) << UInt64(8 * column.storage.width) - 1 : .max
        if let named = column.enumeration {
            most = 63
            self.named = named.reduce(0) { $0 | 1 << UInt64($1) }
        }
    }
}

extension FlowColumn {
    /// The values that a column of an enumeration may have: the store takes no others.
    fileprivate var enumeration: [UInt8]? {
        switch field.kind {
        case .flowType: FlowType.allCases.map(\.rawValue)
        case .samplingSource: SamplingSource.allCases.map(\.rawValue)
        case .locality: Locality.allCases.map(\.rawValue)
        case .encapType: EncapType.allCases.map(\.rawValue)
        default: nil
        }
    }
}
