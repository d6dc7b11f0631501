import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing
import WebAPI

/// Questions with an id, watched and cancelled while they are asked.
struct RunningQuestionTests {
    /// Answers only when the task is cancelled, as the engine does with a long question.
    private final class SlowStore: FlowStore {
        let asked = Mutex<[QueryLimits]>([])

        func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
            asked.withLock { $0.append(limits) }
            // Far beyond what the test takes.
            try? await Task.sleep(for: .seconds(60))
            throw Task.isCancelled ? StoreError.cancelled : StoreError(code: 159, message: "too long")
        }

        func progress() async throws -> [String: QueryProgress] {
            let ids = asked.withLock { $0.compactMap(\.question) }
            let progress = QueryProgress(rowsRead: 34, rowsTotal: 100, memory: 4096)
            return Dictionary(ids.prefix(1).map { ($0, progress) }) { first, _ in first }
        }
    }

    private func list(_ client: any TestClientProtocol) async throws -> [[String: Any]] {
        try await client.execute(uri: "/api/v1/questions", method: .get) { response in
            let json = try JSONSerialization.jsonObject(with: Data(String(buffer: response.body).utf8))
            return try #require((json as? [String: Any])?["questions"] as? [[String: Any]])
        }
    }

    private func send(
        _ uri: String,
        _ method: HTTPRequest.Method,
        _ client: any TestClientProtocol,
        headers: HTTPFields = [:]
    ) async throws -> (status: Int, body: String) {
        try await client.execute(uri: uri, method: method, headers: headers) { response in
            (response.status.code, String(buffer: response.body))
        }
    }

    @Test(arguments: [
        "graph?dimensions=SrcAS&", "top?dimensions=SrcAS&", "flows?", "query?sql=SELECT+1+FROM+flows_raw&",
    ])
    func isListedAndCancelled(path: String) async throws {
        let store = SlowStore()
        let api = WebAPI(store: store, status: FakeStatus(), options: WebAPI.Options(version: "1"))
        try await Application(router: api.makeRouter()).test(.router) { client in
            async let answer = send("/api/v1/\(path)id=question-1", .get, client)
            var listed: [[String: Any]] = []
            while listed.isEmpty || store.asked.withLock({ $0.isEmpty }) { listed = try await list(client) }
            listed = try await list(client)
            try #require(listed.count == 1)
            #expect(listed[0]["id"] as? String == "question-1")
            #expect(listed[0]["path"] as? String == "/api/v1/\(path.prefix { $0 != "?" })")
            #expect(try #require(listed[0]["seconds"] as? Double) >= 0)
            #expect(listed[0]["rowsRead"] as? Int == 34 && listed[0]["rowsTotal"] as? Int == 100)
            #expect(listed[0]["memory"] as? Int == 4096)

            let second = try await send("/api/v1/top?dimensions=SrcAS&id=question-1", .get, client)
            #expect(second.status == 400 && second.body.contains(#""parameter":"id""#))

            let cancel = "/api/v1/questions/cancel?id=question-1"
            var elsewhere = HTTPFields()
            elsewhere[.origin] = "http://example.com"
            #expect(try await send(cancel, .post, client, headers: elsewhere).status == 403)
            #expect(try await send(cancel, .get, client).status == 405)
            #expect(try await list(client).count == 1)
            let cancelled = try await send(cancel, .post, client)
            #expect(cancelled.status == 200 && cancelled.body == #"{"cancelled":"question-1"}"#)
            let (status, body) = try await answer
            #expect(status == 499 && body.contains(#""code":"cancelled""#))
            // A cancelled graph doesn't ask its second statement.
            #expect(store.asked.withLock { $0.map(\.question) } == ["question-1"])

            #expect(try await list(client).isEmpty)
            let gone = try await send(cancel, .post, client)
            #expect(gone.status == 404 && gone.body.contains("/api/v1/questions"))
        }
    }

    @Test func waitingOnesHaveReadNothing() async throws {
        let store = SlowStore()
        let api = WebAPI(store: store, status: FakeStatus(), options: WebAPI.Options(version: "1"))
        try await Application(router: api.makeRouter()).test(.router) { client in
            async let first = send("/api/v1/flows?id=question-1", .get, client)
            while store.asked.withLock({ $0.count }) < 1 { await Task.yield() }
            async let second = send("/api/v1/flows?limit=7&id=question-2", .get, client)
            while store.asked.withLock({ $0.count }) < 2 { await Task.yield() }
            let listed = try await list(client)
            #expect(listed.map { $0["id"] as? String } == ["question-1", "question-2"])
            #expect(listed.last?["rowsRead"] as? Int == 0 && listed.last?["rowsTotal"] is NSNull)
            for number in 1...2 { _ = try await send("/api/v1/questions/cancel?id=question-\(number)", .post, client) }
            let statuses = try await [first.status, second.status]
            #expect(statuses == [499, 499])
        }
    }

    @Test(arguments: [
        "short", "with_underscore", "caf%C3%A9caf%C3%A9", "quote%27quote", String(repeating: "a", count: 65),
    ])
    func strangeIDsAreRefused(id: String) async throws {
        let store = FakeStore { _ in QueryResult(columns: [], rowCount: 0, elapsed: 0) }
        for path in ["graph?", "top?dimensions=SrcAS&", "flows?", "query?sql=SELECT+1&"] {
            let answer = try await Harness(store: store).send("/api/v1/\(path)id=\(id)")
            #expect(answer.status == 400)
            #expect(try answer.error()["parameter"] as? String == "id")
        }
        let answer = try await Harness(store: store).send("/api/v1/questions/cancel?id=\(id)", method: .post)
        #expect(answer.status == 400)
        #expect(store.asked.isEmpty)
    }
}
