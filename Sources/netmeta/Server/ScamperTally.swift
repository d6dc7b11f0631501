import FlowDecoders
import Foundation
import Synchronization
import Telemetry

/// What is counted of each way to scamper's measurements that the configuration names.
struct ScamperSources: Sendable {
    /// Of `sources.scamper.folder`.
    let folder: ScamperTally?
    /// Of `sources.scamper.attach`.
    let socket: ScamperTally?
    /// Of measurements that the server starts itself.
    let runs: ScamperTally?

    init(_ settings: ScamperConfiguration) {
        let every = UInt64(max(0, settings.every.components.seconds))
        folder = settings.folder.map { ScamperTally("folder \($0)") }
        socket = settings.attach.map { ScamperTally("socket \($0)", every: every) }
        runs = settings.attach == nil && !settings.targets.isEmpty ? ScamperTally("own runs", every: every) : nil
    }

    /// Each as the health page shows it.
    var health: [SourceReport] {
        let now = ScamperTally.now
        return [folder, socket, runs].compactMap { $0?.health(now: now) }
    }

    /// Counters for `/metrics`; none without a source.
    func metrics() -> [MetricFamily] {
        let tallies = [folder, socket, runs].compactMap(\.self)
        guard !tallies.isEmpty else { return [] }
        func family(
            _ name: String,
            _ help: String,
            _ kind: MetricFamily.Kind = .counter,
            _ value: (ScamperTally.Counts) -> UInt64
        ) -> MetricFamily {
            let samples = tallies.map { tally in
                MetricFamily.Sample(labels: [.init("source", tally.name)], value: Double(value(tally.counts)))
            }
            return MetricFamily("netmeta_scamper_" + name, kind, help: help, samples: samples)
        }
        return [
            family("up", "1 while measurements can be had, 0 while something is wrong.", .gauge) {
                $0.problem == nil ? 1 : 0
            },
            family("objects_total", "Traces, pings and other objects that were read.") { $0.summary.objects },
            family("rows_total", "Rows of them that were stored.") { $0.summary.rowsStored },
            family("rows_lost_total", "Rows that the store didn't take before the end.") { $0.lostRows },
            family("newest_seconds", "When the newest of them began, in Unix seconds; 0 before the first.", .gauge) {
                $0.newest
            },
            MetricFamily(
                "netmeta_scamper_rejected_total",
                .counter,
                help: "Objects and files that can't be understood, by reason.",
                samples: tallies.flatMap { tally in
                    tally.counts.summary.malformed.sorted { $0.key < $1.key }.map { reason, count in
                        .init(labels: [.init("source", tally.name), .init("reason", reason)], value: Double(count))
                    }
                }
            ),
        ] + (socket?.socketMetrics ?? [])
    }
}

/// What one way to scamper's measurements did, for metrics and the health page.
final class ScamperTally: Sendable {
    /// What the health page calls it.
    let name: String
    /// Seconds from one round of measurements to the next; nil where nobody says so.
    private let every: UInt64?
    private let state = Mutex(Counts())

    /// The figures.
    struct Counts: Sendable {
        /// What was read, stored and rejected.
        var summary = ImportSummary()
        /// Rows that the store refused to the end.
        var lostRows: UInt64 = 0
        /// When the newest measurement began, in Unix seconds.
        var newest: UInt64 = 0
        /// When rows were stored last, in Unix seconds.
        var lastStored: UInt64 = 0
        /// What is wrong now, and what to do.
        var problem: String?
        /// Of a socket: whether scamper is connected, since when or since which object, and how often it was.
        var isAttached = false
        var lastHeard: UInt64 = 0
        var connections: UInt64 = 0
        /// Of a socket: commands that scamper refused, and its words for the last.
        var refused: UInt64 = 0
        var refusal = ""
        /// Of a folder: files that are there, those of them that end within an object, and what is wrong with others.
        var files = 0
        var cutFiles = 0
        var badFiles: [String] = []
        /// Of runs of our own.
        var rounds: UInt64 = 0
        var failedRounds: UInt64 = 0
    }

