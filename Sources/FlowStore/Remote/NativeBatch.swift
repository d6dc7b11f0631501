import FlowSchema

/// A batch in ClickHouse's Native format, column by column as it lies in memory.
///
/// Columns that no row wrote aren't sent: a server gives them 0, which is what they have.
struct NativeBatch {
    /// The table to insert into.
    let table: String
    /// The columns that are sent, in their order.
    let columns: [String]
    /// The block, packed.
    let body: [UInt8]
    /// Bytes of the block before it was packed.
    let plainBytes: Int

    /// The rows of flows; nil when there is none.
    init?(_ batch: FlowBatch) {
        guard batch.count > 0 else { return nil }
        let input = ClickHouse.InputTable(for: batch)
        let present = input.columns.filter { batch.isPresent($0) }
        self.init(
            table: input.rawValue,
            rows: batch.count,
            columns: present.map { column in
                if let variable = batch.variable(column) {
                    Column(name: column.name, storage: .variable, values: variable.offsets, bytes: variable.values)
                } else {
                    Column(name: column.name, storage: column.storage, values: batch.bytes(of: column), bytes: nil)
                }
            }
        )
    }

    /// The counters of interfaces that came with a batch; nil when there is none.
    init?(_ counters: InterfaceCounterBatch?) {
        guard let counters, counters.count > 0 else { return nil }
        self.init(
            table: ClickHouse.interfaceCountersInput,
            rows: counters.count,
            columns: InterfaceCounterColumn.allCases.map { column in
                Column(name: column.name, storage: column.storage, values: counters.bytes(of: column), bytes: nil)
            }
        )
    }

    /// Rows of a table beside that of flows; nil when there is none.
    init?(_ rows: TableRows) {
        guard !rows.isEmpty else { return nil }
        let memory = TableMemory(rows)
        defer { memory.deallocate() }
        self.init(
            table: rows.table.inputName,
            rows: rows.count,
            columns: zip(rows.table.columns, memory.columns).map { column, place in
                Column(name: column.name, storage: column.kind.storage, values: place.values, bytes: place.bytes)
            }
        )
    }

    private struct Column {
        let name: String
        let storage: FieldStorage
        /// The values, or where each ends.
        let values: UnsafeRawPointer
        /// The bytes of values of varying length.
        let bytes: UnsafeRawPointer?
    }

    private init(table: String, rows: Int, columns: [Column]) {
        self.table = table
        self.columns = columns.map(\.name)
        var blocks: [UInt8] = []
        var plain: [UInt8] = []
        var count = 0
        func flush() {
            count += plain.count
            plain.withUnsafeBytes { CompressedBlocks.append($0, to: &blocks) }
            plain.removeAll(keepingCapacity: true)
        }
        plain.append(variableLength: columns.count)
        plain.append(variableLength: rows)
        for column in columns {
            plain.append(text: column.name)
            plain.append(text: column.storage.nativeType)
            guard column.storage == .variable else {
                // Names and types are few bytes; a block of their own costs less than copying the values.
                flush()
                let values = UnsafeRawBufferPointer(start: column.values, count: rows * column.storage.width)
                count += values.count
                CompressedBlocks.append(values, to: &blocks)
                continue
            }
            let ends = column.values.assumingMemoryBound(to: Int32.self)
            for row in 0..<rows {
                let length = Int(ends[row + 1] - ends[row])
                plain.append(variableLength: length)
                if let bytes = column.bytes, length > 0 {
                    plain.append(contentsOf: UnsafeRawBufferPointer(start: bytes + Int(ends[row]), count: length))
                }
                if plain.count > 1 << 20 { flush() }
            }
        }
        flush()
        body = blocks
        plainBytes = count
    }
}

extension FieldStorage {
    /// The type of such a column in the input tables.
    var nativeType: String {
        switch self {
        case .uint8: "UInt8"
        case .uint16: "UInt16"
        case .uint32: "UInt32"
        case .uint64: "UInt64"
        case .bytes16: "FixedString(16)"
        case .variable: "String"
        }
    }
}

extension [UInt8] {
    /// A length as ClickHouse writes it: seven bits a byte, the lowest first (LEB128).
    fileprivate mutating func append(variableLength value: Int) {
        var left = UInt64(value)
        while left >= 0x80 {
            append(UInt8(truncatingIfNeeded: left) | 0x80)
            left >>= 7
        }
        append(UInt8(left))
    }

    fileprivate mutating func append(text: String) {
        append(variableLength: text.utf8.count)
        append(contentsOf: text.utf8)
    }
}
