import FlowQuery
import FlowSchema
import FlowStore
import NetTypes

/// Rows of an answer as the API gives them: values as the filter language reads them, and labels for people.
struct FlowRows {
    /// The columns that are given, in their order.
    let columns: [FlowColumn]
    /// How many rows there are.
    let count: Int
    private let values: [FlowColumn: [ResultValue]]
    private let hashes: [UInt64]
    private let seconds: [UInt64]

    /// What labels and places need besides the columns that were asked for.
    static func needed(for columns: [FlowColumn]) -> [FlowColumn] {
        var all = columns
        for column in [FlowColumn.timeReceived, .samplerAddress, .samplingRateSource] where !all.contains(column) {
            all.append(column)
        }
        return all
    }

    /// Reads an answer with the columns that are ``needed(for:)`` these, and `_hash`.
    init(_ result: QueryResult, columns: [FlowColumn]) throws {
        self.columns = columns
        count = result.rowCount
        var values: [FlowColumn: [ResultValue]] = [:]
        for column in Self.needed(for: columns) {
            guard let found = result[column.name] else {
                throw UnexpectedAnswer(message: "the answer lacks the column \(column.name)")
            }
            values[column] = found.values
        }
        self.values = values
        hashes = try result.numbers("_hash")
        seconds = try result.numbers(FlowColumn.timeReceived.name)
    }

    /// Second and hash of each row.
    var places: [FlowPlace] { zip(seconds, hashes).map { FlowPlace(second: $0, hash: $1) } }

    /// The value as the filter language reads it, where that is a single one.
    func value(_ column: FlowColumn, row: Int) -> ResultValue {
        guard let value = values[column]?[row] else { return .null }
        if column.field.kind == .mac, let bits = value.unsigned { return .string(MACAddress(bits: bits).description) }
        return value
    }

    // MARK: - Labels

    /// A key that names can be looked up by; nil for columns that nobody groups by.
    private func key(_ dimension: Dimension, row: Int) -> KeyValue? {
        guard let value = values[dimension.column]?[row] else { return nil }
        return switch value {
        case .address(let address): .address(address)
        case .string(let text): dimension.key(named: text)
        default: value.unsigned.map(KeyValue.number)
        }
    }

    private var dimensions: [Dimension] { Self.needed(for: columns).compactMap(Dimension.init) }

    private func groupKey(_ dimensions: [Dimension], row: Int) -> GroupKey? {
        let keys = dimensions.compactMap { key($0, row: row) }
        return keys.count == dimensions.count ? GroupKey(values: keys, kind: .value) : nil
    }

    /// The addresses of all rows that have no name yet.
    func nameless(_ names: LearntNames) -> [IPAddress] {
        let dimensions = dimensions
        return names.nameless((0..<count).compactMap { groupKey(dimensions, row: $0) }, dimensions)
    }

    /// What people call the values of a row, where that is something else than the value.
    func labels(row: Int, _ names: LearntNames) -> [(column: FlowColumn, label: String)] {
        let dimensions = dimensions
        guard let key = groupKey(dimensions, row: row) else { return [] }
        let texts = key.texts(dimensions)
        var labels: [(FlowColumn, String)] = []
        for (index, label) in names.labels(key, dimensions).enumerated() where label != texts[index] {
            labels.append((dimensions[index].column, label))
        }
        // Nobody told the rate: the 1 in its place is an assumption.
        if columns.contains(.samplingRate), values[.samplingRateSource]?[row] == .string(SamplingSource.unknown.name) {
            labels.append((.samplingRate, "unknown"))
        }
        return labels.filter { columns.contains($0.0) }
    }
}

extension JSONWriter {
    /// The row as an object.
    mutating func row(_ rows: FlowRows, _ row: Int) {
        object { json in
            for column in rows.columns {
                json.member(column.name) { json in json.value(rows.value(column, row: row)) }
            }
        }
    }

    /// Columns, rows, labels and places of an answer.
    mutating func members(of rows: FlowRows, _ names: LearntNames) {
        member("columns") { json in json.strings(rows.columns.map(\.name)) }
        member("rows") { json in json.array(0..<rows.count) { json, row in json.row(rows, row) } }
        member("labels") { json in
            json.array(0..<rows.count) { json, row in
                json.object { json in
                    for (column, label) in rows.labels(row: row, names) {
                        json.member(column.name) { json in json.string(label) }
                    }
                }
            }
        }
        member("places") { json in json.strings(rows.places.map(\.description)) }
    }
}
