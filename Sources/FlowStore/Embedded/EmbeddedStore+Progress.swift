import Synchronization

/// Watching and ending queries from outside.
///
/// The engine lists what runs with its settings, and each connection has a
/// `log_comment` of its own, set once: where people's SQL runs no setting can
/// be changed later.
extension EmbeddedStore {
    /// Names a connection, so that what runs on it is found.
    static func name(_ connection: EngineConnection) throws(StoreError) {
        try connection.execute("SET log_comment = '\(connection.name)'")
    }

    /// How far the questions are that run now, by their ids.
    public func progress() async throws -> [String: QueryProgress] {
        let before = asking.withLock { $0 }
        guard !before.isEmpty else { return [:] }
        let processes = try await upkeep { connection throws(StoreError) in
            try connection.query(
                """
                SELECT Settings['log_comment'] AS name, toUInt64(read_rows) AS read,
                    toUInt64(total_rows_approx) AS total, toUInt64(greatest(memory_usage, 0)) AS memory
                FROM system.processes
                """,
                limit: 1000
            )
        }
        // A connection that took another question meanwhile tells of that one.
        let same = asking.withLock { $0 }.filter { before[$0.key] == $0.value }
        var progress: [String: QueryProgress] = [:]
        for row in 0..<processes.rowCount {
            func number(_ name: String) -> UInt64 { processes[name]?.values[row].unsigned ?? 0 }
            guard case .string(let name)? = processes["name"]?.values[row], let question = same[name] else { continue }
            let total = number("total")
            progress[question] = QueryProgress(
                rowsRead: number("read"),
                rowsTotal: total == 0 ? nil : total,
                memory: number("memory")
            )
        }
        return progress
    }

    /// Ends a query, and returns when it has ended.
    func kill(_ query: AskedQuery) async {
        var pause = Duration.milliseconds(20)
        while query.isRunning {
            // What is about to start isn't listed yet, hence again until it has ended;
            // a refusal leaves the query to its time limit.
            try? await upkeep { connection throws(StoreError) in
                try query.whileRunning { name throws(StoreError) in
                    try connection.execute("KILL QUERY WHERE Settings['log_comment'] = '\(name)' ASYNC")
                }
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }
}
