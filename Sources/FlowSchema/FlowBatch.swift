public import NetTypes

/// Rows of flows in columns, in the layout that the store takes: decoders
/// fill it, the sink lends its memory to Arrow without a copy.
///
/// A decoder reserves rows for a whole set of records and then writes column
/// by column, 2.7 times faster than row by row. Columns that nobody wrote
/// cost nothing: a column's memory is filled up with its default only where
/// another set of the same batch wrote it, and at ``seal()``.
///
/// One thread owns a batch at a time. It is handed over whole, through a
/// queue, which is why it may be `Sendable` without a lock of its own.
@safe
public final class FlowBatch: @unchecked Sendable {
    /// Rows that fit.
    public let capacity: Int
    /// Rows written so far, see ``rows``. One thread owns the batch: checking
    /// each access for a second one costs more than storing a value.
    @exclusivity(unchecked)
    @usableFromInline var rowsTaken = 0
    /// Notes of which datagram gave which rows, kept only when asked for.
    public var origins: [RowOrigin] = []
    /// Whether decoders note ``origins``: `netmeta decode` asks for it, the server doesn't.
    @inlinable
    public var keepsOrigins: Bool {
        get { unsafe keepsOriginsNow }
        set { unsafe keepsOriginsNow = newValue }
    }
    /// Asked for after every set, so not checked either.
    @exclusivity(unchecked)
    @usableFromInline var keepsOriginsNow = false

    /// Columns whose values vary in length, by their place behind ``FlowColumn/firstVariable``.
    @usableFromInline let variables: [VariableColumn]

    /// Counters of interfaces that came with the rows; nil until the first.
    public private(set) var interfaceCounters: InterfaceCounterBatch?

    @usableFromInline let memory: UnsafeMutableRawPointer
    /// Where each column is; what a decoder asks of one lies side by side.
    @usableFromInline let columns: UnsafeMutablePointer<ColumnMemory>

    /// Makes an empty batch; the memory becomes resident as rows are written.
    public init(capacity: Int) {
        self.capacity = capacity
        let widths = FlowColumn.allCases.map(\.storage.width)
        unsafe memory = .allocate(byteCount: capacity * widths.reduce(0, +) + 128 * widths.count, alignment: 64)
        unsafe columns = .allocate(capacity: widths.count)
        variables = widths[Int(FlowColumn.firstVariable.rawValue)...].map { _ in VariableColumn(capacity: capacity) }
        var offset = 0
        for (column, width) in zip(FlowColumn.allCases, widths) {
            unsafe (columns + Int(column.rawValue)).initialize(
                to: ColumnMemory(start: memory + offset, width: width, fillByte: column.fillByte)
            )
            // Arrow wants buffers on 64-byte boundaries. A line more, since capacities are round numbers: columns
            // whose rows lie at the same place of a page would push each other out of the processor's cache. That
            // line is also what RowWriter may touch behind the last row.
            offset += (capacity * width + 63) & ~63 + 64
        }
    }

    deinit {
        unsafe memory.deallocate()
        unsafe columns.deallocate()
    }

    /// Rows in the batch.
    @inlinable
    public var count: Int { rows }

    /// Rows that still fit.
    @inlinable
    public var room: Int { capacity - rows }

    /// Takes `count` rows at the end and returns which ones; the caller checks ``room`` first.
    @inlinable
    public func reserve(_ count: Int) -> Range<Int> {
        precondition(count <= room)
        let range = rows..<(rows + count)
        rows += count
        return range
    }

    /// Gives back rows from `row` on, for a record that turned out bad half-way.
    public func truncate(to row: Int) {
        precondition(row <= rows)
        rows = row
        for index in 0..<FlowColumn.count where unsafe columns[index].written > row {
            unsafe columns[index].written = row
        }
        for variable in variables { variable.truncate(to: row) }
    }

    /// Empties the batch for its next use.
    public func clear() {
        truncate(to: 0)
        origins.removeAll(keepingCapacity: true)
        interfaceCounters?.clear()
    }

    /// Gives a row its value of a column whose values vary in length; rows in the order that they were reserved in.
    ///
    /// - Returns: false when the batch has no room for it.
    public func append(_ column: FlowColumn, row: Int, value: RawSpan) -> Bool {
        precondition(row < rows)
        unsafe columns[Int(column.rawValue)].written = row + 1
        return variables[Self.place(of: column)].append(value, row: row)
    }

