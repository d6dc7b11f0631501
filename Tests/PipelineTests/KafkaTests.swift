import Enrichment
import FlowSchema
import FlowStore
import Foundation
import Logging
import NetTypes
import Synchronization
import Testing

@testable import Pipeline

@Suite("Kafka, without a broker")
struct KafkaRangeTests {
    @Test("what is noted of a batch is read back, and nothing else is")
    func notes() {
        let range = KafkaRange(start: 17, end: 4711)
        #expect(KafkaRange(note: range.note, at: 17) == range)
        for note in ["", "netmeta 1", "netmeta 2 18", "netmeta 1 17", "netmeta 1 x", "other 1 18", "netmeta 1 18 x"] {
            #expect(KafkaRange(note: note, at: 17) == nil, "\(note)")
        }
        #expect(KafkaRange(note: "netmeta 1 5", at: -1001) == nil)
    }

    @Test("tokens have letters, digits and hyphens, and differ where topics do")
    func tokens() {
        let range = KafkaRange(start: 1, end: 2)
        let tokens = ["flow-messages", "flow.messages", "flow_messages", "flowmessages"].map {
            range.token(topic: $0, partition: 3)
        }
        #expect(Set(tokens).count == 4)
        #expect(tokens.allSatisfy { $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") } })
        #expect(KafkaRange(start: 1, end: 3).token(topic: "t", partition: 0) != range.token(topic: "t", partition: 0))
    }

    @Test("messages that can't be read are kept as far as there is room")
    func poison() throws {
        let path = NSTemporaryDirectory() + UUID().uuidString
        defer { unlink(path) }
        let file = PoisonFile(path: path, limit: 400)
        let bytes: [UInt8] = [0, 1, 0xFF]
        var kept = 0
        for offset in 0..<10 {
            let isKept = bytes.withUnsafeBytes {
                file.keep(topic: "t", partition: 1, offset: Int64(offset), reason: "cut_short", $0)
            }
            if isKept { kept += 1 }
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == kept && kept > 1 && kept < 10)
        #expect(
            lines[0] == #"{"topic":"t","partition":1,"offset":0,"reason":"cut_short","length":3,"bytes":"AAH/"}"#
        )
    }

    @Test("without the library there is one line that names the package")
    func missing() {
        var settings = KafkaSettings()
        settings.library = "/nowhere/librdkafka.so.1"
        // Another test may have loaded it already.
        guard !MockCluster.isThere else { return }
        #expect(throws: StoreError.self) { try KafkaSink(settings) }
    }
}

@Suite("Batches of partitions")
struct KafkaPartitionTests {
    @Test("a batch is stored when it is old enough, but waits while the topic has as much again")
    func due() {
        let partition = KafkaPartition(number: 0, capacity: 10)
        let flush = Duration.seconds(1)
        #expect(!partition.isDue(after: flush, at: ContinuousClock.now + .seconds(60)), "nothing is there to be stored")
        for offset in 0..<10 { partition.take(Int64(offset)) }
        #expect(!partition.isDue(after: flush, at: partition.since + .milliseconds(900)))
        #expect(partition.isDue(after: flush, at: partition.since + flush), "nobody knows of more")
        partition.end = 19
        #expect(partition.isDue(after: flush, at: partition.since + flush), "less waits than it has")
        partition.end = 20
        #expect(!partition.isDue(after: flush, at: partition.since + flush * 9))
        #expect(partition.isDue(after: flush, at: partition.since + flush * 10), "it doesn't wait for ever")
        partition.end = 10
        #expect(partition.isDue(after: flush, at: partition.since + flush), "all is there")
    }

    @Test("memory of a large batch is given back, that of a small one stays")
    func memory() {
        let partition = KafkaPartition(number: 0, capacity: 10)
        var enricher = Enricher(EnrichmentSource())
        let first = partition.batch
        _ = partition.target(isEnriched: true, &enricher).reserve(5)
        partition.clear(keeping: 5)
        #expect(partition.batch === first && partition.rows == 0)
        _ = partition.target(isEnriched: true, &enricher).reserve(6)
        partition.clear(keeping: 5)
        #expect(partition.batch !== first && partition.rows == 0 && partition.room == 10)
    }
}

