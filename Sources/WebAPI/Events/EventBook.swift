import FlowQuery
import FlowSchema
public import FlowStore
import Foundation
import Synchronization
import Telemetry

/// The events of a store: who changes one reads it first, and nobody else changes any meanwhile.
public final class EventBook: Sendable {
    private let store: any TableStore
    private let turn = Turn()
    private let versions = Mutex<UInt64>(0)
    private let counts = Mutex<[Outcome: UInt64]>([:])

    /// What became of what was told.
    enum Outcome: String, CaseIterable, Sendable {
        /// A new event.
        case added
        /// An event that was known already.
        case changed
        case deleted
        /// An end of an attack whose beginning nobody told.
        case unmatched
        /// A line of another measurement than events.
        case ignored
        /// What can't be understood.
        case malformed
    }

    /// - Parameter store: has the table ``SideTable/events``.
    public init(store: any TableStore) {
        self.store = store
    }

    /// Changes events; calls wait for each other.
    func change<Result: Sendable>(_ body: @Sendable (EventBook) async throws -> Result) async throws -> Result {
        await turn.take()
        do {
            let result = try await body(self)
            await turn.give()
            return result
        } catch {
            await turn.give()
            throw error
        }
    }

    /// Stores an event in place of what had its id.
    func save(_ event: Event, now: UInt64, as outcome: Outcome) async throws {
        var event = event
        event.updated = now
        try await write(event, deleted: outcome == .deleted)
        count(outcome)
    }

    /// The event of an id; nil when there is none.
    func event(_ id: String) async throws -> Event? {
        try await events("Id = \(string: id)", newest: 1).first
    }

    /// The attack on an address that began last of those that go on.
    func openAttack(on subject: String, direction: String) async throws -> Event? {
        try await events(
            """
            Kind = 'attack' AND Subject = \(string: subject) AND TimeEnd = 0
                AND Tags['direction'] = \(string: direction)
            """,
            newest: 1
        ).first
    }

    /// The events in a range that begin last.
    func events(in range: TimeRange, kind: String?, subject: String?, newest: Int) async throws -> [Event] {
        var conditions: [SQLText] = [
            // Up to `to` excluded; what ended before the range isn't in it, what goes on is.
            "TimeStart < toDateTime(\(range.to))", "(TimeEnd >= toDateTime(\(range.from)) OR TimeEnd = 0)",
        ]
        if let kind { conditions.append("Kind = \(string: kind)") }
        if let subject { conditions.append("Subject = \(string: subject)") }
        return try await events("\(conditions, separator: " AND ")", newest: newest)
    }

    private func events(_ condition: SQLText, newest: Int) async throws -> [Event] {
        let sql: SQLText = "SELECT * FROM events WHERE \(condition) ORDER BY TimeStart DESC, Id LIMIT \(newest)"
        return Event.read(try await store.query(sql.text, limits: QueryLimits(resultRows: newest)))
    }

    private func write(_ event: Event, deleted: Bool) async throws {
        var rows = TableRows(.events)
        let version = nextVersion()
        event.append(to: &rows, version: version, deleted: deleted)
        try await store.store(rows, token: "event-\(version)-\(BearerToken.digest(event.id).prefix(16))")
    }

    /// Rises with each call, and from one life of the process to the next: nanoseconds of the clock, or one more.
    private func nextVersion() -> UInt64 {
        let clock = UInt64(max(0, Date().timeIntervalSince1970 * 1e9))
        return versions.withLock { last in
            last = max(last + 1, clock)
            return last
        }
    }

    func count(_ outcome: Outcome, _ number: Int = 1) {
        counts.withLock { $0[outcome, default: 0] += UInt64(number) }
    }

    /// For `/metrics`.
    var metrics: MetricFamily {
        let counts = counts.withLock { $0 }
        return MetricFamily(
            "netmeta_events_total",
            .counter,
            help: "What became of the events that were told over the API since the start.",
            samples: Outcome.allCases.map { outcome in
                .init(labels: [.init("outcome", outcome.rawValue)], value: Double(counts[outcome] ?? 0))
            }
        )
    }
}

/// Lets one after the other pass, in the order they came.
private actor Turn {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        guard isTaken else {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func give() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
