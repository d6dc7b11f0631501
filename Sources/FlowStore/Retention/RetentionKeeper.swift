import Foundation
import Synchronization

/// Sees to it that no more is kept than the policy says; whoever owns it calls ``look()`` all the time.
///
/// The oldest part goes as a whole, so what stays is exact to one part: at
/// most a sixteenth of the room, since no merge makes a larger one.
public final class RetentionKeeper: Sendable {
    private let store: EmbeddedStore
    private let folder: String
    private let state: Mutex<State>

    private struct State {
        var policy: RetentionPolicy
        var report: RetentionReport
        var forecast = RetentionForecast()
        /// The policy that the tables' settings follow.
        var settled: RetentionPolicy?
        var last: StoreUsage?
        /// The most that came between two looks lately.
        var growth = 0
        var rowsGone = 0
    }

    /// What one look dropped.
    public struct Drop: Sendable {
        /// Why.
        public var reason: RetentionReason
        /// Rows, rollups' included.
        public var rows: Int
        /// On disk.
        public var bytes: Int
    }

    /// - Parameter folder: the data folder, whose disk counts.
    public init(store: EmbeddedStore, folder: String, policy: RetentionPolicy) {
        self.store = store
        self.folder = folder
        state = Mutex(State(policy: policy, report: RetentionReport(policy: policy)))
    }

    /// How things were at the last look.
    public var report: RetentionReport { state.withLock { $0.report } }

    /// Keeps by other bounds from the next look on.
    public func setPolicy(_ policy: RetentionPolicy) {
        state.withLock {
            $0.policy = policy
            $0.report.policy = policy
        }
    }

    /// Until the next look; room that is bounded can fill within seconds.
    public var interval: Duration {
        state.withLock { state in
            let isNear = state.policy.size != nil || (state.last.map { $0.free < 3 * state.report.freeFloor } ?? true)
            return .seconds(isNear ? 1 : 5)
        }
    }

    /// Looks once and drops what is too old or too much.
    ///
    /// - Throws: ``StoreError`` when nothing could be dropped; the next look tries again.
    public func look() async throws -> [Drop] {
        var usage = try await store.usage()
        (usage.disk, usage.free) = Self.disk(folder)
        let now = ContinuousClock.now
        let policy = state.withLock { $0.policy }
        if state.withLock({ $0.settled }) != policy {
            do {
                try await store.limitParts(
                    bytes: policy.largestPart(disk: usage.disk),
                    oldSeconds: policy.oldPartSeconds(disk: usage.disk)
                )
                state.withLock { $0.settled = policy }
            } catch let error as StoreError where error.code == StoreError.noRoom {
                // Making room comes first; the next look tries again.
            }
        }

        let before = state.withLock { $0.last }
        let seconds = Int(Date().timeIntervalSince1970)
        // The engine, too, drops what is older than the tables' TTL.
        let vanished = Self.expired(in: before, but: usage, at: seconds - policy.days * 86_400)
        let growth = state.withLock { state in
            state.growth = max(state.growth * 31 / 32, before.map { usage.bytes - $0.bytes } ?? 0)
            return 2 * state.growth
        }
        let plan = RetentionPlan(usage, policy: policy, now: seconds, growth: growth)
        let (expired, surplus, failure) = await drop(plan)

        var drops: [Drop] = []
        for (reason, parts) in [(RetentionReason.time, vanished + expired), (plan.reason, surplus)]
        where !parts.isEmpty {
            drops.append(
                Drop(reason: reason, rows: parts.reduce(0) { $0 + $1.flows }, bytes: parts.reduce(0) { $0 + $1.bytes })
            )
        }
        let gone = Set(expired + surplus)
        usage.parts.removeAll { gone.contains($0) }
        let rowsGone = (vanished + gone).reduce(0) { $0 + $1.flows }
        state.withLock { state in
            state.last = usage
            state.rowsGone += rowsGone
            state.forecast.note(rows: usage.rawRows + state.rowsGone, at: now)
            for drop in drops {
                state.report.dropped[drop.reason, default: .init()].rows += drop.rows
                state.report.dropped[drop.reason, default: .init()].bytes += drop.bytes
            }
            state.report.usedBytes = usage.bytes
            state.report.freeFloor = policy.floor(of: usage.disk)
            state.report.missing = plan.missing
            state.report.rowsPerSecond = state.forecast.rowsPerSecond
            state.report.bytesPerRow = RetentionForecast.bytesPerRow(usage)
            state.report.keeps = RetentionForecast.keeps(
                usage,
                policy: policy,
                rowsPerSecond: state.report.rowsPerSecond,
                bytesPerRow: state.report.bytesPerRow
            )
        }
        if let failure, drops.isEmpty { throw failure }
        return drops
    }

    /// Drops one part after the other, so that what went is known also when one fails: it may have been merged meanwhile.
    private func drop(_ plan: RetentionPlan) async -> (expired: [StoredPart], surplus: [StoredPart], (any Error)?) {
        var failure: (any Error)?
        func drop(_ parts: [StoredPart]) async -> [StoredPart] {
            var gone: [StoredPart] = []
            for part in parts {
                do {
                    try await store.drop(part)
                    gone.append(part)
                } catch {
                    failure = error
                }
            }
            return gone
        }
        return (await drop(plan.expired), await drop(plan.surplus), failure)
    }

    /// Expired parts that are gone and in no other part.
    static func expired(in before: StoreUsage?, but now: StoreUsage, at oldest: Int) -> [StoredPart] {
        let candidates = before?.parts.filter { $0.isRaw && $0.times.upperBound <= oldest } ?? []
        guard !candidates.isEmpty else { return [] }
        let present = Dictionary(grouping: now.parts, by: \.table)
        return candidates.filter { part in !(present[part.table] ?? []).contains { $0.covers(part) } }
    }

    /// Size of the folder's disk and bytes free on it.
    private static func disk(_ folder: String) -> (size: Int, free: Int) {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        func number(_ key: FileAttributeKey) -> Int? { (attributes?[key] as? NSNumber)?.intValue }
        // A disk that doesn't tell is no reason to drop anything.
        return (number(.systemSize) ?? .max / 4, number(.systemFreeSize) ?? .max / 4)
    }
}

extension StoredPart {
    /// Raw rows in it; those of rollups are sums of them.
    fileprivate var flows: Int { isRaw ? rows : 0 }

    /// Whether the rows of another part of the table are in this one: names
    /// are partition, first and last block, and how often it was merged.
    fileprivate func covers(_ other: StoredPart) -> Bool {
        guard let mine = blocks, let others = other.blocks, mine.partition == others.partition else { return false }
        return mine.range.lowerBound <= others.range.lowerBound && others.range.upperBound <= mine.range.upperBound
    }

    private var blocks: (partition: Substring, range: ClosedRange<Int>)? {
        let words = name.split(separator: "_")
        guard words.count >= 4, let first = Int(words[1]), let last = Int(words[2]), first <= last else { return nil }
        return (words[0], first...last)
    }
}
