import NetTypes
import Telemetry

struct HealthBody: Encodable {
    var status: String
    var version: String
    var since: UInt64
    var ready: Bool
    var message: Nullable<String>
    var losses: Losses
    var gapsBefore: UInt64
    var gapAtRestart: UInt64
    var lag: Nullable<Double>
    var listeners: [Listener]
    /// Sources of this host and of clouds, and scamper's measurements; [] without any.
    var sources: [Source]
    var store: Store
    var spool: Spool
    var asMap: Nullable<ASMapBody>
    /// null without enrichment.snmp.
    var snmp: Nullable<SNMP>

    struct SNMP: Encodable {
        var agents: Int
        var answering: Int
        var leftOut: Int
        var problem: Nullable<String>
    }
    var bmp: Nullable<BMPBody>
    /// [] without enrichment.routerTables.
    var routerTables: [RouterTable]

    struct RouterTable: Encodable {
        var exporter: String
        var file: String
        var changed: Nullable<UInt64>
        var loaded: Nullable<UInt64>
        var prefixes: Int
        var problem: Nullable<String>

        init(_ report: RouterTableReport) {
            (exporter, file, prefixes) = (report.exporter.description, report.file, report.prefixes)
            (changed, loaded) = (Nullable(report.changed), Nullable(report.loaded))
            problem = Nullable(report.problem)
        }
    }

    /// One sum over all units, kept for programs that read it, and the exact ones beside it.
    struct Losses: Encodable {
        var received: UInt64
        var stored: UInt64
        var inFlight: UInt64
        var lost: Lost
        var datagrams: LossesBody.Datagrams
        var rows: LossesBody.Rows
    }

    struct Lost: Encodable {
        var total: UInt64
        var reasons: [String: UInt64]
    }

    struct Listener: Encodable {
        var `protocol`: String
        var address: String
        var purpose: String
    }

    struct Source: Encodable {
        var kind: String
        var name: String
        var read: UInt64
        var rows: UInt64
        var lost: [String: UInt64]
        var figures: [String: UInt64]
        var lag: Nullable<Int64>
        /// null when it can tell flows.
        var problem: Nullable<String>
        var advice: [String]
        var failure: Nullable<String>

        init(_ report: SourceReport) {
            (kind, name, read, rows) = (report.kind, report.name, report.read, report.rows)
            (lost, figures, advice) = (report.lost, report.figures, report.advice)
            lag = Nullable(report.lag)
            problem = Nullable(report.problem)
            failure = Nullable(report.failure)
        }
    }

    struct Store: Encodable {
        var kind: String
        var rows: UInt64
        var bytes: UInt64
        var oldest: Nullable<UInt64>
        var newest: Nullable<UInt64>
        var retentionDays: Int
        var freeDiskBytes: Nullable<UInt64>
        var retention: Retention
    }

    struct Retention: Encodable {
        var usedBytes: UInt64
        var budgetBytes: Nullable<UInt64>
        var freeFloorBytes: UInt64
        var missingBytes: UInt64
        var droppedRows: [String: UInt64]
        var droppedBytes: [String: UInt64]
        var rowsPerSecond: Nullable<Double>
        var bytesPerRow: Nullable<Double>
        var keepsSeconds: Nullable<Double>
        var keepsBound: Nullable<String>
        var sentence: Nullable<String>

        init(_ figures: RetentionFigures) {
            usedBytes = figures.usedBytes
            budgetBytes = Nullable(figures.budgetBytes)
            freeFloorBytes = figures.freeFloorBytes
            missingBytes = figures.missingBytes
            droppedRows = figures.droppedRows
            droppedBytes = figures.droppedBytes
            rowsPerSecond = Nullable(figures.rowsPerSecond)
            bytesPerRow = Nullable(figures.bytesPerRow)
            keepsSeconds = Nullable(figures.keepsSeconds)
            keepsBound = Nullable(figures.keepsBound)
            sentence = Nullable(figures.sentence)
        }
    }

    struct Spool: Encodable {
        var batches: Int
        var rows: UInt64
        var bytes: UInt64
        var limit: UInt64
        var oldest: Nullable<UInt64>
        var replayedRows: UInt64
        var brokenFiles: UInt64
        var problem: Nullable<String>
    }

    init(_ report: HealthReport, version: String) {
        status = report.status.rawValue
        self.version = version
        since = report.since
        ready = report.isReady
        message = Nullable(report.message)
        losses = Losses(report.losses)
        gapsBefore = report.gapsBefore
        gapAtRestart = report.gapAtRestart
        lag = Nullable(report.lag)
        listeners = report.listeners.map {
            Listener(protocol: $0.transport, address: $0.endpoint.description, purpose: $0.purpose)
        }
        sources = report.sources.map(Source.init)
        store = Store(
            kind: report.store.kind,
            rows: report.store.rows,
            bytes: report.store.bytes,
            oldest: Nullable(report.store.oldest),
            newest: Nullable(report.store.newest),
            retentionDays: report.store.retentionDays,
            freeDiskBytes: Nullable(report.store.freeDiskBytes),
            retention: Retention(report.store.retention)
        )
        spool = Spool(
            batches: report.spool.batches,
            rows: report.spool.rows,
            bytes: report.spool.bytes,
            limit: report.spool.limit,
            oldest: Nullable(report.spool.oldest),
            replayedRows: report.spool.replayedRows,
            brokenFiles: report.spool.broken,
            problem: Nullable(report.spool.problem)
        )
        asMap = Nullable(report.asMap.map(ASMapBody.init))
        snmp = Nullable(
            report.snmp.map { snmp in
                SNMP(
                    agents: snmp.agents,
                    answering: snmp.answering,
                    leftOut: snmp.leftOut,
                    problem: Nullable(snmp.problem)
                )
            }
        )
        bmp = Nullable(report.bmp.map(BMPBody.init))
        routerTables = report.routerTables.map(RouterTable.init)
    }
}

extension HealthBody.Losses {
    init(_ report: LossReport) {
        datagrams = LossesBody.Datagrams(report)
        rows = LossesBody.Rows(report)
        // A rejected record of a bad sample is counted with the sample.
        let reasons = LossReason.counts(report) { $0.unit != .records }
        let total = reasons.values.reduce(0, +)
        lost = HealthBody.Lost(total: total, reasons: reasons)
        stored = rows.stored
        inFlight = rows.inFlight.total
        received = stored + inFlight + total
    }
}
