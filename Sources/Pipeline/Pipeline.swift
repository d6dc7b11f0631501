public import Enrichment
public import FlowDecoders
import FlowSchema
public import FlowStore
import Foundation
public import LinuxCapture
public import Logging
public import NetTypes
public import Telemetry

/// What the pipeline is made with.
public struct PipelineOptions: Sendable {
    /// A socket to listen on.
    public struct Listener: Sendable {
        /// Address and port.
        public var endpoint: IPEndpoint
        /// What exporters usually send there, in words; any protocol is recognised on any UDP socket.
        public var purpose: String
        /// How datagrams, or sessions of IPFIX, come in.
        public var transport: Transport

        /// Describes a socket.
        public init(endpoint: IPEndpoint, purpose: String, transport: Transport = .udp) {
            self.endpoint = endpoint
            self.purpose = purpose
            self.transport = transport
        }
    }

    /// The transport protocol of a socket.
    public enum Transport: String, Sendable {
        case udp, tcp
    }

    /// Sockets to listen on.
    public var listeners: [Listener]
    /// Prefixes that datagrams are taken from; empty: from everywhere.
    public var allow: [Prefix] = []
    /// How exporters' flows are read.
    public var decoding = DecoderSettings()
    /// What rows get before they are handed on; whoever holds it may replace the snapshot at any time.
    public var enrichment = EnrichmentSource()
    /// Bytes of kernel buffer per socket.
    public var receiveBuffer = 64 << 20
    /// Rows after which a batch is stored.
    public var batchRows = 1_000_000
    /// Batches that are stored at a time.
    public var inserts = 1
    /// How old the first row of a batch may be before it is stored even if it has fewer rows.
    public var flush = Duration.seconds(1)
    /// The file that keeps templates and options state from one life to the next; nil keeps none.
    public var memoryFile: String?
    /// The file that keeps where sequence numbers are; nil keeps none.
    public var sequenceFile: String?
    /// The folder for batches that the store doesn't take now.
    public var spoolFolder: String
    /// Bytes that it may hold; with 0 receivers wait instead.
    public var spoolBytes = 1_000_000_000
    /// Whether what is acknowledged is on the disk, and not only in the kernel's memory.
    public var fsync = false

    /// Listens on these sockets, the rest at its defaults.
    public init(listeners: [Listener], spoolFolder: String) {
        self.listeners = listeners
        self.spoolFolder = spoolFolder
    }

    /// Rows that a batch must have room for: one more datagram always fits, and one that has waited beside it.
    public var batchCapacity: Int { batchRows + 2 * FlowDecoder.mostRows }
}

/// The sockets of a pipeline, bound: they can be had before the store is open, and take privileges that nothing else does.
public struct PipelineSockets: Sendable {
    let udp: [(UDPReceiver, String)]
    let tcp: [(TCPListener, String)]

    /// Binds every socket, or none; nothing is received before ``Pipeline/start()``.
    ///
    /// - Throws: ``SocketError`` of the first socket that can't be had.
    public init(_ options: PipelineOptions, logger: Logger) throws(SocketError) {
        var sockets: [(UDPReceiver, String)] = []
        for listener in options.listeners where listener.transport == .udp {
            let socket = try UDPReceiver(listener.endpoint, receiveBuffer: options.receiveBuffer)
            if socket.receiveBuffer < options.receiveBuffer {
                logger.warning(
                    "smaller receive buffer than asked for; run as root or raise net.core.rmem_max",
                    metadata: ["bytes": "\(socket.receiveBuffer)", "asked": "\(options.receiveBuffer)"]
                )
            }
            sockets.append((socket, listener.purpose))
        }
        var tcpListeners: [(TCPListener, String)] = []
        for listener in options.listeners where listener.transport == .tcp {
            tcpListeners.append((try TCPListener(listener.endpoint), listener.purpose))
        }
        udp = sockets
        tcp = tcpListeners
    }
}

/// The line from the sockets to the store: receiver threads, batches, the ingest thread.
public final class Pipeline: Sendable {
    private let receivers: [ReceiverThread]
    private let sessionReceivers: [TCPReceiverThread]
    private let sources: HostSources?
    private let ingests: [IngestThread]
    private let pool: BatchPool
    private let books: RowBooks
    private let spool: Spool
    private let memory: ExporterMemoryFile?
    private let sequences: SequenceFile?
    private let receiveBuffer: Int
    /// When the counters began, in seconds since 1970 UTC.
    public let since: UInt32

