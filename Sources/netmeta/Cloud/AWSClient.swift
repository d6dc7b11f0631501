import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// A refusal of one of AWS's services.
struct AWSError: Error, CustomStringConvertible {
    /// HTTP's status.
    var status: Int
    /// The service's own word, such as NoSuchKey.
    var code: String
    var message: String

    var description: String { "\(code.isEmpty ? "status \(status)" : code): \(message)" }
}

/// Asks S3 and SQS, signed.
struct AWSClient: Sendable {
    let region: String
    /// Another server that speaks S3 and SQS, such as `http://127.0.0.1:9000`; nil for AWS's own.
    let endpoint: String?
    let credentials: AWSCredentials
    /// A page of a listing has 1,000 keys of 1 KB, an answer of a queue ten messages of 256 KB.
    var http = CloudHTTP(most: 16 << 20)

    // MARK: - S3

    /// A page of a listing, which begins at `token`.
    func list(_ bucket: String, prefix: String, after token: String?) async throws -> CloudListing {
        var query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix)]
        if let token { query.append(("continuation-token", token)) }
        let text = String(buffer: try await ask("s3", .GET, base("s3"), "/\(bucket)", query: query))
        let objects = XMLText.elements("Contents", in: text).compactMap { content -> CloudObject? in
            guard let key = XMLText.first("Key", in: content)?.removingPercentEncodingOfForms else { return nil }
            return CloudObject(
                key: key,
                version: Self.plain(XMLText.first("ETag", in: content) ?? ""),
                modified: XMLText.first("LastModified", in: content) ?? ""
            )
        }
        let isCut = XMLText.first("IsTruncated", in: text) == "true"
        return CloudListing(objects: objects, next: isCut ? XMLText.first("NextContinuationToken", in: text) : nil)
    }

    /// Writes an object to a file.
    ///
    /// - Parameters:
    ///   - path: a file that isn't there yet.
    ///   - most: bytes that it may have.
    /// - Returns: its ETag.
    func get(_ bucket: String, _ key: String, to path: String, most: Int) async throws -> String {
        let escaped = AWSSignature.escaped(key, keepsSlash: true)
        let keys = try await credentials.keys()
        let request = signed(keys, "s3", .GET, base("s3"), "/\(bucket)/\(escaped)")
        let reply = try await http.save(request, to: path, most: most, name: "\(bucket)/\(key)")
        try await checkTaken(reply, keys)
        return Self.plain(reply.headers.first(name: "etag") ?? "")
    }

    /// An ETag without its quotes.
    static func plain(_ etag: String) -> String {
        etag.replacingOccurrences(of: "&quot;", with: "").filter { $0 != "\"" }
    }

    // MARK: - SQS

    /// A message of a queue.
    struct Message: Decodable, Sendable {
        var body: String
        var receipt: String

        private enum CodingKeys: String, CodingKey {
            case body = "Body"
            case receipt = "ReceiptHandle"
        }
    }

    private struct Messages: Decodable {
        var messages: [Message]?

        enum CodingKeys: String, CodingKey {
            case messages = "Messages"
        }
    }

    /// Waits for up to ten messages, which nobody else gets for so many seconds.
    func receive(_ queue: String, wait: Int, hidden: Int) async throws -> [Message] {
        let body: [String: any Sendable] = [
            "QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": wait, "VisibilityTimeout": hidden,
        ]
        let answer = try await ask(queue, "ReceiveMessage", body)
        return try JSONDecoder().decode(AWSClient.Messages.self, from: answer).messages ?? []
    }

    /// Takes a message out of its queue: what it tells is done.
    func delete(_ queue: String, _ message: Message) async throws {
        _ = try await ask(queue, "DeleteMessage", ["QueueUrl": queue, "ReceiptHandle": message.receipt])
    }

    /// Hides a message for so many seconds more.
    func hide(_ queue: String, _ message: Message, seconds: Int) async throws {
        _ = try await ask(
            queue,
            "ChangeMessageVisibility",
            ["QueueUrl": queue, "ReceiptHandle": message.receipt, "VisibilityTimeout": seconds]
        )
    }

    private func ask(_ queue: String, _ action: String, _ body: [String: any Sendable]) async throws -> Data {
        guard let url = URLComponents(string: queue), let scheme = url.scheme, let host = url.host else {
            throw Failure("sources.aws: \(queue) is no URL of a queue")
        }
        let base = endpoint ?? "\(scheme)://\(host)\(url.port.map { ":\($0)" } ?? "")"
        let answer = try await ask(
            "sqs",
            .POST,
            base,
            "/",
            headers: [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.\(action)")],
            body: [UInt8](try JSONSerialization.data(withJSONObject: body))
        )
        return Data(answer.readableBytesView)
    }

    // MARK: - Requests

    private func base(_ service: String) -> String {
        if let endpoint { return endpoint }
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        return "https://\(service).\(region).\(domain)"
    }

    /// Asks, and gives the answer when it is one.
    private func ask(
        _ service: String,
        _ method: HTTPMethod,
        _ base: String,
        _ path: String,
        query: [(String, String)] = [],
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) async throws -> ByteBuffer {
        let keys = try await credentials.keys()
        let request = signed(keys, service, method, base, path, query: query, headers: headers, body: body)
        let reply = try await http.answer(to: request)
        try await checkTaken(reply, keys)
        return reply.body
    }

    private func signed(
        _ keys: AWSKeys,
        _ service: String,
        _ method: HTTPMethod,
        _ base: String,
        _ path: String,
        query: [(String, String)] = [],
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) -> HTTPClientRequest {
        let host = base.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
        let pairs = query.map { (name: $0.0, value: $0.1) }
        let signed = AWSSignature.Request(
            method: method.rawValue,
            host: String(host),
            path: path,
            query: pairs,
            headers: headers.map { (name: $0.0, value: $0.1) },
            body: body
        )
        let signature = AWSSignature(keys: keys, region: region, service: service)
        let text = AWSSignature.query(pairs)
        var request = HTTPClientRequest(url: base + path + (text.isEmpty ? "" : "?\(text)"))
        request.method = method
        for (name, value) in signature.headers(for: signed, time: UInt64(max(0, Date().timeIntervalSince1970))) {
            request.headers.add(name: name, value: value)
        }
        if !body.isEmpty { request.body = .bytes(body) }
        return request
    }

    /// - Throws: ``AWSError`` when the service refuses what was asked.
    private func checkTaken(_ reply: CloudReply, _ keys: AWSKeys) async throws {
        guard !reply.isOK else { return }
        let text = String(buffer: reply.body)
        if reply.status.code == 403 || reply.status.code == 401 { await credentials.forget(keys) }
        let json = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
        let code = XMLText.first("Code", in: text) ?? (json?["__type"] as? String) ?? ""
        let message = XMLText.first("Message", in: text) ?? (json?["message"] as? String) ?? ""
        throw AWSError(status: Int(reply.status.code), code: code, message: String(message.prefix(300)))
    }
}

