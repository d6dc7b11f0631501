/// Records of one length, one behind the other, of which one field after the other is read.
///
/// It exists so that the decoders' inner loops check their bounds once for a
/// field and not for each value: that the field of the last record ends within
/// the bytes proves it for all records before. This is the only place that
/// reads without a check, and what it reads without one it has checked itself.
public struct WireRecords: ~Escapable {
    /// The records' bytes, perhaps with others behind them.
    public let bytes: RawSpan
    /// Bytes from one record to the next.
    public let stride: Int
    /// How many records there are.
    public let count: Int
    /// Bytes from the start of the last record to the end; -1 where they don't hold all records.
    @usableFromInline let last: Int

    /// Describes records; whether the bytes hold them is checked field by field.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, stride: Int, count: Int) {
        self.bytes = bytes
        self.stride = stride
        self.count = count
        precondition(stride >= 0)
        last = count > 0 ? max(bytes.byteCount - (count - 1) * stride, -1) : 0
    }

    /// Traps unless `length` bytes at `offset` of every record are within the bytes.
    @inlinable
    @inline(__always)
    func check(_ offset: Int, _ length: Int) {
        precondition(count <= 0 || (offset >= 0 && offset <= last &- length))
    }

    /// Calls `body` with the number of each record and the bytes at `offset` of it, as they lie in memory.
    @inlinable
    @inline(__always)
    public func forEach<T: BitwiseCopyable>(_ type: T.Type, at offset: Int, _ body: (_ record: Int, T) -> Void) {
        check(offset, MemoryLayout<T>.size)
        var position = offset
        var record = 0
        // Four at a time: the loop's own steps cost as much as reading a value.
        while record &+ 4 <= count {
            // The check above holds for the last record, and so for those before.
            let first = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self)
            position &+= stride
            let second = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self)
            position &+= stride
            let third = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self)
            position &+= stride
            let fourth = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self)
            position &+= stride
            body(record, first)
            body(record &+ 1, second)
            body(record &+ 2, third)
            body(record &+ 3, fourth)
            record &+= 4
        }
        // No loop for the last three: it would be made one of vectors, whose preparation costs more than they do.
        guard record < count else { return }
        body(record, unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self))
        record &+= 1
        guard record < count else { return }
        position &+= stride
        body(record, unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self))
        record &+= 1
        guard record < count else { return }
        position &+= stride
        body(record, unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self))
    }

    /// The same one by one, for a body that needs so many registers that four at once would want for them.
    @inlinable
    @inline(__always)
    public func forEachSingly<T: BitwiseCopyable>(_ type: T.Type, at offset: Int, _ body: (_ record: Int, T) -> Void) {
        check(offset, MemoryLayout<T>.size)
        var position = offset
        var record = 0
        while record < count {
            body(record, unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: T.self))
            position &+= stride
            record &+= 1
        }
    }

    /// Calls `body` with the number of each record and the big-endian number of 1 to 8 bytes at `offset` of it.
    @inlinable
    @inline(__always)
    public func forEachNumber(at offset: Int, length: Int, _ body: (_ record: Int, UInt64) -> Void) {
        precondition((1...8).contains(length))
        check(offset, length)
        var position = offset
        for record in 0..<max(count, 0) {
            body(record, unsafe Self.unsafeNumber(bytes, at: position, length: length))
            position &+= stride
        }
    }

    /// The big-endian number of 1 to 8 bytes at `offset` of one record.
    @inlinable
    public func number(of record: Int, at offset: Int, length: Int) -> UInt64 {
        let position = offset + record * stride
        precondition((1...8).contains(length) && position >= 0 && position <= bytes.byteCount - length)
        return unsafe Self.unsafeNumber(bytes, at: position, length: length)
    }

    /// Two loads that overlap where the length is no power of two: what both read is the same.
    @inlinable
    @inline(__always)
    @unsafe
    static func unsafeNumber(_ bytes: RawSpan, at position: Int, length: Int) -> UInt64 {
        let last = position &+ length
        if length >= 4 {
            let high = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt32.self)
            let low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: last &- 4, as: UInt32.self)
            let shift = UInt64(truncatingIfNeeded: length &- 4) &* 8
            return UInt64(UInt32(bigEndian: high)) &<< shift | UInt64(UInt32(bigEndian: low))
        }
        if length >= 2 {
            let high = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt16.self)
            let low = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: last &- 2, as: UInt16.self)
            let shift = UInt64(truncatingIfNeeded: length &- 2) &* 8
            return UInt64(UInt16(bigEndian: high)) &<< shift | UInt64(UInt16(bigEndian: low))
        }
        return UInt64(unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self))
    }
}
