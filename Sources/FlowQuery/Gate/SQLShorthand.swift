/// Statements about the schema that programs send before they ask for rows (`SHOW TABLES`, `DESCRIBE TABLE t` and the
/// like), as the SELECTs that give the same.
///
/// Only the forms that clients and data sources send are known; all else is left to the gate, which refuses it.
public enum SQLShorthand {
    /// The SELECT that stands for a statement; nil when the statement is none of these.
    ///
    /// - Throws: ``QueryError`` for one of these about another database than `netmeta` and `system`.
    public static func select(for text: String) throws(QueryError) -> String? {
        guard var words = Words(text), let first = words.next()?.keyword else { return nil }
        switch first {
        case "show": return try show(&words)
        case "desc", "describe":
            if words.peek?.keyword == "table" { words.skip() }
            guard let table = try table(&words), words.isAtEnd else { return nil }
            return """
                SELECT name, type, default_kind AS default_type, default_expression, comment, \
                compression_codec AS codec_expression, '' AS ttl_expression \
                FROM system.columns WHERE \(table.condition("table")) ORDER BY position
                """
        case "exists":
            if words.peek?.keyword == "table" { words.skip() }
            guard let table = try table(&words), words.isAtEnd else { return nil }
            return "SELECT toUInt8(count() > 0) AS result FROM system.tables WHERE \(table.condition("name"))"
        default: return nil
        }
    }

    private static func show(_ words: inout Words) throws(QueryError) -> String? {
        switch words.next()?.keyword {
        case "databases":
            guard words.isAtEnd else { return nil }
            return "SELECT name FROM system.databases WHERE name IN ('netmeta', 'system') ORDER BY name"
        case "tables":
            var database = "netmeta"
            if let word = words.peek?.keyword, word == "from" || word == "in" {
                words.skip()
                guard let name = words.next()?.name else { return nil }
                database = try checked(database: name)
            }
            guard words.isAtEnd else { return nil }
            return "SELECT name FROM system.tables WHERE database = '\(database)' ORDER BY name"
        case "create":
            if words.peek?.keyword == "table" { words.skip() }
            guard let table = try table(&words), words.isAtEnd else { return nil }
            return "SELECT create_table_query AS statement FROM system.tables WHERE \(table.condition("name"))"
        default: return nil
        }
    }

    /// A table of one of the two databases; its names are letters, digits and underscores.
    private struct Table {
        var database: String
        var name: String

        func condition(_ column: String) -> String { "database = '\(database)' AND \(column) = '\(name)'" }
    }

    private static func table(_ words: inout Words) throws(QueryError) -> Table? {
        guard let name = words.next()?.name else { return nil }
        guard words.peek == .dot else { return Table(database: "netmeta", name: name) }
        words.skip()
        guard let second = words.next()?.name else { return nil }
        return Table(database: try checked(database: name), name: second)
    }

    private static func checked(database: String) throws(QueryError) -> String {
        // Clients that were told nothing else ask for ClickHouse's usual one.
        if database == "default" { return "netmeta" }
        guard database == "netmeta" || database == "system" else {
            throw QueryError("the database \(database) is not allowed: only netmeta and system", parameter: "sql")
        }
        return database
    }
}

/// The words of a statement; nil for one that has anything but plain names, quoted or not, and dots.
private struct Words {
    enum Word: Equatable {
        case plain(String)
        case quoted(String)
        case dot

        /// Not quoted, in lower case.
        var keyword: String? {
            guard case .plain(let text) = self else { return nil }
            return text.lowercased()
        }

        var name: String? {
            switch self {
            case .plain(let text), .quoted(let text): text
            case .dot: nil
            }
        }
    }

    private var words: [Word] = []
    private var index = 0

    init?(_ text: String) {
        guard text.utf8.count <= 1000 else { return nil }
        var rest = text[...]
        while let first = rest.first {
            if first.isASCII, first.isWhitespace {
                rest.removeFirst()
            } else if first == "." {
                words.append(.dot)
                rest.removeFirst()
            } else if first == "\"" || first == "`" {
                rest.removeFirst()
                let name = rest.prefix(while: Self.isPlain)
                rest = rest.dropFirst(name.count)
                guard !name.isEmpty, rest.popFirst() == first else { return nil }
                words.append(.quoted(String(name)))
            } else {
                let name = rest.prefix(while: Self.isPlain)
                guard !name.isEmpty else { return nil }
                words.append(.plain(String(name)))
                rest = rest.dropFirst(name.count)
            }
        }
    }

    private static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    var peek: Word? { index < words.count ? words[index] : nil }
    var isAtEnd: Bool { index == words.count }

    mutating func skip() { index += 1 }

    mutating func next() -> Word? {
        defer { index += 1 }
        return peek
    }
}