    /// Binds every socket, or none; nothing is received before ``start()``.
    ///
    /// - Throws: ``SocketError`` of the first socket that can't be had.
    public convenience init(_ options: PipelineOptions, store: any BatchStore, logger: Logger) throws(SocketError) {
        self.init(options, store: store, sockets: try PipelineSockets(options, logger: logger), logger: logger)
    }

    /// Reads from sockets that are bound already; nothing is received before ``start()``.
    ///
    /// - Parameter sources: those of this host, open already.
    public init(
        _ options: PipelineOptions,
        store: any BatchStore,
        sockets: PipelineSockets,
        sources: HostSources? = nil,
        logger: Logger
    ) {
        // One for each receiver to fill, those being stored, two in between.
        let pool = BatchPool(
            count: options.listeners.count + (sources?.count ?? 0) + options.inserts + 2,
            capacity: options.batchCapacity
        )
        self.pool = pool
        let books = RowBooks()
        self.books = books
        self.sources = sources
        sources?.attach(SourceThread.Line(pool: pool, books: books, options: options))
        receiveBuffer = options.receiveBuffer
        let memory = options.memoryFile.map { ExporterMemoryFile(path: $0, logger: logger) }
        self.memory = memory
        let sequences = options.sequenceFile.map { SequenceFile(path: $0, logger: logger) }
        self.sequences = sequences
        receivers = sockets.udp.map {
            ReceiverThread(
                socket: $0,
                purpose: $1,
                pool: pool,
                books: books,
                options: options,
                remembered: memory?.remembered ?? [:],
                sequences: sequences?.remembered ?? [:]
            )
        }
        sessionReceivers = sockets.tcp.map {
            TCPReceiverThread(listener: $0, purpose: $1, pool: pool, books: books, options: options)
        }
        let spool = Spool(
            folder: options.spoolFolder,
            limit: options.spoolBytes,
            syncs: options.fsync,
            books: books,
            logger: logger
        )
        self.spool = spool
        let gate = StoreGate()
        ingests = (0..<options.inserts).map { number in
            IngestThread(
                store: store,
                pool: pool,
                spool: spool,
                gate: gate,
                books: books,
                batchCapacity: options.batchCapacity,
                keepsSpool: number == 0,
                logger: logger
            )
        }
        since = UInt32(truncatingIfNeeded: time(nil))
    }

    /// Starts the threads.
    public func start() {
        // Late is a store of which every insert is: one that is stuck holds up nothing while others go on.
        let ingests = ingests
        pool.whenLate { batch in ingests.allSatisfy(\.isLate) && ingests[0].rescue(batch) }
        // Before anybody can put something there.
        spool.open()
        for ingest in ingests { ingest.start() }
        for receiver in receivers { receiver.start() }
        for receiver in sessionReceivers { receiver.start() }
        sources?.start()
    }

    /// Changes whose datagrams are taken, within a second; empty: everybody's.
    public func setAllow(_ prefixes: [Prefix]) {
        for receiver in receivers { receiver.setAllow(prefixes) }
        for receiver in sessionReceivers { receiver.setAllow(prefixes) }
    }

    /// Changes how flows are read that are received from now on, within a second.
    public func setDecoding(_ settings: DecoderSettings) {
        for receiver in receivers { receiver.setDecoding(settings) }
        for receiver in sessionReceivers { receiver.setDecoding(settings) }
    }

    /// Reads what has arrived, stores or spools all of it and ends the threads; blocks until then.
    public func stop() {
        pool.announceEnd()
        for receiver in receivers { receiver.stop() }
        for receiver in sessionReceivers { receiver.stop() }
        sources?.stop()
        for receiver in receivers { receiver.join() }
        for receiver in sessionReceivers { receiver.join() }
        sources?.join()
        pool.close()
        IngestThread.join(ingests)
        remember()
        noteSequences()
    }

    /// Writes down what the exporters' next life must know; to be called every few seconds.
    public func remember() {
        memory?.write(receivers.flatMap(\.latest.memories))
    }

    /// Writes down how far sequence numbers are; to be called every second.
    public func noteSequences() {
        guard let sequences else { return }
        // The receivers first: what comes in after that isn't waited for.
        let reports = receivers.map(\.latest)
        let own = sources?.snapshots.map(\.exporter.counters) ?? []
        let counters = reports.map(\.counters) + sessionReceivers.map(\.latest.counters) + own
        let rows = books.now
        let waiting = rows.inFlight - rows.rows(in: .spool)
        let recovered = Int(truncatingIfNeeded: spool.report.recoveredRows)
        sequences.note(
            reports.flatMap(\.exporters),
            received: counters.reduce(0) { $0 + $1.flows },
            acknowledged: UInt64(clamping: rows.written - recovered - waiting)
        )
    }
}