    /// Memory for a row's list of up to so many numbers, see ``RowWriter/openNumbers(_:row:most:)``.
    @inlinable
    @inline(__always)
    @unsafe
    func openNumbers(_ column: FlowColumn, row: Int, most: Int) -> UnsafeMutableBufferPointer<UInt32> {
        let variable = unsafe Unmanaged.passUnretained(variables[Self.place(of: column)])
        let start = unsafe variable._withUnsafeGuaranteedRef {
            unsafe $0.open(most: most * MemoryLayout<UInt32>.size, row: row)
        }
        guard let start = unsafe start else { return unsafe UnsafeMutableBufferPointer(start: nil, count: 0) }
        return unsafe UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: UInt32.self), count: most)
    }

    /// Gives a row the numbers that were written since ``openNumbers(_:row:most:)``.
    @inlinable
    @inline(__always)
    func closeNumbers(_ column: FlowColumn, row: Int, count: Int) {
        unsafe columns[Int(column.rawValue)].written = row + 1
        let variable = unsafe Unmanaged.passUnretained(variables[Self.place(of: column)])
        unsafe variable._withUnsafeGuaranteedRef {
            $0.close(byteCount: count * MemoryLayout<UInt32>.size, row: row)
        }
    }

    /// Where in ``variables`` a column is; the array's bounds refuse those whose values are all of one length.
    @inlinable
    @inline(__always)
    static func place(of column: FlowColumn) -> Int {
        Int(column.rawValue) &- Int(FlowColumn.firstVariable.rawValue)
    }

    /// The values of a column whose values vary in length; nil when it has none.
    public func variable(_ column: FlowColumn) -> VariableColumn? {
        guard column.storage == .variable, isPresent(column) else { return nil }
        return variables[Self.place(of: column)]
    }

    /// Adds a row of interface counters, which are stored with the batch.
    ///
    /// - Returns: false when there is no room.
    public func appendInterfaceCounters(_ counters: InterfaceCounters) -> Bool {
        let batch = interfaceCounters ?? InterfaceCounterBatch()
        interfaceCounters = batch
        return batch.append(counters)
    }

    /// Whether the counters of a few more datagrams would have no room.
    public var hasManyCounters: Bool { (interfaceCounters?.count ?? 0) > InterfaceCounterBatch.capacity / 2 }

    /// Whether there is nothing to store.
    public var isEmpty: Bool { count == 0 && (interfaceCounters?.count ?? 0) == 0 }
}

/// Where a column of a batch is.
@usableFromInline
@unsafe
struct ColumnMemory {
    /// The first byte.
    @usableFromInline let start: UnsafeMutableRawPointer
    /// Rows that are written.
    @usableFromInline var written: Int
    /// Bytes of a value.
    @usableFromInline let width: Int
    /// What the bytes of a row are that nobody wrote, eight times.
    private let filling: UInt64

    init(start: UnsafeMutableRawPointer, width: Int, fillByte: UInt8) {
        unsafe self.start = unsafe start
        unsafe self.written = 0
        unsafe self.width = width
        unsafe self.filling = UInt64(fillByte) &* 0x0101_0101_0101_0101
    }

    /// Gives every row that was not written up to `row` the column's default.
    ///
    /// Here and not in ``FlowBatch``: a set of another template than the one before extends most of its columns,
    /// and calling the batch would count a reference each time. Stores 32 bytes at a time, since the rows of a few sets
    /// are few bytes; the last store may reach 31 bytes behind them, as in ``RowWriter``: nobody wrote those rows either.
    @usableFromInline
    mutating func extend(to row: Int) {
        let vector = unsafe SIMD2(repeating: filling)
        var place = unsafe start + written &* width
        let end = unsafe start + row &* width
        while unsafe place < end {
            unsafe place.storeBytes(of: vector, as: SIMD2<UInt64>.self)
            unsafe (place + 16).storeBytes(of: vector, as: SIMD2<UInt64>.self)
            unsafe place += 32
        }
        unsafe written = max(written, row)
    }
}

// MARK: - Writing

extension FlowBatch {
    /// Rows written so far.
    @inlinable
    var rows: Int {
        get { unsafe rowsTaken }
        set { unsafe rowsTaken = newValue }
    }

