/// A part of known length whose fields lie at fixed places: a header, or the start of a record.
///
/// It exists so that such a part is checked once and not field by field. Where
/// length and places are literals, as they are meant to be, the compiler
/// proves each field's check and leaves it out.
public struct WirePart: ~Escapable {
    @usableFromInline let bytes: RawSpan
    @usableFromInline let start: Int
    @usableFromInline let length: Int

    /// Takes `length` bytes at `offset`; the caller has checked that they are
    /// there. (It traps otherwise: a wrong check is a bug, never a leak.)
    @inlinable
    @inline(__always)
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, at offset: Int = 0, length: Int) {
        precondition(offset >= 0 && length >= 0 && offset <= bytes.byteCount &- length)
        self.bytes = bytes
        self.start = offset
        self.length = length
    }

    /// The bytes of a field as they lie in memory.
    @inlinable
    @inline(__always)
    public func value<T: BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
        precondition(offset >= 0 && offset <= length &- MemoryLayout<T>.size)
        // Within the part, which is within the bytes.
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ offset, as: T.self)
    }

    /// A big-endian number.
    @inlinable
    @inline(__always)
    public func number<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
        T(bigEndian: value(at: offset, as: T.self))
    }
}

extension RawSpan {
    /// Cuts `length` bytes at `offset`; the caller has checked that they are there, and it traps otherwise.
    ///
    /// What `extracting` does, with one check of the cut and none of each of its ends.
    @inlinable
    @inline(__always)
    @_lifetime(copy self)
    public func cut(at offset: Int, length: Int) -> RawSpan {
        precondition(offset >= 0 && length >= 0 && offset <= byteCount &- length)
        return unsafe extracting(unchecked: Range(uncheckedBounds: (offset, offset &+ length)))
    }
}