@Suite("Kafka, with librdkafka's mock brokers", .serialized, .enabled(if: MockCluster.isThere, "no librdkafka1 here"))
struct KafkaTests {
    @Test("what a sink delivers a source stores once, keyed by exporter, enriched or not")
    func delivery() throws {
        let cluster = try MockCluster(topic: "flows", partitions: 3)
        let sink = try KafkaSink(cluster.settings(flowsPerMessage: 7))
        try sink.append(flows(1000), token: "a")
        try sink.append(flows(500), token: "b")
        #expect(sink.report.flows == 1500 && sink.report.waiting == 0)
        let store = MemoryStore()
        let source = try start(cluster, store)
        defer { source.stop() }
        try until { store.rows.withLock { $0.count } >= 1500 }
        #expect(store.rows.withLock { $0 } == (bytes(1000) + bytes(500)).sorted())
        try until { source.report.lag.values.reduce(0, +) == 0 && source.report.lag.count == 3 }
        #expect(source.report.poison.isEmpty && source.report.flows.unknownFields == 0)
    }

    @Test("a partition that has all the flows fills a whole batch and not its share of one")
    func largestBatch() throws {
        let cluster = try MockCluster(topic: "flows", partitions: 3)
        let sink = try KafkaSink(cluster.settings(flowsPerMessage: 1))
        let batch = FlowBatch(capacity: 6000)
        let rows = batch.reserve(6000)
        batch.fill(.timeReceived, rows, with: UInt32(clamping: time(nil)))
        batch.fill(.samplerAddress, rows, with: IPAddress(192, 0, 2, 1))
        batch.seal()
        Enricher.writeIncoming(batch)
        try sink.append(batch, token: "a")
        let store = MemoryStore()
        let source = try start(cluster, store, partitions: [0, 1, 2], batchRows: 6000, flush: .seconds(600))
        defer { source.stop() }
        try until { store.rows.withLock { $0.count } >= 6000 }
        #expect(store.tokens.withLock { $0.count } == 1)
    }

    @Test("while brokers are down a batch is refused, handed over only once, and stored once when they are back")
    func brokersDown() throws {
        let cluster = try MockCluster(topic: "flows", partitions: 2)
        let sink = try KafkaSink(cluster.settings(flowsPerMessage: 10), patience: .milliseconds(600))
        try sink.append(flows(100), token: "first")
        cluster.setDown(true)
        for _ in 0..<2 {
            #expect(throws: StoreError.self) { try sink.append(flows(200), token: "second") }
        }
        // Beside it no other batch takes memory.
        #expect(throws: StoreError.self) { try sink.append(flows(50), token: "third") }
        // 67, 67 and 66 flows.
        #expect(sink.report.waiting == 21)
        cluster.setDown(false)
        try untilDone { try sink.append(flows(200), token: "second") }
        try untilDone { try sink.append(flows(50), token: "third") }
        let store = MemoryStore()
        let source = try start(cluster, store, partitions: [0, 1])
        defer { source.stop() }
        try until { store.rows.withLock { $0.count } >= 350 }
        #expect(store.rows.withLock { $0 } == (bytes(100) + bytes(200) + bytes(50)).sorted())
        #expect(sink.report.repeated == 0)
    }

    @Test("a broker's passing errors cost nothing and double nothing")
    func passingErrors() throws {
        let cluster = try MockCluster(topic: "flows", partitions: 1)
        let sink = try KafkaSink(cluster.settings(flowsPerMessage: 5))
        try sink.append(flows(10), token: "zero")
        // Produce: not enough replicas, leader not available, a time-out of the request.
        cluster.push(errors: [19, 5, 7], of: 0)
        try untilDone { try sink.append(flows(300), token: "one") }
        let store = MemoryStore()
        let source = try start(cluster, store, partitions: [0])
        defer { source.stop() }
        try until { store.rows.withLock { $0.count } >= 310 }
        #expect(store.rows.withLock { $0 } == (bytes(10) + bytes(300)).sorted())
    }

