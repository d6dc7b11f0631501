import ArgumentParser
import FlowDecoders
import FlowStore
import Foundation
import Pipeline
import WireFormat

/// `netmeta import`: what was recorded elsewhere, into the store.
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store what was recorded elsewhere.",
        subcommands: [ImportCaptures.self]
    )
}

/// `netmeta import pcap`: the flows of captures, into the data folder.
struct ImportCaptures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pcap",
        abstract: "Store the flows of pcap and pcapng captures of exporters.",
        discussion: """
            Decodes NetFlow, IPFIX and sFlow over UDP and IPFIX over TCP, gzip of a capture too, and stores the flows \
            with the capture's times as TimeReceived. A file whose content was imported before is left out, under \
            whatever name; an import that was cut short goes on where it ended. Works on the data folder, so no \
            server may run on it. Rows older than retention.days are deleted by the store as always. The last line \
            on standard output is a summary in JSON.
            """
    )

    @OptionGroup
    var folder: FolderOptions

    @Argument(help: "Captures to import, in this order.")
    var paths: [String]

    func run() throws {
        let configuration = try folder.load()
        if let holder = FolderLock.holder(folder: configuration.store.data) {
            throw Failure(
                "a server (process \(holder.process)) has the data folder \(configuration.store.data) open; "
                    + "stop it, import, and start it again, or import into another folder with --data"
            )
        }
        let store: EmbeddedStore
        do {
            // A folder that is there keeps its retention: only its server may shorten that.
            let isNew = !FileManager.default.fileExists(atPath: configuration.store.data)
            let days = isNew ? configuration.retention.days : nil
            store = try EmbeddedStore(configuration: configuration, retentionDays: days)
        } catch {
            throw Failure(error.message)
        }
        defer { store.close() }
        let kept = Double(configuration.retention.days) * 86_400
        var imports = CaptureImport(
            store: store,
            journal: try ImportJournal(folder: configuration.store.data),
            batchRows: configuration.store.batchRows,
            settings: DecoderSettings(configuration),
            oldestKept: UInt64(max(0, Date().timeIntervalSince1970 - kept))
        ) { Self.warn($0) }
        let bar = ProgressBar(total: paths.count)
        defer { bar.finish() }
        for (index, path) in paths.enumerated() {
            bar.show(index, path)
            try imports.add(path, InputFile.read(path)) { rows in bar.show(index, "\(path): \(rows) flows") }
        }
        bar.finish()
        if imports.totals.rowsExpired > 0 {
            Self.warn(
                "\(imports.totals.rowsExpired) flows are older than retention.days "
                    + "(\(configuration.retention.days)) and will be deleted; raise it to keep them"
            )
        }
        print(imports.totals.json)
    }

    private static func warn(_ text: String) {
        FileHandle.standardError.write(Data("netmeta: \(text)\n".utf8))
    }
}

extension CaptureImport.Totals {
    /// The summary for programs.
    var json: String {
        let malformed = counters.malformed.nonZero.map { "\"\($0.error.rawValue)\":\($0.count)" }
        let members: [(String, UInt64)] = [
            ("files", UInt64(files)), ("filesKnown", UInt64(filesKnown)),
            ("filesCut", UInt64(filesCut)), ("rowsStored", UInt64(rowsStored)),
            ("rowsKnown", UInt64(rowsKnown)), ("rowsExpired", UInt64(rowsExpired)),
            ("datagrams", counters.datagrams), ("records", counters.records), ("flows", counters.flows),
            ("optionsRecords", counters.optionsRecords), ("unknownTemplateSets", counters.unknownTemplateSets),
            ("bytesUnaccounted", counters.bytesUnaccounted), ("cutDatagrams", UInt64(cutDatagrams)),
            ("otherPackets", UInt64(otherPackets)),
        ]
        let numbers = members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        return "{\(numbers),\"malformed\":{\(malformed.joined(separator: ","))}}"
    }
}
