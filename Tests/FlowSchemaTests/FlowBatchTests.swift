import FlowSchema
import NetTypes
import Testing

@Suite("Rows of a batch")
struct FlowBatchTests {
    /// Sets of a few rows write some columns each, up to the last row that fits: every row has what was written into it
    /// and else the default, also where stores of 32 bytes reached behind the rows before, and in memory that is used again.
    @Test("what nobody wrote is the default, whatever lies beside", arguments: [1, 7, 64, 331])
    func gaps(capacity: Int) {
        var random = SeededNumbers(seed: UInt64(capacity))
        let columns = FlowColumn.allCases.filter { $0.storage != .variable }
        let batch = FlowBatch(capacity: capacity)
        for _ in 0..<20 {
            batch.clear()
            var written = [FlowColumn: [UInt64?]]()
            for column in columns { written[column] = Array(repeating: nil, count: capacity) }
            while batch.room > 0 {
                let rows = batch.reserve(.random(in: 1...min(batch.room, 9), using: &random))
                for column in columns where Int.random(in: 0..<4, using: &random) == 0 {
                    let value = UInt64.random(in: 1...254, using: &random)
                    Self.fill(batch, column, rows, value)
                    for row in rows { written[column]?[row] = value }
                }
            }
            batch.seal()
            let wrong = columns.filter { column in
                let expected = written[column, default: []].map { $0 ?? UInt64(column.fillByte) }
                return (0..<capacity).map { Self.value(batch, column, $0) } != expected
            }
            #expect(wrong.isEmpty)
        }
    }

    private static func fill(_ batch: FlowBatch, _ column: FlowColumn, _ rows: Range<Int>, _ value: UInt64) {
        let writer = RowWriter(batch, rows)
        switch column.storage {
        case .uint8: writer.fill(column, with: UInt8(value))
        case .uint16: writer.fill(column, with: UInt16(value))
        case .uint32: writer.fill(column, with: UInt32(value))
        case .uint64: batch.fill(column, rows, with: value)
        case .bytes16: batch.fill(column, rows, with: IPAddress(high: value, low: value))
        case .variable: break
        }
    }

    /// The value that ``fill(_:_:_:_:)`` wrote; `UInt64.max` where both halves of an address don't agree on one.
    private static func value(_ batch: FlowBatch, _ column: FlowColumn, _ row: Int) -> UInt64 {
        guard column.storage == .bytes16 else { return batch.number(column, row: row) }
        let address = batch.address(column, row: row)
        return address.high == address.low ? address.high : .max
    }
}
