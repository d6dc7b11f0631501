/// Opens the columns of rows that were just reserved.
///
/// A set of records opens twenty columns and more, often for a handful of
/// rows: what is the same for all of them is looked up and checked once, here.
@safe
public struct RowWriter: ~Escapable {
    /// The batch that the rows belong to.
    @inlinable
    public var batch: FlowBatch { unsafe unownedBatch }
    /// It can't go while this is there, and counting a reference for every set would be a good part of a small one.
    @usableFromInline unowned(unsafe) let unownedBatch: FlowBatch
    @usableFromInline let columns: UnsafeMutablePointer<ColumnMemory>
    /// The rows; nobody reserved any behind them yet.
    public let rows: Range<Int>

    /// Prepares for rows that ``FlowBatch/reserve(_:)`` returned last.
    @inlinable
    @inline(__always)
    @_lifetime(borrow batch)
    public init(_ batch: borrowing FlowBatch, _ rows: Range<Int>) {
        // What is behind the rows may be written over, so they must be the last ones.
        precondition(rows.upperBound == batch.rows)
        unsafe unownedBatch = copy batch
        self.rows = rows
        unsafe columns = batch.columns
    }

    /// The memory of one column's rows, to be written in full by the caller.
    ///
    /// Rows of the column before them that nobody wrote get the default.
    @inlinable
    @inline(__always)
    @unsafe
    public func open<T: BitwiseCopyable>(_ column: FlowColumn, as type: T.Type = T.self) -> UnsafeMutablePointer<T> {
        precondition(unsafe MemoryLayout<T>.size == columns[Int(column.rawValue)].width)
        return unsafe unsafeOpen(column).assumingMemoryBound(to: T.self) + rows.lowerBound
    }

    /// The first byte of a column whose rows count as written from now on.
    @inlinable
    @inline(__always)
    @unsafe
    func unsafeOpen(_ column: FlowColumn) -> UnsafeMutableRawPointer {
        let place = unsafe columns + Int(column.rawValue)
        let before = unsafe place.pointee.written
        if before < rows.upperBound {
            if before < rows.lowerBound { unsafe place.pointee.extend(to: rows.lowerBound) }
            unsafe place.pointee.written = rows.upperBound
        }
        return unsafe place.pointee.start
    }

    /// Counts all rows of a column as written; the caller gives each its value by ``store(_:in:row:)``.
    @inlinable
    @inline(__always)
    @unsafe
    public func claim(_ column: FlowColumn) { _ = unsafe unsafeOpen(column) }

    /// Stores the value of one row of a column that ``claim(_:)`` was called for.
    ///
    /// Where the column is, is looked up each time: keeping the places of some twenty columns is no
    /// faster, since there aren't registers for them.
    ///
    /// - Parameters:
    ///   - column: a column whose storage is as wide as `T`, as a literal.
    ///   - row: one of ``rows``, which the caller has checked.
    @inlinable
    @inline(__always)
    @unsafe
    public func store<T: BitwiseCopyable>(_ value: T, in column: FlowColumn, row: Int) {
        precondition(MemoryLayout<T>.size == column.storage.width)
        unsafe columns[Int(column.rawValue)].start.assumingMemoryBound(to: T.self)[row] = value
    }

    /// Gives one row its value of a column that few rows have something for; rows before it that
    /// nobody wrote get the default.
    ///
    /// The column's width is looked up: the compiler stops inlining where a function asks for many at once.
    ///
    /// - Parameter row: one of ``rows``.
    @inlinable
    @inline(__always)
    public func set<T: BitwiseCopyable>(_ column: FlowColumn, row: Int, to value: T) {
        precondition(row >= rows.lowerBound && row < rows.upperBound)
        unsafe put(value, in: column, row: row)
    }

    /// The same for one of ``rows``, which the caller has checked.
    @inlinable
    @inline(__always)
    @unsafe
    public func put<T: BitwiseCopyable>(_ value: T, in column: FlowColumn, row: Int) {
        let place = unsafe columns + Int(column.rawValue)
        precondition(unsafe MemoryLayout<T>.size == place.pointee.width)
        let before = unsafe place.pointee.written
        if before <= row {
            if before < row { unsafe place.pointee.extend(to: row) }
            unsafe place.pointee.written = row &+ 1
        }
        unsafe place.pointee.start.assumingMemoryBound(to: T.self)[row] = value
    }

    /// Gives the last of ``rows`` its number of a column that is chosen at run time, cut off to the column's width.
    ///
    /// Whatever the width, it is one store of eight bytes: behind the last row lie rows that nobody reserved yet, or
    /// the line behind the column that ``FlowBatch`` leaves.
    @inlinable
    @inline(__always)
    public func put(number: UInt64, inLast column: FlowColumn) {
        precondition(!rows.isEmpty)
        let place = unsafe columns + Int(column.rawValue)
        let (row, width) = unsafe (rows.upperBound &- 1, place.pointee.width)
        precondition(width <= 8)
        let before = unsafe place.pointee.written
        if before <= row {
            if before < row { unsafe place.pointee.extend(to: row) }
            unsafe place.pointee.written = row &+ 1
        }
        unsafe (place.pointee.start + row &* width).storeBytes(of: number.littleEndian, as: UInt64.self)
    }

