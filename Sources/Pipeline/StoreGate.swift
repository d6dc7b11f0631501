/// Whether the store is worth a try: it is until it refuses, and then again
/// after a pause that grows. Decides and does nothing.
struct StoreGate {
    private var failures = 0
    private var closedUntil: ContinuousClock.Instant?

    /// Whether the store took the last batch, or wasn't asked yet.
    var isOpen: Bool { closedUntil == nil }

    /// When the next try is due.
    func nextTry(at now: ContinuousClock.Instant) -> ContinuousClock.Instant { closedUntil ?? now }

    /// Whether the store may be asked.
    func admits(at now: ContinuousClock.Instant) -> Bool { nextTry(at: now) <= now }

    mutating func succeed() {
        failures = 0
        closedUntil = nil
    }

    mutating func fail(at now: ContinuousClock.Instant) {
        closedUntil = now + Self.pauses[min(failures, Self.pauses.count - 1)]
        failures += 1
    }

    private static let pauses: [Duration] = [
        .milliseconds(200), .milliseconds(500), .seconds(1), .seconds(2), .seconds(5),
    ]
}
