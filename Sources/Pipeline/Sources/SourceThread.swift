import Enrichment
import FlowDecoders
import FlowSchema
import Foundation
import LinuxCapture
import OwnThreads
import Synchronization
import Telemetry

/// One source of this host and its thread: events, packets or frames in,
/// sealed batches out. The counterpart of ``ReceiverThread``.
///
/// It opens the source on its own thread, before the rest of the program is
/// there: the network namespace and the capabilities are the thread's. When
/// all is open it has no capability but those that the source goes on to need.
final class SourceThread: Sendable {
    /// Where rows go.
    struct Line: Sendable {
        var pool: BatchPool
        var books: RowBooks
        var options: PipelineOptions
    }

    let kind: String
    let place: SourcePlace
    private let make: @Sendable () -> any HostSource
    private let line = Mutex<Line?>(nil)
    private let snapshot: Mutex<PipelineSnapshot.Source>
    private let network = Mutex(HostNetwork())
    private let opened = DispatchSemaphore(value: 0)
    private let go = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let problem = Mutex<SourceError?>(nil)
    private let isStopping = Atomic(false)

    init(kind: String, place: SourcePlace, make: @escaping @Sendable () -> any HostSource) {
        self.kind = kind
        self.place = place
        self.make = make
        snapshot = Mutex(
            PipelineSnapshot.Source(
                report: SourceReport(kind: kind, name: place.name),
                exporter: HostExporter(address: place.sampler, type: .unknown).snapshot
            )
        )
    }

    /// What was published last.
    var latest: PipelineSnapshot.Source { snapshot.withLock { $0 } }
    /// The interfaces and addresses of its namespace, as of the last look.
    var latestNetwork: HostNetwork { network.withLock { $0 } }

    /// Starts the thread and waits until the source is open.
    func open() throws(SourceError) {
        OwnThread.start("\(kind)-\(place.name)", stackSize: 4 << 20) { self.run() }
        opened.wait()
        if let problem = problem.withLock({ $0 }) { throw problem }
    }

    /// Says where rows go.
    func attach(_ new: Line) { line.withLock { $0 = new } }

    /// Lets it read.
    func start() { go.signal() }

    /// Asks it to hand over what has arrived and to end.
    func stop() { isStopping.store(true, ordering: .releasing) }

    /// Waits for the end.
    func join() { ended.wait() }

    // MARK: - On the thread

    /// Seconds that a stopping thread goes on reading a source that never falls silent.
    private static let drainSeconds: UInt64 = 5
    /// Seconds between two looks at the interfaces.
    private static let networkSeconds: UInt32 = 10

    private struct Work {
        let line: Line
        let source: any HostSource
        var batch: FlowBatch
        var enricher: Enricher
        var told = RowsTold()
        var tick: UInt64 = 0
        var begun: UInt64 = 0
        var published: UInt32 = 0
        var networkRead: UInt32 = 0
        let flushMilliseconds: UInt64
    }

    private func run() {
        let source = make()
        do throws(SourceError) {
            if let namespace = place.namespace { try HostThread.enter(namespace: namespace) }
            try source.open()
        } catch {
            problem.withLock { $0 = error }
            opened.signal()
            return
        }
        // Best effort: who has none to give up has none.
        HostThread.keepOnly(source.needs)
        source.exporter.name = HostThread.hostName.map { place.namespace == nil ? $0 : "\($0) \(place.name)" }
        look(source, at: Self.now)
        publish(source, failure: nil)
        opened.signal()
        go.wait()
        if let line = line.withLock({ $0 }) { read(source, line) }
        ended.signal()
    }

    private func read(_ source: any HostSource, _ line: Line) {
        var work = Work(
            line: line,
            source: source,
            batch: line.pool.take(),
            enricher: Enricher(line.options.enrichment),
            flushMilliseconds: UInt64(max(1, line.options.flush / .milliseconds(1)))
        )
        var failure: String?
        var end: UInt64?
        while true {
            let now = Self.now
            work.tick = MonotonicClock.milliseconds
            var cameSomething = false
            do throws(SourceError) {
                let wasEmpty = work.batch.isEmpty
                cameSomething = try source.read(into: work.batch, at: now)
                if wasEmpty { work.begun = work.tick }
            } catch {
                failure = error.description
                break
            }
            if work.batch.count >= line.options.batchRows { hand(&work, replace: true) }
            if !work.batch.isEmpty, work.tick &- work.begun >= work.flushMilliseconds { hand(&work, replace: true) }
            lookIfDue(now, &work)
            guard isStopping.load(ordering: .acquiring) else { continue }
            guard let end else {
                end = work.tick + Self.drainSeconds * 1000
                if source.end() { cameSomething = true }
                if cameSomething { continue }
                break
            }
            if !cameSomething || work.tick >= end, !source.holdsSomething { break }
        }
        hand(&work, replace: false)
        publish(source, failure: failure)
    }

    private func hand(_ work: inout Work, replace: Bool) {
        if !work.batch.isEmpty {
            work.batch.seal()
            work.enricher.enrich(work.batch)
            // Before the rows can be stored, so that nothing is ever stored that wasn't received.
            tell(&work)
            publish(work.source, failure: nil)
            work.told.handOver(work.line.books)
            work.line.pool.submit(work.batch)
            if replace { work.batch = work.line.pool.take() }
        } else if !replace {
            tell(&work)
            work.line.pool.recycle(work.batch)
        }
    }

    private func tell(_ work: inout Work) {
        let written = work.source.exporter.counters.flows
        work.told.tell(work.line.books, written: written, inBatch: work.batch.count)
    }

    private func lookIfDue(_ now: HostTime, _ work: inout Work) {
        guard now.seconds != work.published else { return }
        work.published = now.seconds
        if now.seconds &- work.networkRead >= Self.networkSeconds {
            work.networkRead = now.seconds
            look(work.source, at: now)
        } else {
            work.source.look(at: now, network: nil)
        }
        tell(&work)
        publish(work.source, failure: nil)
    }

    private func look(_ source: any HostSource, at now: HostTime) {
        guard let new = try? HostNetwork.read() else { return source.look(at: now, network: nil) }
        network.withLock { $0 = new }
        let names = new.names
        source.exporter.interfaces =
            names.count <= HostExporter.mostInterfaces
            ? names
            : Dictionary(
                uniqueKeysWithValues: names.sorted { $0.key < $1.key }.prefix(HostExporter.mostInterfaces).map { $0 }
            )
        source.look(at: now, network: new)
    }

    private func publish(_ source: any HostSource, failure: String?) {
        var report = source.report
        let exporter = source.exporter
        report.read = exporter.counters.datagrams
        report.rows = exporter.counters.flows
        report.problem = exporter.problem
        report.failure = failure
        let new = PipelineSnapshot.Source(report: report, exporter: exporter.snapshot)
        snapshot.withLock { $0 = new }
    }

    private static var now: HostTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return HostTime(
            seconds: UInt32(truncatingIfNeeded: time.tv_sec),
            nanoseconds: UInt32(truncatingIfNeeded: time.tv_nsec)
        )
    }
}
