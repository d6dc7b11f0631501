import Foundation
import Logging

/// Takes the entries that a sink of Cloud Logging publishes, and stores each once.
///
/// Messages come at least once and in any order. Those of some seconds become
/// a file beside the names of its entries; the file is imported under a name
/// made of its content, the entries are noted in ``SeenMessages``, and then
/// the messages are acknowledged. A process that ends in between finds the
/// file again, whose rows the store then knows; messages that come again are
/// known by their entries.
final class PubSubSource: CloudSource {
    let tally: CloudTally
    private let subscription: Subscription
    private let sink: CloudSink
    private let options: CloudLogOptions
    private let seen: SeenMessages
    private let logger: Logger
    /// What stands before the names of files on their way.
    private let files: String

    /// Messages that become one file at most, their bytes, and the time that they are gathered for. Shorter than the
    /// shortest deadline for acknowledging, which is ten seconds.
    private static let mostMessages = 20_000
    private static let mostBytes = 64 << 20
    private static let gathering = Duration.seconds(2)

    init(name: String, _ configuration: PubSubSourceConfiguration, sink: CloudSink, logger: Logger) throws {
        let client = GCPClient(.messages, endpoint: configuration.endpoint, key: configuration.credentials)
        subscription = Subscription(client: client, name: name)
        self.sink = sink
        options = CloudLogOptions(configuration.entries)
        var logger = logger
        logger[metadataKey: "subscription"] = "\(name)"
        self.logger = logger
        tally = CloudTally(kind: "pubsub", name: name)
        try? FileManager.default.createDirectory(atPath: sink.sources, withIntermediateDirectories: true)
        // Neither + nor = can be in a subscription's name.
        files = "\(sink.sources)/pubsub-\(name.replacing("/", with: "+"))"
        seen = try SeenMessages("\(files).seen")
        // Names whose entries a crash has kept from being written.
        let whole = Set(left())
        for name in left(ending: ".ids") where !whole.contains(name) { unlink("\(name).ids") }
    }

    func run() async {
        await tally.keepGoing { [logger] error, pause in
            logger.warning(
                "messages could not be taken or stored; tried again",
                metadata: ["reason": "\(error)", "in": "\(pause) s"]
            )
        } _: {
            for name in left() { try await store(name) }
            let receipts = try await gather()
            for name in left() { try await store(name) }
            try await subscription.acknowledge(receipts)
        }
    }

    // MARK: - Messages become a file

    /// Takes messages, and writes what is new of them into a file.
    ///
    /// - Returns: the receipts of all.
    private func gather() async throws -> [String] {
        var receipts: [String] = []
        var ids: [SeenMessages.ID] = []
        var fresh: Set<SeenMessages.ID> = []
        var text = Data()
        let end = ContinuousClock.now + Self.gathering
        repeat {
            let messages = try await subscription.pull(waits: receipts.isEmpty)
            for message in messages {
                receipts.append(message.receipt)
                let id = SeenMessages.ID(message.content)
                guard !seen.contains(id), fresh.insert(id).inserted else {
                    tally.count { $0.knownMessages += 1 }
                    continue
                }
                ids.append(id)
                text += message.content.data ?? Data()
                text.append(0x0A)
            }
            tally.count { $0.messages += UInt64(messages.count) }
            if messages.isEmpty { break }
        } while receipts.count < Self.mostMessages && text.count < Self.mostBytes && ContinuousClock.now < end
        if !ids.isEmpty {
            let name = "\(files)=\(UUID().uuidString)"
            do {
                // Whoever finds the entries finds their names.
                try SeenMessages.bytes(ids).write(to: URL(fileURLWithPath: "\(name).ids"))
                try text.write(to: URL(fileURLWithPath: "\(name).json"), options: .atomic)
            } catch {
                throw Failure("cannot write \(name).json: \(error.localizedDescription)")
            }
        }
        return receipts
    }

    /// Files whose rows are still to be stored: of this run, or of one that ended before they were.
    private func left(ending: String = ".json") -> [String] {
        let start = files.dropFirst(sink.sources.count + 1) + "="
        let names = (try? FileManager.default.contentsOfDirectory(atPath: sink.sources)) ?? []
        return names.filter { $0.hasPrefix(start) && $0.hasSuffix(ending) }.sorted().map {
            "\(sink.sources)/\($0.dropLast(ending.count))"
        }
    }

    private func store(_ name: String) async throws {
        let ids = try SeenMessages.read("\(name).ids")
        let imported = try await sink.importFile(
            "\(name).json",
            name: subscription.name,
            identity: nil,
            journal: NoLedger(),
            options: options,
            warn: { [logger] in logger.warning("\($0)") }
        )
        tally.add(imported)
        try seen.note(Array(ids))
        unlink("\(name).json")
        unlink("\(name).ids")
    }
}

/// Remembers nothing: what was stored of a file, the store knows by the names of its batches.
private struct NoLedger: ImportLedger, Sendable {
    subscript(id: String) -> ImportJournal.Entry? { nil }
    func note(_ id: String, rows: Int, isComplete: Bool, path: String) {}
}
