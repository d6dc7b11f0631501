import NetTypes
import Telemetry

/// The metrics of exporters, a sample each.
///
/// Source addresses can be made up, and a monitoring system pays for every
/// label: only so many exporters, those with most datagrams, have samples.
enum ExporterMetrics {
    /// Exporters that have samples of their own.
    static let most = 1000

    static func families(_ reports: [ExporterReport]) -> [MetricFamily] {
        let shown = reports.sorted { ($1.datagrams, $0.address) < ($0.datagrams, $1.address) }.prefix(most)
            .sorted { $0.address < $1.address }
        return [
            MetricFamily(
                "netmeta_exporters",
                .gauge,
                help: "Exporters that were heard of.",
                value: Double(reports.count)
            ),
            MetricFamily(
                "netmeta_exporters_without_metrics",
                .gauge,
                help: "Exporters beyond those with most datagrams, which have no samples of their own.",
                value: Double(reports.count - shown.count)
            ),
        ] + numbers.map { $0.family(shown) } + labelled(shown)
    }

    /// A number that every exporter has.
    private struct Number {
        let name: String
        let kind: MetricFamily.Kind
        let help: String
        let value: @Sendable (ExporterReport) -> Double?

        init(
            _ name: String,
            _ kind: MetricFamily.Kind,
            _ help: String,
            _ value: @escaping @Sendable (ExporterReport) -> Double?
        ) {
            self.name = name
            self.kind = kind
            self.help = help
            self.value = value
        }

        func family(_ reports: [ExporterReport]) -> MetricFamily {
            let samples = reports.compactMap { report in
                value(report).map { MetricFamily.Sample(labels: [exporter(report)], value: $0) }
            }
            return MetricFamily("netmeta_exporter_" + name, kind, help: help, samples: samples)
        }
    }

    private static let numbers: [Number] = [
        Number("datagrams_total", .counter, "Datagrams received.") { Double($0.datagrams) },
        Number("datagrams_decoded_total", .counter, "Datagrams of which something could be read.") {
            Double($0.decoded)
        },
        Number("flows_total", .counter, "Rows that became of them.") { Double($0.flows) },
        Number("records_total", .counter, "Flow records read.") { Double($0.records.flow) },
        Number("records_rejected_total", .counter, "Flow records that gave neither a row nor an event.") {
            Double($0.records.rejected)
        },
        Number("sequence_gaps_total", .counter, "Datagrams or records that sequence numbers say are missing.") {
            Double($0.sequenceGaps)
        },
        Number("sequence_restarts_total", .counter, "Times that sequence numbers began anew.") {
            Double($0.sequenceRestarts)
        },
        Number("agent_drops_total", .counter, "Samples that an sFlow agent says it dropped.") { Double($0.agentDrops) },
        Number("last_seen_seconds", .gauge, "When the last datagram came, in Unix seconds.") { Double($0.lastSeen) },
        Number("sampling_rate", .gauge, "One of so many packets is observed.") { Double($0.samplingRate) },
        Number("sampling_rate_unknown", .gauge, "1 when nobody told the sampling rate, which is taken for 1.") {
            $0.samplingSource == "unknown" ? 1 : 0
        },
        Number("clock_offset_seconds", .gauge, "Seconds that its clock is ahead of ours.") {
            $0.clock.offset.map { Double($0) }
        },
        Number("wrong_clock_datagrams_total", .counter, "Datagrams whose date was too far off to be believed.") {
            Double($0.clock.wrongDatagrams)
        },
        Number("templates_known", .gauge, "Templates that are known.") { Double($0.templatesKnown) },
        Number("templates_missing", .gauge, "Templates that data came for and that are not known.") {
            Double($0.templatesMissing)
        },
        Number("sets_waiting", .gauge, "Data sets that wait for a template or a sampling rate.") {
            Double($0.sets.waiting)
        },
        Number("sets_parked_total", .counter, "Data sets that had to wait for their template.") {
            Double($0.sets.parked)
        },
        Number("sets_held_total", .counter, "Data sets that had to wait for the sampling rate.") {
            Double($0.sets.held)
        },
        Number("memory_bytes", .gauge, "About what remembering its templates, names and rates takes.") {
            Double($0.memory.bytes)
        },
        Number("memory_refused_total", .counter, "Templates, names and rates that there was no room for.") {
            Double($0.memory.refused)
        },
        Number("snmp_up", .gauge, "1 when the last poll of its SNMP agent gave names, 0 when it didn't.") { report in
            report.snmp.flatMap { $0.asked == nil ? nil : $0.problem == nil ? 1 : 0 }
        },
        Number("snmp_answered_timestamp_seconds", .gauge, "When its SNMP agent last gave names, in Unix seconds.") {
            $0.snmp?.answered.map(Double.init)
        },
        Number("sets_without_template_total", .counter, "Data sets whose template never came.") {
            Double($0.sets.withoutTemplate)
        },
    ]

    /// Numbers by reason, or by element: there are few of either.
    private static func labelled(_ reports: [ExporterReport]) -> [MetricFamily] {
        func samples(_ label: String, _ values: (ExporterReport) -> [String: UInt64]) -> [MetricFamily.Sample] {
            reports.flatMap { report in
                values(report).sorted { $0.key < $1.key }.map { name, value in
                    MetricFamily.Sample(labels: [exporter(report), .init(label, name)], value: Double(value))
                }
            }
        }
        return [
            MetricFamily(
                "netmeta_exporter_malformed_total",
                .counter,
                help: "Data that breaks its protocol, by reason.",
                samples: samples("reason") { $0.malformed }
            ),
            MetricFamily(
                "netmeta_exporter_datagrams_rejected_total",
                .counter,
                help: "Datagrams of which nothing could be read, by reason.",
                samples: samples("reason") { $0.rejectedDatagrams }
            ),
            MetricFamily(
                "netmeta_exporter_statistic",
                .gauge,
                help: "What an exporter says of itself in options data, by IANA's element.",
                samples: samples("element") { $0.statistics }
            ),
        ]
    }

    private static func exporter(_ report: ExporterReport) -> MetricFamily.Label {
        .init("exporter", report.address.description)
    }
}
