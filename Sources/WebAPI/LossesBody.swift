import NetTypes
import Telemetry

/// The answer of `/api/v1/health/losses`.
struct LossesBody: Encodable {
    /// When counting started, in Unix seconds.
    var since: UInt64
    var at: UInt64
    var datagrams: Datagrams
    var records: Records
    var rows: Rows
    var stages: [Stage]
    var listeners: [Listener]
    /// Sources of this host; [] without any.
    var sources: [HealthBody.Source]
    var refused: [Refused]
    var exporters: Exporters
    var estimates: Estimates

    struct Lost: Encodable {
        var total: UInt64
        var reasons: [String: UInt64]
    }

    /// arrived = decoded + lost.
    struct Datagrams: Encodable {
        var arrived: UInt64
        var decoded: UInt64
        var lost: Lost
        var holds: Bool
    }

    /// read + reverseRows = rows + events + rejected.
    struct Records: Encodable {
        var read: UInt64
        var reverseRows: UInt64
        var rows: UInt64
        var events: UInt64
        var rejected: UInt64
        var holds: Bool
    }

    /// written = stored + lost + in flight.
    struct Rows: Encodable {
        var written: UInt64
        var stored: UInt64
        var lost: Lost
        var inFlight: InFlight
        var holds: Bool

        struct InFlight: Encodable {
            var total: UInt64
            var places: [String: UInt64]
        }
    }

    struct Stage: Encodable {
        var stage: String
        var explanation: String
        var figures: [Figure]
        var lost: [Reason]

        struct Figure: Encodable {
            var name: String
            var unit: String
            var value: UInt64
            var explanation: String
        }

        struct Reason: Encodable {
            var reason: String
            var unit: String
            var count: UInt64
            /// What is wrong, more exactly.
            var kinds: [String: UInt64]
            var explanation: String
            var remedy: String
        }
    }

    struct Listener: Encodable {
        var `protocol`: String
        var address: String
        var purpose: String
        var read: UInt64
        var buffer: Nullable<Buffer>
        var sessions: Nullable<Sessions>

        struct Buffer: Encodable {
            var bytes: Int
            var asked: Int
            var used: Int
            var drops: UInt64
        }

        struct Sessions: Encodable {
            var open: UInt64
            var notAllowed: UInt64
            var tooMany: UInt64
            var broken: UInt64
        }
    }

    struct Refused: Encodable {
        var address: String
        var datagrams: UInt64
    }

    struct Exporters: Encodable {
        var total: Int
        var shown: Int
        var list: [Exporter]
    }

    struct Exporter: Encodable {
        var address: String
        var name: Nullable<String>
        /// Datagrams of which something could be read.
        var decoded: UInt64
        var rows: UInt64
        /// Each in its reason's unit.
        var lost: [String: UInt64]
        /// Estimates.
        var missingDatagrams: UInt64
        var missingRecords: UInt64
    }

    struct Estimates: Encodable {
        var missingDatagrams: UInt64
        var missingRecords: UInt64
        var missingRows: UInt64
        var kernelDropRows: UInt64
        var rowsBeforeUs: UInt64
    }
}

// MARK: - From the reports

extension LossesBody {
    /// Exporters that are listed: an answer of 16,000 helps nobody.
    static let mostExporters = 100

    init(_ health: HealthReport, exporters: [ExporterReport], at now: UInt64) {
        let report = health.losses
        since = health.since
        at = now
        datagrams = Datagrams(report)
        records = Records(report)
        rows = Rows(report)
        stages = report.stages.map { Stage($0, report) }
        listeners = health.listeners.map(Listener.init)
        sources = health.sources.map(HealthBody.Source.init)
        refused = report.refused.map { Refused(address: $0.address.description, datagrams: $0.datagrams) }
        self.exporters = Exporters(exporters)
        estimates = Estimates(
            missingDatagrams: report.estimates.missingDatagrams,
            missingRecords: report.estimates.missingRecords,
            missingRows: report.estimates.missingRows,
            kernelDropRows: report.estimates.kernelDropRows,
            rowsBeforeUs: report.estimates.rowsBeforeUs
        )
    }
}

