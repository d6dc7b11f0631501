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
    var store: Store
    var spool: Spool

    struct Losses: Encodable {
        var received: UInt64
        var stored: UInt64
        var inFlight: UInt64
        var lost: Lost
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

    struct Store: Encodable {
        var kind: String
        var rows: UInt64
        var bytes: UInt64
        var oldest: Nullable<UInt64>
        var newest: Nullable<UInt64>
        var retentionDays: Int
        var freeDiskBytes: Nullable<UInt64>
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
        // Every reason is there, so that a 0 can be told from an old server.
        let reasons = LossReason.allCases.map { ($0.rawValue, report.losses.lost[$0] ?? 0) }
        losses = Losses(
            received: report.losses.received,
            stored: report.losses.stored,
            inFlight: report.losses.inFlight,
            lost: Lost(total: report.losses.lostTotal, reasons: Dictionary(reasons, uniquingKeysWith: { a, _ in a }))
        )
        gapsBefore = report.gapsBefore
        gapAtRestart = report.gapAtRestart
        lag = Nullable(report.lag)
        listeners = report.listeners.map {
            Listener(protocol: $0.transport, address: $0.endpoint.description, purpose: $0.purpose)
        }
        store = Store(
            kind: report.store.kind,
            rows: report.store.rows,
            bytes: report.store.bytes,
            oldest: Nullable(report.store.oldest),
            newest: Nullable(report.store.newest),
            retentionDays: report.store.retentionDays,
            freeDiskBytes: Nullable(report.store.freeDiskBytes)
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
    }
}
