import NameSources
import NetTypes
import ServiceLifecycle
import Telemetry

/// The resolver as a part of the server: names for the API, and what it did for the metrics.
struct ResolverService: Service, HostNameSource {
    private let resolver: Resolver

    init(_ configuration: Configuration) {
        resolver = Resolver(configuration.enrichment.resolver)
    }

    /// Puts new settings into force.
    func reload(_ configuration: Configuration) { resolver.replace(with: configuration.enrichment.resolver) }

    func run() async throws {
        try? await gracefulShutdown()
        resolver.stop()
    }

    func names(of addresses: [IPAddress]) -> [IPAddress: String] { resolver.names(of: addresses) }

    func metrics() -> [MetricFamily] {
        let report = resolver.report
        func samples(_ label: String, _ values: [(String, UInt64)]) -> [MetricFamily.Sample] {
            values.map { .init(labels: [.init(label, $0)], value: Double($1)) }
        }
        return [
            MetricFamily(
                "netmeta_resolver_queries_total",
                .counter,
                help: "Messages sent to name servers, by transport.",
                samples: samples("transport", [("udp", report.udp), ("tcp", report.tcp)])
            ),
            MetricFamily(
                "netmeta_resolver_answers_total",
                .counter,
                help: "Addresses whose name was asked for, by how that ended: named, nothing (no name), failed.",
                samples: samples(
                    "outcome",
                    ResolverReport.Result.allCases.map { ($0.rawValue, report.results[$0] ?? 0) }
                )
            ),
            MetricFamily(
                "netmeta_resolver_problems_total",
                .counter,
                help: """
                    Messages to name servers without an answer in time (silence) or that couldn't be delivered \
                    (unreachable), and messages that came and answered no question (foreign) or were not understood \
                    (malformed).
                    """,
                samples: samples(
                    "kind",
                    [
                        ("silence", report.silences), ("unreachable", report.unreachable),
                        ("foreign", report.foreign), ("malformed", report.malformed),
                    ]
                )
            ),
            MetricFamily(
                "netmeta_resolver_cache_addresses",
                .gauge,
                help: "Addresses whose name, or that they have none, is known.",
                value: Double(report.known)
            ),
            MetricFamily(
                "netmeta_resolver_queue_addresses",
                .gauge,
                help: "Addresses that wait to be asked for.",
                value: Double(report.waiting)
            ),
            MetricFamily(
                "netmeta_resolver_queue_drops_total",
                .counter,
                help: "Addresses that were not asked for since too many waited.",
                value: Double(report.dropped)
            ),
        ]
    }
}
