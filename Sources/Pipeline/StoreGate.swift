import Synchronization

/// Whether the store is worth a try: it is until it refuses, and then again
/// after a pause that grows. Decides and does nothing.
///
/// All ingest threads share one: what one of them finds out holds for the others, or one
/// would go on filling the spool while another empties it.
final class StoreGate: Sendable {
    private struct State {
        var failures = 0
        var closedUntil: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Whether the store took the last batch, or wasn't asked yet.
    var isOpen: Bool { state.withLock { $0.closedUntil == nil } }

    /// When the next try is due.
    func nextTry(at now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        state.withLock { $0.closedUntil ?? now }
    }

    /// Whether the store may be asked.
    func admits(at now: ContinuousClock.Instant) -> Bool { nextTry(at: now) <= now }

    func succeed() { state.withLock { $0 = State() } }

    func fail(at now: ContinuousClock.Instant) {
        state.withLock { state in
            state.closedUntil = now + Self.pauses[min(state.failures, Self.pauses.count - 1)]
            state.failures += 1
        }
    }

    private static let pauses: [Duration] = [
        .milliseconds(200), .milliseconds(500), .seconds(1), .seconds(2), .seconds(5),
    ]
}
