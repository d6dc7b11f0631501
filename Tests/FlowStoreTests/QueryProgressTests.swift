import Foundation
import Testing

@testable import FlowStore

/// Watching and cancelling queries of the real engine.
extension EmbeddedStoreTests {
    /// Takes ten seconds when it is left alone, a row at a time.
    private static let slow =
        "SELECT sum(sleepEachRow(0.1)) AS n FROM numbers(100) SETTINGS max_block_size = 1, max_threads = 1"
    /// The same where no setting may be changed: far more rows than are counted in the time of a test.
    private static let peoplesSlow = "SELECT sum(cityHash64(number)) AS n FROM numbers(1000000000000)"

    private func withStore(_ body: (EmbeddedStore) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "netmeta-store-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try open(folder)
        defer { store.close() }
        try await body(store)
    }

    /// Waits until a question has read something and knows how much there is.
    private func progress(of question: String, in store: EmbeddedStore) async throws -> QueryProgress {
        for _ in 0..<100 {
            if let progress = try await store.progress()[question], progress.rowsRead > 0, progress.rowsTotal != nil {
                return progress
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw StoreError(message: "\(question) isn't seen")
    }

    @Test(
        "a running question is seen with its progress, and ends when its task is cancelled",
        arguments: [false, true]
    )
    func progressAndCancel(isPersons: Bool) async throws {
        try await withStore { store in
            let limits = QueryLimits(isPersons: isPersons, question: "question-1")
            let sql = isPersons ? Self.peoplesSlow : Self.slow
            let asked = Task { try await store.query(sql, limits: limits) }
            let progress = try await progress(of: "question-1", in: store)
            #expect(try #require(progress.rowsTotal) >= (isPersons ? 1_000_000_000_000 : 100))
            #expect(progress.rowsRead < 1_000_000_000_000)
            asked.cancel()
            // Left alone it would have an answer.
            let error = await #expect(throws: StoreError.self) { _ = try await asked.value }
            #expect(error?.code == StoreError.cancelled.code)
            #expect(try await store.progress().isEmpty)
            // The connection that ran it works on.
            for _ in 0..<2 {
                let one = try await store.query("SELECT 1 AS n", limits: QueryLimits(isPersons: isPersons))
                #expect(one.rowCount == 1)
            }
        }
    }

    @Test("a question that is cancelled while it waits for others never starts, and is told at once")
    func queuedIsCancelled() async throws {
        try await withStore { store in
            let others = (1...2).map { number in
                Task { try await store.query(Self.slow, limits: QueryLimits(question: "question-\(number)")) }
            }
            for number in 1...2 { _ = try await progress(of: "question-\(number)", in: store) }
            let effect = "CREATE TABLE started ENGINE = Memory AS SELECT 1 AS n"
            let waiting = Task { try await store.query(effect, limits: QueryLimits(question: "question-3")) }
            try await Task.sleep(for: .milliseconds(200))
            #expect(try await Set(store.progress().keys) == ["question-1", "question-2"])
            let start = ContinuousClock.now
            waiting.cancel()
            await #expect(throws: StoreError.self) { _ = try await waiting.value }
            #expect(ContinuousClock.now - start < .seconds(1))
            for other in others { other.cancel() }
            for other in others { await #expect(throws: StoreError.self) { _ = try await other.value } }
            // Both workers are free, so what would start has started.
            try await Task.sleep(for: .milliseconds(300))
            let exists = try await store.query("EXISTS TABLE started", limits: QueryLimits())
            #expect(exists.columns.first?.values.first?.unsigned == 0)
        }
    }

    @Test("a task that is cancelled already asks nothing")
    func cancelledBefore() async throws {
        try await withStore { store in
            let asked = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await store.query(
                    "CREATE TABLE started ENGINE = Memory AS SELECT 1 AS n",
                    limits: QueryLimits()
                )
            }
            asked.cancel()
            await #expect(throws: StoreError.self) { _ = try await asked.value }
            let exists = try await store.query("EXISTS TABLE started", limits: QueryLimits())
            #expect(exists.columns.first?.values.first?.unsigned == 0)
        }
    }

    @Test("the time limit is no cancellation")
    func timeLimit() async throws {
        try await withStore { store in
            let error = await #expect(throws: StoreError.self) {
                _ = try await store.query(Self.slow, limits: QueryLimits(seconds: 1))
            }
            #expect(error?.code == 159)
        }
    }
}
