extension SQLGate {
    /// A statement, and what stands behind it.
    public struct Ending: Hashable, Sendable {
        /// The statement without it.
        public var sql: String
        /// The name behind FORMAT.
        public var format: String?
        /// What stands behind SETTINGS, in order.
        public var settings: [Setting] = []
    }

    /// One `name = value`; a string's value is what it stands for, other literals are as they were written.
    public struct Setting: Hashable, Sendable {
        /// Letters, digits and underscores.
        public var name: String
        /// As it would stand in a URL.
        public var value: String
    }

    /// Takes `SETTINGS a = 1, b = 'x'` and `FORMAT x` off the end of a statement, in either order.
    ///
    /// The engine's tree doesn't tell a setting's name, so what stands here is read by us and given to the engine, or
    /// refused, setting by setting. A clause that isn't read as one stays in the statement, where the tree shows it and
    /// ``check(tree:)`` refuses it.
    public static func splitEnding(_ statement: String) -> Ending {
        var ending = Ending(sql: statement)
        while true {
            if ending.format == nil {
                (ending.sql, ending.format) = splitFormat(ending.sql)
                if ending.format != nil { continue }
            }
            guard ending.settings.isEmpty, let split = splitSettings(ending.sql) else { return ending }
            (ending.sql, ending.settings) = split
        }
    }

    /// Places at which the word may begin the clause that are looked at, from the end.
    private static let mostPlaces = 16

    private static func splitSettings(_ sql: String) -> (sql: String, settings: [Setting])? {
        let bytes = Array(sql.utf8)
        let word = Array("settings".utf8)
        var places = 0
        var start = bytes.count - word.count
        while start > 0, places < mostPlaces {
            defer { start -= 1 }
            guard bytes[start] | 0x20 == word[0], zip(bytes[start...], word).allSatisfy({ $0 | 0x20 == $1 }),
                !SettingReader.isWord(bytes[start - 1])
            else { continue }
            places += 1
            var reader = SettingReader(bytes[(start + word.count)...])
            if let settings = reader.list() { return (String(decoding: bytes[..<start], as: UTF8.self), settings) }
        }
        return nil
    }
}

// MARK: - Conditions on tables

/// A condition that every read of a table gets besides: an entry of ClickHouse's `additional_table_filters`, which
/// Grafana's data source sends for ad-hoc filters.
public struct TableFilter: Hashable, Sendable {
    /// A table that may be read.
    public let table: String
    /// An expression over its columns, as it came.
    public let condition: String

    /// Bytes that a condition may have.
    private static let conditionBytes = 8192
    /// Conditions that a statement may have.
    private static let most = 20

    /// Reads the setting's value, `{'table': 'condition', ...}`.
    ///
    /// - Throws: ``QueryError`` for one that isn't such a map, or names a table that may not be read.
    public static func read(_ text: String) throws(QueryError) -> [TableFilter] {
        var reader = SettingReader(Array(text.utf8)[...])
        guard let entries = reader.map(), reader.isAtEnd else {
            throw refusal("write them as {'table': 'condition'}")
        }
        guard entries.count <= most else { throw refusal("there may be \(most) of them") }
        var filters: [TableFilter] = []
        for (table, condition) in entries {
            guard SQLGate.isAllowed(table: table[...]) else {
                throw refusal("the table \(table.prefix(60)) is not allowed")
            }
            guard condition.utf8.count <= conditionBytes else {
                throw refusal("a condition has at most \(conditionBytes) bytes")
            }
            let filter = TableFilter(table: table, condition: condition)
            // Zero bytes and semicolons, as in a statement.
            _ = try SQLGate.statement(filter.probe)
            filters.append(filter)
        }
        return filters
    }

    /// The setting's value again.
    public static func text(_ filters: [TableFilter]) -> String {
        let entries: [SQLText] = filters.map { "\(string: $0.table):\(string: $0.condition)" }
        let map: SQLText = "{\(entries, separator: ",")}"
        return map.text
    }

