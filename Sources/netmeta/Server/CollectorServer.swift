import Enrichment
import FlowDecoders
import FlowStore
import Foundation
import Hummingbird
import LinuxCapture
import Logging
import NetTypes
import Pipeline
import ServiceLifecycle
import Telemetry
import UnixSignals

/// The running program in the role of a collector: takes, decodes and enriches
/// flows, and hands them to Kafka. It keeps no rows but those in its spool.
///
/// Enrichment is done here and not behind the queue: routers tell their routes
/// to the collector that is near them, rules by sampler hold for what it
/// receives, and addresses that nobody shall see must lose their bits before
/// they leave the machine.
struct CollectorServer {
    private let configuration: Configuration
    private let options: FolderOptions
    private let sourceKinds: [SourceKind]
    private let sources: HostSources?
    private let logger: Logger
    private let lock: FolderLock
    private let sink: KafkaSink
    private let pipeline: Pipeline
    private let enrichment: EnrichmentSource
    private let imports: LiveImports
    private let resolver: ResolverService
    private let nameFiles: NameListFiles
    private let bmp: BMPService
    private let dumps: RouterDumpService

    /// Takes the folder, opens the producer and binds every socket.
    ///
    /// - Parameter kinds: of sources that the command line adds to those of the configuration.
    /// - Throws: ``Failure`` in one line that says what to do; nothing is left half-started.
    init(options: FolderOptions, sources kinds: [SourceKind]) throws {
        var configuration = try options.load()
        for kind in kinds { configuration.sources.add(kind) }
        try KafkaService.check(configuration, .collector)
        self.options = options
        sourceKinds = kinds
        sources = try configuration.sources.openHost()
        configuration.adoptHost(sources)
        // There is nothing here to ask.
        configuration.console.sql = nil
        self.configuration = configuration
        LiveLogLevel.set(configuration.log.level)
        logger = Logger(label: "netmeta") { LiveLogHandler(label: $0) }
        nameFiles = NameListFiles(reading: configuration)
        do throws(StoreError) { lock = try FolderLock(folder: configuration.store.data) } catch {
            throw Failure(error.message)
        }
        enrichment = EnrichmentSource(EnrichmentSettings(configuration))
        var pipelineOptions = PipelineOptions(configuration)
        pipelineOptions.enrichment = enrichment
        // One producer is one connection to each broker.
        pipelineOptions.inserts = 1
        do {
            let sockets = try PipelineSockets(pipelineOptions, logger: logger)
            // Before there are threads of librdkafka, which take no signal and so can't be asked to.
            try sources?.giveUpPrivileges()
            sink = try KafkaSink(configuration.kafka.complete)
            pipeline = Pipeline(pipelineOptions, store: sink, sockets: sockets, sources: sources, logger: logger)
            bmp = try BMPService(configuration.enrichment.bmp, enrichment: enrichment, logger: logger)
            dumps = RouterDumpService(configuration, enrichment: enrichment, logger: logger)
            resolver = ResolverService(configuration, store: nil, logger: logger)
            imports = try LiveImports(
                configuration: configuration,
                store: sink,
                enrichment: enrichment,
                sources: CloudSources.none
            )
        } catch let error as SocketError {
            throw Failure(error.description)
        } catch let error as StoreError {
            throw Failure(error.message)
        }
    }

    /// Serves until SIGTERM or SIGINT.
    func run() async throws {
        let status = PipelineStatus(
            pipeline: pipeline,
            store: sink,
            keeper: nil,
            folder: configuration.store.data,
            retentionDays: configuration.retention.days,
            decoding: DecoderSettings(configuration),
            names: NameSheet(configuration, list: nameFiles.list).book
        )
        status.setQueue { [sink] in QueueReport(problem: nil, metrics: sink.metrics) }
        status.setBMP { [bmp] in bmp.report }
        status.setRouterTables { [dumps] in dumps.reports }
        let snmp = SNMPService(
            configuration,
            pipeline: pipeline,
            enrichment: enrichment,
            status: status,
            logger: logger
        )
        let web = try WebService(
            configuration: configuration,
            store: sink,
            status: status,
            imports: imports,
            hosts: resolver,
            logger: logger
        )
        try web.probe()
        let asMap = ASMapService(
            configuration.enrichment.asMap,
            keeper: ASMapKeeper(
                data: configuration.store.data,
                enrichment: enrichment,
                status: status,
                store: nil,
                logger: logger
            )
        )
        await asMap.prepare()
        let names = NameKeeper(
            configuration,
            files: nameFiles,
            tables: NameTables([]),
            enrichment: enrichment,
            status: status,
            store: nil,
            logger: logger
        )
        try await names.prepare()
        let parts = LiveParts(
            pipeline: pipeline,
            enrichment: enrichment,
            imports: imports,
            resolver: resolver,
            bmp: bmp,
            dumps: dumps,
            status: status,
            snmp: snmp,
            asMap: asMap,
            names: names,
            web: web
        )
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        // Stops in reverse: no more datagrams, then what has arrived is delivered or spooled.
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: SinkService(sink: sink)),
                    .init(service: resolver),
                    .init(service: PipelineService(pipeline: pipeline)),
                    .init(service: bmp),
                    .init(service: dumps),
                    .init(service: StatusService(status: status)),
                    .init(service: snmp),
                    .init(service: asMap),
                    .init(service: NameService(keeper: names)),
                    .init(service: reload(parts, hangups)),
                    .init(service: web.service { announce(web) }),
                    .init(service: imports),
                    .init(service: WatchdogService()),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch {
            throw Failure("stopped: \(error)")
        }
        web.flush()
        fflush(nil)
        _exit(0)
    }

    private func announce(_ web: WebService) {
        lock.note(api: web.address.local)
        web.warn()
        for listener in pipeline.snapshot.listeners {
            print("listening on \(listener.endpoint)/\(listener.transport.rawValue) for \(listener.purpose)")
        }
        for summary in sources?.summaries ?? [] { print("reading \(summary)") }
        for advice in sources?.advice ?? [] { logger.warning("\(advice)") }
        if let endpoint = bmp.report?.endpoint { print("listening on \(endpoint)/tcp for BMP") }
        print(KafkaService.line(configuration, "handing flows to"))
        print("API at \(web.address.shown)")
        print("ready")
        fflush(nil)
    }

    private func reload(_ parts: LiveParts, _ hangups: UnixSignalsSequence) -> ReloadService {
        ReloadService(
            options: options,
            start: configuration,
            sourceKinds: sourceKinds,
            sources: sources,
            web: parts.web,
            logger: logger,
            hangups: hangups,
            apply: parts.apply
        )
    }
}

/// Has the producer tell what it knows while nothing is handed over; closes it when all others have ended.
private struct SinkService: Service {
    let sink: KafkaSink

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                sink.look()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await Blocking.run { sink.close() }
    }
}
