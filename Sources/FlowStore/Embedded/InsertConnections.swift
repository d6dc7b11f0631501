import Foundation

/// The connections that batches are stored on: who has none waits for one.
final class InsertConnections: @unchecked Sendable {
    // Guarded by `condition`.
    private let condition = NSCondition()
    private var idle: [EngineConnection]
    private let count: Int

    init(_ connections: some Collection<EngineConnection>) {
        idle = Array(connections)
        count = connections.count
    }

    func take() -> EngineConnection {
        condition.lock()
        defer { condition.unlock() }
        while idle.isEmpty { condition.wait() }
        return idle.removeLast()
    }

    func give(_ connection: EngineConnection) {
        condition.lock()
        idle.append(connection)
        condition.signal()
        condition.unlock()
    }

    /// Takes all, each as soon as its insert has ended; one caller at a time.
    func takeAll() -> [EngineConnection] { (0..<count).map { _ in take() } }

    /// Closes every connection, each as soon as its insert has ended.
    func close() {
        for connection in takeAll() { connection.close() }
    }
}