extension LossReason {
    /// The counts of some reasons; one that is 0 is there too, so that it can be told from an old server's.
    static func counts(_ report: LossReport, where isWanted: (LossReason) -> Bool) -> [String: UInt64] {
        allCases.filter(isWanted).reduce(into: [:]) { $0[$1.rawValue] = report.lost($1) }
    }
}

extension LossesBody.Lost {
    fileprivate init(_ report: LossReport, _ unit: LossUnit) {
        total = report.lost(unit)
        reasons = LossReason.counts(report) { $0.unit == unit }
    }
}

extension LossesBody.Datagrams {
    init(_ report: LossReport) {
        arrived = report.arrived
        decoded = report.decoded
        lost = LossesBody.Lost(report, .datagrams)
        holds = report.datagramsHold
    }
}

extension LossesBody.Records {
    init(_ report: LossReport) {
        read = report.decoder.records
        reverseRows = report.decoder.reverseRows
        rows = report.decoder.rows
        events = report.decoder.events
        rejected = report.lost(.rejectedRecord)
        holds = report.recordsHold
    }
}

extension LossesBody.Rows {
    init(_ report: LossReport) {
        let ledger = report.rows
        written = UInt64(clamping: ledger.written)
        stored = UInt64(clamping: ledger.stored)
        lost = LossesBody.Lost(report, .rows)
        let places = RowPlace.allCases.map { ($0.rawValue, UInt64(clamping: ledger.rows(in: $0))) }
        inFlight = InFlight(
            total: UInt64(clamping: ledger.inFlight),
            places: Dictionary(uniqueKeysWithValues: places)
        )
        holds = ledger.holds
    }
}

extension LossesBody.Stage {
    fileprivate init(_ stage: StageReport, _ report: LossReport) {
        self.stage = stage.stage.rawValue
        explanation = stage.stage.explanation
        figures = stage.figures.map {
            Figure(name: $0.name, unit: $0.unit.rawValue, value: $0.value, explanation: $0.explanation)
        }
        lost = LossReason.allCases.filter { $0.stage == stage.stage }.map { reason in
            Reason(
                reason: reason.rawValue,
                unit: reason.unit.rawValue,
                count: report.lost(reason),
                kinds: report.kinds[reason] ?? [:],
                explanation: reason.explanation,
                remedy: reason.remedy
            )
        }
    }
}

extension LossesBody.Listener {
    init(_ listener: ListenerReport) {
        self.protocol = listener.transport
        address = listener.endpoint.description
        purpose = listener.purpose
        read = listener.read
        buffer = Nullable(
            listener.buffer.map { Buffer(bytes: $0.bytes, asked: $0.asked, used: $0.used, drops: $0.drops) }
        )
        sessions = Nullable(
            listener.sessions.map {
                Sessions(open: $0.open, notAllowed: $0.notAllowed, tooMany: $0.tooMany, broken: $0.broken)
            }
        )
    }
}

extension LossesBody.Exporters {
    fileprivate init(_ reports: [ExporterReport]) {
        // Counts of different units, added up for the order alone.
        func worst(_ report: ExporterReport) -> UInt64 {
            report.lost.values.reduce(report.sequenceGaps, &+)
        }
        let sorted = reports.map { (worst($0), $0) }.sorted { ($1.0, $0.1.address) < ($0.0, $1.1.address) }
        list = sorted.prefix(LossesBody.mostExporters).map { LossesBody.Exporter($0.1) }
        shown = list.count
        total = reports.count
    }
}

extension LossesBody.Exporter {
    fileprivate init(_ report: ExporterReport) {
        address = report.address.description
        name = Nullable(report.name)
        decoded = report.decoded
        rows = report.flows
        lost = report.lost.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
        missingDatagrams = report.missingDatagrams
        missingRecords = report.missingRecords
    }
}
