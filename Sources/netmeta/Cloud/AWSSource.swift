import Enrichment
import FlowDecoders
import FlowSchema
import FlowStore
import Foundation
import Logging
import NameSources
import NetTypes
import Synchronization
import Telemetry

/// Reads the flow logs of one bucket as they come, and stores each object's rows once.
///
/// A queue tells of new objects, at least once and in any order; or the
/// bucket is listed. Either way ``ObjectLedger`` knows what is stored, written
/// behind each batch that the store acknowledged; a message leaves its queue
/// behind that. A process that ends in between does the object again, under
/// the same names of batches, which the store then knows.
final class AWSSource: Sendable {
    let bucket: String
    private let configuration: AWSSourceConfiguration
    private let client: AWSClient
    private let ledger: ObjectLedger
    private let sink: Sink
    private let logger: Logger
    private let counts = Mutex(Counts())
    /// Objects whose failure was told.
    private let warned = Mutex<Set<String>>([])
    private static let mostWarned = 1000

    /// Where rows go.
    struct Sink: Sendable {
        let store: any BatchStore
        let folder: String
        let enrichment: EnrichmentSource
        let retentionDays: Int
    }

    /// What was done.
    struct Counts: Sendable {
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
        /// Times that a service couldn't be asked.
        var errors: UInt64 = 0
        var summary = ImportSummary()
        /// When the last object was stored, in Unix seconds.
        var lastStored: UInt64 = 0
    }

    /// Bytes of the largest object; AWS ends files at 75 MB.
    private static let mostBytes = 2 << 30
    /// Seconds that a message is hidden while its objects are read; asked for anew before each. Short, since what a
    /// killed process had taken comes back after that; and one that comes back too early is known.
    private static let hidden = 20
    /// Seconds that a queue waits for messages.
    private static let wait = 20
    /// Seconds after a failure until the service is asked again.
    private static let pauses = 1...60

    init(
        bucket: String,
        _ configuration: AWSSourceConfiguration,
        sink: Sink,
        logger: Logger
    ) throws {
        self.bucket = bucket
        self.configuration = configuration
        self.sink = sink
        var logger = logger
        logger[metadataKey: "bucket"] = "\(bucket)"
        self.logger = logger
        let keys = configuration.accessKey.flatMap { id in
            configuration.secretKey.map { AWSKeys(id: id, secret: $0.value) }
        }
        client = AWSClient(
            region: configuration.region,
            endpoint: configuration.endpoint,
            credentials: AWSCredentials(configured: keys)
        )
        let folder = "\(sink.folder)/sources"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        ledger = try ObjectLedger("\(folder)/aws-\(bucket).txt")
    }

    /// What was done so far.
    var report: Counts { counts.withLock { $0 } }

    /// Works until the task is cancelled.
    func run() async {
        var pause = Self.pauses.lowerBound
        while !Task.isCancelled {
            do {
                if let queue = configuration.queue {
                    try await readQueue(queue)
                } else {
                    try await readListing()
                    try await Task.sleep(for: configuration.interval)
                }
                pause = Self.pauses.lowerBound
            } catch is CancellationError {
                return
            } catch {
                if Task.isCancelled { return }
                counts.withLock { $0.errors += 1 }
                logger.warning(
                    "AWS could not be asked; tried again",
                    metadata: ["reason": "\(error)", "in": "\(pause) s"]
                )
                try? await Task.sleep(for: .seconds(pause))
                pause = min(2 * pause, Self.pauses.upperBound)
            }
        }
    }

    // MARK: - A queue

    private func readQueue(_ queue: String) async throws {
        for message in try await client.receive(queue, wait: Self.wait, hidden: Self.hidden) {
            counts.withLock { $0.messages += 1 }
            switch NoticeMessage(message.body) {
            case .objects(let notices):
                var isDone = true
                for notice in notices {
                    try Task.checkCancellation()
                    try await client.hide(queue, message, seconds: Self.hidden)
                    if await !store(notice) { isDone = false }
                }
                // What isn't done comes again, and goes where the queue's redrive policy says in the end.
                guard isDone else { continue }
            case .nothing: counts.withLock { $0.otherMessages += 1 }
            case .broken:
                counts.withLock { $0.brokenMessages += 1 }
                logger.warning("a message of the queue is not understood; it is left to the queue's redrive policy")
                continue
            }
            try await client.delete(queue, message)
        }
    }

    // MARK: - Listings

