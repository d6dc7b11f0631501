import Enrichment
import FlowSchema

/// The batch that one partition's messages fill.
///
/// Each partition has its own, since a batch is named by its messages'
/// offsets. One thread owns it.
final class KafkaPartition {
    let number: Int32
    private(set) var batch: FlowBatch
    /// Rows of producers that enrich nothing, until they are enriched.
    private var plain: FlowBatch?
    /// The batch's messages; nil while there are none.
    private(set) var range: KafkaRange?
    /// When the first of them came.
    private(set) var since = ContinuousClock.Instant.now
    /// The batch that was under way when somebody lost the partition.
    var promised: KafkaRange?
    /// Whether the batch waits for the store.
    var isWaiting = false
    /// Whether the end of the batch is noted with the broker.
    var isNoted = false
    /// Whether nothing is fetched.
    var isPaused = false
    /// Times in a row that the store refused the batch.
    var failures = 0
    /// The offset behind the topic's last message, as far as is known.
    var end: Int64 = 0
    /// The offset of the next message; nil until the first one.
    private(set) var next: Int64?

    init(number: Int32, capacity: Int) {
        self.number = number
        batch = FlowBatch(capacity: capacity)
    }

    /// Rows, whether they are enriched or not.
    var rows: Int { batch.count + (plain?.count ?? 0) }

    /// Rows that fit.
    var room: Int { batch.capacity - rows }

    /// Whether a message is not of the batch that was promised, which ends before it.
    func isBeyondPromise(_ offset: Int64) -> Bool { promised.map { offset >= $0.end } ?? false }

    /// Whether the batch has all that was promised of it.
    var hasPromised: Bool {
        guard let promised, let range else { return false }
        return range.end >= promised.end
    }

    /// Whether the batch is old enough to be stored.
    ///
    /// An insert costs much whatever it holds, so while the topic has as many messages more as the batch has, that is
    /// when the store is behind, the batch waits for them: up to ten times the age.
    func isDue(after age: Duration, at now: ContinuousClock.Instant) -> Bool {
        guard let range, now - since >= age else { return false }
        return end - range.end < range.end - range.start || now - since >= age * 10
    }

    /// Where the rows of a message go.
    ///
    /// - Parameter isEnriched: whether its collector did that.
    func target(isEnriched: Bool, _ enricher: inout Enricher) -> FlowBatch {
        guard !isEnriched else {
            // In the order of their offsets, so that the same messages give the same batch.
            settle(&enricher)
            return batch
        }
        if let plain, plain.room >= FlowMessageDecoder.mostFlows { return plain }
        settle(&enricher)
        let new = plain ?? FlowBatch(capacity: 2 * FlowMessageDecoder.mostFlows)
        plain = new
        return new
    }

    /// Counts a message to the batch.
    func take(_ offset: Int64) {
        if range == nil { since = .now }
        range = KafkaRange(start: range?.start ?? promised?.start ?? offset, end: offset + 1)
        next = offset + 1
    }

    /// Enriches what isn't yet and adds it to the batch.
    func settle(_ enricher: inout Enricher) {
        guard let plain, plain.count > 0 else { return }
        plain.seal()
        enricher.enrich(plain)
        var bytes: [UInt8] = []
        EncodedBatch(plain, token: "").write { bytes += $0 }
        plain.clear()
        do {
            try batch.append(encoded: bytes.span.bytes)
        } catch {
            preconditionFailure("a batch of our own can't be read: \(error)")
        }
    }

    /// The batch as it is handed to the store; what was promised of it stays its name.
    func seal(_ enricher: inout Enricher) {
        settle(&enricher)
        batch.seal()
        if let promised, let range, range.end <= promised.end { self.range = promised }
        promised = nil
    }

    /// Begins the next batch.
    ///
    /// - Parameter most: rows whose memory stays; that of a larger batch is given back, since each partition may have
    ///   had one in its time.
    func clear(keeping most: Int) {
        if batch.count > most { batch = FlowBatch(capacity: batch.capacity) } else { batch.clear() }
        plain?.clear()
        range = nil
        isWaiting = false
        isNoted = false
    }
}
