import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Synchronization
import Testing

@testable import WebAPI

/// Ten viewers of a page are one query.
struct SharedAnswerTests {
    /// Answers when the test lets it.
    private final class GatedStore: FlowStore {
        private struct State {
            var asked: [QueryLimits] = []
            var cancelled = 0
            var isOpen = false
        }

        private let state = Mutex(State())

        var asked: [QueryLimits] { state.withLock { $0.asked } }
        var cancelled: Int { state.withLock { $0.cancelled } }
        func open() { state.withLock { $0.isOpen = true } }

        func query(_ sql: String, limits: QueryLimits) async throws -> QueryResult {
            state.withLock { $0.asked.append(limits) }
            while !state.withLock({ $0.isOpen }) {
                if Task.isCancelled {
                    state.withLock { $0.cancelled += 1 }
                    throw StoreError.cancelled
                }
                await Task.yield()
            }
            return FakeStore.numbers(
                ["TimeReceived", "SamplerAddress", "SamplingRateSource", "_hash"].map { ($0, [1]) }
            )
        }

        func progress() async throws -> [String: QueryProgress] {
            Dictionary(asked.compactMap(\.question).map { ($0, QueryProgress(rowsRead: 7, rowsTotal: 9, memory: 1)) }) {
                $1
            }
        }
    }

    private func api(_ store: any FlowStore, keep: Duration = .seconds(60)) -> WebAPI {
        WebAPI(store: store, status: FakeStatus(), options: .init(version: "1", keepAnswers: keep)) { Harness.now }
    }

    private func get(
        _ uri: String,
        _ client: any TestClientProtocol,
        _ headers: HTTPFields = [:]
    ) async throws -> (status: Int, headers: HTTPFields, body: String) {
        try await client.execute(uri: uri, method: .get, headers: headers) { response in
            (response.status.code, response.headers, String(buffer: response.body))
        }
    }

    private func wait(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { await Task.yield() }
    }

    private func waiting(_ client: any TestClientProtocol) async throws -> [[String: Any]] {
        let body = try await get("/api/v1/questions", client).body
        let json = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
        return try #require(json?["questions"] as? [[String: Any]])
    }

    @Test func questionsAtOnceAreOne() async throws {
        let store = GatedStore()
        try await Application(router: api(store).makeRouter()).test(.router) { client in
            async let first = get("/api/v1/flows?columns=TimeReceived&limit=5&id=question-1", client)
            try await wait { store.asked.count == 1 }
            // The same in another order, and for whoever.
            async let second = get("/api/v1/flows?columns=TimeReceived&id=question-2&limit=5", client)
            async let third = get("/api/v1/flows?columns=TimeReceived&limit=5", client)
            async let other = get("/api/v1/flows?columns=TimeReceived&limit=6", client)
            try await wait {
                let listed = try await waiting(client)
                return store.asked.count == 2 && listed.count == 2
            }
            // Who waits for another's answer sees how far that is.
            try await wait { try await waiting(client).allSatisfy { $0["rowsRead"] as? Int == 7 } }
            store.open()
            let answers = try await [first, second, third, other]
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(store.asked.count == 2)
            #expect(answers[0].body == answers[1].body && answers[1].body == answers[2].body)
            #expect(answers[0].headers[.cacheStatus] == "netmeta; fwd=miss; stored")
            let origins = answers[1...2].map { $0.headers[.cacheStatus] }
            // The third may have come when the answer was there.
            #expect(origins.allSatisfy { $0 == "netmeta; fwd=miss; collapsed" || $0 == "netmeta; hit" })
            #expect(answers[0].headers[.cacheControl] == "no-store" && answers[0].headers[.eTag] == nil)
        }
    }

