import Foundation

/// Parquet files of flow logs, which the engine turns into text.
extension EmbeddedStore {
    /// Writes the rows of a Parquet file as lines of text, in their order: fields with a space between them, `-` for
    /// what isn't there. Blocks the thread that calls.
    ///
    /// - Parameters:
    ///   - parquet: a file that the program named itself.
    ///   - text: the file to write; it must not be there.
    /// - Returns: the names of the fields.
    /// - Throws: ``StoreError`` in the engine's words.
    public func writeFlowLogText(parquet: String, to text: String) throws(StoreError) -> [String] {
        let connection = inserts.take()
        defer { inserts.give(connection) }
        try checkRoom(rows: 0)
        let source = "file(\(Self.literal(parquet)), 'Parquet')"
        let names = try connection.query("DESCRIBE TABLE \(source)", limit: 1000).columns.first?.values ?? []
        let columns = names.compactMap { if case .string(let name) = $0 { name } else { nil } }
        guard !columns.isEmpty else { throw StoreError(message: "it has no columns") }
        // A value with a space in it would make two fields of one.
        let values = columns.map { column in
            let value = "ifNull(toString(\(Self.identifier(column))), '')"
            return "if(\(value) = '', '-', replaceRegexpAll(\(value), '[^!-~]', '_'))"
        }
        // One thread, so that lines stand in the order of the file and an import that goes on finds the same.
        try connection.execute(
            """
            INSERT INTO FUNCTION file(\(Self.literal(text)), 'RawBLOB', 'line String') \
            SELECT concat(\(values.joined(separator: ", ' ', ")), '\\n') FROM \(source) \
            SETTINGS max_threads = 1, max_insert_threads = 1, input_format_parquet_preserve_order = 1
            """
        )
        return columns
    }

    private static func literal(_ text: String) -> String {
        "'" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'") + "'"
    }

    private static func identifier(_ text: String) -> String {
        "`" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "`", with: "\\`") + "`"
    }
}
