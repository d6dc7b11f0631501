import FlowSchema
import FlowStore
import Foundation
import Logging
import OwnThreads
import Synchronization
import Telemetry

/// A thread that writes: takes sealed batches, stores them, gives them back. There may be several; the first
/// of them looks after the spool.
///
/// A batch is acknowledged when the store has it or the spool does. The spool
/// gets what the store refuses, and what waits while one insert takes much
/// longer than others; mere overload doesn't go there, since the batches
/// that would have to be read back later cost more than those that the kernel
/// drops and counts now.
final class IngestThread: Sendable {
    /// What became of the batches so far.
    struct Report: Sendable {
        var storedBatches: UInt64 = 0
        /// Tries that failed; a batch may fail and then be stored.
        var failures: UInt64 = 0
        /// When the newest row that can be queried was received.
        var newestStored: UInt32?
        /// What the store said last, until something is stored again.
        var problem: String?
        /// Seconds spent storing.
        var busySeconds = 0.0
    }

    private let store: any BatchStore
    private let pool: BatchPool
    private let books: RowBooks
    private let spool: Spool
    private let gate: StoreGate
    private let batchCapacity: Int
    private let keepsSpool: Bool
    private let logger: Logger
    private let report = Mutex(Report())
    private let ended = DispatchSemaphore(value: 0)
    /// The batch that the store has been asked to take, and since when.
    private let current = Mutex<Insert?>(nil)
    /// What the last inserts took, the latest counting most.
    private let usualSeconds = Mutex(0.0)
    /// Names this life of the process in deduplication tokens.
    private let life = UUID().uuidString
    private let number = Atomic<UInt64>(0)

    private struct Insert {
        let batch: FlowBatch
        let token: String
        let since: ContinuousClock.Instant
        /// Whether it is in the spool as well.
        var isRescued = false
        /// Whether it came from there.
        let isReplay: Bool
    }

    /// - Parameters:
    ///   - gate: shared by all threads of the store.
    ///   - batchCapacity: the most rows that a batch usually has.
    ///   - keepsSpool: whether it stores what waits in the spool, which is open by now.
    init(
        store: any BatchStore,
        pool: BatchPool,
        spool: Spool,
        gate: StoreGate,
        books: RowBooks,
        batchCapacity: Int,
        keepsSpool: Bool,
        logger: Logger
    ) {
        self.store = store
        self.pool = pool
        self.spool = spool
        self.gate = gate
        self.books = books
        self.batchCapacity = batchCapacity
        self.keepsSpool = keepsSpool
        self.logger = logger
    }

    var latest: Report { report.withLock { $0 } }

    func start() {
        OwnThread.start("ingest", stackSize: 8 << 20) { self.run() }
    }

    /// Waits until all threads of a pool have stored or spooled everything; the pool is closed.
    static func join(_ threads: [IngestThread]) {
        var working = threads
        while true {
            working.removeAll { $0.ended.wait(timeout: .now() + 0.5) == .success }
            guard let one = working.first else { return }
            one.pool.rescueAll()
            for thread in working { thread.rescueCurrent() }
        }
    }

    // MARK: - Late

    /// An insert that takes longer is late: a batch takes tenths of a second, on a busy machine one or two.
    private static let lateSeconds = 4.0
    /// On a machine that is busier still all inserts take long; late is what takes so many times as long as the last
    /// ones did. Otherwise overload would fill the spool.
    private static let lateTimes = 5.0
    /// Nobody waits longer to find out.
    private static let mostLateSeconds = 30.0
    /// Seconds at the end of the process after which a batch is spooled whose insert doesn't return, and one given
    /// up that neither the store nor the spool takes; less than the watchdog's.
    private static let lostSeconds = 20.0

    /// Whether the insert under way takes much longer than others did.
    var isLate: Bool {
        let waited = current.withLock { $0.map { (.now - $0.since) / .seconds(1) } } ?? 0
        let usual = usualSeconds.withLock { $0 }
        return waited > min(Self.mostLateSeconds, max(Self.lateSeconds, Self.lateTimes * usual))
    }

    /// Keeps a batch in the spool, for receivers that have no empty one since the store is late.
    func rescue(_ batch: FlowBatch) -> Bool {
        spool.add(batch, from: .queue, token: nextToken(), wasTried: false)
    }

    /// The store may have it or not; the token tells it when it is asked again.
    private func rescueCurrent() {
        let insert = current.withLock { current -> Insert? in
            guard let insert = current, !insert.isReplay, !insert.isRescued,
                (.now - insert.since) / .seconds(1) > Self.lostSeconds
            else { return nil }
            current?.isRescued = true
            return insert
        }
        guard let insert else { return }
        if spool.add(insert.batch, from: .insert, token: insert.token, wasTried: true) {
            logger.warning("an insert doesn't end; its batch is in the spool")
        }
    }

    // MARK: - On the thread

    /// What the thread owns.
    private struct State {
        /// For batches out of the spool; made when one is needed, and given back with the last.
        var scratch: FlowBatch?
        /// Batches that went past the spool since the last one out of it.
        var passed = 0
    }

    private func run() {
        var state = State()
        work: while true {
            switch pool.next(within: patience(state)) {
            case .store(let batch):
                let rows = batch.count
                books.note { $0.move(rows, from: .queue, to: .insert) }
                keep(batch, &state)
                pool.recycle(batch)
                state.passed += 1
                if state.passed >= Self.mostPassed, patience(state) == 0 { replay(&state) }
            case .nothing:
                replay(&state)
            case .ended:
                break work
            }
        }
        ended.signal()
    }