    /// Memory for one row's list of up to so many numbers, to be written little-endian from the first on;
    /// ``closeNumbers(_:row:count:)`` makes them the row's. Rows in the order that they were reserved in.
    ///
    /// - Parameter row: one of ``rows``.
    /// - Returns: memory for none when the batch has no room for so many.
    @inlinable
    @inline(__always)
    @unsafe
    public func openNumbers(_ column: FlowColumn, row: Int, most: Int) -> UnsafeMutableBufferPointer<UInt32> {
        precondition(row >= rows.lowerBound && row < rows.upperBound)
        return unsafe Unmanaged.passUnretained(unownedBatch)._withUnsafeGuaranteedRef {
            unsafe $0.openNumbers(column, row: row, most: most)
        }
    }

    /// Gives a row the first `count` numbers of the memory that was opened for it last.
    @inlinable
    @inline(__always)
    public func closeNumbers(_ column: FlowColumn, row: Int, count: Int) {
        precondition(row >= rows.lowerBound && row < rows.upperBound)
        unsafe Unmanaged.passUnretained(unownedBatch)._withUnsafeGuaranteedRef {
            $0.closeNumbers(column, row: row, count: count)
        }
    }

    /// Whether the rows of a column were written already.
    @inlinable
    @inline(__always)
    public func hasWritten(_ column: FlowColumn) -> Bool {
        unsafe columns[Int(column.rawValue)].written >= rows.upperBound
    }

    /// Writes one value into all rows.
    @inlinable
    @inline(__always)
    public func fill(_ column: FlowColumn, with value: UInt8) {
        fill(column, width: 1, with: SIMD16(repeating: value))
    }

    /// Writes one value into all rows.
    @inlinable
    @inline(__always)
    public func fill(_ column: FlowColumn, with value: UInt16) {
        fill(column, width: 2, with: SIMD8(repeating: value))
    }

    /// Writes one value into all rows.
    @inlinable
    @inline(__always)
    public func fill(_ column: FlowColumn, with value: UInt32) {
        fill(column, width: 4, with: SIMD4(repeating: value))
    }

    /// Writes the 16 bytes of an address into all rows.
    @inlinable
    @inline(__always)
    public func fill(_ column: FlowColumn, with value: SIMD2<UInt64>) {
        fill(column, width: 16, with: value)
    }

    /// Stores 32 bytes at a time. The last store may reach up to 31 bytes behind the rows: there lie rows that
    /// nobody reserved yet, or the line behind the column that ``FlowBatch`` leaves.
    @inlinable
    @inline(__always)
    func fill<Vector: BitwiseCopyable>(_ column: FlowColumn, width: Int, with vector: Vector) {
        precondition(unsafe MemoryLayout<Vector>.size == 16 && columns[Int(column.rawValue)].width == width)
        let start = unsafe unsafeOpen(column)
        var place = unsafe start + rows.lowerBound &* width
        let end = unsafe start + rows.upperBound &* width
        while unsafe place < end {
            unsafe place.storeBytes(of: vector, as: Vector.self)
            unsafe (place + 16).storeBytes(of: vector, as: Vector.self)
            unsafe place += 32
        }
    }

    /// The column `bytes`, summed over the rows.
    @inlinable
    @inline(__always)
    public var sumOfBytes: UInt64 {
        guard hasWritten(.bytes) else { return 0 }
        let bytes = unsafe open(.bytes, as: UInt64.self)
        var sum: UInt64 = 0
        for index in 0..<rows.count { unsafe sum &+= bytes[index] }
        return sum
    }

    /// Takes type and code of ICMP from the destination port, where exporters without an element for them put them.
    ///
    /// Neither column is written unless one row at least is of ICMP.
    public func takeICMPFromPort() {
        guard hasWritten(.proto), hasWritten(.dstPort) else { return }
        let protocols = unsafe UnsafeRawPointer(open(.proto, as: UInt8.self))
        var values: (types: UnsafeMutablePointer<UInt8>, codes: UnsafeMutablePointer<UInt8>)?
        var row = 0
        while row < rows.count {
            // Eight rows at a time: few are of ICMP. The last load may reach seven bytes behind the rows, see above.
            let eight = unsafe UInt64(littleEndian: protocols.loadUnaligned(fromByteOffset: row, as: UInt64.self))
            var found = Self.bytes(of: eight, equal: 1) | Self.bytes(of: eight, equal: 58)
            if rows.count - row < 8 { found &= 1 << (8 * UInt64(rows.count - row)) - 1 }
            if found != 0 {
                let open = unsafe values ?? openICMP()
                unsafe values = unsafe open
                let ports = unsafe self.open(.dstPort, as: UInt16.self)
                while found != 0 {
                    let index = row + found.trailingZeroBitCount / 8
                    unsafe open.types[index] = UInt8(truncatingIfNeeded: ports[index] >> 8)
                    unsafe open.codes[index] = UInt8(truncatingIfNeeded: ports[index])
                    found &= found &- 1
                }
            }
            row += 8
        }
    }

    /// Both columns, full of zeros.
    @unsafe
    private func openICMP() -> (types: UnsafeMutablePointer<UInt8>, codes: UnsafeMutablePointer<UInt8>) {
        fill(.icmpType, with: UInt8(0))
        fill(.icmpCode, with: UInt8(0))
        return unsafe (open(.icmpType), open(.icmpCode))
    }

    /// The highest bit of each byte that has that value.
    @inline(__always)
    private static func bytes(of word: UInt64, equal value: UInt8) -> UInt64 {
        let zeros = word ^ UInt64(value) &* 0x0101_0101_0101_0101
        let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        return ~(((zeros & low) &+ low) | zeros | low)
    }
}
