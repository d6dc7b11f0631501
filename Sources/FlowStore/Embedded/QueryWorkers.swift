import Foundation
import OwnThreads

/// Threads that run queries, each with a connection of its own.
///
/// The engine's calls block, so they stay off the cooperative pool; a
/// connection with an open answer gives an empty one to a second query, so
/// none is ever shared.
final class QueryWorkers: @unchecked Sendable {
    typealias Job = @Sendable (EngineConnection) -> Void

    // Everything below is guarded by `condition`.
    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var next = 0
    private var isStopping = false
    private var running = 0

    /// Starts a thread for each connection, which it closes at its end.
    init(connections: [EngineConnection], name: String) {
        running = connections.count
        for connection in connections {
            OwnThread.start(name, stackSize: 8 << 20) { self.work(on: connection) }
        }
    }

    /// Queues a job; it runs as soon as a thread is free.
    ///
    /// - Returns: false after ``stop()``: then it never runs.
    func submit(_ job: @escaping Job) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isStopping else { return false }
        jobs.append(job)
        condition.signal()
        return true
    }

    /// Lets queued jobs end and waits for the threads.
    func stop() {
        condition.lock()
        isStopping = true
        condition.broadcast()
        while running > 0 { condition.wait() }
        condition.unlock()
    }

    private func work(on connection: EngineConnection) {
        while let job = take() { job(connection) }
        connection.close()
        condition.lock()
        running -= 1
        condition.broadcast()
        condition.unlock()
    }

    private func take() -> Job? {
        condition.lock()
        defer { condition.unlock() }
        while next == jobs.count, !isStopping { condition.wait() }
        guard next < jobs.count else { return nil }
        defer {
            next += 1
            if next == jobs.count {
                jobs.removeAll(keepingCapacity: true)
                next = 0
            }
        }
        return jobs[next]
    }
}
