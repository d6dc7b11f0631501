import Foundation
import Logging
import Synchronization
import WebAPI

/// Stores the rows of Firehose's deliveries, each delivery's once: Firehose
/// sends one again, under its id, until it is told that it is stored.
final class FirehoseIntake: Sendable {
    let tally = CloudTally(kind: "firehose", name: "deliveries")
    private let sink: CloudSink
    private let ledger = Mutex<ObjectLedger?>(nil)
    private let logger: Logger
    private let locks = NameLocks()
    private let waiting = Mutex(0)

    /// Deliveries that may wait, the one at work included: each has its bytes in memory.
    private static let most = 4

    init(sink: CloudSink, logger: Logger) {
        self.sink = sink
        self.logger = logger
    }

    /// Stores a delivery; when it returns, its rows are in the store.
    ///
    /// - Throws: ``ImportRefusal``, or what keeps them from being stored.
    func take(_ delivery: FirehoseDelivery) async throws {
        var parameters = ImportOptions()
        parameters.kind = .aws
        parameters.layout = delivery.attributes["layout"]
        parameters.sampler = delivery.attributes["sampler"]
        guard let options = try CloudLogOptions(parameters) else { return }
        let isFree = waiting.withLock { waiting in
            guard waiting < Self.most else { return false }
            waiting += 1
            return true
        }
        guard isFree else { throw ImportRefusal(.busy, "\(Self.most) deliveries are on their way") }
        defer { waiting.withLock { $0 -= 1 } }
        await locks.enter("")
        let result: Result<Void, any Error>
        do {
            result = .success(try await store(delivery, options))
        } catch {
            tally.count { $0.problem = "\(error)" }
            result = .failure(error)
        }
        await locks.leave("")
        try result.get()
    }

    private func store(_ delivery: FirehoseDelivery, _ options: CloudLogOptions) async throws {
        let ledger = try openLedger()
        let id = ObjectLedger.id(bucket: "firehose", key: delivery.id, etag: "")
        tally.count { $0.messages += 1 }
        guard ledger[id]?.isComplete != true else {
            tally.count { $0.knownMessages += 1 }
            return
        }
        let incoming = "\(sink.sources)/incoming-\(UUID().uuidString)"
        defer { unlink(incoming) }
        guard FileManager.default.createFile(atPath: incoming, contents: Data(delivery.body)) else {
            throw Failure("cannot write \(incoming)")
        }
        let imported = try await sink.importFile(
            incoming,
            name: "delivery \(delivery.id)",
            identity: id,
            journal: ledger,
            options: options,
            warn: { [logger] in logger.warning("\($0)") }
        )
        tally.add(imported)
        tally.count { $0.problem = nil }
    }

    /// The ledger, which there is none of before the first delivery.
    private func openLedger() throws -> ObjectLedger {
        try ledger.withLock { ledger in
            if let ledger { return ledger }
            try? FileManager.default.createDirectory(atPath: sink.sources, withIntermediateDirectories: true)
            let opened = try ObjectLedger("\(sink.sources)/firehose.txt")
            ledger = opened
            return opened
        }
    }
}
