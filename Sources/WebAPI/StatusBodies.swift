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
    var lag: Nullable<Double>
    var listeners: [Listener]
    var store: Store

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
            freeDiskBytes: Nullable(report.store.freeDiskBytes),
            retention: Retention(report.store.retention)
        )
    }
}
