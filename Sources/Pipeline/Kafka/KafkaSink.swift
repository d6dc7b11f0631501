public import FlowSchema
public import FlowStore
import Foundation
import NetTypes
import Synchronization
public import Telemetry

/// Where a collector's batches go: FlowMessages in a Kafka topic.
///
/// Messages are keyed by their exporter, so that its flows stay in order and on
/// one partition. A batch is acknowledged when the brokers' reports say so of
/// each of its messages.
///
/// What was handed to the library is never handed over a second time: when
/// brokers are away the call ends with an error, so that the batch goes to the
/// spool, while the library keeps on trying to deliver what it has, under the
/// same sequence numbers. The next try with the same token only asks what
/// became of it.
public final class KafkaSink: BatchStore, @unchecked Sendable {
    // Everything but what has its own lock is used by whoever holds `turn`: hence Sendable.
    private let settings: KafkaSettings
    private let turn = NSLock()
    private var client: KafkaClient?
    private var encoder = FlowMessageEncoder()
    private var handed: [String: Handed] = [:]
    private var byNumber: [UInt: Handed] = [:]
    private var nextNumber: UInt = 1
    private var lastDelivery = ContinuousClock.Instant.now
    private var lastProblem = ""
    private var isDead = false
    private let counters = Mutex(Counters())
    /// How long a batch waits for the next report before it goes to the spool.
    private let patience: Duration

    /// What became of messages.
    public struct Counters: Sendable {
        /// Messages that brokers acknowledged.
        public var messages: UInt64 = 0
        /// Flows in them.
        public var flows: UInt64 = 0
        /// Bytes of them, before compression.
        public var bytes: UInt64 = 0
        /// Messages that failed, each try, by the library's words.
        public var failures: [String: UInt64] = [:]
        /// Messages that were handed over and not yet reported.
        public var waiting: UInt64 = 0
        /// Messages that brokers may have, and that are handed over again since the library gave up.
        public var repeated: UInt64 = 0
        /// Rows of interface counters, which have no message.
        public var counterRows: UInt64 = 0
        /// Whether no broker can be reached.
        public var isAway = false
    }

    /// One batch, from its first message to the last report.
    private final class Handed {
        let number: UInt
        /// Rows that were handed over.
        var rows = 0
        /// The rows of each message, by its number.
        var messages: [Range<Int>] = []
        var waiting = 0
        /// Messages that brokers refused.
        var refused: [Int] = []
        var bytes: [Int] = []

        init(number: UInt) { self.number = number }
    }

    /// Loads the library and opens a producer; no broker is asked yet.
    ///
    /// - Throws: ``StoreError`` with what to do about it.
    public init(_ settings: KafkaSettings, patience: Duration = .seconds(3)) throws(StoreError) {
        self.settings = settings
        self.patience = patience
        try KafkaClient.load(settings)
        client = try KafkaClient(.producer, settings, self)
    }

    /// Ends the producer. What wasn't delivered by then is in the spool.
    public func close() {
        turn.lock()
        client = nil
        turn.unlock()
    }

    /// The version of the library.
    public var version: String { KafkaClient.version }

    /// The counts now.
    public var report: Counters { counters.withLock { $0 } }

    /// Has the library tell what it knows; to be called every second or so.
    public func look() {
        guard turn.try() else { return }
        client?.poll(milliseconds: 0)
        note()
        turn.unlock()
    }

    // MARK: - BatchStore

