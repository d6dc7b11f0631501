import Enrichment
import FlowDecoders
import FlowSchema
import Foundation
import LinuxCapture
import Logging
import NetTypes
import OwnThreads
import Synchronization
import Telemetry
import WireFormat

/// One UDP socket, its decoder and its thread: datagrams in, sealed batches out.
///
/// Everything on the way of a datagram belongs to the thread; others see
/// copies that it publishes once a second.
final class ReceiverThread: Sendable {
    /// What the thread publishes.
    struct Report: Sendable {
        var datagrams: UInt64 = 0
        var refused: UInt64 = 0
        var refusedSenders: [RefusedSender] = []
        var counters = DecodeCounters()
        var exporters: [ExporterSnapshot] = []
        /// What the exporters' next life must know.
        var memories: [ExporterMemory] = []
        /// Why the thread ended, if it did before it was told to.
        var failure: String?
    }

    let socket: UDPReceiver
    let purpose: String
    private let pool: BatchPool
    private let books: RowBooks
    private let batchRows: Int
    private let flushMilliseconds: UInt64
    private let allow: Mutex<[Prefix]>
    private let decoding: Mutex<DecoderSettings>
    private let enrichment: EnrichmentSource
    private let remembered: [IPAddress: ExporterMemory]
    private let sequences: [IPAddress: [SequenceMark]]
    private let report = Mutex(Report())
    private let isStopping = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    init(
        socket: UDPReceiver,
        purpose: String,
        pool: BatchPool,
        books: RowBooks,
        options: PipelineOptions,
        remembered: [IPAddress: ExporterMemory],
        sequences: [IPAddress: [SequenceMark]]
    ) {
        self.socket = socket
        self.purpose = purpose
        self.pool = pool
        self.books = books
        batchRows = options.batchRows
        flushMilliseconds = UInt64(max(1, options.flush / .milliseconds(1)))
        allow = Mutex(options.allow)
        decoding = Mutex(options.decoding)
        enrichment = options.enrichment
        self.remembered = remembered
        self.sequences = sequences
    }

    /// What was published last.
    var latest: Report { report.withLock { $0 } }

    func start() {
        OwnThread.start("udp-\(socket.endpoint.port)", stackSize: 4 << 20) { self.run() }
    }

    /// Narrows or widens who may send, within a second.
    func setAllow(_ prefixes: [Prefix]) { allow.withLock { $0 = prefixes } }

    /// Changes how flows are read that come from now on, within a second.
    func setDecoding(_ settings: DecoderSettings) { decoding.withLock { $0 = settings } }

    /// Asks the thread to read what has arrived, hand it over and end.
    func stop() { isStopping.store(true, ordering: .releasing) }

    /// Waits for the end.
    func join() { ended.wait() }

    // MARK: - On the thread

    private func run() {
        var work = Work(
            decoder: FlowDecoder(
                remembering: remembered,
                sequences: sequences,
                settings: decoding.withLock { $0 }
            ),
            batch: pool.take(),
            enricher: Enricher(enrichment),
            allow: allow.withLock { $0 }
        )
        let deadline = Self.drainSeconds
        var stopSeen: UInt32?
        while true {
            let now = Self.now
            work.tick = MonotonicClock.milliseconds
            var received = 0
            do throws(SocketError) {
                received = try socket.receive { datagram, source in handle(datagram, source, now, &work) }
            } catch {
                report.withLock { $0.failure = error.description }
                break
            }
            flushIfDue(&work)
            publishIfDue(now, &work)
            guard isStopping.load(ordering: .acquiring) else { continue }
            // What the kernel holds was received: read it, though not for ever.
            stopSeen = stopSeen ?? now
            if received == 0 || now &- (stopSeen ?? now) >= deadline { break }
        }
        while work.decoder.finish(into: work.batch) { hand(&work, replace: true) }
        hand(&work, replace: false)
        publish(&work)
        ended.signal()
    }

    /// Seconds that a stopping thread goes on reading a socket that never falls silent.
    private static let drainSeconds: UInt32 = 5

    /// What the thread owns.
    private struct Work {
        var decoder: FlowDecoder
        var batch: FlowBatch
        var enricher: Enricher
        var allow: [Prefix]
        /// Templates and options records when memories were published last.
        var learnt: UInt64 = 0
        var datagrams: UInt64 = 0
        var refused: UInt64 = 0
        var refusedSenders = RefusedSenders()
        var told = RowsTold()
        /// Now, and when the first row of the batch came, by ``MonotonicClock``: whole seconds would cut a batch that
        /// began shortly before one of them.
        var tick: UInt64 = 0
        var opened: UInt64 = 0
        var published: UInt32 = 0
    }

    private func handle(_ datagram: RawSpan, _ source: IPEndpoint, _ now: UInt32, _ work: inout Work) {
        work.datagrams += 1
        guard work.allow.isEmpty || work.allow.contains(where: { $0.contains(source.address) }) else {
            work.refused += 1
            work.refusedSenders.note(source.address)
            return
        }
        if work.batch.isEmpty { work.opened = work.tick }
        work.decoder.decode(datagram, context: DatagramContext(source: source, receivedAt: now), into: work.batch)
        if work.batch.count >= batchRows || work.batch.hasManyCounters { hand(&work, replace: true) }
    }

    private func flushIfDue(_ work: inout Work) {
        if !work.batch.isEmpty, work.tick &- work.opened >= flushMilliseconds { hand(&work, replace: true) }
    }

    private func hand(_ work: inout Work, replace: Bool) {
        if !work.batch.isEmpty {
            work.batch.seal()
            // Before anybody else sees it: what is behind the pool knows rows as they are stored.
            work.enricher.enrich(work.batch)
            // Published before they can be stored, so that nothing is ever stored that wasn't received.
            publish(&work)
            work.told.handOver(books)
            pool.submit(work.batch)
            if replace { work.batch = pool.take() }
        } else if !replace {
            pool.recycle(work.batch)
        }
    }

    private func publishIfDue(_ now: UInt32, _ work: inout Work) {
        if now != work.published {
            work.published = now
            work.allow = allow.withLock { $0 }
            let settings = decoding.withLock { $0 }
            if settings != work.decoder.settings { work.decoder.settings = settings }
            let wasEmpty = work.batch.isEmpty
            work.decoder.expire(at: now, into: work.batch)
            if wasEmpty { work.opened = work.tick }
            // The next datagram needs its room.
            if work.batch.count >= batchRows { hand(&work, replace: true) }
            publish(&work)
        }
    }

    private func publish(_ work: inout Work) {
        let counters = work.decoder.counters
        // Templates are repeated all the time; looking at them again takes longer than counting.
        let learnt = counters.templates + counters.optionsRecords
        let memories = learnt == work.learnt ? nil : work.decoder.memories
        work.learnt = learnt
        let new = (work.datagrams, work.refused, work.refusedSenders.all, counters, work.decoder.snapshots)
        work.told.tell(books, written: counters.flows, inBatch: work.batch.count)
        report.withLock { report in
            (report.datagrams, report.refused, report.refusedSenders, report.counters, report.exporters) = new
            if let memories { report.memories = memories }
        }
    }

    private static var now: UInt32 { UInt32(truncatingIfNeeded: time(nil)) }
}
