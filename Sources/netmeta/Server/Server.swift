import Enrichment
import FlowDecoders
import FlowStore
import Foundation
import Hummingbird
import LinuxCapture
import Logging
import NetTypes
import OwnThreads
import Pipeline
import ServiceLifecycle
import Telemetry
import UnixSignals

/// The running program: opens everything or nothing, serves, and stores what
/// it has received before it ends.
struct Server {
    private let configuration: Configuration
    private let options: FolderOptions
    private let sourceKinds: [SourceKind]
    private let sources: HostSources?
    /// Whether these were opened with rights that are given up for good.
    private let hasLentSources: Bool
    private let logger: Logger
    private let lock: FolderLock
    private let store: any ServerStore
    /// The engine in this process; nil where ClickHouse servers keep the rows.
    private let embedded: EmbeddedStore?
    private let keeper: RetentionKeeper?
    private let pipeline: Pipeline
    private let enrichment: EnrichmentSource
    private let imports: LiveImports
    private let clouds: CloudSources
    private let resolver: ResolverService
    private let nameFiles: NameListFiles
    private let nameTables: NameTables
    private let bmp: BMPService
    private let dumps: RouterDumpService
    private let role: ServerRole
    private let queue: KafkaSource?

    /// Opens the sources of this host, takes the folder, binds every socket and opens the store.
    ///
    /// - Parameter kinds: of sources that the command line adds to those of the configuration.
    /// - Throws: ``Failure`` in one line that says what to do; nothing is left half-started.
    init(options: FolderOptions, sources kinds: [SourceKind], role: ServerRole) throws {
        var configuration = try options.load()
        for kind in kinds { configuration.sources.add(kind) }
        self.role = role
        if role == .store { try KafkaService.check(configuration, role) }
        self.options = options
        sourceKinds = kinds
        sources = try configuration.sources.openHost()
        hasLentSources = sources != nil && HostThread.hasLentCapabilities
        configuration.adoptHost(sources)
        self.configuration = configuration
        LiveLogLevel.set(configuration.log.level)
        logger = Logger(label: "netmeta") { LiveLogHandler(label: $0) }
        nameFiles = NameListFiles(reading: configuration)
        let names = NameTables.contents(NameSheet(configuration, list: nameFiles.list))
        nameTables = NameTables(names)
        let sockets: PipelineSockets
        var pipelineOptions = PipelineOptions(configuration)
        if !role.listens { pipelineOptions.listeners = [] }
        do {
            let folder = configuration.store.data
            let library =
                configuration.store.kind == .embedded
                ? try EngineLibrary.locate(configured: configuration.store.library) : nil
            lock = try FolderLock(folder: folder)
            try DiskSpace.check(folder: folder)
            sockets = try PipelineSockets(pipelineOptions, logger: logger)
            try sources?.giveUpPrivileges()
            if let library {
                embedded = try EmbeddedStore(
                    configuration: configuration,
                    library: library,
                    lock: lock,
                    retentionDays: configuration.retention.days,
                    names: names,
                    onProgress: { [logger] text in logger.notice("\(text); flows are taken when it is done") }
                )
            } else {
                embedded = nil
            }
            store = try embedded ?? RemoteStore(configuration, names: names)
        } catch let error as StoreError {
            throw Failure(error.message)
        } catch let error as SocketError {
            throw Failure(error.description)
        }
        Self.tell(embedded, logger)
        keeper = embedded.map { engine in
            RetentionKeeper(store: engine, folder: configuration.store.data, policy: RetentionPolicy(configuration))
        }
        do {
            enrichment = EnrichmentSource(EnrichmentSettings(configuration))
            pipelineOptions.enrichment = enrichment
            pipeline = Pipeline(pipelineOptions, store: store, sockets: sockets, sources: sources, logger: logger)
            let routers = role.listens ? configuration.enrichment.bmp : BMPConfiguration()
            bmp = try BMPService(routers, enrichment: enrichment, logger: logger)
            dumps = RouterDumpService(
                role.listens ? configuration : Configuration(),
                enrichment: enrichment,
                logger: logger
            )
            resolver = ResolverService(configuration, store: store, logger: logger)
            queue =
                role == .store
                ? try KafkaService.source(configuration, store: store, enrichment: enrichment, logger: logger) : nil
            clouds = try CloudSources(configuration, store: store, enrichment: enrichment, logger: logger)
            imports = try LiveImports(
                configuration: configuration,
                store: store,
                enrichment: enrichment,
                sources: clouds
            )
        } catch let error as SocketError {
            store.close()
            throw Failure(error.description)
        } catch let error as StoreError {
            store.close()
            throw Failure(error.message)
        } catch {
            store.close()
            throw error
        }
    }

    /// Says what a full disk has left behind.
    private static func tell(_ store: EmbeddedStore?, _ logger: Logger) {
        guard let store else { return }
        if !store.repairedTables.isEmpty {
            logger.warning(
                "definitions of tables were empty, as a full disk leaves them; they are what they were before",
                metadata: ["tables": "\(store.repairedTables.joined(separator: ", "))"]
            )
        }
        if !store.brokenParts.isEmpty {
            let tables = store.brokenParts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            logger.error(
                """
                parts of tables are damaged, and their rows are in no answer; they lie in the tables' folders, in \
                detached, and warn until they are removed there
                """,
                metadata: ["parts": "\(tables.joined(separator: ", "))"]
            )
        }
    }

