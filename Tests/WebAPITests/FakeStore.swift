import FlowStore
import NetTypes
import Synchronization
import Telemetry
import WebAPI

/// Answers what a test says, and remembers what was asked.
final class FakeStore: FlowStore {
    private let answer: @Sendable (String) throws -> QueryResult
    private let log = Mutex<[(sql: String, limits: QueryLimits)]>([])

    init(_ answer: @escaping @Sendable (String) throws -> QueryResult) {
        self.answer = answer
    }

    func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
        log.withLock { $0.append((sql, limits)) }
        return try answer(sql)
    }

    func progress() async throws -> [String: QueryProgress] { [:] }

    var asked: [String] { log.withLock { $0.map(\.sql) } }
    var limits: [QueryLimits] { log.withLock { $0.map(\.limits) } }

    /// An answer from columns of whole numbers.
    static func numbers(_ columns: [(String, [UInt64])]) -> QueryResult {
        QueryResult(
            columns: columns.map { ResultColumn(name: $0, type: "UInt64", values: $1.map(ResultValue.uint)) },
            rowCount: columns.first?.1.count ?? 0,
            elapsed: 0.25
        )
    }

    /// An answer of text lines, as EXPLAIN gives.
    static func lines(_ text: String) -> QueryResult {
        let values = text.split(separator: "\n").map { ResultValue.string(String($0)) }
        return QueryResult(
            columns: [ResultColumn(name: "explain", type: "String", values: values)],
            rowCount: values.count,
            elapsed: 0
        )
    }
}

/// A collector in a state that a test chose.
struct FakeStatus: StatusSource {
    var report = HealthReport(
        status: .ok,
        since: 1_795_400_000,
        isReady: true,
        losses: Self.overload,
        lag: 1.5,
        listeners: [
            ListenerReport(
                transport: "udp",
                endpoint: IPEndpoint(address: .unspecified, port: 2055),
                purpose: "NetFlow, IPFIX",
                read: 15,
                buffer: .init(bytes: 4096, asked: 65_536, used: 1024, drops: 6)
            )
        ],
        store: Self.store
    )
    var known = [Self.edge, Self.configured]

    /// 21 datagrams, of which 6 were dropped and 4 refused; 107 rows, of which 100 are stored and 3 lost.
    static var overload: LossReport {
        var rows = RowLedger()
        rows.write(107, inBatch: 107)
        rows.move(106, from: .batch, to: .queue)
        rows.move(103, from: .queue, to: .insert)
        rows.store(100, from: .insert)
        rows.lose(3, from: .insert, .storeRejected)
        var report = LossReport(read: 15, decoded: 9, rows: rows)
        report.lostBefore = [.kernelDrop: 6, .notAllowed: 4, .malformed: 2, .noTemplate: 1, .rejectedRecord: 5]
        report.kinds = [.malformed: ["badCount": 2]]
        report.decoder.records = 112
        report.decoder.rows = 107
        report.estimates.kernelDropRows = 71
        report.refused = [RefusedSender(address: IPAddress(198, 51, 100, 7), datagrams: 4)]
        return report
    }

    private static var store: StoreReport {
        var report = StoreReport(rows: 100, bytes: 4096, retentionDays: 7, freeDiskBytes: 1 << 40)
        report.retention.budgetBytes = 200_000_000_000
        report.retention.droppedRows = ["size": 12]
        report.retention.keepsSeconds = 43 * 86_400
        report.retention.keepsBound = "size"
        return report
    }

    /// An exporter that has told all that one can.
    static var edge: ExporterReport {
        var report = ExporterReport(address: IPAddress(192, 0, 2, 9), lastSeen: 1_795_413_599)
        report.protocols = ["IPFIX"]
        report.datagrams = 5
        report.flows = 100
        report.sequenceRestarts = 1
        report.agentDrops = 2
        report.samplingRate = 1024
        report.samplingSource = "options"
        report.clock.offset = -3600
        report.clock.wrongDatagrams = 4
        report.templatesKnown = 2
        report.sets.waiting = 6
        report.sets.parked = 7
        report.sets.held = 8
        report.sets.withoutTemplate = 9
        report.sets.unknown = 10
        report.records.flow = 111
        report.records.options = 12
        report.records.events = 13
        report.records.counters = 14
        report.records.rejected = 15
        report.records.skipped = 16
        report.records.lostTexts = 17
        report.memory.bytes = 19
        report.memory.refused = 20
        report.malformed = ["truncated": 1]
        report.statistics = ["notSentFlowTotalCount": 18]
        report.names.interfaces = [10: "xe-0/0/10", 9: "xe-0/0/9"]
        report.names.vrfs = [3: "blue"]
        report.names.applications = [UInt64.max: "big \"app\""]
        report.names.samplers = [1: "one in 1024"]
        return report
    }

    /// An exporter of which the configuration says something.
    static var configured: ExporterReport {
        var report = ExporterReport(address: IPAddress(192, 0, 2, 8), name: "edge \"1\"", lastSeen: 0)
        report.settings.samplingRate = 50
        report.settings.tunnel = "inner"
        report.settings.templates = "port"
        report.settings.holdForRate = 60
        return report
    }

    func health() async -> HealthReport { report }
    func exporters() async -> [ExporterReport] { known }
    func metrics() async -> [MetricFamily] {
        [MetricFamily("netmeta_test_total", .counter, help: "From the pipeline.", value: 7)]
    }
}
