import FlowSchema
import FlowStore
import Foundation
import Logging
import Synchronization
import Telemetry
import Testing

@testable import Pipeline

/// What becomes of batches that a store refuses, which a real one does too rarely to be asked for it.
@Suite("Ingest")
struct IngestTests {
    /// Takes batches as a test says, by their first row's Bytes and how often they were offered.
    private final class Store: BatchStore {
        let answer: @Sendable (_ bytes: UInt64, _ tries: Int) -> StoreError?
        let offered = Mutex<[(bytes: UInt64, token: String)]>([])
        let kept = Mutex<[UInt64]>([])

        init(_ answer: @escaping @Sendable (UInt64, Int) -> StoreError?) {
            self.answer = answer
        }

        func append(_ batch: FlowBatch, token: String) throws(StoreError) {
            let bytes = batch.number(.bytes, row: 0)
            let tries = offered.withLock { offered in
                offered.append((bytes, token))
                return offered.count { $0.bytes == bytes }
            }
            if let refusal = answer(bytes, tries) { throw refusal }
            kept.withLock { $0.append(bytes) }
        }

        func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
            throw StoreError(message: "asks nobody")
        }

        func progress() async throws -> [String: QueryProgress] { [:] }

        var tokens: [UInt64: Set<String>] {
            offered.withLock { $0.reduce(into: [:]) { $0[$1.bytes, default: []].insert($1.token) } }
        }
    }

    @Test("values that the store never takes are a counted loss after three tries, and stop nothing")
    func refusedForGood() throws {
        let store = Store { bytes, _ in bytes == 2 ? StoreError(code: 691, message: "no such name") : nil }
        let end = try run([1, 2, 3], into: store)
        #expect(store.kept.withLock { $0 } == [1, 3])
        #expect(store.offered.withLock { $0.count { $0.bytes == 2 } } == 3)
        #expect(end.rows.stored == 2 && end.rows.lost == [.storeRejected: 1] && end.spool.batches == 0)
    }

    @Test("a refusal that may pass sends batches to the spool; they are stored later under the same names")
    func refusedForNow() throws {
        // The first is refused six times: three at once, then out of the spool.
        let store = Store { bytes, tries in bytes == 1 && tries <= 6 ? StoreError(code: 243, message: "no room") : nil }
        let end = try run([1, 2, 3], into: store)
        #expect(store.kept.withLock { $0.sorted() } == [1, 2, 3])
        #expect(store.tokens.values.allSatisfy { $0.count == 1 } && Set(store.tokens.values).count == 3)
        #expect(end.rows.stored == 3 && end.rows.lost.isEmpty)
        #expect(end.spool.replayedRows >= 1 && end.spool.batches == 0 && end.spool.bytes == 0)
    }

    @Test("what is left when the process ends stays in the spool, the one that the store may have in front")
    func endsWhileRefused() throws {
        let folder = NSTemporaryDirectory() + "netmeta-ingest-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let away = Store { _, _ in StoreError(message: "away") }
        let first = try run([1, 2, 3], into: away, folder: folder, waits: false)
        #expect(first.spool.batches == 3 && first.rows.lost.isEmpty && first.rows.rows(in: .spool) == 3)
        let store = Store { _, _ in nil }
        let second = try run([4], into: store, folder: folder)
        #expect(store.kept.withLock { $0.sorted() } == [1, 2, 3, 4])
        #expect(store.kept.withLock { $0.filter { $0 != 4 } } == [1, 2, 3])
        #expect(second.spool.recoveredRows == 3 && second.spool.batches == 0)
    }

    @Test("a batch that waits since batches were larger is stored all the same")
    func batchesBecameSmaller() throws {
        let folder = NSTemporaryDirectory() + "netmeta-ingest-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let away = Store { _, _ in StoreError(message: "away") }
        _ = try run([1], rows: 10, into: away, folder: folder, waits: false)
        let store = Store { _, _ in nil }
        let second = try run([2], into: store, capacity: 1, folder: folder)
        #expect(second.spool.recoveredRows == 10 && second.spool.broken == 0)
        #expect(second.rows.stored == 11 && second.rows.lost.isEmpty)
    }

    @Test("an insert that takes long holds up no other")
    func twoInserts() throws {
        let others = DispatchSemaphore(value: 0)
        let store = Store { bytes, _ in
            if bytes > 1 { others.signal() }
            // The first ends when four others have.
            guard bytes == 1 else { return nil }
            for _ in 0..<4 where others.wait(timeout: .now() + 60) == .timedOut {
                return StoreError(message: "no other insert came meanwhile")
            }
            return nil
        }
        let end = try run([1, 2, 3, 4, 5], into: store, threads: 2)
        #expect(store.kept.withLock { $0.sorted() } == [1, 2, 3, 4, 5])
        #expect(end.rows.stored == 5 && end.rows.lost.isEmpty && end.spool.written == 0)
    }

    @Test("once the store is back no thread puts live batches behind those that wait")
    func allLearnThatTheStoreIsBack() throws {
        let isAway = Atomic(true)
        let store = Store { _, _ in
            // Slow enough that both threads have something to do.
            Thread.sleep(forTimeInterval: 0.01)
            return isAway.load(ordering: .relaxed) ? StoreError(message: "away") : nil
        }
        func wait(for condition: () -> Bool) throws {
            let start = ContinuousClock.now
            while !condition() {
                try #require(ContinuousClock.now - start < .seconds(60))
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
        let end = try run(Array(1...60), into: store, threads: 2) { value, spool in
            guard value == 9 else { return }
            try wait { spool.report.batches == 8 }
            isAway.store(false, ordering: .relaxed)
            // With the second the thread knows of the first.
            try wait { store.kept.withLock { $0.count > 1 } }
        }
        #expect(store.kept.withLock { $0.sorted() } == Array(1...60))
        #expect(end.spool.written == 8 && end.spool.batches == 0)
    }

    /// Sends batches through ingest threads to their end.
    ///
    /// - Parameters:
    ///   - rows: rows of each batch.
    ///   - capacity: the most rows that a batch may have.
    ///   - waits: whether the spool is to be empty before.
    ///   - threads: inserts at a time; the report is the first one's.
    ///   - before: is done before a batch is sent.
    private func run(
        _ values: [UInt64],
        rows: Int = 1,
        into store: Store,
        capacity: Int = 10,
        folder: String? = nil,
        waits: Bool = true,
        threads: Int = 1,
        before: (UInt64, Spool) throws -> Void = { _, _ in }
    ) throws -> (ingest: IngestThread.Report, rows: RowLedger, spool: SpoolReport) {
        let own = folder ?? NSTemporaryDirectory() + "netmeta-ingest-\(UUID().uuidString)"
        defer { if folder == nil { try? FileManager.default.removeItem(atPath: own) } }
        let logger = Logger(label: "ingest") { _ in SwiftLogNoOpLogHandler() }
        let pool = BatchPool(count: threads + 1, capacity: capacity)
        let books = RowBooks()
        let spool = Spool(folder: own, limit: 1 << 20, syncs: false, books: books, logger: logger)
        let gate = StoreGate()
        let ingests = (0..<threads).map {
            IngestThread(
                store: store,
                pool: pool,
                spool: spool,
                gate: gate,
                books: books,
                batchCapacity: capacity,
                keepsSpool: $0 == 0,
                logger: logger
            )
        }
        spool.open()
        for ingest in ingests { ingest.start() }
        for value in values {
            try before(value, spool)
            let batch = pool.take()
            batch.fill(.bytes, batch.reserve(rows), with: value)
            batch.seal()
            books.note {
                $0.write(rows, inBatch: rows)
                $0.move(rows, from: .batch, to: .queue)
            }
            pool.submit(batch)
        }
        if waits {
            let before = ContinuousClock.now
            while books.now.inFlight > 0 {
                try #require(ContinuousClock.now - before < .seconds(120))
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        pool.announceEnd()
        pool.close()
        IngestThread.join(ingests)
        #expect(books.now.holds)
        return (ingests[0].latest, books.now, spool.report)
    }
}
