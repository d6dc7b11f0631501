import NetTypes
import Telemetry

extension WebAPI {
    /// What follows from the reports, and what the pipeline adds.
    func metricFamilies() async -> [MetricFamily] {
        let health = await status.health()
        return healthFamilies(health) + Self.exporterFamilies(await status.exporters()) + (await status.metrics())
            + (imports?.metrics() ?? [])
    }

    private func healthFamilies(_ health: HealthReport) -> [MetricFamily] {
        let losses = health.losses
        let lost = LossReason.allCases.map { reason in
            MetricFamily.Sample(
                labels: [.init("reason", reason.rawValue)],
                value: Double(losses.lost[reason] ?? 0)
            )
        }
        var families: [MetricFamily] = [
            MetricFamily(
                "netmeta_build_info",
                .gauge,
                help: "The version of the running program; always 1.",
                samples: [.init(labels: [.init("version", options.version)], value: 1)]
            ),
            MetricFamily(
                "netmeta_start_time_seconds",
                .gauge,
                help: "When counting started, in Unix seconds.",
                value: Double(health.since)
            ),
            MetricFamily(
                "netmeta_ready",
                .gauge,
                help: "1 when flows are stored and questions answered.",
                value: health.isReady ? 1 : 0
            ),
            MetricFamily(
                "netmeta_rows_received_total",
                .counter,
                help: "Rows that came in, lost ones included.",
                value: Double(losses.received)
            ),
            MetricFamily(
                "netmeta_rows_stored_total",
                .counter,
                help: "Rows that the store acknowledged.",
                value: Double(losses.stored)
            ),
            MetricFamily(
                "netmeta_rows_in_flight",
                .gauge,
                help: "Rows on their way to the store.",
                value: Double(losses.inFlight)
            ),
            MetricFamily("netmeta_rows_lost_total", .counter, help: "Rows lost, by reason.", samples: lost),
            MetricFamily(
                "netmeta_gaps_before_start",
                .gauge,
                help: "Estimate of datagrams lost before the start, from sequence numbers.",
                value: Double(health.gapsBefore)
            ),
            MetricFamily(
                "netmeta_store_rows",
                .gauge,
                help: "Rows of raw flows in the store.",
                value: Double(health.store.rows)
            ),
            MetricFamily(
                "netmeta_store_bytes",
                .gauge,
                help: "Bytes of raw flows on disk.",
                value: Double(health.store.bytes)
            ),
        ]
        if let lag = health.lag {
            families.append(
                MetricFamily(
                    "netmeta_ingest_lag_seconds",
                    .gauge,
                    help: "Seconds until a received row can be queried.",
                    value: lag
                )
            )
        }
        if let free = health.store.freeDiskBytes {
            families.append(
                MetricFamily(
                    "netmeta_store_free_disk_bytes",
                    .gauge,
                    help: "Bytes free on the store's disk.",
                    value: Double(free)
                )
            )
        }
        return families
    }

    private static func exporterFamilies(_ reports: [ExporterReport]) -> [MetricFamily] {
        func family(
            _ name: String,
            _ kind: MetricFamily.Kind,
            _ help: String,
            _ value: (ExporterReport) -> Double
        ) -> MetricFamily {
            let samples = reports.map { report in
                MetricFamily.Sample(labels: [.init("exporter", report.address.description)], value: value(report))
            }
            return MetricFamily("netmeta_exporter_" + name, kind, help: help, samples: samples)
        }
        let malformed = reports.flatMap { report in
            report.malformed.sorted { $0.key < $1.key }.map { reason, count in
                MetricFamily.Sample(
                    labels: [.init("exporter", report.address.description), .init("reason", reason)],
                    value: Double(count)
                )
            }
        }
        return [
            family("datagrams_total", .counter, "Datagrams received.") { Double($0.datagrams) },
            family("flows_total", .counter, "Rows that became of them.") { Double($0.flows) },
            family("sequence_gaps_total", .counter, "Datagrams or records that sequence numbers say are missing.") {
                Double($0.sequenceGaps)
            },
            family("last_seen_seconds", .gauge, "When the last datagram came, in Unix seconds.") {
                Double($0.lastSeen)
            },
            family("sampling_rate", .gauge, "One of so many packets is observed.") { Double($0.samplingRate) },
            family("templates_known", .gauge, "Templates that are known.") { Double($0.templatesKnown) },
            family("templates_missing", .gauge, "Templates that data came for and that are not known.") {
                Double($0.templatesMissing)
            },
            MetricFamily(
                "netmeta_exporter_malformed_total",
                .counter,
                help: "Data that breaks its protocol, by reason.",
                samples: malformed
            ),
        ]
    }
}
