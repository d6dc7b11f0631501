import FlowSchema
import FlowStore
import Foundation
import Logging
import Synchronization
import Telemetry

/// The one thread that writes: takes sealed batches, stores them, gives them back.
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
    private let logger: Logger
    private let report = Mutex(Report())
    private let ended = DispatchSemaphore(value: 0)
    /// Names this life of the process in deduplication tokens.
    private let life = UUID().uuidString

    init(store: any BatchStore, pool: BatchPool, books: RowBooks, logger: Logger) {
        self.store = store
        self.pool = pool
        self.books = books
        self.logger = logger
    }

    var latest: Report { report.withLock { $0 } }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "ingest"
        thread.stackSize = 8 << 20
        thread.start()
    }

    func join() { ended.wait() }

    // MARK: - On the thread

    private func run() {
        var number = 0
        while let batch = pool.next() {
            number += 1
            let rows = batch.count
            books.note { $0.move(rows, from: .queue, to: .insert) }
            keep(batch, token: "\(life)-\(number)")
            pool.recycle(batch)
        }
        ended.signal()
    }

    /// Seconds before each further try of a batch that the store refused.
    private static let backoff: [Double] = [0.1, 0.5, 2, 5]

    private func keep(_ batch: FlowBatch, token: String) {
        let start = ContinuousClock.now
        for attempt in 0... {
            do throws(StoreError) {
                try store.append(batch, token: token)
                // Counters may come without a row.
                let newest = batch.count > 0 ? batch.number(.timeReceived, row: batch.count - 1) : nil
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                let rows = batch.count
                books.note { $0.store(rows, from: .insert) }
                report.withLock {
                    $0.storedBatches += 1
                    if let newest { $0.newestStored = UInt32(truncatingIfNeeded: newest) }
                    $0.problem = nil
                    $0.busySeconds += seconds
                }
                return
            } catch {
                report.withLock {
                    $0.failures += 1
                    $0.problem = error.message
                }
                guard attempt < Self.backoff.count else {
                    let rows = batch.count
                    books.note { $0.lose(rows, from: .insert, .storeRejected) }
                    logger.error("batch lost", metadata: ["rows": "\(batch.count)", "reason": "\(error.message)"])
                    return
                }
                logger.warning(
                    "store refused a batch",
                    metadata: ["try": "\(attempt + 1)", "reason": "\(error.message)"]
                )
                Thread.sleep(forTimeInterval: Self.backoff[attempt])
            }
        }
    }
}
