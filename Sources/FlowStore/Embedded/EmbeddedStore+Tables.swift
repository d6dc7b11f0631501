public import FlowSchema

/// The tables beside that of flows: their rows are few, so each append brings its own layout.
extension EmbeddedStore {
    /// Stores rows of one table; when it returns, the engine has acknowledged them.
    ///
    /// Who calls while as many batches as ``Options/inserts`` are stored waits for one of them.
    public func append(_ rows: TableRows, token: String) throws(StoreError) {
        guard !rows.isEmpty else { return }
        let connection = inserts.take()
        defer { inserts.give(connection) }
        let watch = try beginWriting(rows: rows.count, on: connection)
        let layout = ArrowLayout(columns: rows.table.columns.map { ($0.name, $0.kind.storage) }, rows: 1)
        let memory = TableMemory(rows)
        defer { memory.deallocate() }
        do throws(StoreError) {
            try append(ArrowBatch(memory, layout: layout), to: rows.table.inputName, token: token, on: connection)
        } catch {
            suspectDamage()
            throw error
        }
        try endWriting(watch, on: connection)
    }
}

/// A copy of rows where Arrow wants them: on boundaries of 64 bytes.
struct TableMemory {
    let count: Int
    let columns: [(values: UnsafeRawPointer, bytes: UnsafeRawPointer?)]

    init(_ rows: TableRows) {
        count = rows.count
        columns = rows.table.columns.indices.map { index in
            let (values, ends) = rows.column(index)
            let bytes = values.withUnsafeBytes(Self.copy)
            guard let ends else { return (bytes, nil) }
            return (ends.withUnsafeBytes(Self.copy), bytes)
        }
    }

    func deallocate() {
        for column in columns {
            column.values.deallocate()
            column.bytes?.deallocate()
        }
    }

    private static func copy(_ source: UnsafeRawBufferPointer) -> UnsafeRawPointer {
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(64, source.count), alignment: 64)
        if let address = source.baseAddress { copy.copyMemory(from: address, byteCount: source.count) }
        return UnsafeRawPointer(copy)
    }
}
