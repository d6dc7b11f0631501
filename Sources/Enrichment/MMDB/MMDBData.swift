import WireFormat

/// Values of a MaxMind DB's data section (MaxMind DB File Format
/// Specification 2.0, "Output Data Section").
///
/// Pointers make it a graph, which a made-up file can fold over and over. So
/// one record may take ``mostSteps`` values, a pointer never leads to another,
/// and what isn't wanted is passed over without following any.
struct MMDBData: ~Escapable {
    /// Values that one record may have; GeoIP2's largest have some hundred.
    private static let mostSteps = 8192

    private let section: RawSpan
    private var steps = 0

    @_lifetime(copy section)
    init(_ section: RawSpan) {
        self.section = section
    }

    fileprivate enum Kind: UInt8 {
        case extended, pointer, text, double, bytes, uint16, uint32, map
        case int32, uint64, uint128, array, container, end, boolean, float
    }

    /// What a value's control bytes say, and where its payload begins.
    struct Value {
        fileprivate var kind: Kind
        /// Bytes, or entries of maps and arrays; a pointer's target.
        fileprivate var size: Int
        fileprivate var payload: Int
    }

    /// The entries of a map that are still to be read.
    struct Entries {
        fileprivate var left: Int
        fileprivate var offset: Int
    }

    // MARK: - Maps

    /// The entries of the map at an offset, which begins a record.
    mutating func record(at offset: Int) throws(DecodeError) -> Entries {
        steps = 0
        guard offset >= 0, let entries = entries(of: try follow(try value(at: offset))) else { throw .badStructure }
        return entries
    }

    /// The entries of a map; nil when the value is none.
    func entries(of value: Value) -> Entries? {
        value.kind == .map ? Entries(left: value.size, offset: value.payload) : nil
    }

    /// The next entry of a map, pointers followed; nil behind the last.
    mutating func next(_ entries: inout Entries) throws(DecodeError) -> (key: Value, value: Value)? {
        guard entries.left > 0 else { return nil }
        try step()
        let key = try self.value(at: entries.offset)
        let value = try self.value(at: try end(of: key))
        entries.left -= 1
        // Behind the last entry nobody reads on.
        if entries.left > 0 { entries.offset = try end(of: value) }
        return (try follow(key), try follow(value))
    }

    // MARK: - Scalars

    /// Whether a value is this text.
    func isText(_ value: Value, _ text: StaticString) -> Bool {
        guard value.kind == .text, value.size == text.utf8CodeUnitCount, let bytes = try? bytes(of: value) else {
            return false
        }
        let wanted = unsafe UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        return unsafe bytes.withUnsafeBytes { unsafe $0.elementsEqual(wanted) }
    }

    /// A text; nil when the value is none.
    func text(_ value: Value) throws(DecodeError) -> String? {
        guard value.kind == .text else { return nil }
        let bytes = unsafe try bytes(of: value).withUnsafeBytes { unsafe Array($0) }
        return LineSplitter.text(bytes[...])
    }

    /// A number without a sign; nil when the value is none.
    func number(_ value: Value) throws(DecodeError) -> UInt64? {
        switch value.kind {
        case .uint16, .uint32, .uint64: break
        default: return nil
        }
        guard value.size <= 8 else { throw .badLength }
        var reader = WireReader(try bytes(of: value))
        var number: UInt64 = 0
        for _ in 0..<value.size { number = number << 8 | UInt64(try reader.read(UInt8.self)) }
        return number
    }

    @_lifetime(copy self)
    private func bytes(of value: Value) throws(DecodeError) -> RawSpan {
        guard value.payload <= section.byteCount, value.size <= section.byteCount - value.payload else {
            throw .truncated
        }
        return section.extracting(value.payload..<value.payload + value.size)
    }

    private mutating func step() throws(DecodeError) {
        steps += 1
        guard steps <= Self.mostSteps else { throw .badCount }
    }

    /// Where the value behind this one begins.
    private mutating func end(of head: Value) throws(DecodeError) -> Int {
        var offset = head.payload + Self.payloadLength(head)
        var pending = Self.children(head)
        while pending > 0 {
            try step()
            let next = try value(at: offset)
            offset = next.payload + Self.payloadLength(next)
            pending += Self.children(next) - 1
        }
        return offset
    }

    private static func payloadLength(_ head: Value) -> Int {
        switch head.kind {
        case .map, .array, .boolean, .pointer, .end, .container, .extended: 0
        case .text, .double, .bytes, .uint16, .uint32, .int32, .uint64, .uint128, .float: head.size
        }
    }

    private static func children(_ head: Value) -> Int {
        switch head.kind {
        case .map: head.size * 2
        case .array: head.size
        default: 0
        }
    }

    // MARK: - Control bytes

    /// The value itself, where a pointer leads to it.
    private func follow(_ head: Value) throws(DecodeError) -> Value {
        guard head.kind == .pointer else { return head }
        let target = try value(at: head.size)
        guard target.kind != .pointer else { throw .badStructure }
        return target
    }

    private func value(at offset: Int) throws(DecodeError) -> Value {
        var reader = WireReader(section)
        try reader.skip(offset)
        let control = try reader.read(UInt8.self)
        if control >> 5 == Kind.pointer.rawValue { return try Self.pointer(control, &reader) }
        var number = control >> 5
        if number == Kind.extended.rawValue {
            let (extended, overflow) = try reader.read(UInt8.self).addingReportingOverflow(7)
            guard !overflow, extended > Kind.map.rawValue else { throw .badStructure }
            number = extended
        }
        guard let kind = Kind(rawValue: number) else { throw .badStructure }
        var size = Int(control & 0x1F)
        // 29, 30 and 31 mean that one, two or three bytes follow with what is more.
        switch size {
        case 29: size = 29 + Int(try reader.read(UInt8.self))
        case 30: size = 285 + Int(try reader.read(UInt16.self))
        case 31: size = 65_821 + (Int(try reader.read(UInt16.self)) << 8 | Int(try reader.read(UInt8.self)))
        default: break
        }
        return Value(kind: kind, size: size, payload: reader.offset)
    }

    private static func pointer(_ control: UInt8, _ reader: inout WireReader) throws(DecodeError) -> Value {
        let high = Int(control & 7)
        let target =
            switch control >> 3 & 3 {
            case 0: high << 8 | Int(try reader.read(UInt8.self))
            case 1: 2048 + (high << 16 | Int(try reader.read(UInt16.self)))
            case 2:
                526_336 + (high << 24 | Int(try reader.read(UInt16.self)) << 8 | Int(try reader.read(UInt8.self)))
            default: Int(try reader.read(UInt32.self))
            }
        return Value(kind: .pointer, size: target, payload: reader.offset)
    }
}
