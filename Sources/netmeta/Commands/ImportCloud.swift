import ArgumentParser
import Enrichment
import FlowDecoders
import FlowStore
import Foundation
import WebAPI

/// `netmeta import aws`: VPC flow logs of AWS, into the running server or the data folder.
struct ImportAWS: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aws",
        abstract: "Store AWS VPC flow logs.",
        discussion: """
            Takes files as AWS delivers them: text with a header line, gzip of it, Parquet; and the JSON of CloudWatch \
            Logs subscriptions and of Firehose. Folders are searched for *.log, *.log.gz, *.parquet, *.json and \
            *.json.gz. TimeReceived is the end of the record. A file whose content was imported before is left out, \
            under whatever name; an import that was cut short goes on where it ended. The last line on standard output \
            is a summary in JSON.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Option(help: "The fields of lines without a header: '${version} ${account-id} ...' (default: version 2).")
    var layout: String?

    @Option(help: "SamplerAddress of the rows (default: one made of the account).")
    var sampler: String?

    @Argument(help: "Files and folders to import, in this order.")
    var paths: [String]

    func run() async throws {
        var options = ImportOptions()
        options.kind = .aws
        options.layout = layout
        options.sampler = sampler
        try await CloudImportRun(folder: folder, options: options, paths: paths).run()
    }
}

/// `netmeta import gcp`: VPC flow logs of Google Cloud, into the running server or the data folder.
struct ImportGCP: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gcp",
        abstract: "Store Google Cloud VPC flow logs.",
        discussion: """
            Takes LogEntry documents in JSON, one a line as a sink to Cloud Storage writes them, or in an array as \
            gcloud logging read prints them; gzip of it. Folders are searched for *.json, *.json.gz, *.jsonl and \
            *.jsonl.gz. TimeReceived is end_time. Where both ends of a flow are in networks of Google Cloud, the \
            source's entry counts and the destination's is a duplicate, unless --reporter says otherwise. A file \
            whose content was imported before is left out, under whatever name; an import that was cut short goes on \
            where it ended. The last line on standard output is a summary in JSON.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Option(help: "source, destination or both: whose entry counts where both ends may have reported (default source).")
    var reporter: String?

    @Option(help: "How many flows an entry stands for: 1 / flow_sampling (default: 1, as unknown).")
    var samplingRate: UInt32?

    @Option(help: "SamplerAddress of the rows (default: one made of the project).")
    var sampler: String?

    @Argument(help: "Files and folders to import, in this order.")
    var paths: [String]

    func run() async throws {
        var options = ImportOptions()
        options.kind = .gcp
        options.reporter = reporter
        options.samplingRate = samplingRate
        options.sampler = sampler
        try await CloudImportRun(folder: folder, options: options, paths: paths).run()
    }
}

