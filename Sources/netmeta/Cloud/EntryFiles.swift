import Foundation
import Logging

/// Stores the entries of a subscription's messages, each entry once.
///
/// Messages come at least once and in any order. Some become a file beside the
/// names of its entries; the file is imported under a name made of its
/// content, and the entries are noted in ``SeenMessages``. A process that ends
/// in between finds the file again, whose rows the store then knows; messages
/// that come again are known by their entries.
final class EntryFiles: Sendable {
    private let name: String
    private let sink: CloudSink
    private let options: CloudLogOptions
    private let tally: CloudTally
    private let seen: SeenMessages
    private let logger: Logger
    /// What stands before the names of files on their way.
    private let files: String

    /// - Parameter name: the subscription's.
    /// - Throws: ``Failure`` when what is stored can't be read.
    init(_ name: String, sink: CloudSink, options: CloudLogOptions, tally: CloudTally, logger: Logger) throws {
        self.name = name
        self.sink = sink
        self.options = options
        self.tally = tally
        self.logger = logger
        try? FileManager.default.createDirectory(atPath: sink.sources, withIntermediateDirectories: true)
        // Neither + nor = can be in a subscription's name.
        files = "\(sink.sources)/pubsub-\(name.replacing("/", with: "+"))"
        seen = try SeenMessages("\(files).seen")
        // Names whose entries a crash has kept from being written.
        let whole = Set(left())
        for name in left(ending: ".ids") where !whole.contains(name) { unlink("\(name).ids") }
    }

    /// Writes what is new of messages into a file, for ``store()``.
    func write(_ messages: [Subscription.Content]) throws {
        var fresh: Set<SeenMessages.ID> = []
        var ids: [SeenMessages.ID] = []
        var text = Data()
        for message in messages {
            let id = SeenMessages.ID(message)
            guard !seen.contains(id), fresh.insert(id).inserted else {
                tally.count { $0.knownMessages += 1 }
                continue
            }
            ids.append(id)
            text += message.data ?? Data()
            text.append(0x0A)
        }
        tally.count { $0.messages += UInt64(messages.count) }
        guard !ids.isEmpty else { return }
        let name = "\(files)=\(UUID().uuidString)"
        do {
            // Whoever finds the entries finds their names.
            try SeenMessages.bytes(ids).write(to: URL(fileURLWithPath: "\(name).ids"))
            try text.write(to: URL(fileURLWithPath: "\(name).json"), options: .atomic)
        } catch {
            throw Failure("cannot write \(name).json: \(error.localizedDescription)")
        }
    }

    /// Stores the rows of all files: of this run, or of one that ended before they were stored.
    func store() async throws {
        for name in left() { try await store(name) }
    }

    private func left(ending: String = ".json") -> [String] {
        let start = files.dropFirst(sink.sources.count + 1) + "="
        let names = (try? FileManager.default.contentsOfDirectory(atPath: sink.sources)) ?? []
        return names.filter { $0.hasPrefix(start) && $0.hasSuffix(ending) }.sorted().map {
            "\(sink.sources)/\($0.dropLast(ending.count))"
        }
    }

    private func store(_ file: String) async throws {
        let ids = try SeenMessages.read("\(file).ids")
        let imported = try await sink.importFile(
            "\(file).json",
            name: name,
            identity: nil,
            journal: NoLedger(),
            options: options,
            warn: { [logger] in logger.warning("\($0)") }
        )
        tally.add(imported)
        try seen.note(Array(ids))
        unlink("\(file).json")
        unlink("\(file).ids")
    }
}

/// Remembers nothing: what was stored of a file, the store knows by the names of its batches.
private struct NoLedger: ImportLedger, Sendable {
    subscript(id: String) -> ImportJournal.Entry? { nil }
    func note(_ id: String, rows: Int, isComplete: Bool, path: String) {}
}
