import Enrichment
import FlowDecoders
import FlowStore
import Foundation
import Logging
import NIOCore
import OwnThreads
import ServiceLifecycle
import Synchronization
import Telemetry
import WebAPI

/// Imports captures into the store of the running server, one after the other.
///
/// A capture comes in over HTTP into a file below the data folder and is
/// imported from there, on a thread of its own, by the same ``CaptureImport``
/// and with the same journal as into a folder without a server. It competes
/// with the live flows for nothing but the store's lock.
final class LiveImports: CaptureImporter, @unchecked Sendable {
    // Everything that changes is guarded by `condition` or is a Mutex.
    private let condition = NSCondition()
    private var jobs: [Job] = []
    /// Those whose file is here; the first is at work.
    private var queue: [Job] = []
    private var isStopping = false
    private var counts = Counts()
    private let settings: Mutex<Settings>
    private let store: any BatchStore & TableStore
    private let parquet: ParquetText?
    private let folder: String
    private let incoming: String
    private let token: LocalToken
    private let enrichment: EnrichmentSource
    /// Whose counters are shown with these.
    private let sources: CloudSources
    /// What is counted of scamper's measurements; shown with these too.
    let scamper: ScamperSources

    /// What a reload may change.
    private struct Settings {
        var retentionDays: Int
        var decoding: DecoderSettings
        let batchRows: Int

        init(_ configuration: Configuration) {
            retentionDays = configuration.retention.days
            decoding = DecoderSettings(configuration)
            batchRows = configuration.store.backlogRows
        }

        /// Unix seconds of the oldest rows that retention leaves.
        var oldestKept: UInt64 { UInt64(max(0, Date().timeIntervalSince1970 - Double(retentionDays) * 86_400)) }
    }

    private struct Counts {
        var complete: UInt64 = 0
        var failed: UInt64 = 0
        var rows: UInt64 = 0
    }

    /// One capture on its way.
    private final class Job: Sendable {
        let name: String
        let isCancelled = Atomic(false)
        let upload = Mutex<Task<Void, any Error>?>(nil)

        init(name: String) {
            self.name = name
        }

        func cancel() {
            isCancelled.store(true, ordering: .releasing)
            upload.withLock { $0 }?.cancel()
        }
    }

    /// Captures that may wait, the one at work included: each takes room on the disk.
    static let most = 4
    /// Bytes of a capture, inflated: it is held in memory while it is imported.
    static let largest = 2 << 30

    /// - Parameter enrichment: what rows get before they are stored.
    /// - Throws: ``Failure`` when the data folder can't be written.
    init(
        configuration: Configuration,
        store: any BatchStore & TableStore,
        enrichment: EnrichmentSource,
        sources: CloudSources
    ) throws {
        folder = configuration.store.data
        incoming = folder + "/incoming"
        settings = Mutex(Settings(configuration))
        self.store = store
        parquet = (store as? EmbeddedStore).map { [incoming] in ParquetText(store: $0, folder: incoming) }
        self.enrichment = enrichment
        self.sources = sources
        scamper = ScamperSources(configuration.sources.scamper)
        token = try LocalToken(writingInto: folder)
        // What a crash left behind.
        try? FileManager.default.removeItem(atPath: incoming)
    }

    /// Puts new settings into force for imports that begin from now on.
    func reload(_ configuration: Configuration) {
        settings.withLock { $0 = Settings(configuration) }
    }

    func accepts(token: String) -> Bool { self.token.matches(token) }

    func take(_ delivery: FirehoseDelivery) async throws {
        guard let firehose = sources.firehose else {
            throw ImportRefusal(.failed, "this process stores no rows; deliver to the one that does")
        }
        try await firehose.take(delivery)
    }

    func verify(statement: String) async throws(ImportRefusal) -> PushSigner {
        try await sources.statements.verify(statement)
    }

    func take(_ delivery: PubSubDelivery) async throws { try await sources.take(delivery) }

