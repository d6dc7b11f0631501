import Foundation
import HTTPTypes
import NetTypes
import Synchronization
import Testing

@testable import WebAPI

struct PubSubRouteTests {
    /// As the documentation of Pub/Sub shows it, with both spellings of the members that have two.
    private static let body = """
        {"message":{"attributes":{"key":"value"},"data":"eA==","messageId":"7","message_id":"7",\
        "publishTime":"2026-11-26T19:13:55.749Z","publish_time":"2026-11-26T19:13:55.749Z"},\
        "subscription":"projects/p/subscriptions/s"}
        """

    private func push(
        _ importer: FakeImporter,
        _ body: String = body,
        token: String? = nil,
        statement: String? = nil,
        access: AccessControl = AccessControl()
    ) async throws -> Harness.Answer {
        var harness = Harness()
        harness.imports = importer
        harness.access = access
        let path = "/api/v1/pubsub" + (token.map { "?token=\($0)" } ?? "")
        var headers: HTTPFields = [:]
        if let statement { headers[.authorization] = "Bearer \(statement)" }
        return try await harness.send(path, method: .post, headers: headers, body: body)
    }

    @Test func whatIsStoredIsAcknowledged() async throws {
        let importer = FakeImporter()
        #expect(try await push(importer).status == 204)
        let expected = PubSubDelivery(
            subscription: "projects/p/subscriptions/s",
            id: "7",
            data: Data("x".utf8),
            attributes: ["key": "value"],
            signer: nil,
            hasToken: true
        )
        #expect(importer.pushed.withLock { $0 } == [expected])
        // A notification may have no data.
        let bare = #"{"message":{"messageId":"8"},"subscription":"projects/p/subscriptions/s"}"#
        #expect(try await push(importer, bare).status == 204)
        let last = try #require(importer.pushed.withLock { $0.last })
        #expect(last.id == "8" && last.data == nil && last.attributes.isEmpty)
    }

    @Test(arguments: [(ImportRefusal.Code.busy, 503), (.stopping, 503), (.unknownSource, 404)])
    func whatIsntStoredIsPushedAgain(code: ImportRefusal.Code, status: Int) async throws {
        let answer = try await push(FakeImporter(refusal: ImportRefusal(code, "why not")))
        #expect(answer.status == status)
        let error = try #require(try answer.json()["error"] as? [String: Any])
        #expect(error["code"] as? String == code.rawValue && error["message"] as? String == "why not")
    }

    @Test(arguments: [
        "no JSON", "{}", #"{"insertId":"an entry by itself"}"#,
        #"{"message":{"messageId":"1","data":"?"},"subscription":"s"}"#,
    ])
    func whatIsNoPushIsRefused(body: String) async throws {
        let importer = FakeImporter()
        let answer = try await push(importer, body)
        #expect(answer.status == 400)
        #expect(answer.body.contains(#""code":"bad_option""#) && answer.body.contains("payload unwrapping"))
        #expect(importer.pushed.withLock { $0.isEmpty })
    }

    @Test func theTokenStandsInTheURL() async throws {
        let importer = FakeImporter()
        var settings = AccessTests.settings
        settings.tokens = [
            "push": .init(role: .editor, digest: BearerToken.digest("key")),
            "reader": .init(role: .viewer, digest: BearerToken.digest("other")),
        ]
        let access = AccessTests.control(settings)
        for (token, status) in [(nil, 401), ("wrong", 401), ("other", 403)] as [(String?, Int)] {
            #expect(try await push(importer, token: token, access: access).status == status)
        }
        #expect(importer.pushed.withLock { $0.isEmpty })
        // Google's own statement may come with it; one that nobody wants counts for nothing, and alone for no proof.
        let alone = try await push(importer, statement: "a.b.c", access: access)
        #expect(alone.status == 401 && alone.body.contains("a wrong statement"))
        #expect(try await push(importer, token: "key", statement: "a.b.c", access: access).status == 204)
        #expect(importer.pushed.withLock { $0.last?.hasToken == true && $0.last?.signer == nil })
        // Elsewhere that parameter says nothing.
        var harness = Harness()
        harness.access = access
        #expect(try await harness.send("/api/v1/health?token=key").status == 401)
    }

    @Test func aStatementThatIsRightNeedsNoToken() async throws {
        let importer = FakeImporter()
        var settings = AccessTests.settings
        settings.tokens = ["push": .init(role: .editor, digest: BearerToken.digest("key"))]
        let access = AccessTests.control(settings)
        let statement = FakeImporter.statement
        #expect(try await push(importer, statement: statement, access: access).status == 204)
        #expect(importer.pushed.withLock { $0.last?.hasToken == false && $0.last?.signer == FakeImporter.signer })
        #expect(try await push(importer, token: "key", statement: statement, access: access).status == 204)
        #expect(importer.pushed.withLock { $0.last?.hasToken == true && $0.last?.signer == FakeImporter.signer })
        // Neither makes up for the other.
        #expect(try await push(importer, token: "wrong", statement: statement, access: access).status == 401)
        #expect(importer.pushed.withLock { $0.count } == 2)
        // Where nobody has to say who they are, the subscription may still want to know.
        #expect(try await push(importer, statement: "a.b.c").status == 204)
        #expect(importer.pushed.withLock { $0.last?.hasToken == true && $0.last?.signer == nil })
        // It opens nothing else.
        var harness = Harness()
        harness.access = access
        harness.imports = importer
        let headers: HTTPFields = [.authorization: "Bearer \(statement)"]
        #expect(try await harness.send("/api/v1/health", headers: headers).status == 401)
    }
}
