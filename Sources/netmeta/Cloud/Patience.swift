import Synchronization

/// Whoever was asked didn't answer in time.
struct OutOfPatience: Error, CustomStringConvertible {
    let limit: Duration

    var description: String { "no whole answer within \(limit.components.seconds) s" }
}

/// When something has to have ended.
final class Deadline: Sendable {
    private let start = ContinuousClock.now
    private let limit: Mutex<Duration>

    init(_ limit: Duration) { self.limit = Mutex(limit) }

    /// Gives so much more time.
    func extend(by time: Duration) { limit.withLock { $0 += time } }

    /// Waits until it is over, however often it was extended meanwhile.
    ///
    /// - Returns: how long that was.
    /// - Throws: CancellationError.
    fileprivate func pass() async throws -> Duration {
        while true {
            let limit = limit.withLock { $0 }
            guard ContinuousClock.now < start + limit else { return limit }
            try await Task.sleep(until: start + limit, clock: .continuous)
        }
    }
}

/// Does something that has to end within a time, answers that come byte by byte included.
///
/// - Throws: what `work` throws, or ``OutOfPatience``.
func within<Value: Sendable>(
    _ deadline: Deadline,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask { throw OutOfPatience(limit: try await deadline.pass()) }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
