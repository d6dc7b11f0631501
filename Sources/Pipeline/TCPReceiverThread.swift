import Enrichment
import FlowDecoders
import FlowSchema
import Foundation
import LinuxCapture
import NetTypes
import OwnThreads
import Synchronization
import WireFormat

/// One TCP socket, its IPFIX sessions and its thread: bytes in, sealed batches out.
///
/// The counterpart of ``ReceiverThread``. While it waits for an empty batch
/// nothing is read: the kernel's buffers fill and TCP makes the exporters
/// wait, so that nothing is lost.
final class TCPReceiverThread: Sendable {
    /// What the thread publishes.
    struct Report: Sendable {
        var sessions = SessionCounts()
        var counters = DecodeCounters()
        var exporters: [ExporterSnapshot] = []
        /// Why the thread ended, if it did before it was told to.
        var failure: String?
    }

    let listener: TCPListener
    let purpose: String
    private let pool: BatchPool
    private let books: RowBooks
    private let batchRows: Int
    private let flushMilliseconds: UInt64
    private let allow: Mutex<[Prefix]>
    private let decoding: Mutex<DecoderSettings>
    private let enrichment: EnrichmentSource
    private let report = Mutex(Report())
    private let isStopping = Atomic(false)
    private let ended = DispatchSemaphore(value: 0)

    init(listener: TCPListener, purpose: String, pool: BatchPool, books: RowBooks, options: PipelineOptions) {
        self.listener = listener
        self.purpose = purpose
        self.pool = pool
        self.books = books
        batchRows = options.batchRows
        flushMilliseconds = UInt64(max(1, options.flush / .milliseconds(1)))
        allow = Mutex(options.allow)
        decoding = Mutex(options.decoding)
        enrichment = options.enrichment
    }

    /// What was published last.
    var latest: Report { report.withLock { $0 } }

    func start() {
        OwnThread.start("tcp-\(listener.endpoint.port)", stackSize: 4 << 20) { self.run() }
    }

    /// Narrows or widens who may connect, within a second; sessions from elsewhere end.
    func setAllow(_ prefixes: [Prefix]) { allow.withLock { $0 = prefixes } }

    /// Changes how flows are read that come from now on, within a second.
    func setDecoding(_ settings: DecoderSettings) { decoding.withLock { $0 = settings } }

    /// Asks the thread to read what has arrived, hand it over and end.
    func stop() { isStopping.store(true, ordering: .releasing) }

    /// Waits for the end.
    func join() { ended.wait() }

    // MARK: - On the thread

    /// Seconds that a stopping thread goes on reading sessions that never fall silent.
    private static let drainSeconds: UInt32 = 5
    /// The longest wait for bytes: how soon a stop, or the end of a second, is seen.
    private static let waitMilliseconds: Int32 = 100
    /// Bytes read from a session before it is the next one's turn.
    private static let readBytes = 256 << 10

    /// What the thread owns.
    private struct Work {
        var sessions: TCPSessions
        var batch: FlowBatch
        var enricher: Enricher
        var allow: [Prefix]
        var told = RowsTold()
        var buffer = [UInt8](repeating: 0, count: TCPReceiverThread.readBytes)
        /// Now, and when the first row of the batch came, by ``MonotonicClock``.
        var tick: UInt64 = 0
        var opened: UInt64 = 0
        var published: UInt32 = 0
    }

    private func run() {
        var work = Work(
            sessions: TCPSessions(settings: decoding.withLock { $0 }),
            batch: pool.take(),
            enricher: Enricher(enrichment),
            allow: allow.withLock { $0 }
        )
        var stopSeen: UInt32?
        while true {
            let now = Self.now
            work.tick = MonotonicClock.milliseconds
            let isStopping = isStopping.load(ordering: .acquiring)
            var isSilent = false
            do throws(SocketError) {
                let wait = isStopping ? 0 : Self.waitMilliseconds
                let ready = try listener.wait(for: work.sessions.connections, milliseconds: wait)
                // From the last, because those that end are taken out.
                for index in ready.readable.reversed() { read(index, now, &work) }
                if ready.hasNew { accept(now, &work) }
                isSilent = ready.readable.isEmpty && !ready.hasNew
            } catch {
                report.withLock { $0.failure = error.description }
                break
            }
            if work.batch.count > 0, work.tick &- work.opened >= flushMilliseconds { hand(&work, replace: true) }
            publishIfDue(now, &work)
            guard isStopping else { continue }
            // What the kernel holds was received: read it, though not for ever.
            stopSeen = stopSeen ?? now
            if isSilent || now &- (stopSeen ?? now) >= Self.drainSeconds { break }
        }
        while !work.sessions.open.isEmpty { end(work.sessions.open.count - 1, Self.now, &work) }
        hand(&work, replace: false)
        publish(&work)
        ended.signal()
    }