    private func readListing() async throws {
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        let oldest = Timestamp.rfc3339(seconds: now - UInt64(configuration.days) * 86_400)
        var page: String?
        repeat {
            let (objects, next) = try await client.list(bucket, prefix: configuration.prefix, after: page)
            // Both are RFC 3339 in UTC, whose text is in the order of time.
            for object in objects where object.modified >= oldest {
                try Task.checkCancellation()
                _ = await store(ObjectNotice(bucket: bucket, key: object.key, etag: object.etag))
            }
            page = next
        } while page != nil
    }

    // MARK: - An object

    /// Whether these are flow logs that are to be read.
    private func isOurs(_ notice: ObjectNotice) -> Bool {
        let endings = [".log.gz", ".log", ".log.parquet", ".parquet"]
        return notice.bucket == bucket && notice.key.hasPrefix(configuration.prefix)
            && endings.contains { notice.key.hasSuffix($0) }
    }

    /// Stores an object's rows, unless they are stored.
    ///
    /// - Returns: false when that is still to be done.
    private func store(_ notice: ObjectNotice) async -> Bool {
        guard isOurs(notice) else {
            counts.withLock { $0.others += 1 }
            return true
        }
        let told = ObjectLedger.id(bucket: bucket, key: notice.key, etag: notice.etag)
        if !notice.etag.isEmpty, ledger[told]?.isComplete == true {
            counts.withLock { $0.known += 1 }
            return true
        }
        let incoming = "\(sink.folder)/sources/incoming-\(UUID().uuidString)"
        defer { unlink(incoming) }
        do {
            let etag = try await client.get(bucket, notice.key, to: incoming, most: Self.mostBytes)
            // Other than the notification's when the object was replaced since: what was read counts.
            let id = ObjectLedger.id(bucket: bucket, key: notice.key, etag: etag)
            let isKnown = ledger[id]?.isComplete == true
            if !isKnown { try await importFile(incoming, notice.key, id) }
            if id != told, !notice.etag.isEmpty { try ledger.note(told, rows: 0, isComplete: true, path: "") }
            counts.withLock {
                if isKnown { $0.known += 1 } else { $0.stored += 1 }
                $0.lastStored = UInt64(max(0, Date().timeIntervalSince1970))
            }
            return true
        } catch {
            if Task.isCancelled { return false }
            counts.withLock { $0.failed += 1 }
            // A listing tries it each time, and says so once.
            let isNew = warned.withLock { $0.count < Self.mostWarned && $0.insert(told).inserted }
            if isNew {
                logger.warning(
                    "an object could not be stored; tried again",
                    metadata: ["key": "\(notice.key)", "reason": "\(error)"]
                )
            }
            return false
        }
    }

    /// Imports a file on a thread of its own: the engine blocks the one that calls.
    private func importFile(_ path: String, _ key: String, _ id: String) async throws {
        let stop = StopFlag()
        try await withTaskCancellationHandler {
            let result: Result<ImportSummary, any Error> = await withCheckedContinuation { continuation in
                let thread = Thread {
                    let result = Result { try self.add(path, key, id) { stop.isSet.load(ordering: .relaxed) } }
                    continuation.resume(returning: result)
                }
                thread.name = "aws"
                thread.stackSize = 8 << 20
                thread.start()
            }
            let summary = try result.get()
            counts.withLock { $0.summary.add(summary) }
        } onCancel: {
            stop.isSet.store(true, ordering: .relaxed)
        }
    }

    private func add(
        _ path: String,
        _ key: String,
        _ id: String,
        shouldStop: () -> Bool
    ) throws -> ImportSummary {
        var options = CloudLogOptions(kind: .aws)
        options.layout = configuration.layout.flatMap { try? AWSLogLayout(reading: $0) }
        options.settings.samplerAddress = configuration.sampler
        let kept = Double(sink.retentionDays) * 86_400
        var imports = CloudImport(
            store: sink.store,
            journal: ledger,
            options: options,
            parquet: (sink.store as? EmbeddedStore).map {
                ParquetText(store: $0, folder: "\(sink.folder)/sources")
            },
            enricher: Enricher(sink.enrichment),
            oldestKept: UInt64(max(0, Date().timeIntervalSince1970 - kept))
        ) { [logger] in logger.warning("\($0)") }
        try imports.add(path, name: "s3://\(bucket)/\(key)", identity: id, shouldStop: shouldStop) { _ in }
        return imports.summary
    }
}

/// Tells a thread to end.
private final class StopFlag: Sendable {
    let isSet = Atomic(false)
}
