import Telemetry

/// The metrics of what became of datagrams and rows.
///
/// What has different units has different names: no sum over labels mixes datagrams with rows.
enum LossMetrics {
    static func families(_ report: LossReport) -> [MetricFamily] {
        [
            MetricFamily(
                "netmeta_datagrams_arrived_total",
                .counter,
                help: "Datagrams that reached a socket, and messages of TCP sessions: decoded and lost ones.",
                value: Double(report.arrived)
            ),
            MetricFamily(
                "netmeta_datagrams_decoded_total",
                .counter,
                help: "Datagrams and messages of which something could be read.",
                value: Double(report.decoded)
            ),
            MetricFamily(
                "netmeta_rows_received_total",
                .counter,
                help: "Rows that the decoders wrote: stored, lost and in flight.",
                value: Double(report.rows.written)
            ),
            MetricFamily(
                "netmeta_rows_stored_total",
                .counter,
                help: "Rows that the store acknowledged.",
                value: Double(report.rows.stored)
            ),
            MetricFamily(
                "netmeta_rows_in_flight",
                .gauge,
                help: "Rows on their way to the store, by place.",
                samples: RowPlace.allCases.map { place in
                    .init(
                        labels: [.init("stage", place.stage.rawValue), .init("place", place.rawValue)],
                        value: Double(report.rows.rows(in: place))
                    )
                }
            ),
        ] + LossUnit.allCases.map { lost($0, report) } + estimates(report.estimates)
    }

    private static func lost(_ unit: LossUnit, _ report: LossReport) -> MetricFamily {
        MetricFamily(
            "netmeta_\(unit.rawValue)_lost_total",
            .counter,
            help: "\(unit.rawValue.prefix(1).uppercased() + unit.rawValue.dropFirst()) lost, by stage and reason.",
            samples: LossReason.allCases.filter { $0.unit == unit }.map { reason in
                .init(
                    labels: [.init("stage", reason.stage.rawValue), .init("reason", reason.rawValue)],
                    value: Double(report.lost(reason))
                )
            }
        )
    }

    private static func estimates(_ estimates: LossReport.Estimates) -> [MetricFamily] {
        [
            MetricFamily(
                "netmeta_estimate_missing_rows",
                .gauge,
                help: "Estimate of rows that sequence numbers say are missing; kernel drops are among them.",
                value: Double(estimates.missingRows)
            ),
            MetricFamily(
                "netmeta_estimate_kernel_drop_rows",
                .gauge,
                help: "Estimate of rows that were in datagrams which the kernel dropped.",
                value: Double(estimates.kernelDropRows)
            ),
        ]
    }
}
