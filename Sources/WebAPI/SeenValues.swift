import FlowQuery
import FlowSchema
import FlowStore
import Synchronization

/// The values of columns that had most traffic lately, for completion.
///
/// Each is one small query, asked at most once in a while for each column,
/// whoever writes how many letters meanwhile.
final class SeenValues: Sendable {
    /// Values, and the time that they are of.
    struct Values {
        var values: [FilterCompletion.SeenValue] = []
        /// In words: `the last hour`.
        var period: String?
    }

    private struct Entry {
        var values: Task<Values, Never>
        var at: ContinuousClock.Instant
    }

    private let entries = Mutex<[FlowColumn: Entry]>([:])

    /// How long values are offered before they are asked for again.
    private static let keep = Duration.seconds(60)
    /// How long after a failure they are left alone.
    private static let pause = Duration.seconds(5)
    /// Values of one column.
    static let most = 12
    /// Seconds that the engine has for one: who waits is writing.
    static let seconds = 2

    /// The values of a column; none when they aren't known in time.
    func values(
        of column: FlowColumn,
        _ ask: @escaping @Sendable () async throws -> Values
    ) async -> Values {
        let (task, start) = entries.withLock { entries in
            let now = ContinuousClock.now
            if let entry = entries[column], now - entry.at < Self.keep { return (entry.values, entry.at) }
            let task = Task { (try? await ask()) ?? Values() }
            entries[column] = Entry(values: task, at: now)
            return (task, now)
        }
        let values = await task.value
        // What couldn't be had in time is soon asked for again.
        if values.period == nil {
            entries.withLock { if $0[column]?.at == start { $0[column]?.at = start - Self.keep + Self.pause } }
        }
        return values
    }
}
