import Synchronization

/// One query from being asked to its answer.
///
/// It may be cancelled at any moment by another thread: before it is queued,
/// while no worker is free, and while it runs. Whatever comes first, who asked
/// is told once; and what is done to a query that runs is over before its
/// worker takes the next.
final class AskedQuery: Sendable {
    typealias Answer = Result<QueryResult, StoreError>
    typealias Waiter = CheckedContinuation<Answer, Never>

    private struct State {
        var waiter: Waiter?
        /// The name of the connection while it runs.
        var connection: String?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Takes who waits for the answer; false when the query was cancelled before, and that was told.
    func isAwaited(by waiter: Waiter) -> Bool {
        let isAwaited = state.withLock { state in
            if !state.isCancelled { state.waiter = waiter }
            return !state.isCancelled
        }
        if !isAwaited { waiter.resume(returning: .failure(.cancelled)) }
        return isAwaited
    }

    /// A worker has taken it; false when it was cancelled meanwhile and must not start.
    func begins(on connection: String) -> Bool {
        state.withLock { state in
            if !state.isCancelled { state.connection = connection }
            return !state.isCancelled
        }
    }

    /// The worker is done; after a cancellation every failure is that one.
    func end(with answer: Answer) {
        let (waiter, isCancelled) = state.withLock { state in
            let told = (state.waiter, state.isCancelled)
            state.waiter = nil
            state.connection = nil
            return told
        }
        if isCancelled, case .failure = answer {
            waiter?.resume(returning: .failure(.cancelled))
        } else {
            waiter?.resume(returning: answer)
        }
    }

    /// Nobody wants the answer any more.
    ///
    /// - Returns: whether it runs, so that the engine has to be told.
    func cancel() -> Bool {
        let (waiter, isRunning): (Waiter?, Bool) = state.withLock { state in
            state.isCancelled = true
            guard state.connection == nil else { return (nil, true) }
            defer { state.waiter = nil }
            return (state.waiter, false)
        }
        waiter?.resume(returning: .failure(.cancelled))
        return isRunning
    }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }
    var isRunning: Bool { state.withLock { $0.connection != nil } }

    /// Does something to the query by the name of its connection, which runs nothing else until that is done.
    func whileRunning(_ body: (String) throws(StoreError) -> Void) throws(StoreError) {
        try state.withLock { state throws(StoreError) in
            if let connection = state.connection { try body(connection) }
        }
    }
}
