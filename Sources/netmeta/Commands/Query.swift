import ArgumentParser
import FlowQuery
import FlowStore
import Foundation
import NetTypes
import Pipeline
import WebAPI

/// `netmeta query`: SQL against the running server or, when none runs, the data folder.
struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask a question in ClickHouse's SQL.",
        discussion: """
            Reads only: `SELECT SrcAddr, sum(Bytes * SamplingRate) AS b FROM flows_raw GROUP BY 1 ORDER BY b DESC`. \
            Goes to the server that has the data folder open or, when none runs, opens the folder itself. Formats: \
            Pretty, Vertical, TSV, TSVWithNames, CSV, CSVWithNames, JSON, JSONCompact, JSONEachRow; Pretty on a \
            terminal and TSV elsewhere unless --format says otherwise.
            """
    )

    @Option(help: "How to print the answer.")
    var format: String?

    @OptionGroup
    var folder: FolderOptions

    @Argument(help: "One SELECT statement.")
    var sql: String

    func run() async throws {
        let name = format ?? (isatty(STDOUT_FILENO) == 1 ? "Pretty" : "TSV")
        guard let format = ResultFormat(name: name) else {
            let names = ResultFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("unknown format \(name); there are \(names)")
        }
        let configuration = try folder.load()
        var output = OutputBuffer(descriptor: STDOUT_FILENO)
        if let holder = FolderLock.holder(folder: configuration.store.data) {
            guard let api = holder.api else {
                throw Failure("the server (process \(holder.process)) is still starting; try again in a moment")
            }
            try output.write(
                try await ServerClient(api: api, data: configuration.store.data).query(sql, format: format)
            )
        } else {
            try output.write(try await offline(configuration, format))
        }
        try output.flush()
    }

    private func offline(_ configuration: Configuration, _ format: ResultFormat) async throws -> String {
        let opened = try OfflineStore(reading: configuration)
        defer { opened.close() }
        do {
            return format.text(of: try await PeoplesSQL.run(sql, on: opened.store))
        } catch let error as StoreError {
            throw Failure(error.message)
        } catch let error as QueryError {
            throw Failure(error.description)
        }
    }
}

/// Options of the commands that work on a data folder.
struct FolderOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: "The configuration file (default: netmeta.yaml, /etc/netmeta/netmeta.yaml)."
    )
    var file: String?

    @Option(name: .customLong("data"), help: "The data folder (default: ./data, or store.data of the configuration).")
    var data: String?

    /// The configuration with the options over it.
    func load() throws -> Configuration {
        do {
            var configuration = try ConfigurationLoader.load(file: file).configuration
            if let data { configuration.store.data = data }
            return configuration
        } catch {
            throw UsageError(error.description)
        }
    }
}

extension EmbeddedStore {
    /// Opens the store of a configuration, after taking its folder's lock.
    ///
    /// - Parameter mostMerged: as of ``Options/mostMerged``.
    convenience init(
        configuration: Configuration,
        mostMerged: Int? = nil,
        retentionDays: Int?
    ) throws(StoreError) {
        let library = try EngineLibrary.locate(configured: configuration.store.library)
        let lock = try FolderLock(folder: configuration.store.data)
        try self.init(
            configuration: configuration,
            library: library,
            lock: lock,
            mostMerged: mostMerged,
            retentionDays: retentionDays
        ) { text in
            FileHandle.standardError.write(Data("netmeta: \(text)\n".utf8))
        }
    }

    /// Opens the store of a configuration over a folder whose lock is held.
    ///
    /// - Parameter names: what the tables of names are to hold; nil for what the configuration says, if the schema is made.
    convenience init(
        configuration: Configuration,
        library: String,
        lock: FolderLock,
        mostMerged: Int? = nil,
        retentionDays: Int?,
        names: [NameTables.Content]? = nil,
        onProgress: @escaping @Sendable (String) -> Void
    ) throws(StoreError) {
        let pipeline = PipelineOptions(configuration)
        let names = names ?? (retentionDays == nil ? [] : NameTables.contents(.ofNow(configuration)))
        let options = Options(
            folder: configuration.store.data,
            library: library,
            memory: configuration.store.memory,
            batchRows: pipeline.batchCapacity,
            inserts: pipeline.inserts,
            mostMerged: mostMerged,
            retentionDays: retentionDays,
            // Who changes nothing about the folder changes this neither.
            fsync: retentionDays == nil ? nil : configuration.store.fsync,
            statements: names.flatMap(\.statements),
            onProgress: onProgress
        )
        try self.init(options, lock: lock)
    }
}
