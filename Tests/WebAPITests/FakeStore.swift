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
        losses: LossReport(received: 110, stored: 100, inFlight: 4, lost: [.kernelDrop: 6]),
        lag: 1.5,
        listeners: [
            ListenerReport(
                transport: "udp",
                endpoint: IPEndpoint(address: .unspecified, port: 2055),
                purpose: "NetFlow, IPFIX"
            )
        ],
        store: StoreReport(rows: 100, bytes: 4096, retentionDays: 7, freeDiskBytes: 1 << 40)
    )
    var known = [
        ExporterReport(
            address: IPAddress(192, 0, 2, 9),
            protocols: ["IPFIX"],
            lastSeen: 1_795_413_599,
            datagrams: 5,
            flows: 100,
            samplingRate: 1024,
            samplingSource: "options",
            templatesKnown: 2,
            malformed: ["truncated": 1]
        ),
        ExporterReport(
            address: IPAddress(192, 0, 2, 8),
            name: "edge \"1\"",
            lastSeen: 0,
            settings: ExporterReport.Settings(samplingRate: 50, tunnel: "inner", templates: "port", holdForRate: 60)
        ),
    ]

    func health() async -> HealthReport { report }
    func exporters() async -> [ExporterReport] { known }
    func metrics() async -> [MetricFamily] {
        [MetricFamily("netmeta_test_total", .counter, help: "From the pipeline.", value: 7)]
    }
}
