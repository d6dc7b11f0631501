import Enrichment
import FlowStore
import Foundation
import OwnThreads
import Synchronization
import Telemetry

/// A place in a cloud that flow logs are fetched from.
protocol CloudSource: Sendable {
    /// What it counts.
    var tally: CloudTally { get }
    /// Works until the task is cancelled.
    func run() async
}

/// Where rows of clouds' flow logs go.
struct CloudSink: Sendable {
    let store: any BatchStore
    /// The data folder.
    let folder: String
    let enrichment: EnrichmentSource
    let retentionDays: Int

    /// Where cursors and files on their way are.
    var sources: String { "\(folder)/sources" }

    /// What became of a file.
    struct Imported: Sendable {
        var summary: ImportSummary
        /// The newest TimeReceived, in Unix seconds; 0 without rows.
        var newest: UInt64
    }

    /// Imports a file on a thread of its own: the engine blocks the one that calls.
    ///
    /// - Parameters:
    ///   - name: what it is called in messages.
    ///   - identity: as of ``CloudImport/add(_:name:identity:shouldStop:progress:)``.
    func importFile(
        _ path: String,
        name: String,
        identity: String?,
        journal: any ImportLedger & Sendable,
        options: CloudLogOptions,
        warn: @escaping @Sendable (String) -> Void
    ) async throws -> Imported {
        let stop = StopFlag()
        return try await withTaskCancellationHandler {
            let result: Result<Imported, any Error> = await withCheckedContinuation { continuation in
                OwnThread.start("cloud", stackSize: 8 << 20) {
                    let result = Result {
                        var imports = cloudImport(journal, options, warn)
                        try imports.add(
                            path,
                            name: name,
                            identity: identity,
                            shouldStop: { stop.isSet.load(ordering: .relaxed) },
                            progress: { _ in }
                        )
                        return Imported(summary: imports.summary, newest: imports.newest)
                    }
                    continuation.resume(returning: result)
                }
            }
            return try result.get()
        } onCancel: {
            stop.isSet.store(true, ordering: .relaxed)
        }
    }

    private func cloudImport(
        _ journal: any ImportLedger,
        _ options: CloudLogOptions,
        _ warn: @escaping (String) -> Void
    ) -> CloudImport {
        let kept = Double(retentionDays) * 86_400
        return CloudImport(
            store: store,
            journal: journal,
            options: options,
            parquet: (store as? EmbeddedStore).map { ParquetText(store: $0, folder: sources) },
            enricher: Enricher(enrichment),
            oldestKept: UInt64(max(0, Date().timeIntervalSince1970 - kept)),
            warn: warn
        )
    }
}

/// Tells a thread to end.
private final class StopFlag: Sendable {
    let isSet = Atomic(false)
}

/// What was done for a source, for metrics and the health page.
final class CloudTally: Sendable {
    /// `aws`, `gcs` or `pubsub`.
    let kind: String
    /// The bucket's or the subscription's.
    let name: String
    private let counts = Mutex(Counts())

    /// The figures.
    struct Counts: Sendable {
        /// Objects that were stored.
        var stored: UInt64 = 0
        /// Objects that were stored before.
        var known: UInt64 = 0
        /// Objects of other buckets, prefixes and kinds.
        var others: UInt64 = 0
        /// Attempts that failed; an object may be in it more than once.
        var failed: UInt64 = 0
        var messages: UInt64 = 0
        /// Messages that say nothing of objects.
        var otherMessages: UInt64 = 0
        var brokenMessages: UInt64 = 0
        /// Messages with an entry that is stored already.
        var knownMessages: UInt64 = 0
        /// Times that a service couldn't be asked.
        var errors: UInt64 = 0
        var summary = ImportSummary()
        /// The newest TimeReceived that was stored, in Unix seconds.
        var newest: UInt64 = 0
        /// When rows were last stored, in Unix seconds.
        var lastStored: UInt64 = 0
        /// What is wrong now.
        var problem: String?
    }

    init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }

    /// How things are.
    var report: Counts { counts.withLock { $0 } }

    /// Changes figures.
    func count(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }

    /// Counts an import whose rows are stored, as of now.
    func add(_ imported: CloudSink.Imported) {
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        counts.withLock {
            $0.summary.add(imported.summary)
            $0.newest = max($0.newest, imported.newest)
            $0.lastStored = now
        }
    }

    /// Does one piece of work after the other until the task is cancelled, and waits a while after each that fails.
    func keepGoing(_ isNews: (any Error, Int) -> Void, _ work: () async throws -> Void) async {
        var pause = Self.pauses.lowerBound
        while !Task.isCancelled {
            do {
                try await work()
                pause = Self.pauses.lowerBound
                count { $0.problem = nil }
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                count {
                    $0.errors += 1
                    $0.problem = "\(error)"
                }
                isNews(error, pause)
                try? await Task.sleep(for: .seconds(pause))
                pause = min(2 * pause, Self.pauses.upperBound)
            }
        }
    }

    /// Seconds after a failure until the service is asked again.
    private static let pauses = 1...60
}

extension CloudTally {
    /// The source as the health page shows it.
    func health(now: UInt64) -> SourceReport {
        let counts = report
        let summary = counts.summary
        var source = SourceReport(
            kind: kind,
            name: name,
            read: summary.records,
            rows: summary.rowsStored,
            lost: summary.malformed,
            figures: [
                "objects": counts.stored, "knownObjects": counts.known, "otherObjects": counts.others,
                "failedObjects": counts.failed, "messages": counts.messages, "knownMessages": counts.knownMessages,
                "brokenMessages": counts.brokenMessages, "errors": counts.errors, "noData": summary.noData,
                "skipData": summary.skipData, "duplicates": summary.duplicates, "ignored": summary.ignored,
                "lastStored": counts.lastStored, "newest": counts.newest,
            ].filter { $0.value > 0 },
            failure: counts.problem
        )
        source.lag = counts.newest > 0 ? Int64(now) - Int64(counts.newest) : nil
        if summary.skipData > 0 {
            source.advice.append("the cloud says that it lost records itself (SKIPDATA), \(summary.skipData) times")
        }
        if counts.failed > 0 {
            source.advice.append("attempts to store objects failed, \(counts.failed) times; the log says which and why")
        }
        if counts.brokenMessages > 0 {
            source.advice.append("\(counts.brokenMessages) messages are not understood; see the log")
        }
        return source
    }
}
