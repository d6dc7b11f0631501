import CArrowDatabase
import FlowSchema

/// Lends a sealed batch to Arrow's C interface without copying it.
///
/// Columns that no row wrote all point to one buffer of zeros. The structures
/// live until ``deallocate()``; the rows belong to the batch, which the caller
/// keeps until the engine has taken them.
struct ArrowBatch {
    let array: UnsafeMutablePointer<ArrowArray>
    let schema: UnsafeMutablePointer<ArrowSchema>
    private let layout: ArrowLayout
    private let count: Int

    /// Lends the rows of flows.
    init(_ batch: FlowBatch, columns: [FlowColumn], layout: ArrowLayout) {
        self.init(rows: batch.count, layout: layout) { index in
            let column = columns[index]
            if let variable = batch.variable(column) { return (variable.offsets, variable.values) }
            return batch.isPresent(column) ? (batch.bytes(of: column), nil) : nil
        }
    }

    /// Lends interfaces' counters.
    init(_ batch: InterfaceCounterBatch, layout: ArrowLayout) {
        self.init(rows: batch.count, layout: layout) { index in
            (batch.bytes(of: InterfaceCounterColumn.allCases[index]), nil)
        }
    }

    /// Lends rows of a table beside that of flows, which lie in `memory`.
    init(_ memory: TableMemory, layout: ArrowLayout) {
        self.init(rows: memory.count, layout: layout) { index in memory.columns[index] }
    }

    /// - Parameter memory: the values of the column with that place in the layout, or
    ///   where each ends and then their bytes where their length varies; nil for zeros.
    private init(
        rows: Int,
        layout: ArrowLayout,
        memory: (Int) -> (values: UnsafeRawPointer, bytes: UnsafeRawPointer?)?
    ) {
        self.layout = layout
        count = layout.count
        array = .allocate(capacity: count + 1)
        schema = layout.copySchema()
        let children = UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>.allocate(capacity: count)
        // Of each column: which values are there (all), the values or their ends, and their bytes.
        let buffers = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: 3 * count + 1)
        buffers.initialize(repeating: nil, count: 3 * count + 1)
        for index in 0..<count {
            let own = buffers + 3 * index
            let zeros = layout.zeros(rows: rows)
            let memory = memory(index)
            own[1] = memory?.values ?? zeros
            own[2] = memory?.bytes ?? zeros
            (array + index + 1).initialize(to: ArrowArray())
            array[index + 1].length = Int64(rows)
            array[index + 1].n_buffers = layout.isVariable(index) ? 3 : 2
            array[index + 1].buffers = own
            array[index + 1].release = { $0?.pointee.release = nil }
            children[index] = array + index + 1
        }
        array.initialize(to: ArrowArray())
        array.pointee.length = Int64(rows)
        array.pointee.n_buffers = 1
        array.pointee.buffers = buffers + 3 * count
        array.pointee.n_children = Int64(count)
        array.pointee.children = children
        array.pointee.release = { array in
            guard let array, let children = array.pointee.children else { return }
            for index in 0..<Int(array.pointee.n_children) { children[index]?.pointee.release = nil }
            array.pointee.release = nil
        }
    }

    func deallocate() {
        array.pointee.children.deallocate()
        array[1].buffers.deallocate()
        array.deallocate()
        layout.deallocate(schema)
    }
}

/// The Arrow schema of a batch, and the zeros that stand for absent columns.
final class ArrowLayout: @unchecked Sendable {
    // The zeros grow under the lock of the one who appends; all else is written in init only: hence Sendable.
    let count: Int
    private let names: [UnsafeMutablePointer<CChar>]
    private let formats: [UnsafeMutablePointer<CChar>]
    private let variable: [Bool]
    private var zeroBytes: UnsafeMutableRawPointer
    private var zeroRows: Int

    /// - Parameters:
    ///   - columns: the columns of the table, in its order: the engine binds by position.
    ///   - rows: the most rows that a batch usually has.
    init(columns: [(name: String, storage: FieldStorage)], rows: Int) {
        count = columns.count
        names = columns.map { Self.cString($0.name) }
        formats = columns.map { Self.cString($0.storage.arrowFormat) } + [Self.cString("+s"), Self.cString("")]
        variable = columns.map { $0.storage == .variable }
        zeroRows = rows
        zeroBytes = Self.zeros(rows)
    }

    private static func zeros(_ rows: Int) -> UnsafeMutableRawPointer {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: rows * 16, alignment: 4096)
        bytes.initializeMemory(as: UInt8.self, repeating: 0, count: rows * 16)
        return bytes
    }

    deinit {
        for text in names + formats { text.deallocate() }
        zeroBytes.deallocate()
    }

    /// Whether the values of the column with that place vary in length.
    func isVariable(_ index: Int) -> Bool { variable[index] }

    /// Zeros for a column that no row wrote; more than usual for a batch that
    /// waited in the spool since store.batchRows was larger.
    func zeros(rows: Int) -> UnsafeRawPointer {
        if rows > zeroRows {
            zeroBytes.deallocate()
            zeroBytes = Self.zeros(rows)
            zeroRows = rows
        }
        return UnsafeRawPointer(zeroBytes)
    }

    /// A schema with its children behind it.
    func copySchema() -> UnsafeMutablePointer<ArrowSchema> {
        let count = names.count
        let schema = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: count + 1)
        let children = UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>.allocate(capacity: count)
        for index in 0..<count {
            (schema + index + 1).initialize(to: ArrowSchema())
            schema[index + 1].format = UnsafePointer(formats[index])
            schema[index + 1].name = UnsafePointer(names[index])
            schema[index + 1].release = { $0?.pointee.release = nil }
            children[index] = schema + index + 1
        }
        schema.initialize(to: ArrowSchema())
        schema.pointee.format = UnsafePointer(formats[count])
        schema.pointee.name = UnsafePointer(formats[count + 1])
        schema.pointee.n_children = Int64(count)
        schema.pointee.children = children
        schema.pointee.release = { schema in
            guard let schema, let children = schema.pointee.children else { return }
            for index in 0..<Int(schema.pointee.n_children) { children[index]?.pointee.release = nil }
            schema.pointee.release = nil
        }
        return schema
    }

    func deallocate(_ schema: UnsafeMutablePointer<ArrowSchema>) {
        schema.pointee.children.deallocate()
        schema.deallocate()
    }

    private static func cString(_ text: String) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { copy[index] = byte }
        return copy
    }
}

extension FieldStorage {
    /// Arrow's format string of such a column in the input table.
    fileprivate var arrowFormat: String {
        switch self {
        case .uint8: "C"
        case .uint16: "S"
        case .uint32: "I"
        case .uint64: "L"
        case .bytes16: "w:16"
        case .variable: "z"
        }
    }
}
