import FlowSchema
public import Telemetry

extension KafkaSourceReport {
    /// The counts as metrics.
    public var metrics: [MetricFamily] {
        counters.map { MetricFamily("netmeta_kafka_\($0.0)", .counter, help: $0.1, value: Double($0.2)) } + [
            MetricFamily(
                "netmeta_kafka_poison_messages_total",
                .counter,
                help: "Messages that couldn't be read, or of which flows had an impossible time, by reason.",
                samples: poison.sorted { $0.key < $1.key }.map {
                    MetricFamily.Sample(labels: [.init("reason", $0.key)], value: Double($0.value))
                }
            ),
            MetricFamily(
                "netmeta_kafka_lag_messages",
                .gauge,
                help: "Messages of a partition that are not stored yet.",
                samples: lag.sorted { $0.key < $1.key }.map {
                    MetricFamily.Sample(labels: [.init("partition", String($0.key))], value: Double($0.value))
                }
            ),
            MetricFamily(
                "netmeta_kafka_waiting_flows",
                .gauge,
                help: "Flows that were taken and are not stored yet.",
                value: Double(waitingRows)
            ),
        ]
    }

    private var counters: [(String, String, UInt64)] {
        [
            ("consumed_messages_total", "Messages that were taken.", messages),
            ("consumed_bytes_total", "Bytes of messages that were taken.", bytes),
            ("consumed_flows_total", "Flows that were read.", flows.flows),
            (
                "implausible_times_total", "Flows whose TimeReceived was too old or in the future.",
                flows.implausibleTimes
            ),
            ("unknown_fields_total", "Fields that the schema doesn't have.", flows.unknownFields),
            (
                "bad_values_total", "Values that a column has no room or no name for; they count as unknown.",
                flows.badValues
            ),
            ("left_out_values_total", "Numbers of lists, and texts, beyond what a flow may have.", flows.leftOut),
            (
                "poison_unkept_total", "Messages that couldn't be read and weren't kept, since there was no room.",
                poisonUnkept
            ),
            ("stored_flows_total", "Flows that the store acknowledged.", storedRows),
            ("stored_batches_total", "Batches that the store acknowledged.", storedBatches),
            ("store_failures_total", "Inserts that failed; a batch may fail and be stored later.", storeFailures),
            ("rejected_flows_total", "Flows that the store will never take.", rejectedRows),
            (
                "returned_flows_total",
                "Flows that were taken and not stored; whoever has the partition takes them again.", returnedRows
            ),
            ("rebalances_total", "Times that partitions were given or taken away.", rebalances),
            ("note_failures_total", "Batches that are stored and couldn't be noted so with the broker.", noteFailures),
            ("resumed_batches_total", "Batches that somebody else had begun and that were made again.", resumed),
        ]
    }
}
