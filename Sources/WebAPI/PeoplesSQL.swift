import FlowQuery
public import FlowStore

/// Runs SQL that a person wrote, behind the parsing gate.
public enum PeoplesSQL {
    /// Lets the engine parse the statement, checks everything that it names, and runs it.
    ///
    /// - Parameters:
    ///   - text: one SELECT.
    ///   - seconds: until the engine gives up.
    ///   - rows: rows that the answer may have.
    ///   - question: the id under which its progress is told.
    /// - Throws: `QueryError` when the gate refuses, `StoreError` when the engine does.
    public static func run(
        _ text: String,
        on store: any FlowStore,
        seconds: Int = 60,
        rows: Int = 1_000_000,
        question: String? = nil
    ) async throws -> QueryResult {
        // The format of the answer is chosen elsewhere; a server would take the statement's word for it.
        let statement = try SQLGate.statement(SQLGate.splitFormat(text).sql)
        // A tree has no more lines than the statement has bytes.
        let treeRows = SQLGate.textBytes
        let treeLimits = QueryLimits(seconds: seconds, resultRows: treeRows, isPersons: true, question: question)
        let tree = try await store.query(statement.explain, limits: treeLimits)
        let lines = (tree.columns.first?.values ?? []).map { value in
            if case .string(let line) = value { line } else { "" }
        }
        _ = try SQLGate.check(tree: lines)
        let limits = QueryLimits(seconds: seconds, resultRows: rows, isPersons: true, question: question)
        return try await store.query(statement.sql, limits: limits)
    }
}
