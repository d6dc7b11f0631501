import Enrichment
import Foundation
import Logging
import NameSources
import NetTypes
import ServiceLifecycle
import Synchronization
import Telemetry
import UnixSignals

/// Keeps the tables of routers that are known from dumps as their files are: looks at them once a minute, on SIGHUP and
/// when the configuration is new.
struct RouterDumpService: Service {
    private let keeper: RouterDumpKeeper
    private let looks: AsyncStream<Configuration.Enrichment?>
    private let next: AsyncStream<Configuration.Enrichment?>.Continuation
    private let told = RouterDumpReports()

    init(_ configuration: Configuration, enrichment: EnrichmentSource, logger: Logger) {
        keeper = RouterDumpKeeper(configuration.enrichment, enrichment: enrichment, told: told, logger: logger)
        (looks, next) = AsyncStream.makeStream(of: Configuration.Enrichment?.self, bufferingPolicy: .bufferingNewest(8))
    }

    /// Takes new settings over, soon.
    func reload(_ configuration: Configuration) { next.yield(configuration.enrichment) }

    /// What became of the dumps, in the order of the exporters' addresses.
    var reports: [RouterTableReport] { told.current.withLock { $0 } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sighup) { next.yield(nil) }
                }
                group.addTask {
                    while !Task.isCancelled {
                        next.yield(nil)
                        try? await Task.sleep(for: .seconds(60))
                    }
                }
                for await new in looks { await keeper.look(new) }
                group.cancelAll()
            }
        }
    }
}

/// What the keeper says, for whoever asks meanwhile.
private final class RouterDumpReports: Sendable {
    let current = Mutex<[RouterTableReport]>([])
}

/// Reads dumps whose files have changed, on a thread of its own, and puts their tables in place.
private actor RouterDumpKeeper {
    private let enrichment: EnrichmentSource
    private let logger: Logger
    private var configuration: Configuration.Enrichment
    /// What was read, and in which state the file was then; the table is nil when it couldn't be read.
    private var known: [IPAddress: (path: String, version: String, table: RouterTable?)] = [:]
    private var details: Set<RouteDetail> = []
    private let told: RouterDumpReports
    private var reports: [IPAddress: RouterTableReport] = [:]

    init(
        _ configuration: Configuration.Enrichment,
        enrichment: EnrichmentSource,
        told: RouterDumpReports,
        logger: Logger
    ) {
        self.configuration = configuration
        self.enrichment = enrichment
        self.told = told
        self.logger = logger
    }

    func look(_ new: Configuration.Enrichment?) async {
        if let new { configuration = new }
        let files = configuration.routerTables
        var isChanged = details != configuration.bmp.settings.details
        details = configuration.bmp.settings.details
        for exporter in known.keys where files[exporter] == nil {
            (known[exporter], reports[exporter]) = (nil, nil)
            isChanged = true
        }
        for (exporter, path) in files.sorted(by: { $0.key < $1.key }) where !Task.isCancelled {
            let version = SourceFile(path).version ?? ""
            defer { reports[exporter]?.changed = SourceFile(path).changed }
            if let last = known[exporter], last.path == path, last.version == version { continue }
            let most = configuration.bmp.settings.memory / 2
            let start = ContinuousClock.now
            let result = await Aside.run { () -> Result<RouterDumpFile.Report, SourceError> in
                do throws(SourceError) { return .success(try RouterDumpFile(path).read(most: most)) } catch {
                    return .failure(error)
                }
            }
            switch result {
            case .success(let report)?:
                known[exporter] = (path, version, report.table)
                reports[exporter] = RouterTableReport(
                    exporter: exporter,
                    file: path,
                    loaded: UInt64(max(0, Date().timeIntervalSince1970)),
                    prefixes: report.counters.prefixes
                )
                isChanged = true
                logger.notice(
                    "a router's table is in place",
                    metadata: [
                        "exporter": "\(exporter)", "file": "\(path)", "prefixes": "\(report.counters.prefixes)",
                        "malformed": "\(report.counters.malformed)",
                        "seconds": "\(Double(Int((ContinuousClock.now - start) / .milliseconds(1))) / 1000)",
                    ]
                )
            case .failure(let error)?:
                // What was read of the same file before stays.
                let old = known[exporter].flatMap { $0.path == path ? $0.table : nil }
                known[exporter] = (path, version, old)
                if old == nil { reports[exporter] = RouterTableReport(exporter: exporter, file: path) }
                reports[exporter]?.problem = error.reason
                logger.warning(
                    "a router's table was not read\(old == nil ? "" : "; the old one stays")",
                    metadata: ["exporter": "\(exporter)", "file": "\(path)", "reason": "\(error.reason)"]
                )
            case nil: return
            }
        }
        told.current.withLock { $0 = reports.values.sorted { $0.exporter < $1.exporter } }
        guard isChanged else { return }
        let tables = known.compactMapValues(\.table)
        enrichment.replace(dumps: tables.isEmpty ? nil : RouterTables(tables, details: details))
    }
}
