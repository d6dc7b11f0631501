public import FlowDecoders
import FlowSchema
public import FlowStore
import Foundation
import LinuxCapture
public import NetTypes
import Synchronization
public import Telemetry
import WireFormat

/// Answers the API's questions about the pipeline.
///
/// ``run()`` takes a sample every few seconds; rates are what changed since
/// the oldest sample, so nobody's look costs a query.
public final class PipelineStatus: StatusSource {
    private let pipeline: Pipeline
    private let store: any FlowStore
    private let keeper: RetentionKeeper?
    private let folder: String
    private let retentionDays: Mutex<Int>
    private let decoding: Mutex<DecoderSettings>
    private let book: Mutex<NameBook>
    private let asMap = Mutex<ASMapReport?>(nil)
    private let bmp = Mutex<@Sendable () -> BMPReport?>({ nil })
    private let routerTables = Mutex<@Sendable () -> [RouterTableReport]>({ [] })
    private let fetched = Mutex<@Sendable () -> [SourceReport]>({ [] })
    private let queue = Mutex<@Sendable () -> QueueReport>({ QueueReport() })
    private let listedAutnums = Mutex<[UInt32: AutonomousSystemName]>([:])
    private let snmp = Mutex(SNMPState())
    private let nameLists = Mutex<NameListReport?>(nil)
    private let samples = Mutex<[Sample]>([])
    private let storage = Mutex<(taken: ContinuousClock.Instant, report: StoreReport)?>(nil)

    private struct SNMPState {
        var agents: [IPAddress: ExporterReport.SNMP] = [:]
        var health: SNMPHealth?
        var metrics: [MetricFamily] = []
    }

    private struct Sample {
        var time: ContinuousClock.Instant
        var exporters: [IPAddress: (flows: UInt64, bytes: UInt64)]
    }

    /// - Parameters:
    ///   - store: asked for the size and age of what is kept.
    ///   - keeper: knows what went and how far back the room reaches; nil where nothing is kept, or servers keep it.
    ///   - folder: whose disk's free space is reported.
    ///   - decoding: how exporters' flows are read.
    ///   - names: what people call exporters and what belongs to them.
    public init(
        pipeline: Pipeline,
        store: any FlowStore,
        keeper: RetentionKeeper?,
        folder: String,
        retentionDays: Int,
        decoding: DecoderSettings,
        names: NameBook = NameBook()
    ) {
        self.pipeline = pipeline
        self.store = store
        self.keeper = keeper
        self.folder = folder
        self.retentionDays = Mutex(retentionDays)
        self.decoding = Mutex(decoding)
        book = Mutex(names)
    }

    /// Says for how many days rows are kept from now on.
    public func setRetention(days: Int) {
        retentionDays.withLock { $0 = days }
        // The next look shows it.
        storage.withLock { $0 = nil }
    }

    /// Says how flows are read from now on.
    public func setDecoding(_ settings: DecoderSettings) { decoding.withLock { $0 = settings } }

    /// Says what things are called from now on.
    public func setNames(_ names: NameBook) { book.withLock { $0 = names } }

    /// Says what the map from addresses to ASes is from now on.
    public func setASMap(_ report: ASMapReport?) { asMap.withLock { $0 = report } }

    /// Says where to ask what became of the dumps of routers' tables.
    public func setRouterTables(_ reports: @escaping @Sendable () -> [RouterTableReport]) {
        routerTables.withLock { $0 = reports }
    }

    /// Says who knows what routers tell of their routes.
    public func setBMP(_ report: @escaping @Sendable () -> BMPReport?) { bmp.withLock { $0 = report } }

    /// Says who knows how the sources are that rows are fetched from beside the pipeline: those of clouds, and scamper.
    public func setFetched(_ reports: @escaping @Sendable () -> [SourceReport]) { fetched.withLock { $0 = reports } }

    /// Says who knows how a queue beside the pipeline is: that before the store, or the one that is the store.
    public func setQueue(_ report: @escaping @Sendable () -> QueueReport) { queue.withLock { $0 = report } }

    private var bmpReport: BMPReport? { bmp.withLock { $0 }() }

    /// Says what lists call autonomous systems from now on.
    public func setListedAutnums(_ names: [UInt32: AutonomousSystemName]) { listedAutnums.withLock { $0 = names } }

