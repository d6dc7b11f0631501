import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A refusal of one of Google Cloud's services.
struct GCPError: Error, CustomStringConvertible {
    /// HTTP's status.
    var status: Int
    var message: String

    var description: String { "status \(status): \(message)" }
}

/// Asks one of Google Cloud's services, with a token.
struct GCPClient: Sendable {
    /// Where the service is, such as `https://storage.googleapis.com`.
    let base: String
    /// nil for a stand-in that asks for none.
    let credentials: GCPCredentials?

    /// Bytes of an answer that is held in memory: a thousand messages have 10 MB at most.
    private static let most = 64 << 20

    /// A service of Google Cloud, and the variable of the environment that names another one (as Google's own tools
    /// take it).
    enum Service: String {
        case storage = "STORAGE_EMULATOR_HOST"
        case messages = "PUBSUB_EMULATOR_HOST"

        fileprivate var base: String {
            self == .storage ? "https://storage.googleapis.com" : "https://pubsub.googleapis.com"
        }
    }

    /// - Parameters:
    ///   - endpoint: another server than Google's; one without a key is asked without a token.
    ///   - key: a service account's key file.
    init(
        _ service: Service,
        endpoint: String?,
        key: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        let other = endpoint ?? environment[service.rawValue].flatMap { $0.isEmpty ? nil : $0 }
        base = other.map { $0.contains("://") ? $0 : "http://\($0)" } ?? service.base
        credentials = other != nil && key == nil ? nil : GCPCredentials(file: key, environment: environment)
    }

    /// Asks, and gives the answer when it is one.
    ///
    /// - Parameters:
    ///   - path: with its percent escapes, and with the query.
    ///   - body: JSON.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        headers: [(name: String, value: String)] = [],
        body: Data? = nil,
        patience: TimeAmount = .seconds(60)
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let token = try await credentials?.token()
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(Array(body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: patience)
        guard response.status.code / 100 == 2 else { throw try await refusal(response, token) }
        return response
    }

    /// Asks, and reads the JSON of the answer.
    func ask<Answer: Decodable>(
        _ method: HTTPMethod,
        _ path: String,
        body: Data? = nil,
        patience: TimeAmount = .seconds(60)
    ) async throws -> Answer {
        let response = try await send(method, path, body: body, patience: patience)
        let answer = try await response.body.collect(upTo: Self.most)
        return try JSONDecoder().decode(Answer.self, from: Data(answer.readableBytesView))
    }

    private struct Refusal: Decodable {
        var error: Reason

        struct Reason: Decodable {
            var message: String?
        }
    }

    private func refusal(_ response: HTTPClientResponse, _ token: String?) async throws -> GCPError {
        let body = Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
        if response.status.code == 401, let token { await credentials?.forget(token) }
        let message = (try? JSONDecoder().decode(Refusal.self, from: body))?.error.message
        return GCPError(
            status: Int(response.status.code),
            message: String((message ?? String(decoding: body, as: UTF8.self)).prefix(300))
        )
    }
}

/// One bucket of Google Cloud Storage (JSON API, version 1).
struct GCSBucket: ObjectBucket {
    let client: GCPClient
    let name: String

    private struct Listing: Decodable {
        var items: [Item]?
        var nextPageToken: String?
    }

    private struct Item: Decodable {
        var name: String
        var generation: String?
        var updated: String?
    }

    func list(prefix: String, from start: String?, page: String?) async throws -> CloudListing {
        var query = [(name: "prefix", value: prefix)]
        query.append((name: "fields", value: "items(name,generation,updated),nextPageToken"))
        if let start { query.append((name: "startOffset", value: start)) }
        if let page { query.append((name: "pageToken", value: page)) }
        let path = "/storage/v1/b/\(AWSSignature.escaped(name))/o?\(AWSSignature.query(query))"
        let listing: Listing = try await client.ask(.GET, path)
        let objects = (listing.items ?? []).map { item in
            CloudObject(key: item.name, version: item.generation ?? "", modified: item.updated ?? "")
        }
        return CloudListing(objects: objects, next: listing.nextPageToken)
    }

    func get(_ key: String, told: String, to path: String, most: Int) async throws -> String {
        let url = "/storage/v1/b/\(AWSSignature.escaped(name))/o/\(AWSSignature.escaped(key))?alt=media"
        // Gzip comes as it lies there, and not inflated on the way.
        let response = try await client.send(.GET, url, headers: [(name: "accept-encoding", value: "gzip")])
        try await response.save(to: path, most: most, name: "\(name)/\(key)")
        // Stand-ins don't tell it.
        return response.headers.first(name: "x-goog-generation") ?? told
    }
}

/// One subscription of Pub/Sub (REST, version 1).
struct Subscription: Sendable {
    let client: GCPClient
    /// `projects/PROJECT/subscriptions/NAME`.
    let name: String

    /// Messages of an answer at most.
    private static let most = 1000
    /// Google answers an empty subscription within this time.
    private static let patience = TimeAmount.seconds(120)

    /// A message, and by what its receipt is confirmed.
    struct Message: Decodable, Sendable {
        var receipt: String
        var content: Content

        private enum CodingKeys: String, CodingKey {
            case receipt = "ackId"
            case content = "message"
        }
    }

    /// What a message holds.
    struct Content: Decodable, Sendable {
        var data: Data?
        var attributes: [String: String]?
        var id: String

        private enum CodingKeys: String, CodingKey {
            case data, attributes
            case id = "messageId"
        }
    }

    private struct Answer: Decodable {
        var receivedMessages: [Message]?
    }

    /// Waits for messages, which nobody else gets until the subscription's deadline for acknowledging them is over.
    ///
    /// - Parameter waits: false asks for those only that are there.
    func pull(waits: Bool) async throws -> [Message] {
        var body: [String: any Sendable] = ["maxMessages": Self.most]
        if !waits { body["returnImmediately"] = true }
        let answer: Answer = try await client.ask(
            .POST,
            path("pull"),
            body: try JSONSerialization.data(withJSONObject: body),
            patience: Self.patience
        )
        return answer.receivedMessages ?? []
    }

    /// Says that messages are done with.
    func acknowledge(_ receipts: [String]) async throws {
        for start in stride(from: 0, to: receipts.count, by: Self.most) {
            let some = Array(receipts[start..<min(receipts.count, start + Self.most)])
            try await say("acknowledge", ["ackIds": some])
        }
    }

    /// Keeps messages from others for so many seconds more.
    func hold(_ receipts: [String], seconds: Int) async throws {
        try await say("modifyAckDeadline", ["ackIds": receipts, "ackDeadlineSeconds": seconds])
    }

    private func say(_ word: String, _ body: [String: any Sendable]) async throws {
        let response = try await client.send(
            .POST,
            path(word),
            body: try JSONSerialization.data(withJSONObject: body)
        )
        _ = try await response.body.collect(upTo: 1 << 20)
    }

    private func path(_ word: String) -> String { "/v1/\(AWSSignature.escaped(name, keepsSlash: true)):\(word)" }
}

extension NoticeMessage {
    /// A notification of Cloud Storage: attributes of a message of Pub/Sub.
    init(_ content: Subscription.Content) {
        guard let attributes = content.attributes, let event = attributes["eventType"] else {
            self = .broken
            return
        }
        guard event == "OBJECT_FINALIZE" else {
            self = .nothing
            return
        }
        guard let bucket = attributes["bucketId"], let key = attributes["objectId"] else {
            self = .broken
            return
        }
        self = .objects([ObjectNotice(bucket: bucket, key: key, etag: attributes["objectGeneration"] ?? "")])
    }
}
