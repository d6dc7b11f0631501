/// Values of varying length of one column, one behind the other, in Arrow's
/// layout of binary values: where each ends, and the bytes.
///
/// Few records have such values. The memory grows as they come, up to a bound
/// that hostile exporters can't widen, and stays for the batch's next use.
@safe
public final class VariableColumn {
    /// Bytes of all values of a batch together; what comes beyond is left out and counted.
    public static let mostBytes = 32 << 20

    /// Rows that have their value, those without one included.
    @inlinable
    public var rows: Int { unsafe rowsTaken }
    // One thread owns the batch: checking each access for a second one would cost more than a list's numbers.
    @exclusivity(unchecked)
    @usableFromInline var rowsTaken = 0
    @usableFromInline let capacity: Int
    @usableFromInline let ends: UnsafeMutablePointer<Int32>
    @exclusivity(unchecked)
    @usableFromInline var bytes: UnsafeMutableRawPointer
    @exclusivity(unchecked)
    @usableFromInline var room = 4096

    /// Makes an empty column.
    init(capacity: Int) {
        self.capacity = capacity
        unsafe ends = .allocate(capacity: capacity + 1)
        unsafe ends[0] = 0
        unsafe bytes = .allocate(byteCount: 4096, alignment: 64)
    }

    deinit {
        unsafe ends.deallocate()
        unsafe bytes.deallocate()
    }

    /// Gives a row its value; rows before it that have none yet are empty.
    ///
    /// - Returns: false when the bound is reached: the row is empty then.
    func append(_ value: RawSpan, row: Int) -> Bool {
        guard let place = unsafe open(most: value.byteCount, row: row) else { return false }
        unsafe value.withUnsafeBytes { source in
            if let address = source.baseAddress {
                unsafe place.copyMemory(from: address, byteCount: source.count)
            }
        }
        close(byteCount: value.byteCount, row: row)
        return true
    }

    /// Memory for a row's value of up to so many bytes, which ``close(byteCount:row:)`` makes the row's; rows before
    /// it that have none yet are empty.
    ///
    /// - Returns: nil when the bound is reached.
    @inlinable
    @inline(__always)
    @unsafe
    func open(most: Int, row: Int) -> UnsafeMutableRawPointer? {
        precondition(row >= rows && row < capacity && most >= 0)
        if row > rows { extend(to: row) }
        let start = unsafe Int(ends[row])
        guard most <= Self.mostBytes &- start else { return nil }
        if unsafe start &+ most > room { grow(to: start &+ most) }
        return unsafe bytes + start
    }

    /// Gives a row the bytes that were written since ``open(most:row:)``.
    @inlinable
    @inline(__always)
    func close(byteCount: Int, row: Int) {
        precondition(row == rows && row < capacity)
        let start = unsafe Int(ends[row])
        precondition(unsafe byteCount >= 0 && byteCount <= room &- start)
        unsafe ends[row &+ 1] = Int32(truncatingIfNeeded: start &+ byteCount)
        unsafe rowsTaken = row &+ 1
    }

    /// Makes rows up to `row` empty that have no value yet.
    @usableFromInline
    @inline(never)
    func extend(to row: Int) {
        guard row > rows else { return }
        unsafe (ends + rows + 1).update(repeating: ends[rows], count: row - rows)
        unsafe rowsTaken = row
    }

    /// Forgets rows from `row` on.
    func truncate(to row: Int) {
        unsafe rowsTaken = min(rows, row)
    }

    @usableFromInline
    @inline(never)
    func grow(to size: Int) {
        let larger = unsafe min(Self.mostBytes, max(size, 2 * room))
        let grown = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 64)
        unsafe grown.copyMemory(from: bytes, byteCount: room)
        unsafe bytes.deallocate()
        unsafe bytes = grown
        unsafe room = larger
    }

    /// Where each value ends, behind a 0 where the first begins: 32-bit numbers, one more than rows.
    @unsafe
    public var offsets: UnsafeRawPointer { unsafe UnsafeRawPointer(ends) }

    /// The bytes of all values.
    @unsafe
    public var values: UnsafeRawPointer { unsafe UnsafeRawPointer(bytes) }

    /// One row's bytes; none when it has no value.
    public func value(row: Int) -> [UInt8] {
        guard row < rows else { return [] }
        let range = unsafe Int(ends[row])..<Int(ends[row + 1])
        return unsafe Array(UnsafeRawBufferPointer(start: bytes + range.lowerBound, count: range.count))
    }
}

/// How lists and texts lie in a ``VariableColumn``.
public enum VariableValue {
    /// Texts of one row.
    public static let mostTexts = 16
    /// Bytes of one text.
    public static let mostTextBytes = 256
    /// Numbers of one list.
    public static let mostNumbers = 255

    /// Name and text in turn, each ending in a zero byte: takes them apart.
    public static func texts(_ bytes: [UInt8]) -> [(name: String, text: String)] {
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        return (0..<parts.count / 2).map { (parts[2 * $0], parts[2 * $0 + 1]) }
    }

    /// Numbers of 32 bits, little-endian: takes them apart.
    public static func numbers(_ bytes: [UInt8]) -> [UInt32] {
        (0..<bytes.count / 4).map { index in
            (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
        }
    }
}
