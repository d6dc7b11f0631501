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

    /// Maps within maps that are followed.
    private static let deepest = 4

    private let section: RawSpan
    private var steps = 0

    @_lifetime(copy section)
    init(_ section: RawSpan) {
        self.section = section
    }

    private enum Kind: UInt8 {
        case extended, pointer, text, double, bytes, uint16, uint32, map
        case int32, uint64, uint128, array, container, end, boolean, float
    }

    /// A value's control bytes, and where its payload begins.
    private struct Head {
        var kind: Kind
        /// Bytes, or entries of maps and arrays; a pointer's target.
        var size: Int
        var payload: Int
    }

    /// A value that has no values within it.
    enum Scalar {
        case text(String)
        case number(UInt64)
    }

    /// Reads the scalars of a map at an offset, and of the maps within it.
    ///
    /// - Parameter body: gets the path of keys and the value.
    mutating func readMap(
        at offset: Int,
        _ body: (_ path: [String], _ value: Scalar) -> Void
    ) throws(DecodeError) {
        steps = 0
        let head = try follow(try head(at: offset))
        guard head.kind == .map else { throw .badStructure }
        try readMap(head, [], body)
    }

    private mutating func readMap(
        _ head: Head,
        _ path: [String],
        _ body: (_ path: [String], _ value: Scalar) -> Void
    ) throws(DecodeError) {
        var offset = head.payload
        for _ in 0..<head.size {
            try step()
            let keyHead = try self.head(at: offset)
            let key = try text(try follow(keyHead))
            offset = try end(of: keyHead)
            let valueHead = try self.head(at: offset)
            let value = try follow(valueHead)
            switch value.kind {
            case .text:
                body(path + [key], .text(try text(value)))
            case .uint16, .uint32, .uint64:
                body(path + [key], .number(try number(value)))
            case .map where path.count + 1 < Self.deepest:
                try readMap(value, path + [key], body)
            default:
                break
            }
            offset = try end(of: valueHead)
        }
    }

    // MARK: Values

    private func text(_ head: Head) throws(DecodeError) -> String {
        guard head.kind == .text else { throw .badStructure }
        var reader = WireReader(section)
        try reader.skip(head.payload)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(head.size, reader.remaining))
        var cut = try reader.take(head.size)
        while cut.remaining > 0 { bytes.append(try cut.read(UInt8.self)) }
        return LineSplitter.text(bytes[...])
    }

    private func number(_ head: Head) throws(DecodeError) -> UInt64 {
        guard head.size <= 8 else { throw .badLength }
        var reader = WireReader(section)
        try reader.skip(head.payload)
        var value: UInt64 = 0
        for _ in 0..<head.size { value = value << 8 | UInt64(try reader.read(UInt8.self)) }
        return value
    }

    private mutating func step() throws(DecodeError) {
        steps += 1
        guard steps <= Self.mostSteps else { throw .badCount }
    }

    /// Where the value behind this one begins.
    private mutating func end(of head: Head) throws(DecodeError) -> Int {
        var offset = head.payload + Self.payloadLength(head)
        var pending = Self.children(head)
        while pending > 0 {
            try step()
            let next = try self.head(at: offset)
            offset = next.payload + Self.payloadLength(next)
            pending += Self.children(next) - 1
        }
        return offset
    }

    private static func payloadLength(_ head: Head) -> Int {
        switch head.kind {
        case .map, .array, .boolean, .pointer, .end, .container, .extended: 0
        case .text, .double, .bytes, .uint16, .uint32, .int32, .uint64, .uint128, .float: head.size
        }
    }

    private static func children(_ head: Head) -> Int {
        switch head.kind {
        case .map: head.size * 2
        case .array: head.size
        default: 0
        }
    }

    // MARK: Control bytes

    /// The value itself, where a pointer leads to it.
    private func follow(_ head: Head) throws(DecodeError) -> Head {
        guard head.kind == .pointer else { return head }
        let target = try self.head(at: head.size)
        guard target.kind != .pointer else { throw .badStructure }
        return target
    }

    private func head(at offset: Int) throws(DecodeError) -> Head {
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
        return Head(kind: kind, size: size, payload: reader.offset)
    }

    private static func pointer(_ control: UInt8, _ reader: inout WireReader) throws(DecodeError) -> Head {
        let high = Int(control & 7)
        let target =
            switch control >> 3 & 3 {
            case 0: high << 8 | Int(try reader.read(UInt8.self))
            case 1: 2048 + (high << 16 | Int(try reader.read(UInt16.self)))
            case 2:
                526_336 + (high << 24 | Int(try reader.read(UInt16.self)) << 8 | Int(try reader.read(UInt8.self)))
            default: Int(try reader.read(UInt32.self))
            }
        return Head(kind: .pointer, size: target, payload: reader.offset)
    }
}
