import Glibc

/// Rows of sealed batches as FlowMessage in Protocol Buffers, each with its
/// length in front.
///
/// What it writes follows from the field table: numbers, types and order are
/// those of the published `.proto`. The bytes are those that every other
/// encoder writes: fields in the order of their numbers, none with its default
/// (proto3), lists packed.
///
/// ``begin(_:)`` looks at each column once. Columns that nobody wrote, and
/// those that hold the same value in every row, half of them usually, cost
/// next to nothing then. Rows take no memory of their own.
@safe
public struct FlowMessageEncoder: ~Copyable {
    private var batch: FlowBatch?
    private var fields: [PlannedField] = []
    /// The bytes of fields that are the same in all rows.
    private var constants: [UInt8] = []
    /// The most bytes that a row takes without its lists and texts.
    private var mostBytes = 0
    private var hasVariable = false
    private var start: UnsafeMutableRawPointer
    private var room: Int
    /// Bytes that were written since ``clear()``.
    public private(set) var count = 0
    /// Bytes of the length in front of the last row.
    private var lengthBytes = 1

    /// Makes one with little memory; it grows as needed and keeps what it has.
    public init() {
        room = 1 << 16
        unsafe start = .allocate(byteCount: room, alignment: 16)
    }

    deinit {
        unsafe start.deallocate()
    }

    /// Plans how rows of a sealed batch are written, which stays as it is until ``end()``.
    public mutating func begin(_ batch: FlowBatch) {
        end()
        self.batch = batch
        for column in Self.columns where batch.count > 0 { plan(column, batch) }
        hasVariable = fields.contains { $0.isVariable }
        constants += repeatElement(0, count: PlannedField.slack)
        mostBytes = constants.count + fields.count * PlannedField.mostBytes + Varint.mostBytes + PlannedField.slack
    }

    /// Lets go of the batch.
    public mutating func end() {
        batch = nil
        fields.removeAll(keepingCapacity: true)
        constants.removeAll(keepingCapacity: true)
    }

    /// Adds rows of the batch, a message each.
    public mutating func append(_ rows: Range<Int>) {
        guard let batch else { return }
        precondition(rows.lowerBound >= 0 && rows.upperBound <= batch.count)
        var row = rows.lowerBound
        while row < rows.upperBound {
            var most = mostBytes
            if hasVariable { most += fields.reduce(0) { $0 + $1.mostBytes(row: row) } }
            if room - count < most { grow(most) }
            // As many as are sure to fit at once.
            let end = hasVariable ? row + 1 : min(rows.upperBound, row + (room - count) / most)
            unsafe write(row..<end)
            row = end
        }
    }

    /// Forgets what was written.
    public mutating func clear() { count = 0 }

    /// Lends what was written since ``clear()``.
    @unsafe
    public borrowing func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }

    // MARK: - Planning

    /// All columns, by number.
    private static let columns = FlowColumn.allCases.sorted { $0.field.number < $1.field.number }

    private mutating func plan(_ column: FlowColumn, _ batch: FlowBatch) {
        if let variable = batch.variable(column) {
            let ends = unsafe variable.offsets.assumingMemoryBound(to: Int32.self)
            unsafe fields.append(PlannedField(column, start: variable.values, ends: ends))
        } else if column.storage != .variable, batch.isPresent(column) {
            let start = unsafe batch.bytes(of: column)
            let field = unsafe PlannedField(column, start: start)
            let width = column.storage.width
            // All are the same when the bytes equal themselves one value further.
            let isConstant = unsafe memcmp(start, start + width, (batch.count - 1) * width) == 0
            if isConstant { append(constant: field) } else { fields.append(field) }
        } else if column.fillByte != 0 {
            // Nobody wrote it, and its default isn't proto3's.
            unsafe withUnsafeBytes(of: UInt64(column.fillByte).littleEndian) { bytes in
                guard let start = bytes.baseAddress else { return }
                append(constant: unsafe PlannedField(column, start: start))
            }
        }
    }

    /// Neighbours that are the same in all rows are written at once.
    private mutating func append(constant field: PlannedField) {
        let first = constants.count
        unsafe withUnsafeTemporaryAllocation(
            byteCount: PlannedField.mostBytes + PlannedField.slack,
            alignment: 16
        ) { bytes in
            guard let start = bytes.baseAddress else { return }
            let end = unsafe field.write(row: 0, constants: UnsafeRawPointer(start), to: start)
            unsafe constants.append(contentsOf: bytes.prefix(end - start))
        }
        guard constants.count > first else { return }
        if let last = fields.last, last.form == .constant {
            fields[fields.count - 1] = PlannedField(constants: last.constants.lowerBound..<constants.count)
        } else {
            fields.append(PlannedField(constants: first..<constants.count))
        }
    }

    // MARK: - Writing

    private mutating func grow(_ most: Int) {
        let larger = max(2 * room, count + most)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        unsafe grown.copyMemory(from: start, byteCount: count)
        unsafe start.deallocate()
        unsafe start = grown
        room = larger
    }

    /// Writes rows that there is room for.
    @unsafe
    private mutating func write(_ rows: Range<Int>) {
        let (begin, before) = unsafe (start + count, lengthBytes)
        let (end, after) = unsafe fields.withUnsafeBufferPointer { fields in
            unsafe constants.withUnsafeBytes { constants in
                var place = unsafe begin
                var lengthBytes = before
                guard let first = fields.baseAddress else {
                    unsafe begin.initializeMemory(as: UInt8.self, repeating: 0, count: rows.count)
                    return unsafe (begin + rows.count, 1)
                }
                let same = unsafe constants.baseAddress ?? UnsafeRawPointer(begin)
                for row in rows {
                    // Most rows take as many bytes for their length as the one before.
                    let body = unsafe place + lengthBytes
                    var end = unsafe body
                    for index in fields.indices {
                        let field = unsafe first + index
                        unsafe end = unsafe field.pointee.write(row: row, constants: same, to: end)
                    }
                    let length = unsafe end - body
                    let needed = Varint.length(UInt64(length))
                    if needed != lengthBytes {
                        unsafe (place + needed).copyMemory(from: body, byteCount: length)
                        lengthBytes = needed
                    }
                    unsafe _ = Varint.writeExactly(UInt64(length), to: place)
                    unsafe place += needed + length
                }
                return unsafe (place, lengthBytes)
            }
        }
        count = unsafe end - start
        lengthBytes = after
    }
}