    /// There are none.
    public func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
        throw StoreError(message: "a collector keeps no rows: ask a process with --role store, or all")
    }

    /// None.
    public func progress() async throws -> [String: QueryProgress] { [:] }

    /// Hands a batch over and waits until brokers acknowledged all of it.
    public func append(_ batch: FlowBatch, token: String) throws(StoreError) {
        turn.lock()
        defer {
            note()
            turn.unlock()
        }
        let client = try livingClient()
        lastDelivery = .now
        let one = handed[token] ?? begin(token, batch)
        // Beside what no broker took yet no more memory is taken.
        while byNumber.values.contains(where: { $0 !== one && $0.waiting > 0 }) { try wait(client) }
        encoder.begin(batch)
        defer { encoder.end() }
        let again = one.refused
        one.refused = []
        for (place, index) in again.enumerated() {
            encoder.clear()
            encoder.append(one.messages[index])
            do throws(StoreError) { try produce(index, of: one, batch, client) } catch {
                one.refused += again[(place + 1)...]
                throw error
            }
        }
        while one.rows < batch.count {
            let rows = message(from: one.rows, of: batch)
            one.messages.append(rows)
            one.bytes.append(0)
            one.rows = rows.upperBound
            try produce(one.messages.count - 1, of: one, batch, client)
        }
        while one.waiting > 0 { try wait(client) }
        guard one.refused.isEmpty else {
            throw StoreError(message: "Kafka refused messages: \(lastProblem)")
        }
        handed[token] = nil
        byNumber[one.number] = nil
    }

    private func begin(_ token: String, _ batch: FlowBatch) -> Handed {
        // Batches that were given up are forgotten some time.
        if handed.count >= Self.mostRemembered {
            for (token, one) in handed where one.waiting == 0 {
                handed[token] = nil
                byNumber[one.number] = nil
            }
        }
        let one = Handed(number: nextNumber)
        nextNumber += 1
        handed[token] = one
        byNumber[one.number] = one
        let rows = batch.interfaceCounters?.count ?? 0
        if rows > 0 { counters.withLock { $0.counterRows += UInt64(rows) } }
        return one
    }

    private static let mostRemembered = 256

    // MARK: - Messages

    /// Brokers take a megabyte unless they are told otherwise.
    private static let mostMessageBytes = 500_000

    /// The rows of the next message: of one exporter, and no more than fit.
    ///
    /// The encoder has them afterwards.
    private func message(from row: Int, of batch: FlowBatch) -> Range<Int> {
        encoder.clear()
        let exporter = batch.address(.samplerAddress, row: row)
        var end = row
        repeat {
            encoder.append(end..<end + 1)
            end += 1
        } while end < batch.count && end - row < settings.flowsPerMessage && encoder.count < Self.mostMessageBytes
            && batch.address(.samplerAddress, row: end) == exporter
        return row..<end
    }

    /// Hands over the message that the encoder has.
    private func produce(_ index: Int, of one: Handed, _ batch: FlowBatch, _ client: KafkaClient) throws(StoreError) {
        let rows = one.messages[index]
        one.bytes[index] = encoder.count
        let key = AddressBytes(batch.address(.samplerAddress, row: rows.lowerBound))
        let opaque = one.number << 32 | UInt(index)
        while true {
            let error = withUnsafeBytes(of: key) { key in
                encoder.withBytes { client.produce(key: key, $0, opaque: opaque) }
            }
            if error == 0 { break }
            guard error == KafkaClient.queueFull else {
                one.refused.append(index)
                failed(error)
                return
            }
            do throws(StoreError) { try wait(client) } catch {
                one.refused.append(index)
                throw error
            }
        }
        one.waiting += 1
    }

    /// Waits for reports; throws when none has come for long.
    private func wait(_ client: KafkaClient) throws(StoreError) {
        client.poll(milliseconds: 50)
        if isDead { throw StoreError(message: "Kafka: \(lastProblem)") }
        guard ContinuousClock.now - lastDelivery > patience else { return }
        let reason =
            client.isAway
            ? "no broker of \(settings.brokers.joined(separator: ", ")) can be reached" : "brokers take long"
        throw StoreError(message: "Kafka: \(reason)\(lastProblem.isEmpty ? "" : " (\(lastProblem))")")
    }

    /// The producer, or a new one when the old can't go on.
    private func livingClient() throws(StoreError) -> KafkaClient {
        if let client, !isDead { return client }
        // What brokers may have of batches under way nobody knows any more: those messages are handed over again.
        client = nil
        for one in byNumber.values where one.waiting > 0 {
            counters.withLock { $0.repeated += UInt64(one.waiting) }
        }
        handed.removeAll()
        byNumber.removeAll()
        isDead = false
        let new = try KafkaClient(.producer, settings, self)
        client = new
        return new
    }

    private func note() {
        let waiting = byNumber.values.reduce(0) { $0 + $1.waiting }
        let isAway = client?.isAway ?? true
        counters.withLock {
            $0.waiting = UInt64(waiting)
            $0.isAway = isAway
        }
    }

    private func failed(_ error: Int32) {
        lastProblem = KafkaClient.words(error)
        counters.withLock { $0.failures[lastProblem, default: 0] += 1 }
    }
}

extension KafkaSink: KafkaEvents {
    func delivered(_ opaque: UInt, error: Int32, persisted: KafkaPersistence) {
        lastDelivery = .now
        let index = Int(opaque & 0xFFFF_FFFF)
        guard let one = byNumber[opaque >> 32], index < one.messages.count else { return }
        one.waiting -= 1
        if error == 0 || persisted == .yes {
            let (flows, bytes) = (one.messages[index].count, one.bytes[index])
            lastProblem = ""
            counters.withLock {
                $0.messages += 1
                $0.flows += UInt64(flows)
                $0.bytes += UInt64(bytes)
            }
            return
        }
        if persisted == .maybe { counters.withLock { $0.repeated += 1 } }
        one.refused.append(index)
        failed(error)
    }

    func failed(_ error: Int32, _ text: String, isFatal: Bool) {
        lastProblem = text.isEmpty ? KafkaClient.words(error) : text
        if isFatal { isDead = true }
    }

    func assigned(_ partitions: [Int32]) -> [Int64] { [] }
    func revoked(_ partitions: [Int32], isLost: Bool) {}
}

extension KafkaSink {
    /// The counts as metrics.
    public var metrics: [MetricFamily] {
        let now = report
        return [
            MetricFamily(
                "netmeta_kafka_delivered_messages_total",
                .counter,
                help: "Messages that brokers acknowledged.",
                value: Double(now.messages)
            ),
            MetricFamily(
                "netmeta_kafka_delivered_flows_total",
                .counter,
                help: "Flows in messages that brokers acknowledged.",
                value: Double(now.flows)
            ),
            MetricFamily(
                "netmeta_kafka_delivered_bytes_total",
                .counter,
                help: "Bytes of messages that brokers acknowledged, before compression.",
                value: Double(now.bytes)
            ),
            MetricFamily(
                "netmeta_kafka_failed_messages_total",
                .counter,
                help: "Messages that were not delivered, each try, by reason.",
                samples: now.failures.sorted { $0.key < $1.key }.map {
                    MetricFamily.Sample(labels: [.init("reason", $0.key)], value: Double($0.value))
                }
            ),
            MetricFamily(
                "netmeta_kafka_waiting_messages",
                .gauge,
                help: "Messages that were handed over and not acknowledged yet.",
                value: Double(now.waiting)
            ),
            MetricFamily(
                "netmeta_kafka_repeated_messages_total",
                .counter,
                help: "Messages that brokers may have already when they are sent again.",
                value: Double(now.repeated)
            ),
            MetricFamily(
                "netmeta_kafka_counter_rows_total",
                .counter,
                help: "Rows of interface counters, for which there is no message: they end here.",
                value: Double(now.counterRows)
            ),
            MetricFamily(
                "netmeta_kafka_away",
                .gauge,
                help: "1 while no broker can be reached.",
                value: now.isAway ? 1 : 0
            ),
        ]
    }
}