    /// Asks the servers once, so that the first look at the log tells whether they are there.
    private func greetServers() async {
        guard embedded == nil, let remote = store as? RemoteStore else { return }
        let problem = await withCheckedContinuation { continuation in
            OwnThread.start("greet-servers") {
                do throws(StoreError) {
                    try remote.prepare()
                    continuation.resume(returning: String?.none)
                } catch {
                    continuation.resume(returning: error.message)
                }
            }
        }
        guard let problem else { return }
        logger.error(
            "no rows can be stored now; they wait in the spool until a ClickHouse server takes them",
            metadata: ["reason": "\(problem)"]
        )
    }

    /// Serves until SIGTERM or SIGINT.
    func run() async throws {
        await greetServers()
        let status = PipelineStatus(
            pipeline: pipeline,
            store: store,
            keeper: keeper,
            folder: configuration.store.data,
            retentionDays: configuration.retention.days,
            decoding: DecoderSettings(configuration),
            names: NameSheet(configuration, list: nameFiles.list).book
        )
        let snmp = SNMPService(
            configuration,
            pipeline: pipeline,
            enrichment: enrichment,
            status: status,
            logger: logger
        )
        status.setBMP { [bmp] in bmp.report }
        status.setRouterTables { [dumps] in dumps.reports }
        status.setFetched { [clouds, imports] in clouds.health + imports.scamper.health }
        if let queue {
            status.setQueue { QueueReport(problem: queue.report.problem, metrics: queue.report.metrics) }
        }
        let web: WebService
        do {
            web = try WebService(
                configuration: configuration,
                store: store,
                status: status,
                imports: imports,
                hosts: resolver,
                logger: logger
            )
            try web.probe()
        } catch {
            store.close()
            throw error
        }
        let asMapKeeper = ASMapKeeper(
            data: configuration.store.data,
            enrichment: enrichment,
            status: status,
            store: store,
            logger: logger
        )
        let asMap = ASMapService(configuration.enrichment.asMap, keeper: asMapKeeper)
        await asMap.prepare()
        let names = NameKeeper(
            configuration,
            files: nameFiles,
            tables: nameTables,
            enrichment: enrichment,
            status: status,
            store: store,
            logger: logger
        )
        do {
            try await names.prepare()
        } catch {
            store.close()
            throw error
        }
        let parts = LiveParts(
            pipeline: pipeline,
            enrichment: enrichment,
            imports: imports,
            resolver: resolver,
            bmp: role.listens ? bmp : nil,
            dumps: role.listens ? dumps : nil,
            status: status,
            snmp: snmp,
            asMap: asMap,
            names: names,
            web: web
        )
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        // Stops in reverse: no more imports, no more questions, no more datagrams, then the store.
        var upkeep: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if let embedded, let keeper {
            upkeep = [
                .init(service: RetentionService(keeper: keeper, logger: logger)),
                .init(service: PartService(store: embedded, folder: configuration.store.data, logger: logger)),
                .init(
                    service: EngineService(
                        store: embedded,
                        folder: configuration.store.data,
                        pipeline: pipeline,
                        needsOther: hasLentSources,
                        logger: logger
                    )
                ),
            ]
        }
        let sql = web.sqlService().map { [ServiceGroupConfiguration.ServiceConfiguration(service: $0)] } ?? []
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: StoreService(store: store))
                ] + upkeep + [
                    .init(service: resolver),
                    .init(service: PipelineService(pipeline: pipeline)),
                    .init(service: KafkaService(source: queue)),
                    .init(service: bmp),
                    .init(service: dumps),
                    .init(service: clouds),
                    .init(service: StatusService(status: status)),
                    .init(service: snmp),
                    .init(service: asMap),
                    .init(service: NameService(keeper: names)),
                    .init(service: reload(parts, hangups)),
                ] + sql + [
                    .init(service: web.service { announce(web) }),
                    .init(service: imports),
                    .init(service: ScamperService(configuration, imports: imports, logger: logger)),
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
        // The engine's threads may still be on their way out of the library.
        fflush(nil)
        _exit(0)
    }

    /// Says where it listens; `ready` comes last, when questions are answered too.
    private func announce(_ web: WebService) {
        lock.note(api: web.address.local)
        web.warn()
        for listener in pipeline.snapshot.listeners {
            print("listening on \(listener.endpoint)/\(listener.transport.rawValue) for \(listener.purpose)")
        }
        for summary in sources?.summaries ?? [] { print("reading \(summary)") }
        for advice in sources?.advice ?? [] { logger.warning("\(advice)") }
        if let endpoint = bmp.report?.endpoint { print("listening on \(endpoint)/tcp for BMP") }
        if queue != nil { print(KafkaService.line(configuration, "taking flows from")) }
        print("console and API at \(web.address.shown)")
        if let sql = web.sqlAddress { print("SQL at \(sql)") }
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
            hangups: hangups
        ) { new in
            try await parts.apply(new)
            try await store.setRetention(days: new.retention.days)
            keeper?.setPolicy(RetentionPolicy(new))
            parts.status.setRetention(days: new.retention.days)
        }
    }
}
