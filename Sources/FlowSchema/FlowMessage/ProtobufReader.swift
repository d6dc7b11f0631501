/// Takes fields off the bytes of a Protocol Buffers message.
///
/// The bytes are a stranger's: each length is checked before anything is cut,
/// and nothing is looked at twice.
public struct ProtobufReader: ~Escapable {
    /// How a field's value lies.
    public enum WireType: UInt8, Sendable {
        /// A number of one to ten bytes.
        case varint = 0
        /// Eight bytes.
        case fixed64 = 1
        /// A length, and so many bytes.
        case bytes = 2
        /// Four bytes.
        case fixed32 = 5
    }

    private let bytes: RawSpan
    /// Where the next byte is.
    public private(set) var place = 0

    /// Starts at the first of some bytes.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
    }

    /// Whether nothing is left.
    public var isAtEnd: Bool { place == bytes.byteCount }

    /// Reads number and wire type of the next field.
    @inline(__always)
    @_lifetime(self: copy self)
    public mutating func readTag() throws(FlowMessageError) -> (number: Int, wireType: WireType) {
        let key = try readKey()
        guard key >= 8, key < 1 << 32 else { throw .badNumber }
        guard let wireType = WireType(rawValue: UInt8(truncatingIfNeeded: key & 7)) else { throw .badWireType }
        return (Int(truncatingIfNeeded: key >> 3), wireType)
    }

    /// Reads a number as a tag has it: one or two bytes, in an order that messages of one producer share.
    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func readKey() throws(FlowMessageError) -> UInt64 {
        guard place &+ 2 <= bytes.byteCount else { return try readVarintByByte() }
        let (first, second) = (byte(place), byte(place &+ 1))
        if first < 0x80 {
            place &+= 1
            return UInt64(first)
        }
        guard second < 0x80 else { return try readVarint() }
        place &+= 2
        return UInt64(first & 0x7F) | UInt64(second) &<< 7
    }

    /// Reads a number.
    ///
    /// Without branches for what ends within eight bytes: lengths of counters and ports follow no pattern.
    @inline(__always)
    @_lifetime(self: copy self)
    public mutating func readVarint() throws(FlowMessageError) -> UInt64 {
        guard place &+ 8 <= bytes.byteCount else { return try readVarintByByte() }
        let word = unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
        let ends = ~word & 0x8080_8080_8080_8080
        guard ends != 0 else { return try readVarintByByte() }
        place &+= ends.trailingZeroBitCount &>> 3 &+ 1
        // The bits below the first end.
        return Varint.gathered(word & (ends ^ (ends &- 1)))
    }

    @inline(never)
    @_lifetime(self: copy self)
    private mutating func readVarintByByte() throws(FlowMessageError) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<Varint.mostBytes {
            guard place &+ index < bytes.byteCount else { throw .cutShort }
            let byte = byte(place &+ index)
            // The tenth byte holds the last bit of 64.
            guard index < Varint.mostBytes - 1 || byte <= 1 else { throw .longNumber }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 {
                place &+= index &+ 1
                return value
            }
        }
        throw .longNumber
    }

    /// Takes the bytes of a field with a length.
    @inline(__always)
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func takeBytes() throws(FlowMessageError) -> RawSpan {
        let length = try readVarint()
        guard length <= UInt64(bytes.byteCount &- place) else { throw .cutShort }
        let end = place &+ Int(length)
        let taken = bytes.extracting(place..<end)
        place = end
        return taken
    }

    /// Goes past a field's value.
    @_lifetime(self: copy self)
    public mutating func skip(_ wireType: WireType) throws(FlowMessageError) {
        switch wireType {
        case .varint: _ = try readVarint()
        case .bytes: _ = try takeBytes()
        case .fixed64: try skip(bytes: 8)
        case .fixed32: try skip(bytes: 4)
        }
    }

    @_lifetime(self: copy self)
    private mutating func skip(bytes count: Int) throws(FlowMessageError) {
        guard count <= bytes.byteCount - place else { throw .cutShort }
        place += count
    }

    @inline(__always)
    private func byte(_ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
