import NetTypes
import Telemetry

extension WebAPI {
    /// What follows from the reports, and what the pipeline adds.
    func metricFamilies() async -> [MetricFamily] {
        let health = await status.health()
        return healthFamilies(health) + LossMetrics.families(health.losses)
            + ExporterMetrics.families(await status.exporters()) + (await status.metrics())
            + (health.asMap?.metrics ?? []) + (health.bmp?.metrics ?? [])
            + health.routerTables.metrics + (imports?.metrics() ?? [])
            + (hosts?.metrics() ?? []) + [access.metrics] + (events.map { [$0.metrics] } ?? [])
            + (sqlTally?.metrics ?? [])
    }

    private func healthFamilies(_ health: HealthReport) -> [MetricFamily] {
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
                "netmeta_gaps_before_start",
                .gauge,
                help: "Estimate of datagrams or records, as protocols count, that were lost before they were read.",
                value: Double(health.gapsBefore)
            ),
            MetricFamily(
                "netmeta_gap_at_restart",
                .gauge,
                help: "What was lost between the last run and this one at the most, from sequence numbers.",
                value: Double(health.gapAtRestart)
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
        return families + retentionFamilies(health.store.retention)
    }

    private func retentionFamilies(_ figures: RetentionFigures) -> [MetricFamily] {
        func samples(_ dropped: [String: UInt64]) -> [MetricFamily.Sample] {
            dropped.sorted { $0.key < $1.key }.map { .init(labels: [.init("reason", $0)], value: Double($1)) }
        }
        var families = [
            MetricFamily(
                "netmeta_store_used_bytes",
                .gauge,
                help: "Bytes of all tables on disk, what is about to be deleted included.",
                value: Double(figures.usedBytes)
            ),
            MetricFamily(
                "netmeta_store_free_floor_bytes",
                .gauge,
                help: "Bytes that stay free on the disk: with less the oldest rows go.",
                value: Double(figures.freeFloorBytes)
            ),
            MetricFamily(
                "netmeta_retention_dropped_rows_total",
                .counter,
                help: "Rows that went because of their age or for want of room, by reason.",
                samples: samples(figures.droppedRows)
            ),
            MetricFamily(
                "netmeta_retention_dropped_bytes_total",
                .counter,
                help: "Their bytes on disk.",
                samples: samples(figures.droppedBytes)
            ),
        ]
        if let budget = figures.budgetBytes {
            families.append(
                MetricFamily(
                    "netmeta_store_budget_bytes",
                    .gauge,
                    help: "Bytes that all tables may take (retention.size).",
                    value: Double(budget)
                )
            )
        }
        if let keeps = figures.keepsSeconds {
            families.append(
                MetricFamily(
                    "netmeta_retention_keeps_seconds",
                    .gauge,
                    help: "How long raw rows will be kept at the rate of the last minutes.",
                    value: keeps
                )
            )
        }
        return families
    }
}