    /// The memory of one column's rows, to be written in full by the caller.
    ///
    /// Rows of the column before them that nobody wrote get the default.
    ///
    /// - Parameters:
    ///   - column: a column whose storage is as wide as `T`.
    ///   - rows: rows that ``reserve(_:)`` returned last.
    @inlinable
    @inline(__always)
    @unsafe
    public func write<T: BitwiseCopyable>(
        _ column: FlowColumn,
        _ rows: Range<Int>,
        as type: T.Type = T.self
    ) -> UnsafeMutableBufferPointer<T> {
        precondition(MemoryLayout<T>.size == column.storage.width)
        return unsafe unsafeWrite(column, rows)
    }

    /// The same for a column that is chosen at run time: its width is looked up and not compiled in.
    @inlinable
    @inline(__always)
    @unsafe
    public func write<T: BitwiseCopyable>(
        chosen column: FlowColumn,
        _ rows: Range<Int>,
        as type: T.Type = T.self
    ) -> UnsafeMutableBufferPointer<T> {
        precondition(unsafe MemoryLayout<T>.size == columns[Int(column.rawValue)].width)
        return unsafe unsafeWrite(column, rows)
    }

    /// The same without a look at the column's width.
    @inlinable
    @inline(__always)
    @unsafe
    func unsafeWrite<T: BitwiseCopyable>(_ column: FlowColumn, _ rows: Range<Int>) -> UnsafeMutableBufferPointer<T> {
        precondition(rows.upperBound <= self.rows)
        let index = Int(column.rawValue)
        let before = unsafe columns[index].written
        if before < rows.lowerBound { extend(column, to: rows.lowerBound) }
        if before < rows.upperBound { unsafe columns[index].written = rows.upperBound }
        let start = unsafe columns[index].start.assumingMemoryBound(to: T.self) + rows.lowerBound
        return unsafe UnsafeMutableBufferPointer(start: start, count: rows.count)
    }

    /// Writes one value into all of `rows`.
    @inlinable
    @inline(__always)
    public func fill<T: BitwiseCopyable>(_ column: FlowColumn, _ rows: Range<Int>, with value: T) {
        let out = unsafe write(column, rows, as: T.self)
        for index in 0..<rows.count { unsafe out[index] = value }
    }

    /// Writes one address into all of `rows`.
    @inlinable
    @inline(__always)
    public func fill(_ column: FlowColumn, _ rows: Range<Int>, with address: IPAddress) {
        // As a vector it is stored at once and not half by half.
        fill(column, rows, with: SIMD2(address.high.bigEndian, address.low.bigEndian))
    }

    /// Copies the rows of one column into another of the same width.
    public func copy(_ source: FlowColumn, to target: FlowColumn, _ rows: Range<Int>) {
        let width = source.storage.width
        precondition(width == target.storage.width && rows.upperBound <= self.rows)
        extend(source, to: rows.upperBound)
        extend(target, to: rows.lowerBound)
        unsafe columns[Int(target.rawValue)].written = max(columns[Int(target.rawValue)].written, rows.upperBound)
        let from = unsafe columns[Int(source.rawValue)].start + rows.lowerBound * width
        let to = unsafe columns[Int(target.rawValue)].start + rows.lowerBound * width
        unsafe to.copyMemory(from: from, byteCount: rows.count * width)
    }

    /// Whether the column's rows up to the end of `rows` were written already.
    @inlinable
    public func hasWritten(_ column: FlowColumn, _ rows: Range<Int>) -> Bool {
        unsafe columns[Int(column.rawValue)].written >= rows.upperBound
    }

    /// Gives every row of a column that was not written up to `row` its default.
    @usableFromInline
    func extend(_ column: FlowColumn, to row: Int) {
        unsafe columns[Int(column.rawValue)].extend(to: row)
    }

    /// Completes the columns that were written in part. Columns without a single
    /// value stay absent, see ``isPresent(_:)``; those that enrichment writes come later.
    public func seal() {
        for column in FlowColumn.allCases where isPresent(column) || (column.fillByte != 0 && !column.isEnriched) {
            extend(column, to: rows)
            variable(column)?.extend(to: rows)
        }
    }
}

/// An address in the byte order of the wire and of ClickHouse's IPv6.
@frozen
public struct AddressBytes: BitwiseCopyable, Hashable, Sendable {
    @usableFromInline var high: UInt64
    @usableFromInline var low: UInt64

    /// Takes over an address.
    @inlinable
    public init(_ address: IPAddress) {
        high = address.high.bigEndian
        low = address.low.bigEndian
    }

    /// The 16 bytes as they lie in memory, in two halves.
    @inlinable
    public init(memoryHigh: UInt64, memoryLow: UInt64) {
        high = memoryHigh
        low = memoryLow
    }