    @Test func answersAreGivenAgainForAWhile() async throws {
        let store = GatedStore()
        store.open()
        try await Application(router: api(store).makeRouter()).test(.router) { client in
            let uri = "/api/v1/flows?columns=TimeReceived&filter=SrcAS%3D1"
            let first = try await get(uri, client)
            let second = try await get(uri, client)
            #expect(store.asked.count == 1)
            #expect(second.headers[.cacheStatus] == "netmeta; hit" && second.body == first.body)
            let tag = try #require(first.headers[.eTag])
            #expect(second.headers[.eTag] == tag && second.headers[.cacheControl] == "private, no-cache")
            let same = try await get(uri, client, [.ifNoneMatch: tag])
            #expect(same.status == 304 && same.body.isEmpty && same.headers[.eTag] == tag)
            let changed = try await get(uri, client, [.ifNoneMatch: "\"another\""])
            #expect(changed.status == 200 && changed.body == first.body)
            // Who wants an answer of its own gets one.
            let own = try await get(uri, client, [.cacheControl: "no-cache"])
            #expect(store.asked.count == 2 && own.headers[.cacheStatus] == "netmeta; fwd=bypass")
            #expect(own.headers[.eTag] != tag)
        }
        try await Application(router: api(store, keep: .zero).makeRouter()).test(.router) { client in
            for _ in 0..<2 { _ = try await get("/api/v1/flows?columns=TimeReceived", client) }
            #expect(store.asked.count == 4)
        }
        try await Application(router: api(store, keep: .nanoseconds(1)).makeRouter()).test(.router) { client in
            for _ in 0..<2 { _ = try await get("/api/v1/flows?columns=TimeReceived", client) }
            #expect(store.asked.count == 6)
        }
    }

    @Test func whoLeavesEndsTheQuestionOnlyAsTheLastOne() async throws {
        let store = GatedStore()
        try await Application(router: api(store).makeRouter()).test(.router) { client in
            async let first = get("/api/v1/flows?columns=TimeReceived&id=question-1", client)
            try await wait { store.asked.count == 1 }
            async let second = get("/api/v1/flows?columns=TimeReceived&id=question-2", client)
            try await wait { try await waiting(client).filter { $0["rowsRead"] as? Int == 7 }.count == 2 }
            func cancel(_ number: Int) async throws {
                try await client.execute(uri: "/api/v1/questions/cancel?id=question-\(number)", method: .post) { _ in }
            }
            try await cancel(1)
            #expect(try await first.status == 499)
            #expect(store.cancelled == 0)
            try await cancel(2)
            #expect(try await second.status == 499)
            try await wait { store.cancelled == 1 }
            // The next one begins anew.
            store.open()
            #expect(try await get("/api/v1/flows?columns=TimeReceived", client).status == 200)
            #expect(store.asked.count == 2)
        }
    }

    @Test func failuresAreNotKept() async throws {
        let store = FakeStore { _ in throw StoreError(code: 241, message: "too much") }
        try await Application(router: api(store).makeRouter()).test(.router) { client in
            for _ in 0..<2 {
                let answer = try await get("/api/v1/flows?columns=TimeReceived", client)
                #expect(answer.status == 422)
            }
            #expect(store.asked.count == 2)
        }
    }

    @Test func keepsOnlySoMuch() async throws {
        let answers = SharedAnswers(keep: .seconds(60))
        let asked = Mutex(0)
        func share(_ key: Int, bytes: Int) async throws -> SharedAnswers.Origin {
            let ask = { @Sendable () async throws -> Response in
                asked.withLock { $0 += 1 }
                return .json(bytes: [UInt8](repeating: 0x20, count: bytes))
            }
            return try await answers.share("\(key)", question: nil, onJoin: { _ in }, ask).origin
        }
        for key in 0...SharedAnswers.most { _ = try await share(key, bytes: 1) }
        // The oldest one went, the second oldest is there.
        #expect(try await share(1, bytes: 1) == .kept)
        #expect(try await share(0, bytes: 1) == .asked)
        let third = SharedAnswers.mostBytes / 3 + 1
        for key in 1000...1002 { _ = try await share(key, bytes: third) }
        #expect(try await share(1002, bytes: third) == .kept)
        #expect(try await share(1000, bytes: third) == .asked)
    }
}
