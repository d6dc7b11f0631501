import Enrichment
import FlowSchema
import FlowStore
import Foundation
import Logging
import Synchronization
import Testing
import WebAPI

@testable import netmeta

@Suite struct PushedMessages {
    /// Refuses rows, and takes them later.
    private final class FakeStore: BatchStore {
        let refuses = Atomic(true)
        let attempts = Atomic(0)
        let rows = Atomic(0)

        func append(_ batch: FlowBatch, token: String) throws(StoreError) {
            attempts.add(1, ordering: .relaxed)
            guard !refuses.load(ordering: .relaxed) else { throw StoreError(message: "no room") }
            rows.add(batch.count, ordering: .relaxed)
        }

        func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult { throw StoreError.cancelled }
        func progress() async throws -> [String: QueryProgress] { [:] }
    }

    private func message(_ number: Int) -> Subscription.Content {
        let entry = """
            {"insertId": "i\(number)", "logName": "projects/p/logs/compute.googleapis.com%2Fvpc_flows", "timestamp": "2026-11-27T00:00:01Z",
             "jsonPayload": {"connection": {"src_ip": "192.0.2.1", "dest_ip": "192.0.2.2", "protocol": 6}, "reporter": "SRC",
             "bytes_sent": "1", "packets_sent": "1", "start_time": "2026-11-27T00:00:00Z", "end_time": "2026-11-27T00:00:01Z"}}
            """
        return Subscription.Content(data: Data(entry.replacing("\n", with: "").utf8), attributes: nil, id: "\(number)")
    }

    /// Who is pushed a message while rows can't be stored says so at once, and not when it has tried again.
    @Test func areRefusedAtOnceWhileAFakeStoreRefusesRows() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = FakeStore()
        let sink = CloudSink(store: store, folder: folder, enrichment: EnrichmentSource(), retentionDays: 3650)
        let push = try PubSubPush(
            name: "projects/p/subscriptions/s",
            PubSubSourceConfiguration(),
            sink: sink,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { await push.run() }
        await #expect(throws: ImportRefusal.self) { try await push.take(message(1)) }
        let attempts = store.attempts.load(ordering: .relaxed)
        for number in 2..<7 {
            let refusal = await #expect(throws: ImportRefusal.self) { try await push.take(message(number)) }
            #expect(refusal?.code == .busy && refusal?.message.contains("no room") == true)
        }
        // Each would have waited for an attempt of its own, and the shortest pause between two is a second.
        #expect(store.attempts.load(ordering: .relaxed) < attempts + 5)
        store.refuses.store(false, ordering: .relaxed)
        while (try? await push.take(message(8))) == nil { try await Task.sleep(for: .milliseconds(20)) }
        // The first one lay in its file.
        #expect(store.rows.load(ordering: .relaxed) == 2)
        running.cancel()
        await running.value
        let refusal = await #expect(throws: ImportRefusal.self) { try await push.take(message(9)) }
        #expect(refusal?.code == .stopping)
    }
}