    private func accept(_ now: UInt32, _ work: inout Work) {
        do throws(SocketError) {
            while let connection = try listener.accept() {
                guard Self.isAllowed(connection.peer.address, work.allow) else {
                    work.sessions.refuse(.notAllowed)
                    continue
                }
                switch work.sessions.admission(at: now) {
                case .free: break
                case .inPlaceOf(let silent):
                    work.sessions.noteReplaced()
                    end(silent, now, &work)
                case .full:
                    work.sessions.refuse(.tooMany)
                    continue
                }
                work.sessions.begin(connection, at: now)
            }
        } catch {
            // Out of descriptors, most likely: those that wait are taken when some are free again.
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    private func read(_ index: Int, _ now: UInt32, _ work: inout Work) {
        let session = work.sessions.open[index]
        // The buffer and the rest of the work are used at the same time.
        var buffer: [UInt8] = []
        swap(&buffer, &work.buffer)
        defer { swap(&buffer, &work.buffer) }
        var isIPFIX = true
        let outcome = session.connection.read(into: &buffer) { bytes in
            isIPFIX = session.feed(bytes, at: now) {
                if work.batch.count == 0 { work.opened = work.tick }
                return work.batch
            } done: {
                if work.batch.count >= batchRows { hand(&work, replace: true) }
            }
        }
        switch outcome {
        case .bytes where isIPFIX, .nothing: break
        case .bytes, .ended, .broken: end(index, now, &work)
        }
    }

    /// Ends a session: what waits for a sampling rate becomes rows first.
    private func end(_ index: Int, _ now: UInt32, _ work: inout Work) {
        let session = work.sessions.open[index]
        session.finish(at: now)
        settle(now, &work) { session.settle(into: $0) }
        work.sessions.forget(index)
    }

    /// Lets `body` write rows of sets that waited, with new batches as long as it wants more room.
    private func settle(_ now: UInt32, _ work: inout Work, _ body: (FlowBatch) -> Bool) {
        while true {
            if work.batch.count == 0 { work.opened = work.tick }
            let wantsMore = body(work.batch)
            // The next message needs its room.
            if wantsMore || work.batch.count >= batchRows { hand(&work, replace: true) }
            if !wantsMore { return }
        }
    }

    private func hand(_ work: inout Work, replace: Bool) {
        if work.batch.count > 0 {
            work.batch.seal()
            // Before anybody else sees it, as in ReceiverThread.
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
        guard now != work.published else { return }
        work.published = now
        work.allow = allow.withLock { $0 }
        work.sessions.setDecoding(decoding.withLock { $0 })
        for session in work.sessions.open {
            settle(now, &work) { batch in
                session.expire(at: now, into: batch)
                return false
            }
        }
        let allow = work.allow
        for index in work.sessions.expired(at: now, isAllowed: { Self.isAllowed($0, allow) }) {
            end(index, now, &work)
        }
        publish(&work)
    }

    private func publish(_ work: inout Work) {
        let new = (work.sessions.figures, work.sessions.counters, work.sessions.exporters)
        work.told.tell(books, written: new.1.flows, inBatch: work.batch.count)
        report.withLock { report in (report.sessions, report.counters, report.exporters) = new }
    }

    private static func isAllowed(_ address: IPAddress, _ allow: [Prefix]) -> Bool {
        allow.isEmpty || allow.contains { $0.contains(address) }
    }

    private static var now: UInt32 { UInt32(truncatingIfNeeded: time(nil)) }
}
