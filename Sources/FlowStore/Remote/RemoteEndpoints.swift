/// Which of several servers is asked: the first that works, and the next when it doesn't.
///
/// A server that failed is left alone for a second, then two, and so on up to half a minute. While all are left alone
/// nobody is asked, and batches go to the spool without a wait.
struct RemoteEndpoints {
    private struct Server {
        let endpoint: String
        var failures = 0
        var resting: ContinuousClock.Instant?
    }

    private var servers: [Server]
    private var current = 0

    /// The longest that a server is left alone.
    static let longestRest = Duration.seconds(30)

    init(_ endpoints: [String]) {
        servers = endpoints.map { Server(endpoint: $0) }
    }

    /// The servers to try one after the other, the one that worked last first; none while all are left alone.
    func order(now: ContinuousClock.Instant) -> [String] {
        (0..<servers.count).map { servers[(current + $0) % servers.count] }
            .filter { server in server.resting.map { $0 <= now } ?? true }
            .map(\.endpoint)
    }

    mutating func worked(_ endpoint: String) {
        guard let index = servers.firstIndex(where: { $0.endpoint == endpoint }) else { return }
        current = index
        servers[index].failures = 0
        servers[index].resting = nil
    }

    mutating func failed(_ endpoint: String, now: ContinuousClock.Instant) {
        guard let index = servers.firstIndex(where: { $0.endpoint == endpoint }) else { return }
        // Requests that were on their way together are one failure.
        if let resting = servers[index].resting, resting > now { return }
        servers[index].failures += 1
        let rest = Duration.seconds(1 << min(5, servers[index].failures - 1))
        servers[index].resting = now + min(rest, Self.longestRest)
        if index == current { current = (current + 1) % servers.count }
    }
}
