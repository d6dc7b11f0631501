import NetTypes

/// How an answer is printed; the names are ClickHouse's, in whatever case.
public enum ResultFormat: String, CaseIterable, Sendable {
    case pretty = "Pretty"
    case vertical = "Vertical"
    case tsv = "TSV"
    case tsvWithNames = "TSVWithNames"
    case csv = "CSV"
    case csvWithNames = "CSVWithNames"
    case json = "JSON"
    case jsonCompact = "JSONCompact"
    case jsonEachRow = "JSONEachRow"

    /// The format of that name; `TabSeparated` and `ndjson` are taken too.
    public init?(name: String) {
        let aliases = [
            "tabseparated": Self.tsv, "tabseparatedwithnames": .tsvWithNames, "ndjson": .jsonEachRow,
            "prettycompact": .pretty, "table": .pretty,
        ]
        let lower = name.lowercased()
        guard let format = Self.allCases.first(where: { $0.rawValue.lowercased() == lower }) ?? aliases[lower] else {
            return nil
        }
        self = format
    }

    /// The media type of the printed text.
    public var mediaType: String {
        switch self {
        case .json, .jsonCompact: "application/json; charset=utf-8"
        case .jsonEachRow: "application/x-ndjson; charset=utf-8"
        case .csv, .csvWithNames: "text/csv; charset=utf-8"
        case .tsv, .tsvWithNames: "text/tab-separated-values; charset=utf-8"
        case .pretty, .vertical: "text/plain; charset=utf-8"
        }
    }

    /// Prints the answer, ending in a line feed when it has any line.
    public func text(of result: QueryResult) -> String {
        switch self {
        case .pretty: pretty(result)
        case .vertical: vertical(result)
        case .tsv, .tsvWithNames:
            lines(result, withNames: self == .tsvWithNames, separator: "\t") { $0.plainText(escaping: Self.escapeTSV) }
        case .csv, .csvWithNames:
            lines(result, withNames: self == .csvWithNames, separator: ",") { $0.csvText }
        case .json, .jsonCompact: json(result)
        case .jsonEachRow: (0..<result.rowCount).map { jsonObject(result, row: $0) + "\n" }.joined()
        }
    }

    // MARK: - For people

    private func pretty(_ result: QueryResult) -> String {
        guard !result.columns.isEmpty else { return "" }
        let cells = result.columns.map { column in column.values.map { $0.plainText(escaping: Self.escapeTSV) } }
        let widths = zip(result.columns, cells).map { column, texts in
            texts.reduce(column.name.count) { max($0, $1.count) }
        }
        let isNumeric = result.columns.map { column in column.values.allSatisfy { $0.isNumber || $0 == .null } }
        func row(_ texts: [String]) -> String {
            let padded = texts.indices.map { index in
                let space = String(repeating: " ", count: widths[index] - texts[index].count)
                return isNumeric[index] ? space + texts[index] : texts[index] + space
            }
            var line = padded.joined(separator: "  ")[...]
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }
        var text = row(result.columns.map(\.name)) + row(widths.map { String(repeating: "-", count: $0) })
        for index in 0..<result.rowCount { text += row(cells.map { $0[index] }) }
        return text
    }

    private func vertical(_ result: QueryResult) -> String {
        let width = result.columns.reduce(0) { max($0, $1.name.count) }
        return (0..<result.rowCount).map { row in
            "Row \(row + 1):\n"
                + result.columns.map { column in
                    let space = String(repeating: " ", count: width - column.name.count)
                    return "\(column.name):\(space) \(column.values[row].plainText(escaping: Self.escapeTSV))\n"
                }.joined()
        }.joined(separator: "\n")
    }

    // MARK: - For programs

    private func lines(
        _ result: QueryResult,
        withNames: Bool,
        separator: String,
        _ cell: (ResultValue) -> String
    ) -> String {
        var text = ""
        if withNames { text += result.columns.map { cell(.string($0.name)) }.joined(separator: separator) + "\n" }
        for row in 0..<result.rowCount {
            text += result.columns.map { cell($0.values[row]) }.joined(separator: separator) + "\n"
        }
        return text
    }

    private func json(_ result: QueryResult) -> String {
        let meta = result.columns.map { column in
            "    {\"name\": \(ResultValue.quoted(column.name)), \"type\": \(ResultValue.quoted(column.type))}"
        }
        let rows = (0..<result.rowCount).map { row in
            self == .json
                ? "    " + jsonObject(result, row: row)
                : "    [" + result.columns.map { $0.values[row].jsonText }.joined(separator: ",") + "]"
        }
        return """
            {
              "meta": [
            \(meta.joined(separator: ",\n"))
              ],
              "data": [
            \(rows.joined(separator: ",\n"))
              ],
              "rows": \(result.rowCount),
              "statistics": {"elapsed": \(result.elapsed)}
            }

            """
    }

    private func jsonObject(_ result: QueryResult, row: Int) -> String {
        let members = result.columns.map { "\(ResultValue.quoted($0.name)):\($0.values[row].jsonText)" }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func escapeTSV(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 < 0x20 }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar {
            case "\\": result += "\\\\"
            case "\t": result += "\\t"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            default: result.unicodeScalars.append(scalar)
            }
        }
    }
}

// MARK: - Values

extension ResultValue {
    /// Whether the value is printed flush right.
    var isNumber: Bool {
        switch self {
        case .int, .uint, .double: true
        default: false
        }
    }

    /// The value as ClickHouse prints it in TSV.
    func plainText(escaping escape: (String) -> String) -> String {
        switch self {
        case .null: "\\N"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .double(let value): Self.text(value)
        case .string(let value): escape(value)
        case .address(let value): value.ipv6Description
        case .time(let value): Self.dateTime(value)
        case .date(let days): String(Self.dateTime(days * 86400).prefix(10))
        case .array, .map: escape(nestedText)
        }
    }

    fileprivate var csvText: String {
        switch self {
        case .string(let value):
            "\"" + value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        case .address, .time, .date: "\"" + plainText { $0 } + "\""
        case .array, .map:
            "\"" + nestedText.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        default: plainText { $0 }
        }
    }

    /// The value as JSON; whole numbers of 64 bits stay numbers.
    public var jsonText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .uint(let value): String(value)
        case .double(let value): value.isFinite ? Self.text(value) : "null"
        case .string(let value): Self.quoted(value)
        case .address(let value): Self.quoted(value.ipv6Description)
        case .time, .date: Self.quoted(plainText { $0 })
        case .array(let values): "[" + values.map(\.jsonText).joined(separator: ",") + "]"
        case .map(let entries):
            "{" + entries.map { Self.quoted($0.key.plainText { $0 }) + ":" + $0.value.jsonText }.joined(separator: ",")
                + "}"
        }
    }

    private var nestedText: String {
        switch self {
        case .array(let values): "[" + values.map(\.nestedText).joined(separator: ",") + "]"
        case .map(let entries):
            "{" + entries.map { $0.key.nestedText + ":" + $0.value.nestedText }.joined(separator: ",") + "}"
        case .string(let value):
            "'" + value.flatMap { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) } + "'"
        case .null: "NULL"
        default: plainText { $0 }
        }
    }

    private static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)"
    }

    /// `2026-11-23 06:00:00`, as ClickHouse writes times.
    private static func dateTime(_ seconds: UInt64) -> String {
        String(Timestamp.rfc3339(seconds: seconds).dropLast().map { $0 == "T" ? " " : $0 })
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..."\u{1F}":
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
