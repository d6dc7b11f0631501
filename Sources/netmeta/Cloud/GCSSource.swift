import Foundation
import Logging
import NetTypes
import Synchronization
import WebAPI

/// Reads the flow logs of one bucket of Google Cloud Storage as they come:
/// what a sink of Cloud Logging writes there, some objects an hour.
///
/// A subscription of Pub/Sub tells of new objects, at least once and in any
/// order, pulled or pushed; or the bucket is listed. A message is acknowledged
/// when the rows that it is about are stored, see ``ObjectIntake``.
final class GCSSource: CloudSource, PushReceiver {
    private let configuration: GCSSourceConfiguration
    private let notices: Subscription?
    private let intake: ObjectIntake
    private let logger: Logger
    /// Pushed messages that are worked on.
    private let pushed = Mutex(0)

    /// Bytes of the largest object; Google ends files at 3.5 GB.
    private static let mostBytes = 4 << 30
    /// Objects that are fetched at a time: they may be fifty times as large as those of AWS.
    private static let mostAtOnce = 2
    /// Pushed messages that may be on their way: each has an object in a file.
    private static let mostPushed = 4
    /// Seconds that a message is held while its object is read; asked for anew before each.
    private static let held = 60

    init(bucket: String, _ configuration: GCSSourceConfiguration, sink: CloudSink, logger: Logger) throws {
        self.configuration = configuration
        var logger = logger
        logger[metadataKey: "bucket"] = "\(bucket)"
        self.logger = logger
        let client = GCPClient(.storage, endpoint: configuration.endpoint, key: configuration.credentials)
        notices = configuration.subscription.map {
            Subscription(client: GCPClient(.messages, endpoint: nil, key: configuration.credentials), name: $0)
        }
        let place = ObjectIntake.Place(
            kind: "gcs",
            scheme: "gs",
            bucket: bucket,
            prefix: configuration.prefix,
            endings: [".json", ".json.gz"],
            mostBytes: Self.mostBytes,
            mostAtOnce: Self.mostAtOnce
        )
        intake = try ObjectIntake(
            place,
            GCSBucket(client: client, name: bucket),
            sink: sink,
            options: CloudLogOptions(configuration.entries),
            logger: logger
        )
    }

    var tally: CloudTally { intake.tally }

    /// The subscription that pushes; nil where none does.
    var pushedBy: String? { configuration.push ? configuration.subscription : nil }

    func run() async {
        guard !configuration.push else { return }
        await tally.keepGoing { [logger] error, pause in
            logger.warning(
                "Google Cloud could not be asked; tried again",
                metadata: ["reason": "\(error)", "in": "\(pause) s"]
            )
        } _: {
            if let notices {
                let messages = try await notices.pull(waits: true)
                try await concurrently(messages, most: Self.mostAtOnce) { [self] in
                    try await take($0, notices)
                }
            } else {
                try await intake.readListing(days: configuration.days, from: firstKey)
                try await Task.sleep(for: configuration.interval)
            }
        }
    }

    /// The first key of the days that are looked at, where keys are as sinks of Cloud Logging make them:
    /// `compute.googleapis.com/vpc_flows/2026/11/26/20:00:00_20:59:59_S0.json`.
    private var firstKey: String? {
        guard configuration.prefix.hasSuffix("/vpc_flows/") else { return nil }
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        // An hour's objects come up to some hours later, and lie below the hour that they are of.
        let oldest = Timestamp.rfc3339(seconds: now - (UInt64(configuration.days) + 1) * 86_400)
        return configuration.prefix + oldest.prefix(10).replacing("-", with: "/")
    }

    private func take(_ message: Subscription.Message, _ notices: Subscription) async throws {
        try Task.checkCancellation()
        try await notices.hold([message.receipt], seconds: Self.held)
        // What isn't done comes again, and goes where the subscription's dead letters go in the end.
        guard await read(message.content) == .done else { return }
        try await notices.acknowledge([message.receipt])
    }

    func take(_ message: Subscription.Content) async throws {
        let isFree = pushed.withLock { pushed in
            guard pushed < Self.mostPushed else { return false }
            pushed += 1
            return true
        }
        guard isFree else { throw ImportRefusal(.busy, "\(Self.mostPushed) objects are on their way") }
        defer { pushed.withLock { $0 -= 1 } }
        switch await read(message) {
        case .done: return
        case .failed: throw ImportRefusal(.failed, "the object could not be stored; the log says why")
        case .broken: throw ImportRefusal(.badOption, "the message is no notification of Cloud Storage")
        }
    }

    private enum Outcome {
        case done, failed, broken
    }

    /// Stores what a message tells of.
    private func read(_ message: Subscription.Content) async -> Outcome {
        tally.count { $0.messages += 1 }
        switch NoticeMessage(message) {
        case .objects(let objects):
            for object in objects {
                guard await intake.store(object) else { return .failed }
            }
        case .nothing: tally.count { $0.otherMessages += 1 }
        case .broken:
            tally.count { $0.brokenMessages += 1 }
            logger.warning("a message of the subscription is no notification of Cloud Storage; it is left there")
            return .broken
        }
        return .done
    }
}
