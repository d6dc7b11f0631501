import FlowQuery
import FlowStore
import Foundation
import Logging
import NameSources
import NetTypes
import ServiceLifecycle
import Telemetry

/// The resolver as a part of the server: names for the API and for SQL, kept for the next start, and what it did for
/// the metrics.
struct ResolverService: Service, HostNameSource {
    private let resolver: Resolver
    private let cache: ResolverCache
    /// nil in a collector, whose flows are stored elsewhere.
    private let store: (any ServerStore)?
    private let logger: Logger

    /// How often it is looked whether there are new names.
    private static let look = Duration.seconds(5)
    /// How often they are written to the file and to the dictionary at most.
    private static let interval = Duration.seconds(60)
    /// How often the addresses with most traffic are looked for.
    private static let talkersInterval = Duration.seconds(60)
    /// Rows that one statement takes.
    private static let most = 1000

    init(_ configuration: Configuration, store: (any ServerStore)?, logger: Logger) {
        resolver = Resolver(configuration.enrichment.resolver)
        cache = ResolverCache(configuration.store.data + "/enrichment/resolver.cache")
        self.store = store
        self.logger = logger
        _ = resolver.restore(from: cache)
    }

    /// Puts new settings into force.
    func reload(_ configuration: Configuration) { resolver.replace(with: configuration.enrichment.resolver) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Also where nobody is asked any more: names of an earlier life go then.
            var written: Int?
            var last: ContinuousClock.Instant?
            var talkers = (count: resolver.talkers, asked: ContinuousClock.now)
            while (try? await Task.sleep(for: Self.look)) != nil {
                let count = resolver.talkers
                if count != talkers.count || ContinuousClock.now - talkers.asked >= Self.talkersInterval {
                    await askForTalkers(count)
                    talkers = (count, .now)
                }
                let version = resolver.version
                guard version != written, last.map({ ContinuousClock.now - $0 >= Self.interval }) ?? true else {
                    continue
                }
                let isWritten = await write()
                if isWritten || version == 0 { written = version }
                if version != 0 { last = .now }
            }
        }
        resolver.stop()
        await Blocking.run { keep() }
    }

    /// Has the names of those learnt that have most traffic. A collector has no rows to tell who that is.
    func askForTalkers(_ most: Int) async {
        guard most > 0, let store else { return }
        do {
            _ = resolver.names(of: try await TopTalkers(store: store).addresses(most: most))
        } catch {
            logger.debug("the addresses with most traffic were not found", metadata: ["reason": "\(error)"])
        }
    }

    /// Writes what is known to the file and to the dictionary; false without luck.
    private func write() async -> Bool {
        await Blocking.run { keep() }
        guard let store else { return true }
        do {
            try await store.apply(Self.statements(resolver.known))
            return true
        } catch {
            logger.warning("names of hosts were not written to the dictionary", metadata: ["reason": "\(error)"])
            return false
        }
    }

    private func keep() {
        // Who never asked has nothing to keep, and needs no file.
        guard resolver.version != 0 else { return }
        do throws(SourceError) { try resolver.keep(in: cache) } catch {
            logger.warning("names of hosts were not kept for the next start", metadata: ["reason": "\(error.reason)"])
        }
    }

    /// The statements that put names in place.
    static func statements(_ known: [ResolvedName]) -> [String] {
        let rows = known.sorted { $0.address < $1.address }.compactMap { entry -> SQLText? in
            entry.name.map { "(\(string: entry.address.ipv6Description), \(string: $0))" }
        }
        let inserts = stride(from: 0, to: rows.count, by: most).map { start -> SQLText in
            let some = Array(rows[start..<min(start + most, rows.count)])
            return "INSERT INTO netmeta.ResolvedNames_source VALUES \(some, separator: ", ")"
        }
        let first: [SQLText] = ["TRUNCATE TABLE netmeta.ResolvedNames_source"]
        return (first + inserts + ["SYSTEM RELOAD DICTIONARY netmeta.ResolvedNames"]).map(\.text)
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