/// `netmeta import azure`: Azure's flow logs, into the running server or the data folder.
struct ImportAzure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "azure",
        abstract: "Store Azure flow logs.",
        discussion: """
            Takes the JSON that Network Watcher writes of virtual networks (flowLogVersion 4) and of network security \
            groups (versions 1 and 2); gzip of it. Folders are searched for *.json and *.json.gz; what lies there as \
            Azure lays it out (y=2026/m=11/d=27/h=13/...) is left out until its hour is over, since it grows until \
            then. TimeReceived is the tuple's time; what went either way of a flow is a row. A file whose content was \
            imported before is left out, under whatever name; an import that was cut short goes on where it ended. The \
            last line on standard output is a summary in JSON.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Option(help: "SamplerAddress of the rows (default: one made of the subscription).")
    var sampler: String?

    @Argument(help: "Files and folders to import, in this order.")
    var paths: [String]

    func run() async throws {
        var options = ImportOptions()
        options.kind = .azure
        options.sampler = sampler
        try await CloudImportRun(folder: folder, options: options, paths: paths).run()
    }
}

/// One run of any of these commands.
private struct CloudImportRun {
    let folder: FolderOptions
    let options: ImportOptions
    let paths: [String]

    func run() async throws {
        let configuration = try folder.load()
        let logs: CloudLogOptions
        do {
            guard let read = try CloudLogOptions(options) else { return }
            logs = read
        } catch let refusal as ImportRefusal {
            throw UsageError(refusal.message)
        }
        let files = try paths.flatMap(files)
        guard !files.isEmpty else { throw Failure("there are no flow logs below \(paths.joined(separator: ", "))") }
        let bar = ProgressBar(total: files.count)
        defer { bar.finish() }
        let outcome =
            if let holder = FolderLock.holder(folder: configuration.store.data) {
                try await importInto(holder, configuration, files, bar)
            } else {
                try importOffline(configuration, logs, files, bar)
            }
        bar.finish()
        let summary = outcome.summary
        if summary.rowsExpired > 0 {
            ImportRun.warn(
                "\(summary.rowsExpired) flows are older than retention.days (\(outcome.retentionDays)) and will be "
                    + "deleted; raise it to keep them"
            )
        }
        print(summary.json)
    }

    /// A file, or the logs below a folder in the order of their names.
    private func files(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let below = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        let found = below.filter { name in endings.contains { name.hasSuffix($0) } }.sorted().map { "\(path)/\($0)" }
        guard options.kind == .azure else { return found }
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        let whole = found.filter { AzureHour.end(of: $0).map { $0 + AzureHour.settling <= now } ?? true }
        if whole.count < found.count {
            ImportRun.warn(
                "\(path): \(found.count - whole.count) files are of hours that aren't over; import the folder again "
                    + "\(AzureHour.settling / 60) minutes after their end"
            )
        }
        return whole
    }

    private var endings: [String] {
        switch options.kind {
        case .aws: [".log", ".log.gz", ".parquet", ".json", ".json.gz"]
        case .gcp: [".json", ".json.gz", ".jsonl", ".jsonl.gz"]
        default: [".json", ".json.gz"]
        }
    }

    private func importInto(
        _ holder: (process: Int, api: String?),
        _ configuration: Configuration,
        _ files: [String],
        _ bar: ProgressBar
    ) async throws -> RemoteImport.Outcome {
        let data = configuration.store.data
        guard let api = holder.api else {
            throw Failure(
                "process \(holder.process) has the data folder \(data) open and takes no imports, or not yet; "
                    + "try again in a moment"
            )
        }
        let server = RemoteImport(api: api, token: try LocalToken.read(folder: data))
        var all = RemoteImport.Outcome(summary: ImportSummary(), retentionDays: configuration.retention.days)
        for (index, file) in files.enumerated() {
            bar.show(index, file)
            let one = try await server.add(
                file,
                options: options,
                warn: { ImportRun.warn($0) },
                progress: { bar.show(index, $0) }
            )
            all.summary.add(one.summary)
            all.retentionDays = one.retentionDays
        }
        return all
    }

    private func importOffline(
        _ configuration: Configuration,
        _ logs: CloudLogOptions,
        _ files: [String],
        _ bar: ProgressBar
    ) throws -> RemoteImport.Outcome {
        let opened = try OfflineStore(writing: configuration)
        defer { opened.close() }
        let kept = Double(configuration.retention.days) * 86_400
        let data = configuration.store.data
        var imports = CloudImport(
            store: opened.store,
            journal: try ImportJournal(folder: data),
            options: logs,
            parquet: (opened.store as? EmbeddedStore).map { ParquetText(store: $0, folder: data + "/incoming") },
            enricher: Enricher(
                EnrichmentSource(
                    EnrichmentSettings(configuration),
                    map: ASMapFiles(configuration.enrichment.asMap, data: data).mapOfNow(),
                    boundaries: InterfaceBoundaries(NameSheet.ofNow(configuration).classes)
                )
            ),
            oldestKept: UInt64(max(0, Date().timeIntervalSince1970 - kept))
        ) { ImportRun.warn($0) }
        for (index, file) in files.enumerated() {
            bar.show(index, file)
            try imports.add(file, name: file) { rows in bar.show(index, "\(file): \(rows) flows") }
        }
        return RemoteImport.Outcome(summary: imports.summary, retentionDays: configuration.retention.days)
    }
}
