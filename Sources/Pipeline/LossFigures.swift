import FlowDecoders
import LinuxCapture
import Telemetry

// From the pipeline's counts to what people are told of losses.

extension LossReport {
    /// What became of all that came in, at the moment of a snapshot.
    init(_ snapshot: PipelineSnapshot) {
        let counters = snapshot.counters
        self.init(
            read: snapshot.listeners.reduce(0) { $0 + $1.datagrams }
                + snapshot.sources.reduce(0) { $0 + $1.report.read },
            decoded: counters.decodedDatagrams,
            decoder: Decoder(snapshot),
            rows: snapshot.rows
        )
        let whole = counters.rejectedDatagrams.byName
        let parts = counters.malformed.byName.merging(whole) { $0 - $1 }.filter { $0.value > 0 }
        lostBefore = [
            .kernelDrop: snapshot.listeners.reduce(0) { $0 + $1.queue.drops },
            .sourceOverrun: snapshot.sources.reduce(0) { $0 + $1.report.lost.values.reduce(0, +) },
            .notAllowed: snapshot.listeners.reduce(0) { $0 + $1.refused },
            .tooManyExporters: counters.refusedDatagrams,
            .malformed: counters.rejectedDatagrams.total,
            .malformedSet: parts.values.reduce(0, +),
            .noTemplate: counters.unknownTemplateSets,
            .rejectedRecord: counters.rejectedRecords,
        ].filter { $0.value > 0 }
        kinds = [.malformed: whole, .malformedSet: parts].filter { !$0.value.isEmpty }
        estimates = Estimates(snapshot)
        refused = snapshot.listeners.flatMap(\.refusedSenders)
            .reduce(into: [:]) { $0[$1.address, default: 0] += $1.datagrams }
            .map { RefusedSender(address: $0.key, datagrams: $0.value) }
            .sorted { ($1.datagrams, $0.address) < ($0.datagrams, $1.address) }
    }
}

extension LossReport.Decoder {
    fileprivate init(_ snapshot: PipelineSnapshot) {
        self.init()
        let counters = snapshot.counters
        records = counters.records
        reverseRows = counters.reverseFlows
        events = counters.eventRecords
        options = counters.optionsRecords
        counterSamples = counters.counterSamples
        rows = counters.flows
        waitingSets = snapshot.exporters.reduce(0) { $0 + UInt64($1.waitingSets) }
    }
}

extension LossReport.Estimates {
    fileprivate init(_ snapshot: PipelineSnapshot) {
        self.init()
        var rows = 0.0
        for exporter in snapshot.exporters {
            missingDatagrams &+= exporter.missingDatagrams
            missingRecords &+= exporter.missingRecords
            rows += Double(exporter.missingDatagrams) * exporter.counters.rowsOfDatagram
            rows += Double(exporter.missingRecords)
        }
        missingRows = Self.whole(rows)
        // Whose datagrams the kernel dropped nobody knows: those of a socket are taken for alike.
        let dropped = snapshot.listeners.reduce(0) { $0 + Double($1.queue.drops) * $1.counters.rowsOfDatagram }
        kernelDropRows = Self.whole(dropped)
    }

    /// Made-up sequence numbers can make this as large as they like.
    private static func whole(_ rows: Double) -> UInt64 { UInt64(min(rows, 1e18).rounded()) }
}

extension DecodeCounters {
    /// Rows that a datagram gave on the average; 0 before the first.
    fileprivate var rowsOfDatagram: Double {
        decodedDatagrams > 0 ? Double(flows) / Double(decodedDatagrams) : 0
    }
}

extension ListenerReport {
    /// A socket at the moment of a snapshot.
    init(_ listener: PipelineSnapshot.Listener) {
        self.init(
            transport: listener.transport.rawValue,
            endpoint: listener.endpoint,
            purpose: listener.purpose,
            read: listener.datagrams
        )
        if let sessions = listener.sessions {
            self.sessions = Sessions(
                open: sessions.open,
                notAllowed: sessions.notAllowed,
                tooMany: sessions.refused,
                broken: sessions.brokenFraming
            )
        } else {
            let queue = listener.queue
            buffer = Buffer(
                bytes: queue.bytes,
                asked: listener.receiveBuffer,
                used: queue.used,
                drops: queue.drops
            )
        }
    }
}
