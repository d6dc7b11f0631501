import Enrichment
import FlowStore
import Foundation
import Logging
import ServiceLifecycle
import Telemetry

/// The sources of clouds' flow logs as a part of the server.
struct CloudSources: Service {
    private let aws: [AWSSource]

    /// - Throws: ``Failure`` when what is stored can't be read.
    init(
        _ configuration: Configuration,
        store: any BatchStore,
        enrichment: EnrichmentSource,
        logger: Logger
    ) throws {
        let sink = AWSSource.Sink(
            store: store,
            folder: configuration.store.data,
            enrichment: enrichment,
            retentionDays: configuration.retention.days
        )
        // What a crash left behind; ledgers begin with the name of their cloud.
        let folder = "\(configuration.store.data)/sources"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where !name.hasPrefix("aws-") {
            unlink("\(folder)/\(name)")
        }
        aws = try configuration.sources.aws.sorted { $0.key < $1.key }.map { bucket, settings in
            try AWSSource(bucket: bucket, settings, sink: sink, logger: logger)
        }
    }

    private init() { aws = [] }

    /// Nothing is fetched: buckets are read where rows are stored, or their cursor would be ahead of what is.
    static let none = CloudSources()

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                for source in aws { group.addTask { await source.run() } }
            }
        }
        // Without a source there is nothing to wait for but the end.
        try? await gracefulShutdown()
    }

    /// Counters for `/metrics`.
    func metrics() -> [MetricFamily] {
        guard !aws.isEmpty else { return [] }
        let reports = aws.map { (source: "aws/\($0.bucket)", counts: $0.report) }
        func samples(_ label: String, _ values: (AWSSource.Counts) -> [(String, UInt64)]) -> [MetricFamily.Sample] {
            reports.flatMap { report in
                values(report.counts).map { name, value in
                    .init(labels: [.init("source", report.source), .init(label, name)], value: Double(value))
                }
            }
        }
        func sums(_ value: (AWSSource.Counts) -> UInt64) -> [MetricFamily.Sample] {
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
                help: "Messages of a queue, by outcome: read, other (tell of no object), broken.",
                samples: samples("outcome") {
                    [
                        ("read", $0.messages - $0.otherMessages - $0.brokenMessages), ("other", $0.otherMessages),
                        ("broken", $0.brokenMessages),
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
                "netmeta_source_rows_total",
                .counter,
                help: "Rows that a source stored.",
                samples: sums(\.summary.rowsStored)
            ),
            MetricFamily(
                "netmeta_source_records_total",
                .counter,
                help: """
                    Records of a source that gave no row, by reason: noData and skipData as AWS says, and what was wrong \
                    with others.
                    """,
                samples: samples("reason") { counts in
                    [("noData", counts.summary.noData), ("skipData", counts.summary.skipData)]
                        + counts.summary.malformed.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
                }
            ),
            MetricFamily(
                "netmeta_source_last_stored_seconds",
                .gauge,
                help: "When a source stored its last object, in seconds since 1970 UTC; 0 before the first.",
                samples: sums(\.lastStored)
            ),
        ]
    }
}