// MARK: - Figures

/// The pipeline's counts at one moment.
public struct PipelineSnapshot: Sendable {
    /// One socket.
    public struct Listener: Sendable {
        /// Where it is bound.
        public var endpoint: IPEndpoint
        /// What exporters usually send there.
        public var purpose: String
        /// UDP or TCP.
        public var transport: PipelineOptions.Transport
        /// Datagrams, or messages of sessions, that were read.
        public var datagrams: UInt64
        /// Datagrams from outside the allowed prefixes; of sessions, ``sessions`` tells.
        public var refused: UInt64
        /// The kernel's receive queue now, with what it dropped; empty for TCP.
        public var queue: UDPReceiver.Queue
        /// Bytes of receive buffer that were asked for.
        public var receiveBuffer: Int
        /// What its decoders counted.
        public var counters: DecodeCounters
        /// Who sent to it and may not, those that came first.
        public var refusedSenders: [RefusedSender]
        /// Why it stopped working, if it did.
        public var failure: String?
        /// Its sessions; nil for UDP.
        public var sessions: SessionCounts?
    }

    /// A source of this host.
    public struct Source: Sendable {
        /// Its figures.
        public var report: SourceReport
        /// It counts among the exporters.
        public var exporter: ExporterSnapshot
    }

    /// The sockets.
    public var listeners: [Listener]
    /// The sources of this host.
    public var sources: [Source]
    /// What the decoders counted, all exporters together.
    public var counters: DecodeCounters
    /// What is known of each exporter.
    public var exporters: [ExporterSnapshot]
    /// Rows from the decoders to the store, all at one moment.
    public var rows: RowLedger
    /// Batches that the store acknowledged.
    public var storedBatches: UInt64
    /// Inserts that failed.
    public var storeFailures: UInt64
    /// Times that a receiver waited for an empty batch.
    public var stalls: UInt64
    /// When the newest stored row was received, in seconds since 1970 UTC.
    public var newestStored: UInt32?
    /// What the store said when it last refused a batch, until it takes one again.
    public var storeProblem: String?
    /// Seconds that the ingest threads spent storing, added up.
    public var storeSeconds: Double
    /// What waits on disk for the store.
    public var spool: SpoolReport
}

extension Pipeline {
    /// The counts now; receivers publish theirs once a second and with every batch.
    public var snapshot: PipelineSnapshot {
        let rows = books.now
        let stored = ingests.map(\.latest)
        let reports = receivers.map { ($0, $0.latest) }
        let sessions = sessionReceivers.map { ($0, $0.latest) }
        var counters = reports.reduce(into: DecodeCounters()) { $0.add($1.1.counters) }
        for session in sessions { counters.add(session.1.counters) }
        let own = sources?.snapshots ?? []
        for source in own { counters.add(source.exporter.counters) }
        var exporters = reports.flatMap(\.1.exporters) + sessions.flatMap(\.1.exporters)
        for source in own where source.exporter.lastSeen > 0 { exporters.append(source.exporter) }
        return PipelineSnapshot(
            listeners: reports.map { receiver, report in
                PipelineSnapshot.Listener(
                    endpoint: receiver.socket.endpoint,
                    purpose: receiver.purpose,
                    transport: .udp,
                    datagrams: report.datagrams,
                    refused: report.refused,
                    queue: receiver.socket.queue,
                    receiveBuffer: receiveBuffer,
                    counters: report.counters,
                    refusedSenders: report.refusedSenders,
                    failure: report.failure
                )
            } + sessions.map { $0.listener($1) },
            sources: own,
            counters: counters,
            exporters: exporters,
            rows: rows,
            storedBatches: stored.reduce(0) { $0 + $1.storedBatches },
            storeFailures: stored.reduce(0) { $0 + $1.failures },
            stalls: pool.stallCount,
            newestStored: stored.compactMap(\.newestStored).max(),
            storeProblem: stored.lazy.compactMap(\.problem).first,
            storeSeconds: stored.reduce(0) { $0 + $1.busySeconds },
            spool: spool.report
        )
    }
}

extension TCPReceiverThread {
    /// The figures of the listening socket.
    fileprivate func listener(_ report: Report) -> PipelineSnapshot.Listener {
        PipelineSnapshot.Listener(
            endpoint: listener.endpoint,
            purpose: purpose,
            transport: .tcp,
            datagrams: report.sessions.messages,
            refused: 0,
            queue: UDPReceiver.Queue(),
            receiveBuffer: 0,
            counters: report.counters,
            refusedSenders: [],
            failure: report.failure,
            sessions: report.sessions
        )
    }
}