    init(_ name: String, every: UInt64? = nil) {
        self.name = name
        self.every = every
    }

    /// Unix seconds.
    static var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }

    var counts: Counts { state.withLock { $0 } }

    func update(_ body: (inout Counts) -> Void) {
        state.withLock { body(&$0) }
    }

    /// Counts what became of a file.
    func add(_ summary: ImportSummary, newest: UInt64) {
        update {
            $0.summary.add(summary)
            $0.newest = max($0.newest, newest)
            if summary.rowsStored > 0 { $0.lastStored = Self.now }
        }
    }
}

extension ScamperTally {
    /// The source as the health page shows it.
    func health(now: UInt64) -> SourceReport {
        let counts = counts
        let summary = counts.summary
        var lost = summary.malformed
        if counts.lostRows > 0 { lost["storeRefused"] = counts.lostRows }
        var source = SourceReport(
            kind: "scamper",
            name: name,
            read: summary.objects + summary.malformed.values.reduce(0, +),
            rows: summary.rowsStored,
            lost: lost,
            figures: [
                "traces": summary.traces, "parallelTraces": summary.parallelTraces, "pings": summary.pings,
                "otherObjects": summary.otherObjects, "connections": counts.connections, "refused": counts.refused,
                "files": UInt64(counts.files), "cutFiles": UInt64(counts.cutFiles),
                "badFiles": UInt64(counts.badFiles.count), "rounds": counts.rounds,
                "failedRounds": counts.failedRounds, "lastStored": counts.lastStored, "newest": counts.newest,
            ].filter { $0.value > 0 },
            advice: advice(counts, now: now),
            failure: counts.problem
        )
        source.lag = counts.newest > 0 ? Int64(now) - Int64(counts.newest) : nil
        return source
    }

    /// Rounds that may pass without a measurement until that is told.
    private static let silentRounds: UInt64 = 3

    private func advice(_ counts: Counts, now: UInt64) -> [String] {
        var advice: [String] = []
        if counts.refused > 0 {
            advice.append(
                "scamper refused \(counts.refused) commands, the last with \"\(counts.refusal)\": does its version know "
                    + "sources.scamper.method?"
            )
        }
        if counts.isAttached, let every, now > counts.lastHeard + Self.silentRounds * every {
            advice.append(
                "nothing came for \(now - counts.lastHeard) s: raise scamper's rate of probes (-p), or "
                    + "sources.scamper.every"
            )
        }
        if let file = counts.badFiles.first {
            let more = counts.badFiles.count > 1 ? ", and \(counts.badFiles.count - 1) more files" : ""
            advice.append("\(file)\(more): mend it or take it out of the folder")
        }
        if counts.cutFiles > 0 {
            advice.append(
                "files that end within an object: \(counts.cutFiles); right while scamper writes them, else they were cut"
            )
        }
        return advice
    }

    /// What only a control socket has.
    fileprivate var socketMetrics: [MetricFamily] {
        let counts = counts
        return [
            MetricFamily(
                "netmeta_scamper_attached",
                .gauge,
                help: "Whether scamper's control socket is connected.",
                value: counts.isAttached ? 1 : 0
            ),
            MetricFamily(
                "netmeta_scamper_connections_total",
                .counter,
                help: "Connections to scamper's control socket.",
                value: Double(counts.connections)
            ),
            MetricFamily(
                "netmeta_scamper_refused_total",
                .counter,
                help: "Commands that scamper refused.",
                value: Double(counts.refused)
            ),
        ]
    }
}

extension ImportSummary {
    /// Objects of scamper's that a measurement is, those among them that no rows are made of included.
    var objects: UInt64 { traces + parallelTraces + pings + otherObjects }

    /// Counts an object of scamper's.
    mutating func count(_ object: WartsObject) {
        switch object {
        case .trace: traces += 1
        case .ping: pings += 1
        case .tracelb: parallelTraces += 1
        case .dealias, .skipped: otherObjects += 1
        case .list, .cycleStart, .cycleStop, .address: break
        }
    }
}
