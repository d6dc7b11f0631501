public import FlowSchema
public import FlowStore

/// What a collector can't do, since it keeps nothing that could be asked for: it says who can.
extension KafkaSink: TableStore, FormattingStore {
    private static var elsewhere: StoreError {
        StoreError(message: "a collector keeps no rows: ask a process with --role store, or all")
    }

    /// Refuses: events and traces are kept where flows are stored.
    public func append(_ rows: TableRows, token: String) throws(StoreError) { throw Self.elsewhere }

    /// Refuses.
    public func formatted(_ query: FormattedQuery) async throws -> any FormattedAnswer { throw Self.elsewhere }
}
