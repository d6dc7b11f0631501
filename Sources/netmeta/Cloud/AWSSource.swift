import Foundation
import Logging
import NameSources

/// Reads the flow logs of one bucket of S3 as they come.
///
/// A queue tells of new objects, at least once and in any order; or the
/// bucket is listed. A message leaves its queue when the rows that it is about
/// are stored, see ``ObjectIntake``.
final class AWSSource: CloudSource {
    private let configuration: AWSSourceConfiguration
    private let client: AWSClient
    private let intake: ObjectIntake
    private let logger: Logger

    /// Bytes of the largest object; AWS ends files at 75 MB.
    private static let mostBytes = 2 << 30
    /// Objects that are fetched at a time.
    private static let mostAtOnce = 4
    /// Seconds that a message is hidden while its objects are read; asked for anew before each. Short, since what a
    /// killed process had taken comes back after that; and one that comes back too early is known.
    private static let hidden = 20
    /// Seconds that a queue waits for messages.
    private static let wait = 20

    init(bucket: String, _ configuration: AWSSourceConfiguration, sink: CloudSink, logger: Logger) throws {
        self.configuration = configuration
        var logger = logger
        logger[metadataKey: "bucket"] = "\(bucket)"
        self.logger = logger
        let keys = configuration.accessKey.flatMap { id in
            configuration.secretKey.map { AWSKeys(id: id, secret: $0.value) }
        }
        client = AWSClient(
            region: configuration.region,
            endpoint: configuration.endpoint,
            credentials: AWSCredentials(configured: keys, region: configuration.region)
        )
        let place = ObjectIntake.Place(
            kind: "aws",
            scheme: "s3",
            bucket: bucket,
            prefix: configuration.prefix,
            endings: [".log.gz", ".log", ".parquet"],
            mostBytes: Self.mostBytes,
            mostAtOnce: Self.mostAtOnce
        )
        intake = try ObjectIntake(
            place,
            S3Bucket(client: client, name: bucket),
            sink: sink,
            options: CloudLogOptions(configuration),
            logger: logger
        )
    }

    var tally: CloudTally { intake.tally }

    func run() async {
        await tally.keepGoing { [logger] error, pause in
            logger.warning(
                "AWS could not be asked; tried again",
                metadata: ["reason": "\(error)", "in": "\(pause) s"]
            )
        } _: {
            if let queue = configuration.queue {
                let messages = try await client.receive(queue, wait: Self.wait, hidden: Self.hidden)
                try await concurrently(messages, most: Self.mostAtOnce) { [self] in try await take($0, queue) }
            } else {
                try await intake.readListing(days: configuration.days)
                try await Task.sleep(for: configuration.interval)
            }
        }
    }

    private func take(_ message: AWSClient.Message, _ queue: String) async throws {
        tally.count { $0.messages += 1 }
        switch NoticeMessage(message.body) {
        case .objects(let notices):
            var isDone = true
            for notice in notices {
                try Task.checkCancellation()
                try await client.hide(queue, message, seconds: Self.hidden)
                if await !intake.store(notice) { isDone = false }
            }
            // What isn't done comes again, and goes where the queue's redrive policy says in the end.
            guard isDone else { return }
        case .nothing: tally.count { $0.otherMessages += 1 }
        case .broken:
            tally.count { $0.brokenMessages += 1 }
            logger.warning("a message of the queue is not understood; it is left to the queue's redrive policy")
            return
        }
        try await client.delete(queue, message)
    }
}
