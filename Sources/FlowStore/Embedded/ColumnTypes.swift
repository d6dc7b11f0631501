import NetTypes

/// Gives an answer its ClickHouse types back.
///
/// Over Arrow a DateTime is a bare UInt32 and an Enum8 a bare Int8; a
/// DESCRIBE of the same query tells what they were. It reads nothing but what
/// the query's scalar subqueries read, which are worked out for it.
struct ColumnTypes {
    /// Names and types in the order of the columns; nil when it couldn't be told.
    let types: [String]?

    /// Asks the engine for the types of a SELECT; other statements have none.
    init(of sql: String, on connection: EngineConnection) {
        let body = sql.drop { $0.isWhitespace || $0 == "(" }.prefix(6).uppercased()
        guard body == "SELECT" || body.hasPrefix("WITH"),
            let answer = try? connection.query("DESCRIBE TABLE (\(Self.bare(sql)))", limit: 10_000),
            let column = answer["type"]
        else {
            types = nil
            return
        }
        types = column.values.map { if case .string(let type) = $0 { type } else { "" } }
    }

    /// The statement without the semicolon that may end it.
    private static func bare(_ sql: String) -> Substring {
        var text = sql[...]
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        // A comment at the end must not swallow the closing parenthesis.
        return text + "\n"
    }

    /// Names the columns' types and turns values into what they stand for.
    func apply(to result: inout QueryResult) {
        guard let types, types.count == result.columns.count else { return }
        for (index, type) in types.enumerated() {
            result.columns[index].type = type
            let inner = Self.unwrapped(type)
            if inner == "DateTime" || inner.hasPrefix("DateTime(") {
                Self.replace(&result.columns[index].values) { $0.unsigned.map(ResultValue.time) }
            } else if inner == "Date" || inner == "Date32" {
                Self.replace(&result.columns[index].values) { $0.unsigned.map(ResultValue.date) }
            } else if inner == "IPv4" {
                Self.replace(&result.columns[index].values) {
                    $0.unsigned.map { .address(.init(v4: UInt32(truncatingIfNeeded: $0))) }
                }
            } else if inner == "Bool" {
                Self.replace(&result.columns[index].values) { $0.unsigned.map { .bool($0 != 0) } }
            } else if inner.hasPrefix("Enum") {
                let names = EnumNames.table(inner)
                Self.replace(&result.columns[index].values) {
                    $0.number.flatMap { names[Int($0)] }.map(ResultValue.string)
                }
            }
        }
    }

    private static func replace(_ values: inout [ResultValue], with change: (ResultValue) -> ResultValue?) {
        for index in values.indices {
            if let value = change(values[index]) { values[index] = value }
        }
    }

    /// The type inside Nullable and LowCardinality.
    private static func unwrapped(_ type: String) -> Substring {
        var inner = type[...]
        for wrapper in ["LowCardinality(", "Nullable("] where inner.hasPrefix(wrapper) {
            inner = inner.dropFirst(wrapper.count).dropLast()
        }
        return inner
    }
}
