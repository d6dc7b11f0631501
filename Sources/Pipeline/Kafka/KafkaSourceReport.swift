public import FlowSchema

/// What a ``KafkaSource`` counted.
public struct KafkaSourceReport: Sendable {
    /// Messages that were taken, those included that couldn't be read.
    public var messages: UInt64 = 0
    /// Bytes of them.
    public var bytes: UInt64 = 0
    /// What was met in them.
    public var flows = FlowMessageCounters()
    /// Messages that couldn't be read, by reason.
    public var poison: [String: UInt64] = [:]
    /// Those of them for which there was no room in the file.
    public var poisonUnkept: UInt64 = 0
    /// Rows that the store acknowledged.
    public var storedRows: UInt64 = 0
    /// Batches that the store acknowledged.
    public var storedBatches: UInt64 = 0
    /// Inserts that failed.
    public var storeFailures: UInt64 = 0
    /// Rows that the store will never take.
    public var rejectedRows: UInt64 = 0
    /// Rows that were taken and given back, since the partition went to somebody else or the store took nothing at the
    /// end; whoever has the partition takes them again.
    public var returnedRows: UInt64 = 0
    /// Times that partitions were given or taken away.
    public var rebalances: UInt64 = 0
    /// Batches whose note with the broker failed; they may be made again, and the store recognises them.
    public var noteFailures: UInt64 = 0
    /// Batches that another life had begun and this one made again.
    public var resumed: UInt64 = 0
    /// What the broker or the store said last, until things go on.
    public var problem: String?
    /// Messages that wait in each partition that is ours.
    public var lag: [Int32: Int64] = [:]
    /// Rows that were taken and are not stored yet.
    public var waitingRows = 0

    init() {}
}
