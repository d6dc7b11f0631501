import ArgumentParser
import Enrichment
import FlowDecoders
import FlowStore
import Foundation
import Pipeline
import WireFormat

/// `netmeta import`: what was recorded elsewhere, into the store.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store what was recorded elsewhere.",
        subcommands: [ImportCaptures.self, ImportAWS.self, ImportGCP.self, ImportAzure.self, ImportWarts.self]
    )
}

/// `netmeta import pcap`: the flows of captures, into the running server or the data folder.
struct ImportCaptures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pcap",
        abstract: "Store the flows of pcap and pcapng captures of exporters.",
        discussion: """
            Decodes NetFlow, IPFIX and sFlow over UDP and IPFIX over TCP, gzip of a capture too, and stores the flows \
            with the capture's times as TimeReceived. Goes into the server that has the data folder open, as the user \
            that it runs as, or into the folder itself when none runs. A file whose content was imported before is \
            left out, under whatever name; an import that was cut short goes on where it ended. Rows older than \
            retention.days are deleted by the store as always. The last line on standard output is a summary in JSON.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Argument(help: "Captures to import, in this order.")
    var paths: [String]

    func run() async throws { try await ImportRun(folder: folder, paths: paths).run() }
}

/// `netmeta import warts`: what scamper measured, into the running server or the data folder.
struct ImportWarts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "warts",
        abstract: "Store the traceroutes and pings of scamper's files.",
        discussion: """
            Stores traces and pings with their own times, in the tables traces, trace_hops, trace_links and pings; AS \
            numbers are those of enrichment.asMap now. Takes warts files, also several in one, and JSON with one object \
            a line, as sc_warts2json prints and M-Lab keeps it; gzip and bzip2 of both. Goes into the server that has the data folder open, as the user that it runs as, or into the folder itself \
            when none runs. A file whose content was imported before is left out, under whatever name; of one that \
            has grown since, only what is new is stored. The last line on standard output is a summary in JSON.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Argument(help: "Files to import, in this order.")
    var paths: [String]

    func run() async throws { try await ImportRun(folder: folder, paths: paths).run() }
}

/// What all imports have in common.
struct ImportRun {
    let folder: FolderOptions
    let paths: [String]

    func run() async throws {
        let configuration = try folder.load()
        let bar = ProgressBar(total: paths.count)
        defer { bar.finish() }
        let outcome =
            if let holder = FolderLock.holder(folder: configuration.store.data) {
                try await importInto(holder, configuration, bar)
            } else {
                try importOffline(configuration, bar)
            }
        bar.finish()
        let summary = outcome.summary
        if summary.rowsExpired > 0 {
            Self.warn(
                "\(summary.rowsExpired) rows are older than retention.days (\(outcome.retentionDays)) and will be "
                    + "deleted; raise it to keep them"
            )
        }
        print(summary.json)
    }

    /// Hands the captures to the server that has the folder open.
    private func importInto(
        _ holder: (process: Int, api: String?),
        _ configuration: Configuration,
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
        for (index, path) in paths.enumerated() {
            bar.show(index, path)
            let one = try await server.add(path, warn: { Self.warn($0) }, progress: { bar.show(index, $0) })
            all.summary.add(one.summary)
            all.retentionDays = one.retentionDays
        }
        return all
    }

    /// Opens the store and imports by itself.
    private func importOffline(_ configuration: Configuration, _ bar: ProgressBar) throws -> RemoteImport.Outcome {
        let opened = try OfflineStore(writing: configuration)
        defer { opened.close() }
        let kept = Double(configuration.retention.days) * 86_400
        var imports = CaptureImport(
            store: opened.store,
            journal: try ImportJournal(folder: configuration.store.data),
            batchRows: configuration.store.backlogRows,
            settings: DecoderSettings(configuration),
            enricher: Enricher(
                EnrichmentSource(
                    EnrichmentSettings(configuration),
                    map: ASMapFiles(configuration.enrichment.asMap, data: configuration.store.data).mapOfNow(),
                    boundaries: InterfaceBoundaries(NameSheet.ofNow(configuration).classes)
                )
            ),
            oldestKept: UInt64(max(0, Date().timeIntervalSince1970 - kept))
        ) { Self.warn($0) }
        for (index, path) in paths.enumerated() {
            bar.show(index, path)
            try imports.add(path, InputFile.read(path)) { rows in bar.show(index, "\(path): \(rows) rows") }
        }
        return RemoteImport.Outcome(summary: imports.summary, retentionDays: configuration.retention.days)
    }

    static func warn(_ text: String) {
        FileHandle.standardError.write(Data("netmeta: \(text)\n".utf8))
    }
}
