/// Whoever was asked didn't answer in time.
struct OutOfPatience: Error, CustomStringConvertible {
    let limit: Duration

    var description: String { "no whole answer within \(limit.components.seconds) s" }
}

/// Does something that has to end within a time, answers that come byte by byte included.
///
/// - Throws: what `work` throws, or ``OutOfPatience``.
func within<Value: Sendable>(
    _ limit: Duration,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw OutOfPatience(limit: limit)
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
