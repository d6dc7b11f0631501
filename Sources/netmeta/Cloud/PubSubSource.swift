import Foundation
import Logging

/// Pulls the entries that a sink of Cloud Logging publishes, and stores each once.
///
/// Those of some seconds are stored at a time, see ``EntryFiles``; then their messages are acknowledged.
final class PubSubSource: CloudSource {
    let tally: CloudTally
    private let subscription: Subscription
    private let entries: EntryFiles
    private let logger: Logger

    /// Messages that are stored at a time at most, their bytes, and the time that they are gathered for. Shorter than
    /// the shortest deadline for acknowledging, which is ten seconds.
    private static let mostMessages = 20_000
    private static let mostBytes = 64 << 20
    private static let gathering = Duration.seconds(2)

    init(name: String, _ configuration: PubSubSourceConfiguration, sink: CloudSink, logger: Logger) throws {
        let client = GCPClient(.messages, endpoint: configuration.endpoint, key: configuration.credentials)
        subscription = Subscription(client: client, name: name)
        var logger = logger
        logger[metadataKey: "subscription"] = "\(name)"
        self.logger = logger
        tally = CloudTally(kind: "pubsub", name: name)
        let options = CloudLogOptions(configuration.entries)
        entries = try EntryFiles(name, sink: sink, options: options, tally: tally, logger: logger)
    }

    func run() async {
        await tally.keepGoing { [logger] error, pause in
            logger.warning(
                "messages could not be taken or stored; tried again",
                metadata: ["reason": "\(error)", "in": "\(pause) s"]
            )
        } _: {
            try await entries.store()
            let messages = try await gather()
            try entries.write(messages.map(\.content))
            try await entries.store()
            try await subscription.acknowledge(messages.map(\.receipt))
        }
    }

    private func gather() async throws -> [Subscription.Message] {
        var gathered: [Subscription.Message] = []
        var bytes = 0
        let end = ContinuousClock.now + Self.gathering
        repeat {
            let messages = try await subscription.pull(waits: gathered.isEmpty)
            if messages.isEmpty { break }
            gathered += messages
            bytes += messages.reduce(0) { $0 + ($1.content.data?.count ?? 0) }
        } while gathered.count < Self.mostMessages && bytes < Self.mostBytes && ContinuousClock.now < end
        return gathered
    }
}