    @Test("a store that refuses gets the batch again, and messages that come meanwhile aren't lost")
    func storeAway() throws {
        let cluster = try MockCluster(topic: "flows", partitions: 2)
        let sink = try KafkaSink(cluster.settings(flowsPerMessage: 3))
        let store = MemoryStore()
        store.refusals.withLock { $0 = 4 }
        let source = try start(cluster, store, partitions: [0, 1])
        defer { source.stop() }
        for number in 0..<5 { try sink.append(flows(100), token: "t\(number)") }
        try until { store.rows.withLock { $0.count } >= 500 }
        #expect(store.rows.withLock { $0 } == (0..<5).flatMap { _ in bytes(100) }.sorted())
        #expect(source.report.storeFailures >= 4)
    }

    @Test("who takes over after a crash between insert and commit makes the same batch with the same token")
    func crash() throws {
        let cluster = try MockCluster(topic: "flows", partitions: 1)
        let sink = try KafkaSink(cluster.settings(flowsPerMessage: 4))
        try sink.append(flows(200), token: "a")
        let store = MemoryStore()
        // The store takes the batch and says nothing any more: as if the process had died there.
        store.isStuckAfterInsert.withLock { $0 = true }
        let first = try start(cluster, store, partitions: [0])
        try until { store.tokens.withLock { !$0.isEmpty } }
        let token = store.tokens.withLock { $0[0] }
        let rows = store.rows.withLock { $0.count }
        // More comes, so that a batch without the note would be another one.
        try sink.append(flows(100), token: "b")
        store.isStuckAfterInsert.withLock { $0 = false }
        store.isStuckForGood.withLock { $0 = true }
        let second = try start(cluster, store, partitions: [0])
        defer { second.stop() }
        try until { store.rows.withLock { $0.count } >= 300 }
        #expect(store.tokens.withLock { $0.filter { $0 == token }.count } == 2)
        #expect(store.rows.withLock { $0 } == (bytes(200) + bytes(100)).sorted())
        #expect(rows <= 200)
        try until { second.report.resumed == 1 }
        store.isStuckForGood.withLock { $0 = false }
        first.stop()
    }

    // MARK: - Helpers

    private func start(
        _ cluster: MockCluster,
        _ store: MemoryStore,
        partitions: [Int32] = [],
        batchRows: Int = 1000,
        flush: Duration = .milliseconds(100)
    ) throws -> KafkaSource {
        var settings = cluster.settings(flowsPerMessage: 1)
        settings.partitions = partitions
        let options = KafkaSource.Options(
            kafka: settings,
            batchRows: batchRows,
            flush: flush,
            poisonFile: NSTemporaryDirectory() + UUID().uuidString
        )
        let source = try KafkaSource(
            options,
            store: store,
            enrichment: EnrichmentSource(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try source.start()
        return source
    }

    private func until(_ condition: () -> Bool) throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < end, "in vain")
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    private func untilDone(_ body: () throws -> Void) throws {
        try until { (try? body()) != nil }
    }

    /// What the column Bytes of so many flows has.
    private func bytes(_ count: Int) -> [UInt64] { (0..<count).map { UInt64($0 + 1) } }

    /// Flows of three exporters.
    private func flows(_ count: Int) -> FlowBatch {
        let batch = FlowBatch(capacity: count)
        for row in 0..<count {
            let rows = batch.reserve(1)
            batch.fill(.timeReceived, rows, with: UInt32(clamping: time(nil)))
            batch.fill(.samplerAddress, rows, with: IPAddress(192, 0, 2, UInt8(1 + 3 * row / count)))
            batch.fill(.bytes, rows, with: UInt64(row + 1))
        }
        batch.seal()
        Enricher.writeIncoming(batch)
        return batch
    }
}

/// A store that knows tokens, as ClickHouse does.
private final class MemoryStore: BatchStore {
    /// The column Bytes of all rows, in order.
    let rows = Mutex<[UInt64]>([])
    let tokens = Mutex<[String]>([])
    let refusals = Mutex(0)
    let isStuckAfterInsert = Mutex(false)
    /// Whether who is stuck stays so.
    let isStuckForGood = Mutex(false)

