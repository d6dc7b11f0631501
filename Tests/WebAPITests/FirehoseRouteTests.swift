import Foundation
import HTTPTypes
import NetTypes
import Synchronization
import Testing

@testable import WebAPI

struct FirehoseRouteTests {
    private static let body = #"{"requestId":"r1","timestamp":1750000500000,"records":[{"data":"eA=="}]}"#

    private static func headers(_ fields: [String: String]) throws -> HTTPFields {
        var headers: HTTPFields = [:]
        for (name, value) in fields { headers[try #require(HTTPField.Name("X-Amz-Firehose-\(name)"))] = value }
        return headers
    }

    private func deliver(
        _ importer: FakeImporter,
        _ body: String = body,
        headers: [String: String] = [:],
        access: AccessControl = AccessControl()
    ) async throws -> Harness.Answer {
        var harness = Harness()
        harness.imports = importer
        harness.access = access
        let headers = try Self.headers(headers)
        return try await harness.send("/api/v1/firehose", method: .post, headers: headers, body: body)
    }

    @Test func answersAsFirehoseAsks() async throws {
        let importer = FakeImporter()
        let common = #"{"commonAttributes":{"layout":"${srcaddr} ${dstaddr}"}}"#
        let answer = try await deliver(importer, headers: ["Request-Id": "r1", "Common-Attributes": common])
        #expect(answer.status == 200 && answer.headers[.contentType] == "application/json")
        #expect(answer.body == #"{"requestId":"r1","timestamp":\#(Harness.now * 1000)}"#)
        let taken = try #require(importer.deliveries.withLock { $0.first })
        #expect(taken.id == "r1" && taken.attributes == ["layout": "${srcaddr} ${dstaddr}"])
        #expect(String(decoding: taken.body, as: UTF8.self) == Self.body)
    }

    @Test func whatIsntStoredIsSentAgain() async throws {
        let importer = FakeImporter(refusal: ImportRefusal(.busy, "4 deliveries are on their way"))
        let answer = try await deliver(importer, headers: ["Request-Id": "r1"])
        let json = try answer.json()
        #expect(answer.status == 503 && json["requestId"] as? String == "r1")
        #expect(json["errorMessage"] as? String == "4 deliveries are on their way" && json["timestamp"] != nil)
    }

    @Test(arguments: [("no JSON", "r1"), ("{}", "r1"), (#"{"requestId":""}"#, ""), (body, "r2")])
    func whatIsNoDeliveryIsRefused(body: String, id: String) async throws {
        let importer = FakeImporter()
        let answer = try await deliver(importer, body, headers: ["Request-Id": id])
        let json = try answer.json()
        #expect(answer.status == 400 && json["errorMessage"] != nil)
        #expect(importer.deliveries.withLock { $0.isEmpty })
    }

    @Test func theAccessKeyIsAToken() async throws {
        let importer = FakeImporter()
        var settings = AccessTests.settings
        settings.tokens = [
            "stream": .init(role: .editor, digest: BearerToken.digest("key")),
            "reader": .init(role: .viewer, digest: BearerToken.digest("other")),
        ]
        let access = AccessTests.control(settings)
        for (fields, status) in [([:], 401), (["Access-Key": "wrong"], 401), (["Access-Key": "other"], 403)] {
            #expect(try await deliver(importer, headers: fields, access: access).status == status)
        }
        #expect(importer.deliveries.withLock { $0.isEmpty })
        #expect(try await deliver(importer, headers: ["Access-Key": "key"], access: access).status == 200)
        // Elsewhere that header says nothing.
        var harness = Harness()
        harness.access = access
        #expect(try await harness.send("/api/v1/health", headers: Self.headers(["Access-Key": "key"])).status == 401)
    }
}
