import FlowSchema

/// WITH TOTALS of people's SELECTs.
extension EmbeddedStore {
    /// The statement for a SELECT's totals, and where they go.
    ///
    /// - Returns: nil when it has none, or ClickHouse writes none in its format.
    /// - Throws: ``StoreError``, 48 for totals that can't be given, and what the query's check throws.
    func totals(of query: FormattedQuery) async throws -> (query: FormattedQuery, place: TotalsPlace)? {
        let (statement, origin): (String, TotalsOrigin) = try await withCheckedThrowingContinuation { waiter in
            let isTaken = peoples.submit { [self] _ in
                waiter.resume(with: Result { try canonical(query) })
            }
            if !isTaken { waiter.resume(throwing: StoreError(message: "the store is closed")) }
        }
        guard origin != .none, let place = try TotalsPlace.of(query.format) else { return nil }
        guard origin == .outermost else { throw TotalsStatement.refusal("of an inner SELECT or of a UNION") }
        var totals = query
        totals.sql = try TotalsStatement(statement).sql
        totals.compression = nil
        if case .behind(_, let format) = place { totals.format = format }
        if totals.format.hasPrefix("Pretty") { totals.settings["output_format_pretty_row_numbers"] = "0" }
        return (totals, place)
    }

    /// A statement as the engine's parser writes it, and where totals of its answer come from.
    private func canonical(_ query: FormattedQuery) throws -> (String, TotalsOrigin) {
        let reader = try connect(name: "netmeta-totals")
        defer { reader.close() }
        try Self.restrict(reader, memory: memory)
        for (name, value) in query.parameters { try Self.bind(name, value, on: reader) }
        try query.check(try Self.tree(of: query.sql, on: reader))
        let plan = try reader.query("EXPLAIN QUERY TREE \(query.sql)", limit: 10_000)
        let lines = (plan.columns.first?.values ?? []).flatMap { value -> [Substring] in
            guard case .string(let line) = value else { return [] }
            return line.split(separator: "\n")
        }
        let formatted = try reader.query("SELECT formatQuery(\(ClickHouse.quoted(query.sql)))", limit: 1)
        guard case .string(let text)? = formatted.columns.first?.values.first else {
            throw StoreError(message: "the engine doesn't write the statement down")
        }
        return (text, TotalsOrigin(tree: lines))
    }
}
