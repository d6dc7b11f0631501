import Enrichment
import FlowStore
import Foundation
import Logging
import ServiceLifecycle
import Telemetry
import WebAPI

/// The sources of clouds' flow logs as a part of the server.
struct CloudSources: Service {
    private let sources: [any CloudSource]
    /// Takes what Firehose delivers; nil where no rows are stored.
    let firehose: FirehoseIntake?
    /// Who takes what subscriptions push, by their names.
    private let pushed: [String: any PushReceiver]
    /// What Google says of who pushes.
    let statements: PushStatements

    /// - Throws: ``Failure`` when what is stored can't be read.
    init(
        _ configuration: Configuration,
        store: any BatchStore,
        enrichment: EnrichmentSource,
        logger: Logger
    ) throws {
        let sink = CloudSink(
            store: store,
            folder: configuration.store.data,
            enrichment: enrichment,
            retentionDays: configuration.retention.days
        )
        // What a crash left behind; what a source goes on with begins with its kind.
        let kinds = ["aws-", "gcs-", "pubsub-", "firehose."]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: sink.sources)) ?? []
        for name in names where !kinds.contains(where: name.hasPrefix) { unlink("\(sink.sources)/\(name)") }
        let settings = configuration.sources
        let aws = try settings.aws.sorted { $0.key < $1.key }.map {
            try AWSSource(bucket: $0.key, $0.value, sink: sink, logger: logger)
        }
        let gcs = try settings.gcs.sorted { $0.key < $1.key }.map {
            try GCSSource(bucket: $0.key, $0.value, sink: sink, logger: logger)
        }
        let pulled = try settings.pubsub.filter { !$0.value.push }.sorted { $0.key < $1.key }.map {
            try PubSubSource(name: $0.key, $0.value, sink: sink, logger: logger)
        }
        let push = try settings.pubsub.filter(\.value.push).sorted { $0.key < $1.key }.map {
            try PubSubPush(name: $0.key, $0.value, sink: sink, logger: logger)
        }
        sources = aws + gcs + pulled + push
        pushed = try Self.receivers(settings, gcs, push)
        statements = try Self.statements(settings)
        firehose = FirehoseIntake(sink: sink, logger: logger)
    }

    private static func receivers(
        _ settings: Configuration.Sources,
        _ buckets: [GCSSource],
        _ push: [PubSubPush]
    ) throws -> [String: any PushReceiver] {
        var receivers: [String: any PushReceiver] = [:]
        for source in push { receivers[source.tally.name] = source }
        for source in buckets {
            guard let name = source.pushedBy else { continue }
            guard settings.pubsub[name] == nil, receivers[name] == nil else {
                throw Failure("sources.gcs.\(source.tally.name): \(name) is another source's subscription as well")
            }
            receivers[name] = source
        }
        return receivers
    }

    private static func statements(_ settings: Configuration.Sources) throws -> PushStatements {
        let buckets = settings.gcs.values.compactMap { bucket in bucket.subscription.map { ($0, bucket.signer) } }
        let signers = buckets + settings.pubsub.map { ($0.key, $0.value.signer) }
        let wanted = signers.compactMap { name, signer in signer.wanted.map { (name, $0) } }
        // Which subscription it is stands in the body, which isn't read before the statement is checked.
        let places = Set(signers.filter { $0.1.account != nil }.map { $0.1.keys ?? GoogleKeys.place })
        guard places.count < 2 else {
            throw Failure(
                "sources: pushKeys has to be the same for all, not \(places.sorted().joined(separator: " and "))"
            )
        }
        // No subscription pushes to two sources, or it has no receiver.
        return PushStatements(Dictionary(uniqueKeysWithValues: wanted), keysAt: places.first ?? GoogleKeys.place)
    }

    private init() {
        sources = []
        firehose = nil
        pushed = [:]
        statements = PushStatements([:], keysAt: GoogleKeys.place)
    }

    /// Nothing is fetched: buckets are read where rows are stored, or their cursor would be ahead of what is.
    static let none = CloudSources()

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for source in sources { group.addTask { await source.run() } }
            }
        }
        // Without a source there is nothing to wait for but the end.
        try? await gracefulShutdown()
    }

    /// Stores what a subscription pushes; when it returns, that is in the store.
    ///
    /// - Throws: ``ImportRefusal``, or what keeps rows from being stored.
    func take(_ delivery: PubSubDelivery) async throws {
        guard let receiver = pushed[delivery.subscription] else {
            let name = delivery.subscription.prefix(200)
            throw ImportRefusal(
                .unknownSource,
                "\(name) is no subscription with push: true in sources.pubsub, or of a bucket in sources.gcs"
            )
        }
        try statements.check(delivery)
        try await receiver.take(.init(data: delivery.data, attributes: delivery.attributes, id: delivery.id))
    }

    /// What counts: the sources that are configured, and Firehose's deliveries once there were any.
    private var tallies: [CloudTally] {
        sources.map(\.tally) + [firehose?.tally].compactMap { $0 }.filter { $0.report.messages > 0 }
    }

    /// The sources as the health page shows them.
    var health: [SourceReport] {
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        return tallies.map { $0.health(now: now) }
    }

    /// Counters for `/metrics`.
    func metrics() -> [MetricFamily] {
        let reports = tallies.map { (source: "\($0.kind)/\($0.name)", counts: $0.report) }
        guard !reports.isEmpty else { return [] }
        func samples(_ label: String, _ values: (CloudTally.Counts) -> [(String, UInt64)]) -> [MetricFamily.Sample] {
            reports.flatMap { report in
                values(report.counts).map { name, value in
                    .init(labels: [.init("source", report.source), .init(label, name)], value: Double(value))
                }
            }
        }
        func sums(_ value: (CloudTally.Counts) -> UInt64) -> [MetricFamily.Sample] {
            reports.map { .init(labels: [.init("source", $0.source)], value: Double(value($0.counts))) }
        }
        return [
            MetricFamily(
                "netmeta_source_objects_total",
                .counter,
                help: """
                    Objects of a cloud's storage, by outcome: stored, known (were stored before), other (not to be read), \
                    failed (attempts).
                    """,
                samples: samples("outcome") {
                    [("stored", $0.stored), ("known", $0.known), ("other", $0.others), ("failed", $0.failed)]
                }
            ),
            MetricFamily(
                "netmeta_source_messages_total",
                .counter,
                help: """
                    Messages of a queue or a subscription, pulled or pushed, and deliveries of Firehose, by outcome: read, known (were \
                    stored before), other (tell of no object), broken.
                    """,
                samples: samples("outcome") {
                    [
                        ("read", $0.messages - $0.knownMessages - $0.otherMessages - $0.brokenMessages),
                        ("known", $0.knownMessages), ("other", $0.otherMessages), ("broken", $0.brokenMessages),
                    ]
                }
            ),
            MetricFamily(
                "netmeta_source_errors_total",
                .counter,
                help: "Times that a cloud couldn't be asked.",
                samples: sums(\.errors)
            ),
            MetricFamily(
                "netmeta_source_stored_rows_total",
                .counter,
                help: "Rows that a cloud's source stored.",
                samples: sums(\.summary.rowsStored)
            ),
            MetricFamily(
                "netmeta_source_records_total",
                .counter,
                help: """
                    Records of a source that gave no row, by reason: noData and skipData as AWS says, duplicates of the \
                    other reporter, ignored ones of other logs, and what was wrong with others.
                    """,
                samples: samples("reason") { counts in
                    [
                        ("noData", counts.summary.noData), ("skipData", counts.summary.skipData),
                        ("duplicates", counts.summary.duplicates), ("ignored", counts.summary.ignored),
                    ]
                        + counts.summary.malformed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
                }
            ),
            MetricFamily(
                "netmeta_source_last_stored_seconds",
                .gauge,
                help: "When a source stored rows last, in seconds since 1970 UTC; 0 before the first.",
                samples: sums(\.lastStored)
            ),
        ]
    }
}
