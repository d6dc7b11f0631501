import FlowSchema

/// A store that a running server is over: all that it asks of one, whichever driver.
public protocol ServerStore: BatchStore, TableStore, FormattingStore {
    /// Changes after how many days rows are dropped.
    func setRetention(days: Int) async throws

    /// Runs statements of ours that change tables, in order.
    func apply(_ statements: [String]) async throws

    /// Appends the lines of a file, in TSV, to a table.
    ///
    /// - Parameters:
    ///   - table: in our database.
    ///   - columns: names with types, in the order of the file.
    func load(lines file: String, into table: String, columns: [(name: String, type: String)]) async throws

    /// Ends queries, closes every connection and lets go of what was held. Blocks.
    func close()
}

extension EmbeddedStore: ServerStore {
    /// Appends the lines of a file, which the engine reads itself.
    public func load(lines file: String, into table: String, columns: [(name: String, type: String)]) async throws {
        let names = columns.map(\.name).joined(separator: ", ")
        let types = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        try await apply([
            """
            INSERT INTO \(ClickHouse.database).\(table) (\(names)) SELECT \(names) \
            FROM file(\(ClickHouse.quoted(file)), 'TSV', \(ClickHouse.quoted(types)))
            """
        ])
    }
}

/// What the reconciler needs of a connection: statements one after the other, on the thread that calls.
protocol SchemaConnection {
    /// Runs a statement without rows.
    func execute(_ sql: String) throws(StoreError)

    /// Runs a statement and reads all of its rows.
    func query(_ sql: String, limit: Int) throws(StoreError) -> QueryResult
}

extension EngineConnection: SchemaConnection {}
