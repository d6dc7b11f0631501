import NetTypes

/// Which servers are left alone for a while because they don't answer, so that a dead one holds up no others.
struct ServerHealth {
    private var servers: [IPEndpoint: (failures: Int, until: Double)] = [:]

    /// Questions in a row without an answer, after which a server is left alone.
    private static let patience = 3
    /// Seconds for which it is.
    private static let pause = 30.0

    /// Whether a server may be asked. After its pause one that is still silent has one try, not three.
    func isUsable(_ server: IPEndpoint, now: Double) -> Bool {
        servers[server].map { now >= $0.until } ?? true
    }

    /// Notes that a server answered, whatever it said.
    mutating func noteAnswer(_ server: IPEndpoint) { servers[server] = nil }

    /// Notes that a server didn't.
    mutating func noteFailure(_ server: IPEndpoint, now: Double) {
        let failures = (servers[server]?.failures ?? 0) + 1
        servers[server] = (failures, failures >= Self.patience ? now + Self.pause : 0)
    }
}
