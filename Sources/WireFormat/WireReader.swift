/// A cursor over untrusted bytes in network order.
///
/// The verb tells the cost: `read` moves, `peek` looks, `take` cuts a
/// sub-reader of a declared length, so that what is inside can never read
/// beyond its parent. Nothing else in the decoders touches raw bytes one by
/// one; every access is bounds-checked.
public struct WireReader: ~Escapable {
    /// The bytes from the start of this reader's cut to its end.
    public let bytes: RawSpan
    @usableFromInline var position: Int

    /// How many bytes of the cut have been read.
    @inlinable
    public var offset: Int { position }

    /// Starts at the first byte.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) {
        self.bytes = bytes
        self.position = 0
    }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { bytes.byteCount - offset }

    /// Reads a big-endian unsigned number and moves behind it.
    @inlinable
    public mutating func read<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type = T.self
    ) throws(DecodeError) -> T {
        guard remaining >= MemoryLayout<T>.size else { throw .truncated }
        let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
        position += MemoryLayout<T>.size
        return T(bigEndian: value)
    }

    /// Looks at a big-endian number `distance` bytes ahead; nil when it isn't all there.
    @inlinable
    public func peek<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type = T.self, ahead distance: Int = 0) -> T? {
        guard distance >= 0, remaining - distance >= MemoryLayout<T>.size else { return nil }
        return T(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset + distance, as: T.self))
    }

    /// Moves over `count` bytes.
    @inlinable
    public mutating func skip(_ count: Int) throws(DecodeError) {
        guard count >= 0, count <= remaining else { throw .truncated }
        position += count
    }

    /// Cuts the next `count` bytes out and moves behind them.
    @inlinable
    @_lifetime(copy self)
    public mutating func take(_ count: Int) throws(DecodeError) -> WireReader {
        guard count >= 0, count <= remaining else { throw .truncated }
        let cut = bytes.extracting(offset..<(offset + count))
        position += count
        return WireReader(cut)
    }

    /// The bytes that are left, as a span.
    @inlinable
    public var rest: RawSpan {
        @_lifetime(copy self)
        get { bytes.extracting(offset..<bytes.byteCount) }
    }

    /// Proves that the cut was read to its end.
    @inlinable
    public func finish() throws(DecodeError) {
        guard remaining == 0 else { throw .badLength }
    }
}
