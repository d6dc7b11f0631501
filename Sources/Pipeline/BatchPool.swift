import FlowSchema
import Foundation

/// The batches of the process and the two lanes they travel in: empty ones to
/// the receivers, full ones to the ingest thread and back.
///
/// There are only so many. When the store is slow and none is empty, the
/// receiver waits, the kernel's buffer fills, and what doesn't fit is dropped
/// there and counted: memory stays bounded.
final class BatchPool: @unchecked Sendable {
    // Everything is guarded by `condition`; a lock is taken twice a batch, not per datagram.
    private let condition = NSCondition()
    private var empty: [FlowBatch]
    private var full: [FlowBatch] = []
    private var isClosed = false
    private var stalls: UInt64 = 0

    init(count: Int, capacity: Int) {
        empty = (0..<count).map { _ in FlowBatch(capacity: capacity) }
    }

    /// An empty batch, as soon as there is one.
    func take() -> FlowBatch {
        condition.lock()
        defer { condition.unlock() }
        if empty.isEmpty { stalls += 1 }
        while empty.isEmpty { condition.wait() }
        return empty.removeLast()
    }

    /// Hands a sealed batch to the ingest thread.
    func submit(_ batch: FlowBatch) {
        condition.lock()
        full.append(batch)
        condition.broadcast()
        condition.unlock()
    }

    /// The next sealed batch; nil once the pool is closed and empty.
    func next() -> FlowBatch? {
        condition.lock()
        defer { condition.unlock() }
        while full.isEmpty, !isClosed { condition.wait() }
        return full.isEmpty ? nil : full.removeFirst()
    }

    /// Gives a batch back that the store has dealt with.
    func recycle(_ batch: FlowBatch) {
        condition.lock()
        batch.clear()
        empty.append(batch)
        condition.broadcast()
        condition.unlock()
    }

    /// Ends ``next()`` after what is queued.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// How often a receiver had to wait.
    var stallCount: UInt64 {
        condition.lock()
        defer { condition.unlock() }
        return stalls
    }
}
