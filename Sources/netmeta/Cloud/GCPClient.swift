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

    /// A thousand messages have 10 MB at most.
    var http = CloudHTTP(most: 64 << 20)

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
    @discardableResult
    func ask(_ method: HTTPMethod, _ path: String, body: Data? = nil) async throws -> Data {
        let token = try await credentials?.token()
        let reply = try await http.answer(to: request(token, method, path, body: body))
        try await checkTaken(reply, token)
        return Data(reply.body.readableBytesView)
    }

    /// Asks, and reads the JSON of the answer.
    func ask<Answer: Decodable>(
        _ type: Answer.Type,
        _ method: HTTPMethod,
        _ path: String,
        body: Data? = nil
    ) async throws -> Answer {
        try JSONDecoder().decode(type, from: try await ask(method, path, body: body))
    }

    /// Writes what is answered to a file that isn't there yet.
    ///
    /// - Parameters:
    ///   - most: bytes that it may have.
    ///   - name: what it is called in messages.
    /// - Returns: the answer's headers.
    func save(
        _ path: String,
        headers: [(name: String, value: String)],
        to file: String,
        most: Int,
        name: String
    ) async throws -> HTTPHeaders {
        let token = try await credentials?.token()
        let request = request(token, .GET, path, headers: headers)
        let reply = try await http.save(request, to: file, most: most, name: name)
        try await checkTaken(reply, token)
        return reply.headers
    }

    private func request(
        _ token: String?,
        _ method: HTTPMethod,
        _ path: String,
        headers: [(name: String, value: String)] = [],
        body: Data? = nil
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(Array(body))
        }
        return request
    }

    private struct Refusal: Decodable {
        var error: Reason

        struct Reason: Decodable {
            var message: String?
        }
    }

    /// - Throws: ``GCPError`` when the service refuses what was asked.
    private func checkTaken(_ reply: CloudReply, _ token: String?) async throws {
        guard !reply.isOK else { return }
        if reply.status.code == 401, let token { await credentials?.forget(token) }
        let body = Data(reply.body.readableBytesView)
        let message = (try? JSONDecoder().decode(Refusal.self, from: body))?.error.message
        throw GCPError(
            status: Int(reply.status.code),
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
        let listing = try await client.ask(Listing.self, .GET, path)
        let objects = (listing.items ?? []).map { item in
            CloudObject(key: item.name, version: item.generation ?? "", modified: item.updated ?? "")
        }
        return CloudListing(objects: objects, next: listing.nextPageToken)
    }

    func get(_ key: String, told: String, to path: String, most: Int) async throws -> String {
        let url = "/storage/v1/b/\(AWSSignature.escaped(name))/o/\(AWSSignature.escaped(key))?alt=media"
        // Gzip comes as it lies there, and not inflated on the way.
        let headers = try await client.save(
            url,
            headers: [(name: "accept-encoding", value: "gzip")],
            to: path,
            most: most,
            name: "\(name)/\(key)"
        )
        // Stand-ins don't tell it.
        return headers.first(name: "x-goog-generation") ?? told
    }
}

/// One subscription of Pub/Sub (REST, version 1).
struct Subscription: Sendable {
    private let client: GCPClient
    /// ``client``, with the time that waiting for messages takes.
    private let waiting: GCPClient
    /// `projects/PROJECT/subscriptions/NAME`.
    private let name: String

    /// Messages of an answer at most.
    private static let most = 1000
    /// Google answers an empty subscription within this time.
    private static let patience = Duration.seconds(120)

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

    /// - Parameter patience: how long the answer to ``pull(waits:)`` may take.
    init(client: GCPClient, name: String, patience: Duration = Self.patience) {
        self.client = client
        self.name = name
        var waiting = client
        waiting.http.patience = patience
        self.waiting = waiting
    }

    /// Waits for messages, which nobody else gets until the subscription's deadline for acknowledging them is over.
    ///
    /// - Parameter waits: false asks for those only that are there.
    func pull(waits: Bool) async throws -> [Message] {
        var body: [String: any Sendable] = ["maxMessages": Self.most]
        if !waits { body["returnImmediately"] = true }
        let answer = try await waiting.ask(
            Answer.self,
            .POST,
            path("pull"),
            body: try JSONSerialization.data(withJSONObject: body)
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
        try await client.ask(.POST, path(word), body: try JSONSerialization.data(withJSONObject: body))
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
