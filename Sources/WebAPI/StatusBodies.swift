import NetTypes
import Telemetry

struct ExportersBody: Encodable {
    var exporters: [ExporterBody]

    struct ExporterBody: Encodable {
        var address: String
        var name: Nullable<String>
        var protocols: [String]
        var lastSeen: UInt64
        var datagrams: UInt64
        var flows: UInt64
        var flowsPerSecond: Double
        var bitsPerSecond: Double
        var sequenceGaps: UInt64
        var sampling: Sampling
        var settings: Settings
        var templates: Templates
        var malformed: [String: UInt64]
    }

    struct Sampling: Encodable {
        var rate: UInt32
        var source: String
    }

    struct Settings: Encodable {
        var samplingRate: Nullable<UInt32>
        var tunnel: String
        var templates: String
        var holdForRate: UInt32

        init(_ settings: ExporterReport.Settings) {
            samplingRate = Nullable(settings.samplingRate)
            tunnel = settings.tunnel
            templates = settings.templates
            holdForRate = settings.holdForRate
        }
    }

    struct Templates: Encodable {
        var known: Int
        var missing: Int
    }

    init(_ reports: [ExporterReport]) {
        exporters = reports.sorted { $0.address < $1.address }.map { report in
            ExporterBody(
                address: report.address.description,
                name: Nullable(report.name),
                protocols: report.protocols,
                lastSeen: report.lastSeen,
                datagrams: report.datagrams,
                flows: report.flows,
                flowsPerSecond: report.flowsPerSecond,
                bitsPerSecond: report.bitsPerSecond,
                sequenceGaps: report.sequenceGaps,
                sampling: Sampling(rate: report.samplingRate, source: report.samplingSource),
                settings: Settings(report.settings),
                templates: Templates(known: report.templatesKnown, missing: report.templatesMissing),
                malformed: report.malformed
            )
        }
    }
}

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
            freeDiskBytes: Nullable(report.store.freeDiskBytes)
        )
    }
}
