extension SpoolReport {
    /// The figures for Prometheus.
    public var metrics: [MetricFamily] {
        [
            MetricFamily(
                "netmeta_spool_batches",
                .gauge,
                help: "Batches on disk that wait for the store.",
                value: Double(batches)
            ),
            MetricFamily(
                "netmeta_spool_rows",
                .gauge,
                help: "Rows on disk that wait for the store; rows in flight count them.",
                value: Double(rows)
            ),
            MetricFamily("netmeta_spool_bytes", .gauge, help: "Bytes of the spool's files.", value: Double(bytes)),
            MetricFamily(
                "netmeta_spool_limit_bytes",
                .gauge,
                help: "Bytes that the spool may have (store.spool).",
                value: Double(limit)
            ),
            MetricFamily(
                "netmeta_spool_oldest_timestamp_seconds",
                .gauge,
                help: "When the oldest row in the spool was received, in Unix seconds; 0 when it is empty.",
                value: Double(oldest ?? 0)
            ),
            MetricFamily(
                "netmeta_spool_recovered_rows_total",
                .counter,
                help: "Rows that an earlier run left in the spool.",
                value: Double(recoveredRows)
            ),
            MetricFamily(
                "netmeta_spool_written_batches_total",
                .counter,
                help: "Batches that went to the spool.",
                value: Double(written)
            ),
            MetricFamily(
                "netmeta_spool_replayed_batches_total",
                .counter,
                help: "Batches that were stored from the spool.",
                value: Double(replayed)
            ),
            MetricFamily(
                "netmeta_spool_replayed_rows_total",
                .counter,
                help: "Rows that were stored from the spool.",
                value: Double(replayedRows)
            ),
            MetricFamily(
                "netmeta_spool_broken_files_total",
                .counter,
                help: "Files of the spool that were set aside because they can't be read.",
                value: Double(broken)
            ),
        ]
    }
}