    func metrics() -> [MetricFamily] {
        let (counts, open) = condition.withLock { (self.counts, jobs.count) }
        return [
            MetricFamily(
                "netmeta_imports_total",
                .counter,
                help: "Captures that were imported, by outcome.",
                samples: [
                    .init(labels: [.init("outcome", "complete")], value: Double(counts.complete)),
                    .init(labels: [.init("outcome", "failed")], value: Double(counts.failed)),
                ]
            ),
            MetricFamily("netmeta_imports", .gauge, help: "Captures that are on their way.", value: Double(open)),
            MetricFamily(
                "netmeta_import_rows_total",
                .counter,
                help: "Rows of captures that were stored; rows received don't count them.",
                value: Double(counts.rows)
            ),
        ] + sources.metrics() + scamper.metrics()
    }

    /// Measurements over scamper's control socket, stored as files' are.
    func attachment(
        to socket: ScamperSocket,
        commands: [String],
        every: Duration,
        tally: ScamperTally,
        logger: Logger
    ) -> ScamperAttachment {
        ScamperAttachment(
            socket,
            commands: commands,
            every: every,
            store: store,
            enrichment: enrichment,
            tally: tally,
            logger: logger
        )
    }

    // MARK: - A capture comes in

    func take<Body: AsyncSequence & Sendable>(
        name: String,
        options: ImportOptions,
        length: Int?,
        body: Body
    ) async throws -> AsyncStream<ImportEvent> where Body.Element == ByteBuffer {
        let logs = try CloudLogOptions(options)
        let job = Job(name: name)
        try admit(job)
        let path = "\(incoming)/\(UUID().uuidString)"
        do {
            try await receive(body, length: length, into: path, job)
        } catch {
            unlink(path)
            leave(job)
            if let refusal = error as? ImportRefusal { throw refusal }
            throw condition.withLock { isStopping }
                ? ImportRefusal(.stopping, "the server is stopping") : ImportRefusal(.cutShort, "the file ended early")
        }
        let (events, continuation) = AsyncStream.makeStream(of: ImportEvent.self)
        continuation.onTermination = { if case .cancelled = $0 { self.cancel(job) } }
        OwnThread.start("import", stackSize: 8 << 20) {
            self.work(on: job, path, logs, continuation)
            unlink(path)
            self.leave(job)
            continuation.finish()
        }
        return events
    }

    private func admit(_ job: Job) throws {
        try condition.withLock {
            if isStopping { throw ImportRefusal(.stopping, "the server is stopping") }
            guard jobs.count < Self.most else {
                throw ImportRefusal(.busy, "\(jobs.count) imports are on their way; try again when one has ended")
            }
            jobs.append(job)
        }
    }

    private func leave(_ job: Job) {
        condition.withLock {
            jobs.removeAll { $0 === job }
            queue.removeAll { $0 === job }
            condition.broadcast()
        }
    }

    private func cancel(_ job: Job) {
        job.cancel()
        condition.withLock { condition.broadcast() }
    }

    private func receive<Body: AsyncSequence & Sendable>(
        _ body: Body,
        length: Int?,
        into path: String,
        _ job: Job
    ) async throws where Body.Element == ByteBuffer {
        let file = try IncomingFile(path, below: incoming, length: length)
        let upload = Task {
            for try await chunk in body {
                try Task.checkCancellation()
                try file.append(chunk)
            }
            try Task.checkCancellation()
            try file.finish()
        }
        job.upload.withLock { $0 = upload }
        // A stop between admission and here has cancelled nothing yet.
        if job.isCancelled.load(ordering: .acquiring) { upload.cancel() }
        try await withTaskCancellationHandler {
            try await upload.value
        } onCancel: {
            upload.cancel()
        }
    }

    // MARK: - A file that is here

    /// Imports a file of scamper's on this machine behind those that wait, on the thread that calls.
    ///
    /// - Parameter tally: counts what is stored, also of a file that can't be imported to its end.
    /// - Returns: whether it ends within an object.
    /// - Throws: ``Failure``, ``ImportStopped`` or ``ImportRefusal``.
    func importFile(_ path: String, tally: ScamperTally) throws -> Bool {
        let job = Job(name: path)
        try admit(job)
        defer { leave(job) }
        guard awaitTurn(job, {}) else { throw ImportRefusal(.stopping, "the server is stopping") }
        let settings = settings.withLock { $0 }
        do {
            let bytes = try InputFile.read(path, largest: Self.largest)
            var imports = try captureImport(settings) { _ in }
            defer {
                count(imports.summary)
                tally.add(imports.summary, newest: imports.newestMeasured)
            }
            try imports.add(path, bytes, shouldStop: { job.isCancelled.load(ordering: .relaxed) }, progress: { _ in })
            condition.withLock { counts.complete += 1 }
            return imports.summary.filesCut > 0
        } catch {
            condition.withLock { counts.failed += 1 }
            throw error
        }
    }

