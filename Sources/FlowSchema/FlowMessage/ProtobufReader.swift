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
        let key = try readVarint()
        guard key >= 8, key < 1 << 32 else { throw .badNumber }
        guard let wireType = WireType(rawValue: UInt8(truncatingIfNeeded: key & 7)) else { throw .badWireType }
        return (Int(truncatingIfNeeded: key >> 3), wireType)
    }

    /// Reads a number.
    @inline(__always)
    @_lifetime(self: copy self)
    public mutating func readVarint() throws(FlowMessageError) -> UInt64 {
        guard place < bytes.byteCount else { throw .cutShort }
        let first = byte(place)
        if first < 0x80 {
            place &+= 1
            return UInt64(first)
        }
        return try readLongVarint()
    }

    @inline(never)
    @_lifetime(self: copy self)
    private mutating func readLongVarint() throws(FlowMessageError) -> UInt64 {
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