/// One bucket of S3.
struct S3Bucket: ObjectBucket {
    let client: AWSClient
    let name: String

    func list(prefix: String, from start: String?, page: String?) async throws -> CloudListing {
        try await client.list(name, prefix: prefix, after: page)
    }

    func get(_ key: String, told: String, to path: String, most: Int) async throws -> String {
        try await client.get(name, key, to: path, most: most)
    }
}

/// The elements of the flat XML that S3 answers with.
enum XMLText {
    /// What stands within each element of a name, in order; elements within themselves there are none.
    static func elements(_ name: String, in text: some StringProtocol) -> [Substring] {
        var found: [Substring] = []
        var rest = Substring(text)
        while let start = rest.range(of: "<\(name)>"), let end = rest[start.upperBound...].range(of: "</\(name)>") {
            found.append(rest[start.upperBound..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return found
    }

    /// The text of the first element of a name, its entities resolved.
    static func first(_ name: String, in text: some StringProtocol) -> String? {
        let rest = Substring(text)
        guard let start = rest.range(of: "<\(name)>"), let end = rest[start.upperBound...].range(of: "</\(name)>")
        else {
            return nil
        }
        var value = String(rest[start.upperBound..<end.lowerBound])
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        for (entity, character) in entities { value = value.replacingOccurrences(of: entity, with: character) }
        return value
    }
}

extension String {
    /// The text of a form: `+` is a space, then percent escapes; nil for a broken one.
    var removingPercentEncodingOfForms: String? {
        replacingOccurrences(of: "+", with: " ").removingPercentEncoding
    }
}