    /// Rows of a batch beyond which a file isn't ours: twice what store.batchRows may be.
    private static let mostRows: UInt64 = 2_000_000

    /// Batches from receivers for one out of the spool, while there are any: the spool empties, however busy it is.
    private static let mostPassed = 8

    /// Seconds until a batch of the spool is due, or until it is worth a look: other threads put batches there. nil for
    /// those that leave the spool alone.
    private func patience(_ state: State) -> Double? {
        guard keepsSpool else { return nil }
        let now = ContinuousClock.now
        guard let due = spool.nextTry else { return Self.lookSeconds }
        return max(0, (max(due, gate.nextTry(at: now)) - now) / .seconds(1))
    }

    private static let lookSeconds = 1.0

    private func nextToken() -> String {
        "\(life)-\(number.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    private func keep(_ batch: FlowBatch, _ state: inout State) {
        let token = nextToken()
        var wasTried = false
        // Nothing to store goes past what waits, when the store takes nothing: the spool's first is the next try.
        if gate.isOpen || gate.admits(at: .now) && spool.nextTry == nil {
            switch attempt(batch, token, &state, tries: 3) {
            case .stored: return
            case .refused:
                giveUp(rows: batch.count, from: .insert)
                return
            case .failed: wasTried = true
            }
        }
        while !spool.add(batch, from: .insert, token: token, wasTried: wasTried) {
            // Neither will have it: it stays here, the receivers wait, and the kernel counts what it drops.
            if let ending = pool.endingFor, ending > .seconds(Self.lostSeconds) {
                giveUp(rows: batch.count, from: .insert)
                return
            }
            Thread.sleep(forTimeInterval: 0.2)
            guard gate.admits(at: .now) else { continue }
            wasTried = true
            switch attempt(batch, token, &state, tries: 1) {
            case .stored: return
            case .refused:
                giveUp(rows: batch.count, from: .insert)
                return
            case .failed: continue
            }
        }
    }

    /// Stores the spool's first batch.
    private func replay(_ state: inout State) {
        guard let entry = spool.take() else { return }
        // One that waits since store.batchRows was larger needs more room.
        let rows = max(batchCapacity, Int(min(entry.rows, Self.mostRows)))
        let batch = state.scratch.flatMap { $0.room >= rows ? $0 : nil } ?? FlowBatch(capacity: rows)
        state.scratch = batch
        defer {
            batch.clear()
            if spool.nextTry == nil { state.scratch = nil }
        }
        guard spool.read(entry, into: batch) else { return }
        state.passed = 0
        switch attempt(batch, entry.token, &state, tries: 1, isReplay: true) {
        case .stored:
            spool.remove(entry)
        case .refused:
            giveUp(rows: Int(entry.rows), from: .spool)
            spool.reject(entry)
        case .failed:
            let stored = latest.storedBatches
            if entry.isHopeless(stored: stored, at: .now) {
                giveUp(rows: Int(entry.rows), from: .spool)
                spool.reject(entry)
            } else {
                spool.keep(entry, stored: stored)
            }
        }
    }

    private enum Outcome {
        case stored
        /// Not now.
        case failed
        /// Never.
        case refused
    }

    /// Asks the store to take a batch; a pause before each further try.
    private func attempt(
        _ batch: FlowBatch,
        _ token: String,
        _ state: inout State,
        tries: Int,
        isReplay: Bool = false
    ) -> Outcome {
        for attempt in 1... {
            do throws(StoreError) {
                try insert(batch, token, isReplay: isReplay)
                gate.succeed()
                return .stored
            } catch {
                note(failure: error, attempt)
                guard attempt < tries else {
                    if error.isAboutTheBatch { return .refused }
                    gate.fail(at: .now)
                    return .failed
                }
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return .failed
    }

    private func insert(_ batch: FlowBatch, _ token: String, isReplay: Bool) throws(StoreError) {
        let start = ContinuousClock.now
        current.withLock { $0 = Insert(batch: batch, token: token, since: start, isReplay: isReplay) }
        defer { current.withLock { $0 = nil } }
        try store.append(batch, token: token)
        let isSpooled = isReplay || current.withLock { $0?.isRescued ?? false }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        usualSeconds.withLock { $0 += 0.2 * (seconds - $0) }
        note(stored: batch, from: isSpooled ? .spool : .insert, seconds: seconds)
    }

    // MARK: - Accounts

    private func note(stored batch: FlowBatch, from place: RowPlace, seconds: Double) {
        let rows = batch.count
        books.note { $0.store(rows, from: place) }
        // Counters may come without a row.
        let newest = batch.receivedRange?.upperBound
        report.withLock {
            $0.storedBatches += 1
            $0.newestStored = [$0.newestStored, newest].compactMap(\.self).max()
            $0.problem = nil
            $0.busySeconds += seconds
        }
    }

    private func note(failure: StoreError, _ attempt: Int) {
        let isNew = report.withLock { report in
            defer {
                report.failures += 1
                report.problem = failure.message
            }
            return report.problem != failure.message
        }
        // Once for each thing that it says, not with every try.
        if isNew {
            logger.warning("store refused a batch", metadata: ["try": "\(attempt)", "reason": "\(failure.message)"])
        }
    }

    private func giveUp(rows: Int, from place: RowPlace) {
        books.note { $0.lose(rows, from: place, .storeRejected) }
        let reason = latest.problem ?? ""
        logger.error("batch lost", metadata: ["rows": "\(rows)", "reason": "\(reason)"])
    }
}