    /// Says what SNMP agents told of exporters, and how asking them goes.
    ///
    /// - Parameter health: nil when nobody is to be asked.
    public func setSNMP(
        _ agents: [IPAddress: ExporterReport.SNMP],
        health: SNMPHealth?,
        metrics: [MetricFamily]
    ) {
        snmp.withLock { $0 = SNMPState(agents: agents, health: health, metrics: metrics) }
    }

    /// Says how the lists of names are.
    public func setNameLists(_ report: NameListReport?) { nameLists.withLock { $0 = report } }

    /// What exporters told in options data, and their SNMP agents, whatever people call the same things.
    public func toldNames() -> [IPAddress: (flows: ExporterReport.Names, agent: ExporterReport.SNMP?)] {
        let agents = snmp.withLock { $0.agents }
        return merged().reduce(into: [:]) { told, exporter in
            told[exporter.key] = (ExporterReport.Names(exporter.value), agents[exporter.key])
        }
    }

    private static let interval = Duration.seconds(5)
    private static let window = 12

    /// Takes samples, and has the pipeline remember its exporters, until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            let now = Sample(
                time: .now,
                exporters: merged().mapValues { ($0.counters.flows, $0.scaledBytes) }
            )
            samples.withLock { samples in
                samples.append(now)
                if samples.count > Self.window { samples.removeFirst() }
            }
            pipeline.remember()
            let end = ContinuousClock.now + Self.interval
            while !Task.isCancelled, ContinuousClock.now < end {
                pipeline.noteSequences()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    // MARK: - StatusSource

    /// How things are.
    public func health() async -> HealthReport {
        let snapshot = pipeline.snapshot
        let broken = snapshot.listeners.compactMap(\.failure) + snapshot.sources.compactMap(\.report.failure)
        let problem =
            broken.first ?? snapshot.storeProblem.map { Self.words(refusal: $0, snapshot.spool) }
            ?? queue.withLock { $0 }().problem
        let losses = LossReport(snapshot)
        let fetched = fetched.withLock { $0 }()
        // What a cloud keeps is not lost: it is fetched later. Nor is a measurement that wasn't made.
        let silent = fetched.first { $0.failure != nil }.map { "\($0.kind) \($0.name): \($0.failure ?? "")" }
        let isSomethingOff = silent != nil || snapshot.sources.contains { $0.report.problem != nil }
        return HealthReport(
            status: problem != nil ? .down : losses.isAnythingLost || isSomethingOff ? .degraded : .ok,
            since: UInt64(pipeline.since),
            isReady: broken.isEmpty,
            message: problem ?? silent,
            losses: losses,
            gapAtRestart: snapshot.exporters.reduce(0) { $0 + $1.sequenceSinceLastRun },
            gapsBefore: losses.estimates.missingDatagrams + losses.estimates.missingRecords,
            lag: Self.lag(snapshot),
            listeners: snapshot.listeners.map(ListenerReport.init),
            sources: snapshot.sources.map(\.report) + fetched,
            store: await storeReport(),
            spool: snapshot.spool,
            asMap: asMap.withLock { $0 },
            snmp: snmp.withLock { $0.health },
            bmp: bmpReport,
            routerTables: routerTables.withLock { $0 }()
        )
    }

    /// Every exporter heard of since the start.
    public func exporters() async -> [ExporterReport] {
        let base = samples.withLock { $0.first }
        let seconds = base.map { (ContinuousClock.now - $0.time) / .seconds(1) } ?? 0
        let decoding = decoding.withLock { $0 }
        let book = book.withLock { $0 }
        let agents = snmp.withLock { $0.agents }
        let routers = (bmpReport?.routers ?? []).flatMap { router in router.exporters.map { ($0, router) } }
        let routerOf = Dictionary(routers, uniquingKeysWith: { first, _ in first })
        return merged().values.sorted { $0.address < $1.address }.map { exporter in
            let before = base?.exporters[exporter.address] ?? (0, 0)
            func rate(_ now: UInt64, _ before: UInt64) -> Double {
                seconds > 0 && now >= before ? Double(now - before) / seconds : 0
            }
            var report = ExporterReport(exporter, settings: decoding.exporter(exporter.address))
            if let agent = agents[exporter.address] { report.take(agent) }
            report.take(book.sampler(exporter.address))
            report.router = routerOf[exporter.address]
            report.flowsPerSecond = rate(exporter.counters.flows, before.flows)
            report.bitsPerSecond = rate(exporter.scaledBytes, before.bytes) * 8
            return report
        }
    }

    /// The names of the configuration, and those of lists.
    public func names() async -> NameBook {
        var names = book.withLock { $0 }
        names.listedAutnums = listedAutnums.withLock { $0 }
        return names
    }

    /// What the other two don't tell.
    public func metrics() async -> [MetricFamily] {
        let snapshot = pipeline.snapshot
        func perListener(_ value: (PipelineSnapshot.Listener) -> UInt64?) -> [MetricFamily.Sample] {
            snapshot.listeners.compactMap { listener in
                value(listener).map {
                    MetricFamily.Sample(labels: [.init("listener", listener.endpoint.description)], value: Double($0))
                }
            }
        }
        let counters = snapshot.counters
        return [
            MetricFamily(
                "netmeta_udp_datagrams_total",
                .counter,
                help: "Datagrams read from a socket.",
                samples: perListener { $0.transport == .udp ? $0.datagrams : nil }
            ),
            MetricFamily(
                "netmeta_udp_kernel_drops_total",
                .counter,
                help: "Datagrams that the kernel dropped at a socket since its receive buffer was full.",
                samples: perListener { $0.transport == .udp ? $0.queue.drops : nil }
            ),
            MetricFamily(
                "netmeta_udp_buffer_bytes",
                .gauge,
                help: "What a socket's receive buffer may hold.",
                samples: perListener { $0.transport == .udp ? UInt64($0.queue.bytes) : nil }
            ),
            MetricFamily(
                "netmeta_udp_buffer_used_bytes",
                .gauge,
                help: "What a socket's receive buffer holds now.",
                samples: perListener { $0.transport == .udp ? UInt64($0.queue.used) : nil }
            ),
            MetricFamily(
                "netmeta_tcp_messages_total",
                .counter,
                help: "IPFIX messages read from TCP sessions.",
                samples: perListener { $0.sessions?.messages }
            ),
            MetricFamily(
                "netmeta_tcp_sessions",
                .gauge,
                help: "TCP sessions that are open.",
                samples: perListener { $0.sessions?.open }
            ),
            MetricFamily(
                "netmeta_tcp_sessions_total",
                .counter,
                help: "TCP sessions that were accepted.",
                samples: perListener { $0.sessions?.total }
            ),
            MetricFamily(
                "netmeta_tcp_sessions_refused_total",
                .counter,
                help: "TCP sessions that were refused because too many were open.",
                samples: perListener { $0.sessions?.refused }
            ),
            MetricFamily(
                "netmeta_tcp_sessions_broken_total",
                .counter,
                help: "TCP sessions that were ended because what came was no IPFIX.",
                samples: perListener { $0.sessions?.brokenFraming }
            ),
            MetricFamily(
                "netmeta_tcp_sessions_idle_total",
                .counter,
                help: "TCP sessions that were ended after a long silence.",
                samples: perListener { $0.sessions?.idleClosed }
            ),
            MetricFamily(
                "netmeta_decoder_records_total",
                .counter,
                help: "Flow records read.",
                value: Double(counters.records)
            ),
            MetricFamily(
                "netmeta_decoder_options_records_total",
                .counter,
                help: "Options data records read.",
                value: Double(counters.optionsRecords)
            ),
            MetricFamily(
                "netmeta_decoder_counter_samples_total",
                .counter,
                help: "sFlow counter samples read.",
                value: Double(counters.counterSamples)
            ),
            MetricFamily(
                "netmeta_decoder_lost_counter_samples_total",
                .counter,
                help: "sFlow counter samples that there was no room for.",
                value: Double(counters.lostCounterSamples)
            ),
            MetricFamily(
                "netmeta_decoder_skipped_records_total",
                .counter,
                help: "sFlow samples and records of formats that tell no column.",
                value: Double(counters.skippedRecords)
            ),
            MetricFamily(
                "netmeta_decoder_templates_total",
                .counter,
                help: "Template records read.",
                value: Double(counters.templates)
            ),
            MetricFamily(
                "netmeta_store_batches_total",
                .counter,
                help: "Batches that the store acknowledged.",
                value: Double(snapshot.storedBatches)
            ),
            MetricFamily(
                "netmeta_store_failures_total",
                .counter,
                help: "Inserts that failed; a batch may fail and be stored later.",
                value: Double(snapshot.storeFailures)
            ),
            MetricFamily(
                "netmeta_store_seconds_total",
                .counter,
                help: "Seconds spent storing.",
                value: snapshot.storeSeconds
            ),
            MetricFamily(
                "netmeta_pipeline_stalls_total",
                .counter,
                help: "Times that a receiver had to wait for an empty batch.",
                value: Double(snapshot.stalls)
            ),
        ] + snapshot.sources.map(\.report).metrics + queue.withLock { $0 }().metrics + snapshot.spool.metrics
            + snmp.withLock { $0.metrics } + (nameLists.withLock { $0 }?.metrics ?? [])
    }

    // MARK: - Figures

    /// An exporter may send to several listeners; here it is one.
    private func merged() -> [IPAddress: ExporterSnapshot] {
        pipeline.snapshot.exporters.reduce(into: [:]) { result, exporter in
            result[exporter.address] = result[exporter.address]?.merged(with: exporter) ?? exporter
        }
    }

    private static func words(refusal: String, _ spool: SpoolReport) -> String {
        let consequence = spool.problem.map { "nor can the spool be written (\($0)), so that receivers wait" }
        return "the store refuses rows: \(refusal)" + "; " + (consequence ?? "they wait in the spool")
    }

    /// Seconds since the newest stored row came, while others wait; 0 when none waits.
    private static func lag(_ snapshot: PipelineSnapshot) -> Double? {
        guard let newest = snapshot.newestStored else { return nil }
        guard snapshot.rows.inFlight > 0 else { return 0 }
        return max(0, Date().timeIntervalSince1970 - Double(newest))
    }

    /// What is kept; asked of the store at most every few seconds.
    private func storeReport() async -> StoreReport {
        if let known = storage.withLock({ $0 }), ContinuousClock.now - known.taken < Self.interval {
            return known.report
        }
        var report = StoreReport(retentionDays: retentionDays.withLock { $0 })
        let sizes = try? await store.query(
            """
            SELECT sum(rows) AS rows, sum(bytes_on_disk) AS bytes, toUInt64(min(min_time)) AS oldest,
                toUInt64(max(max_time)) AS newest
            FROM system.parts
            WHERE database = '\(ClickHouse.database)' AND table = '\(ClickHouse.flowsTable)' AND active
            """,
            limits: QueryLimits(seconds: 5)
        )
        report.rows = sizes?["rows"]?.values.first?.unsigned ?? 0
        report.bytes = sizes?["bytes"]?.values.first?.unsigned ?? 0
        if report.rows > 0 {
            report.oldest = sizes?["oldest"]?.values.first?.unsigned
            report.newest = sizes?["newest"]?.values.first?.unsigned
        }
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
        report.freeDiskBytes = (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value
        if let keeper { report.retention = RetentionFigures(keeper.report) }
        storage.withLock { $0 = (.now, report) }
        return report
    }
}

extension RetentionFigures {
    /// The same figures, as the store's side counts them.
    fileprivate init(_ report: RetentionReport) {
        self.init()
        func bytes(_ number: Int) -> UInt64 { UInt64(max(0, number)) }
        usedBytes = bytes(report.usedBytes)
        budgetBytes = report.policy.size.map(bytes)
        freeFloorBytes = bytes(report.freeFloor)
        missingBytes = bytes(report.missing)
        for reason in RetentionReason.allCases {
            let dropped = report.dropped[reason] ?? .init()
            droppedRows[reason.rawValue] = bytes(dropped.rows)
            droppedBytes[reason.rawValue] = bytes(dropped.bytes)
        }
        rowsPerSecond = report.rowsPerSecond
        bytesPerRow = report.bytesPerRow
        keepsSeconds = report.keeps?.seconds
        keepsBound = report.keeps?.bound.rawValue
    }
}

/// How a queue beside the pipeline is.
public struct QueueReport: Sendable {
    /// What keeps flows from getting on; nil when nothing does.
    public var problem: String?
    /// Its counts.
    public var metrics: [MetricFamily] = []

    /// Nothing to tell.
    public init() {}

    /// Gathers what there is to tell.
    public init(problem: String?, metrics: [MetricFamily]) {
        self.problem = problem
        self.metrics = metrics
    }
}
