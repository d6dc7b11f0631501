public import Enrichment
public import FlowStore
public import Logging
import Synchronization

/// Takes flows out of a Kafka topic and stores them.
///
/// Each partition fills a batch of its own. A batch goes to the store when it
/// is the largest and all together have enough rows, or is old enough; only
/// when the store acknowledged it is that noted with the broker. What the
/// store doesn't take waits, the topic keeps the rest, and there is no spool.
public final class KafkaSource: Sendable {
    private let thread: KafkaSourceThread

    /// What a source is made with.
    public struct Options: Sendable {
        /// The topic and how brokers are reached.
        public var kafka: KafkaSettings
        /// Rows after which a batch is stored, all partitions together.
        public var batchRows: Int
        /// How old the first row of a batch may be.
        public var flush: Duration
        /// The file for messages that couldn't be read.
        public var poisonFile: String

        /// Gathers options.
        public init(kafka: KafkaSettings, batchRows: Int, flush: Duration, poisonFile: String) {
            self.kafka = kafka
            self.batchRows = batchRows
            self.flush = flush
            self.poisonFile = poisonFile
        }
    }

    /// Loads the library; no broker is asked before ``start()``.
    ///
    /// - Throws: ``StoreError`` with what to do about it.
    public init(
        _ options: Options,
        store: any BatchStore,
        enrichment: EnrichmentSource,
        logger: Logger
    ) throws(StoreError) {
        try KafkaClient.load(options.kafka)
        thread = KafkaSourceThread(options, store: store, enrichment: enrichment, logger: logger)
    }

    /// Starts to consume.
    ///
    /// - Throws: ``StoreError`` when the settings can't be used.
    public func start() throws(StoreError) { try thread.start() }

    /// Stores what was taken, as far as the store takes it, and leaves the group; blocks until then.
    public func stop() { thread.stop() }

    /// The counts now.
    public var report: KafkaSourceReport { thread.report.withLock { $0 } }
}
