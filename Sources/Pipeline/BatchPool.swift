import FlowSchema

/// The batches of the process and the two lanes they travel in: empty ones to
/// the receivers, full ones to the ingest thread and back.
///
/// There are only so many. When the store is slow and none is empty, the
/// receiver waits, the kernel's buffer fills, and what doesn't fit is dropped
/// there and counted: memory stays bounded.
final class BatchPool: @unchecked Sendable {
    /// What the ingest thread has to do next.
    enum Work {
        case store(FlowBatch)
        /// Nothing has come in the time that it was ready to wait.
        case nothing
        /// Nothing will come any more.
        case ended
    }

    // Everything is guarded by `condition`; a lock is taken twice a batch, not per datagram.
    private let condition = MonotonicCondition()
    private var empty: [FlowBatch]
    private var full: [FlowBatch] = []
    private var closed = false
    private var ending: ContinuousClock.Instant?
    /// Full batches that somebody tries to keep elsewhere just now.
    private var rescuing = 0
    private var stalls: UInt64 = 0
    private var rescue: (FlowBatch) -> Bool = { _ in false }

    init(count: Int, capacity: Int) {
        empty = (0..<count).map { _ in FlowBatch(capacity: capacity) }
    }

    /// Sets what keeps a full batch elsewhere, asked again and again while none is empty; it returns false when it
    /// doesn't, since the store isn't late, or since there is no room.
    func whenLate(_ rescue: @escaping (FlowBatch) -> Bool) {
        condition.lock()
        self.rescue = rescue
        condition.unlock()
    }

    /// An empty batch, as soon as there is one.
    func take() -> FlowBatch {
        condition.lock()
        defer { condition.unlock() }
        if empty.isEmpty { stalls += 1 }
        while empty.isEmpty {
            if condition.wait(seconds: Self.patience) { continue }
            if let batch = rescueOne() { return batch }
        }
        return empty.removeLast()
    }

    /// Seconds that a receiver waits before it looks whether the store is late.
    private static let patience = 0.2

    /// Has the oldest full batch kept elsewhere; returns it empty. The lock is held.
    private func rescueOne() -> FlowBatch? {
        guard !full.isEmpty else { return nil }
        let rescue = rescue
        let batch = full.removeFirst()
        rescuing += 1
        condition.unlock()
        let isSafe = rescue(batch)
        condition.lock()
        rescuing -= 1
        condition.broadcast()
        guard isSafe else {
            full.insert(batch, at: 0)
            return nil
        }
        batch.clear()
        return batch
    }

    /// Has all full batches kept elsewhere, as far as that goes.
    func rescueAll() {
        condition.lock()
        defer { condition.unlock() }
        while let batch = rescueOne() { empty.append(batch) }
    }

    /// Hands a sealed batch to the ingest thread.
    func submit(_ batch: FlowBatch) {
        condition.lock()
        full.append(batch)
        condition.broadcast()
        condition.unlock()
    }

    /// The next sealed batch, or what else the ingest thread has to do.
    ///
    /// - Parameter seconds: how long to wait for one; nil as long as it takes.
    func next(within seconds: Double?) -> Work {
        condition.lock()
        defer { condition.unlock() }
        while full.isEmpty, !closed || rescuing > 0 {
            if let seconds {
                guard seconds > 0, condition.wait(seconds: seconds) else { return .nothing }
            } else {
                condition.wait()
            }
        }
        return full.isEmpty ? .ended : .store(full.removeFirst())
    }

    /// Gives a batch back that was dealt with.
    func recycle(_ batch: FlowBatch) {
        condition.lock()
        // Nobody needs it any more then, and somebody may be reading it: see IngestThread.join(_:).
        if !closed { batch.clear() }
        empty.append(batch)
        condition.broadcast()
        condition.unlock()
    }

    /// Says that the process ends: whoever waits for the store doesn't do so for ever.
    func announceEnd() {
        condition.lock()
        ending = .now
        condition.unlock()
    }

    /// How long the process has been ending; nil when it isn't.
    var endingFor: Duration? {
        condition.lock()
        defer { condition.unlock() }
        return ending.map { .now - $0 }
    }

    /// Ends the work after what is queued.
    func close() {
        condition.lock()
        closed = true
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