    func append(_ batch: FlowBatch, token: String) throws(StoreError) {
        let isRefused = refusals.withLock { left in
            defer { left = max(0, left - 1) }
            return left > 0
        }
        guard !isRefused else { throw StoreError(code: 243, message: "no room") }
        let isNew = tokens.withLock { known in
            defer { known.append(token) }
            return !known.contains(token)
        }
        if isNew {
            let values = (0..<batch.count).map { batch.number(.bytes, row: $0) }
            rows.withLock { $0 = ($0 + values).sorted() }
        }
        guard isStuckAfterInsert.withLock({ $0 }) else { return }
        while isStuckAfterInsert.withLock({ $0 }) || isStuckForGood.withLock({ $0 }) {
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw StoreError(message: "died")
    }

    func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
        throw StoreError(message: "asks nobody")
    }

    func progress() async throws -> [String: QueryProgress] { [:] }
}

/// Brokers within librdkafka, for faults that real ones don't make when asked.
private final class MockCluster: @unchecked Sendable {
    private static let library: UInt? = dlopen("librdkafka.so.1", RTLD_NOW).map { UInt(bitPattern: $0) }
    static var isThere: Bool { library != nil }

    private let host: OpaquePointer
    private let cluster: OpaquePointer
    private let topic: String

    init(topic: String, partitions: Int32) throws {
        self.topic = topic
        typealias NewConfiguration = @convention(c) () -> OpaquePointer?
        typealias New = @convention(c) (Int32, OpaquePointer?, UnsafeMutablePointer<CChar>?, Int) -> OpaquePointer?
        typealias NewCluster = @convention(c) (OpaquePointer?, Int32) -> OpaquePointer?
        typealias NewTopic = @convention(c) (OpaquePointer?, UnsafePointer<CChar>, Int32, Int32) -> Int32
        let configuration = Self.find("rd_kafka_conf_new", NewConfiguration.self)()
        host = try #require(Self.find("rd_kafka_new", New.self)(0, configuration, nil, 0))
        cluster = try #require(Self.find("rd_kafka_mock_cluster_new", NewCluster.self)(host, 3))
        let error = Self.find("rd_kafka_mock_topic_create", NewTopic.self)(cluster, topic, partitions, 1)
        try #require(error == 0)
    }

    func settings(flowsPerMessage: Int) -> KafkaSettings {
        typealias Bootstraps = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>
        let address = String(cString: Self.find("rd_kafka_mock_cluster_bootstraps", Bootstraps.self)(cluster))
        var settings = KafkaSettings()
        settings.brokers = address.split(separator: ",").map(String.init)
        settings.topic = topic
        settings.flowsPerMessage = flowsPerMessage
        return settings
    }

    func setDown(_ isDown: Bool) {
        typealias Set = @convention(c) (OpaquePointer?, Int32) -> Int32
        let set = Self.find(isDown ? "rd_kafka_mock_broker_set_down" : "rd_kafka_mock_broker_set_up", Set.self)
        for broker in 1...3 { _ = set(cluster, Int32(broker)) }
    }

    func push(errors: [Int32], of request: Int16) {
        typealias Push = @convention(c) (OpaquePointer?, Int16, Int, UnsafePointer<Int32>) -> Void
        Self.find("rd_kafka_mock_push_request_errors_array", Push.self)(cluster, request, errors.count, errors)
    }

    private static func find<Function>(_ name: String, _ type: Function.Type) -> Function {
        let handle = library.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
        return unsafeBitCast(dlsym(handle, name), to: type)
    }
}