    /// The address.
    @inlinable
    public var address: IPAddress { IPAddress(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low)) }
}

/// Which rows of a batch one set of records of one datagram gave.
public struct RowOrigin: Sendable {
    /// The rows.
    public var rows: Range<Int>
    /// Address and UDP port that the datagram came from.
    public var exporter: IPEndpoint
    /// NetFlow v9 source id, IPFIX observation domain or sFlow sub-agent.
    public var domain: UInt32
    /// The template, 0 where the protocol has none.
    public var template: UInt16

    /// Makes a note.
    public init(rows: Range<Int>, exporter: IPEndpoint, domain: UInt32, template: UInt16) {
        self.rows = rows
        self.exporter = exporter
        self.domain = domain
        self.template = template
    }
}

// MARK: - Reading

extension FlowBatch {
    /// Bytes times sampling rate, summed over rows: the traffic that they stand for.
    public func scaledBytes(_ rows: Range<Int>) -> UInt64 {
        guard hasWritten(.bytes, rows), hasWritten(.samplingRate, rows) else { return 0 }
        let bytes = unsafe columns[Int(FlowColumn.bytes.rawValue)].start.assumingMemoryBound(to: UInt64.self)
        let rates = unsafe columns[Int(FlowColumn.samplingRate.rawValue)].start.assumingMemoryBound(to: UInt32.self)
        var sum: UInt64 = 0
        for row in rows { unsafe sum &+= bytes[row] &* UInt64(rates[row]) }
        return sum
    }

    /// The column `bytes` times one sampling rate, summed over rows.
    public func scaledBytes(_ rows: Range<Int>, rate: UInt32) -> UInt64 {
        guard hasWritten(.bytes, rows) else { return 0 }
        let bytes = unsafe columns[Int(FlowColumn.bytes.rawValue)].start.assumingMemoryBound(to: UInt64.self)
        var sum: UInt64 = 0
        for row in rows { unsafe sum &+= bytes[row] }
        return sum &* UInt64(rate)
    }

    /// When its first and its last row were received, in seconds since 1970 UTC; nil without rows.
    public var receivedRange: ClosedRange<UInt32>? {
        guard count > 0, hasWritten(.timeReceived, 0..<count) else { return nil }
        let times = unsafe columns[Int(FlowColumn.timeReceived.rawValue)].start.assumingMemoryBound(to: UInt32.self)
        var (first, last) = (UInt32.max, UInt32.min)
        for row in 0..<count {
            unsafe first = min(first, times[row])
            unsafe last = max(last, times[row])
        }
        return first...last
    }

    /// Whether any row wrote the column; if not, all of it is the default.
    public func isPresent(_ column: FlowColumn) -> Bool {
        unsafe columns[Int(column.rawValue)].written > 0
    }

    /// The memory of a sealed, present column: ``count`` values of the column's width.
    @unsafe
    public func bytes(of column: FlowColumn) -> UnsafeRawPointer {
        unsafe UnsafeRawPointer(columns[Int(column.rawValue)].start)
    }

    /// One number; 0 or the column's default when nobody wrote it.
    public func number(_ column: FlowColumn, row: Int) -> UInt64 {
        let width = column.storage.width
        guard row < (unsafe columns[Int(column.rawValue)].written) else { return column.fillByte == 0 ? 0 : 255 }
        let address = unsafe columns[Int(column.rawValue)].start + row * width
        return switch column.storage {
        case .uint8: unsafe UInt64(address.load(as: UInt8.self))
        case .uint16: unsafe UInt64(address.load(as: UInt16.self))
        case .uint32: unsafe UInt64(address.load(as: UInt32.self))
        case .uint64: unsafe address.load(as: UInt64.self)
        case .bytes16, .variable: 0
        }
    }

    /// Whether the row has something else than zeros in the column.
    public func hasValue(_ column: FlowColumn, row: Int) -> Bool {
        switch column.storage {
        case .bytes16: !address(column, row: row).isUnspecified
        case .variable: !(variable(column)?.value(row: row).isEmpty ?? true)
        default: number(column, row: row) != 0
        }
    }

    /// One address; `::` when nobody wrote it.
    public func address(_ column: FlowColumn, row: Int) -> IPAddress {
        let place = unsafe columns + Int(column.rawValue)
        guard column.storage == .bytes16, row < (unsafe place.pointee.written) else { return .unspecified }
        return unsafe (place.pointee.start + row * 16).load(as: AddressBytes.self).address
    }
}