    /// A SELECT that names all that the condition names, for the parser and for ``check(tree:)``.
    ///
    /// The engine reads the condition as one expression; what leaves the parentheses here (`1) UNION (SELECT 1`) is
    /// none, and fails there.
    public var probe: String { "SELECT 1 FROM \(table) WHERE (\n\(condition)\n)" }

    /// Checks everything that the condition names; it may not ask by itself.
    ///
    /// - Parameter lines: the answer to `EXPLAIN AST` and ``probe``.
    /// - Throws: ``QueryError`` that names what isn't allowed.
    public static func check(tree lines: [String]) throws(QueryError) {
        guard try SQLGate.check(tree: lines).format == nil,
            lines.count(where: { $0.drop { $0 == " " }.hasPrefix("SelectQuery") }) == 1
        else { throw refusal("a condition is one expression without a SELECT of its own") }
    }

    private static func refusal(_ message: String) -> QueryError {
        QueryError("additional_table_filters: \(message)", parameter: "sql")
    }
}

// MARK: - Literals

/// Reads `name = literal, ...` as ClickHouse's parser does, but for comments.
private struct SettingReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    var isAtEnd: Bool { rest.allSatisfy(Self.isSpace) }

    /// All of what is left; nil unless it is a list of settings.
    mutating func list() -> [SQLGate.Setting]? {
        var settings: [SQLGate.Setting] = []
        guard let first = rest.first, Self.isSpace(first) else { return nil }
        repeat {
            guard let name = word(), take("="), let value = value() else { return nil }
            settings.append(SQLGate.Setting(name: name, value: value))
        } while take(",")
        return isAtEnd ? settings : nil
    }

    /// `{'a': 'b', ...}`.
    mutating func map() -> [(key: String, value: String)]? {
        guard take("{") else { return nil }
        var entries: [(key: String, value: String)] = []
        if take("}") { return entries }
        repeat {
            guard let key = string(), take(":"), let value = string() else { return nil }
            entries.append((key, value))
        } while take(",")
        return take("}") ? entries : nil
    }

    private mutating func value() -> String? {
        skipSpaces()
        switch rest.first {
        case UInt8(ascii: "'"): return string()
        case UInt8(ascii: "{"):
            let start = rest
            guard map() != nil else { return nil }
            return String(decoding: start[..<rest.startIndex], as: UTF8.self)
        default:
            // Numbers, true and false.
            let literal = rest.prefix { Self.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
            guard !literal.isEmpty else { return nil }
            rest = rest.dropFirst(literal.count)
            return String(decoding: literal, as: UTF8.self)
        }
    }

    private mutating func word() -> String? {
        skipSpaces()
        let word = rest.prefix(while: Self.isWord)
        rest = rest.dropFirst(word.count)
        return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// A string within single quotes; nil for one without an end, or with bytes by number (`\x41`).
    private mutating func string() -> String? {
        guard take("'") else { return nil }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "'"):
                guard rest.first == byte else { return String(validating: text, as: UTF8.self) }
                text.append(byte)
                rest = rest.dropFirst()
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst(), let bytes = Self.escaped(next) else { return nil }
                text += bytes
            default: text.append(byte)
            }
        }
        return nil
    }

    /// What a backslash and a letter stand for: where it is no escape both stay, which suits patterns (`\d`).
    private static func escaped(_ byte: UInt8) -> [UInt8]? {
        switch byte {
        case UInt8(ascii: "x"), UInt8(ascii: "N"): nil
        case UInt8(ascii: "a"): [0x07]
        case UInt8(ascii: "b"): [0x08]
        case UInt8(ascii: "e"): [0x1B]
        case UInt8(ascii: "f"): [0x0C]
        case UInt8(ascii: "n"): [0x0A]
        case UInt8(ascii: "r"): [0x0D]
        case UInt8(ascii: "t"): [0x09]
        case UInt8(ascii: "v"): [0x0B]
        case UInt8(ascii: "0"): [0x00]
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "/"): [byte]
        default: [UInt8(ascii: "\\"), byte]
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    private mutating func skipSpaces() { rest = rest.drop(while: Self.isSpace) }
}
