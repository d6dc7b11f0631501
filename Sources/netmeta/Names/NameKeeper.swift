import Enrichment
import FlowStore
import Logging
import NetTypes
import Pipeline
import Telemetry

/// Keeps names and classes as configuration, lists and exporters say, in the
/// three places that use them: the console's book, the dictionaries of SQL,
/// and the snapshot that tells directions at ingest.
actor NameKeeper {
    private let enrichment: EnrichmentSource
    private let status: PipelineStatus
    private let store: (any ServerStore)?
    private let tables: NameTables
    private let logger: Logger

    private var configuration: Configuration
    private var files: NameListFiles
    private var told: [IPAddress: NameSheet.Told] = [:]
    private var shown: [String: String] = [:]
    /// Whether something is new that isn't in place yet.
    private var isStale = true
    /// Whether lists were read since the log last said so.
    private var wasRead = false

    /// - Parameters:
    ///   - files: read already.
    ///   - tables: what the store was opened with.
    ///   - store: nil in a collector, whose flows are stored elsewhere.
    init(
        _ configuration: Configuration,
        files: NameListFiles,
        tables: NameTables,
        enrichment: EnrichmentSource,
        status: PipelineStatus,
        store: (any ServerStore)?,
        logger: Logger
    ) {
        self.configuration = configuration
        self.files = files
        self.tables = tables
        self.enrichment = enrichment
        self.status = status
        self.store = store
        self.logger = logger
    }

    /// Puts in place what is known before flows come.
    func prepare() async throws {
        await enter()
        defer { leave() }
        tell()
        told = status.toldNames().mapValues(NameSheet.Told.init)
        try await putInPlace()
    }

    /// Takes a new configuration over.
    func reload(_ new: Configuration) async throws {
        await enter()
        defer { leave() }
        configuration = new
        isStale = true
        await readFiles()
        try await putInPlace()
    }

    /// Looks whether lists or exporters say something new; without luck with the store it is tried again at the next look.
    func look() async {
        await enter()
        defer { leave() }
        await readFiles()
        let now = status.toldNames().mapValues(NameSheet.Told.init)
        if now != told {
            told = now
            isStale = true
        }
        do {
            try await putInPlace()
        } catch {
            logger.warning("names were not written to the dictionaries", metadata: ["reason": "\(error)"])
        }
    }

    // MARK: - One after the other

    /// What is put in place takes a while, in which a newer configuration may come; that has to come later in all places.
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    private func enter() async {
        if isBusy { await withCheckedContinuation { waiting.append($0) } } else { isBusy = true }
    }

    private func leave() {
        if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
    }

    // MARK: - Work

    private func readFiles() async {
        let (configuration, before) = (configuration, files)
        let outcome = await Aside.run { () -> NameListFiles? in
            var files = before
            return files.look(at: NameListFiles.paths(of: configuration)) ? files : nil
        }
        guard let new = outcome ?? nil else { return }
        files = new
        isStale = true
        tell()
    }

    /// Says what is wrong with files, once.
    private func tell() {
        let problems = files.problems
        for (path, problem) in problems.sorted(by: { $0.key < $1.key }) where shown[path] != problem {
            logger.warning("a list of names", metadata: ["file": "\(path)", "problem": "\(problem)"])
        }
        shown = problems
        wasRead = !files.isEmpty
    }

    private func putInPlace() async throws {
        guard isStale else { return }
        let sheet = NameSheet(configuration, list: files.list, told: told)
        let report = NameListReport(entries: sheet.list.count, badLines: files.bad, failedFiles: files.problems.count)
        status.setNameLists(files.isEmpty ? nil : report)
        let made = await Aside.run {
            let classes = sheet.classes
            return (book: sheet.book, sides: InterfaceBoundaries(classes), tables: NameTables.contents(sheet, classes))
        }
        // Nil when the program ends.
        guard let made else { return }
        status.setNames(made.book)
        if enrichment.current.boundaries != made.sides { enrichment.replace(boundaries: made.sides) }
        if let store { try await tables.apply(made.tables, to: store) }
        isStale = false
        guard wasRead else { return }
        wasRead = false
        logger.notice(
            "names of lists are in place",
            metadata: ["entries": "\(report.entries)", "bad": "\(report.badLines)"]
        )
    }
}

extension NameSheet.Told {
    /// What an exporter told of itself in options data, behind what its SNMP agent did.
    init(_ told: (flows: ExporterReport.Names, agent: ExporterReport.SNMP?)) {
        name = told.agent?.name ?? told.flows.exporter
        interfaces = (told.agent?.interfaces ?? [:]).mapValues { [$0] }
        for (index, text) in told.flows.interfaces { interfaces[index, default: []].append(text) }
        vrfs = told.flows.vrfs
        isVouchedFor = told.agent?.answered != nil
    }
}