    private func captureImport(_ settings: Settings, warn: @escaping (String) -> Void) throws -> CaptureImport {
        CaptureImport(
            store: store,
            journal: try ImportJournal(folder: folder),
            batchRows: settings.batchRows,
            settings: settings.decoding,
            enricher: Enricher(enrichment),
            oldestKept: settings.oldestKept,
            warn: warn
        )
    }

    // MARK: - On the job's thread

    private func work(
        on job: Job,
        _ path: String,
        _ logs: CloudLogOptions?,
        _ events: AsyncStream<ImportEvent>.Continuation
    ) {
        guard awaitTurn(job, { events.yield(.waiting) }) else {
            events.yield(.failure("\(job.name): the server is stopping; nothing of it is stored"))
            return
        }
        let settings = settings.withLock { $0 }
        do {
            let summary =
                if let logs {
                    try importLogs(job, path, logs, settings, events)
                } else {
                    try importCapture(job, path, settings, events)
                }
            condition.withLock { counts.complete += 1 }
            events.yield(.summary("\(summary.members),\"retentionDays\":\(settings.retentionDays)"))
        } catch {
            condition.withLock { counts.failed += 1 }
            events.yield(.failure(Self.words(error, job)))
        }
    }

    private func importCapture(
        _ job: Job,
        _ path: String,
        _ settings: Settings,
        _ events: AsyncStream<ImportEvent>.Continuation
    ) throws -> ImportSummary {
        let bytes = try InputFile.read(path, name: job.name, largest: Self.largest)
        var imports = try captureImport(settings) { events.yield(.warning($0)) }
        defer { count(imports.summary) }
        try imports.add(
            job.name,
            bytes,
            shouldStop: { job.isCancelled.load(ordering: .relaxed) },
            progress: { events.yield(.rows($0)) }
        )
        return imports.summary
    }

    private func importLogs(
        _ job: Job,
        _ path: String,
        _ logs: CloudLogOptions,
        _ settings: Settings,
        _ events: AsyncStream<ImportEvent>.Continuation
    ) throws -> ImportSummary {
        var imports = CloudImport(
            store: store,
            journal: try ImportJournal(folder: folder),
            options: logs,
            parquet: parquet,
            enricher: Enricher(enrichment),
            oldestKept: settings.oldestKept
        ) { events.yield(.warning($0)) }
        defer { count(imports.summary) }
        try imports.add(
            path,
            name: job.name,
            shouldStop: { job.isCancelled.load(ordering: .relaxed) },
            progress: { events.yield(.rows($0)) }
        )
        return imports.summary
    }

    /// Waits until those before it have ended; false when it isn't to be any more.
    private func awaitTurn(_ job: Job, _ onWait: () -> Void) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        queue.append(job)
        if queue.first !== job { onWait() }
        while queue.first !== job, !job.isCancelled.load(ordering: .acquiring) { condition.wait() }
        return !job.isCancelled.load(ordering: .acquiring)
    }

    private func count(_ summary: ImportSummary) {
        condition.withLock { counts.rows += summary.rowsStored }
    }

    private static func words(_ error: any Error, _ job: Job) -> String {
        if let stopped = error as? ImportStopped {
            return "\(job.name): the server is stopping; \(stopped.rows) flows of it are stored, and another import "
                + "goes on behind them"
        }
        return (error as? Failure)?.description ?? "\(job.name): \(error)"
    }
}

// MARK: - The end

extension LiveImports: Service {
    /// Waits for the end of the server; then ends what is on its way, behind what is stored of it.
    func run() async throws {
        try? await gracefulShutdown()
        await Blocking.run {
            self.stop()
            LocalToken.remove(folder: self.folder)
        }
    }

    private func stop() {
        condition.withLock {
            isStopping = true
            for job in jobs { job.cancel() }
            condition.broadcast()
            while !jobs.isEmpty { condition.wait() }
        }
    }
}
