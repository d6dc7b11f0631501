import Foundation
import Testing

@testable import netmeta

/// Stands in for a service of a cloud: whatever is asked, it answers with a head, and then with a piece of a body time
/// and again, until so many are sent or nobody listens any more.
private struct FakeService {
    let url: String

    init(head: String, piece: String, pause: TimeInterval, pieces: Int = .max) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
                guard bind(listener, address, length) == 0, listen(listener, 8) == 0 else { return -1 }
                return getsockname(listener, address, &length)
            }
        }
        try #require(port == 0)
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                Thread.detachNewThread {
                    Self.answer(connection, "HTTP/1.1 \(head)\r\n\r\n", piece, pause, pieces)
                }
            }
        }
    }

    private static func answer(
        _ connection: Int32,
        _ head: String,
        _ piece: String,
        _ pause: TimeInterval,
        _ pieces: Int
    ) {
        defer { close(connection) }
        var request = [UInt8](repeating: 0, count: 1 << 16)
        guard recv(connection, &request, request.count, 0) > 0, sent(head, connection) else { return }
        var count = 0
        while count < pieces, sent(piece, connection) {
            count += 1
            Thread.sleep(forTimeInterval: pause)
        }
    }

    private static func sent(_ text: String, _ connection: Int32) -> Bool {
        send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count
    }

    /// A server that sends a byte now and then, and never ends.
    static func thatDribbles(_ status: String = "200 OK") throws -> FakeService {
        try FakeService(head: "\(status)\r\ncontent-length: 1000000", piece: " ", pause: 0.05)
    }

    /// A server that never ends, and doesn't wait either.
    static func withoutEnd() throws -> FakeService {
        try FakeService(head: "200 OK", piece: String(repeating: " ", count: 65536), pause: 0)
    }
}

@Suite struct AnswersOfFakeServices {
    private static let hasty = CloudHTTP(patience: .milliseconds(150), most: 1 << 20)
    private static let patient = CloudHTTP(most: 1 << 20)

    private func aws(_ service: FakeService, _ http: CloudHTTP) -> AWSClient {
        let keys = AWSCredentials(configured: AWSKeys(id: "A", secret: "B"), environment: [:])
        return AWSClient(region: "eu-central-1", endpoint: service.url, credentials: keys, http: http)
    }

    private func google(_ service: FakeService, _ http: CloudHTTP) -> GCPClient {
        var client = GCPClient(.storage, endpoint: service.url, key: nil, environment: [:])
        client.http = http
        return client
    }

    private func temporary() -> String {
        FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
    }

    /// Everything that AWS and Google Cloud are asked, of a server that answers so.
    private func questions(_ service: FakeService, _ http: CloudHTTP) -> [(String, () async throws -> Void)] {
        let (aws, google) = (aws(service, http), google(service, http))
        let bucket = GCSBucket(client: google, name: "b")
        let name = "projects/p/subscriptions/s"
        let subscription = Subscription(client: google, name: name, patience: http.patience)
        let queue = "https://sqs.eu-central-1.amazonaws.com/1/q"
        return [
            ("S3, listing", { _ = try await aws.list("b", prefix: "", after: nil) }),
            ("SQS, receiving", { _ = try await aws.receive(queue, wait: 0, hidden: 1) }),
            ("SQS, deleting", { try await aws.delete(queue, .init(body: "", receipt: "r")) }),
            ("Storage, listing", { _ = try await bucket.list(prefix: "", from: nil, page: nil) }),
            ("Pub/Sub, pulling", { _ = try await subscription.pull(waits: true) }),
            ("Pub/Sub, acknowledging", { try await subscription.acknowledge(["r"]) }),
        ]
    }

    private func objects(
        _ service: FakeService,
        _ http: CloudHTTP,
        to path: String
    ) -> [(String, () async throws -> Void)] {
        let s3 = S3Bucket(client: aws(service, http), name: "b")
        let storage = GCSBucket(client: google(service, http), name: "b")
        return [s3 as any ObjectBucket, storage].map { bucket in
            ("\(type(of: bucket))", { _ = try await bucket.get("k", told: "", to: path, most: 1 << 20) })
        }
    }

    /// Of answers that are none too: their bodies are read for the reason.
    @Test(arguments: ["200 OK", "403 Forbidden"])
    func haveToBeWholeInTime(status: String) async throws {
        let service = try FakeService.thatDribbles(status)
        let path = temporary()
        for (name, question) in questions(service, Self.hasty) + objects(service, Self.hasty, to: path) {
            let begin = ContinuousClock.now
            await #expect(throws: OutOfPatience.self, "\(name)") { try await question() }
            #expect(ContinuousClock.now - begin >= .milliseconds(150), "\(name)")
            unlink(path)
        }
    }

    @Test func haveALargestSize() async throws {
        let service = try FakeService.withoutEnd()
        let path = temporary()
        for (name, question) in questions(service, Self.patient) + objects(service, Self.patient, to: path) {
            let failure = await #expect(throws: Failure.self, "\(name)") { try await question() }
            #expect(failure?.description.contains("more than") == true, "\(name)")
            unlink(path)
        }
    }

    /// An object takes longer than an answer may, as long as it goes on coming.
    @Test func mayTakeLongWhenTheyAreLarge() async throws {
        let deadline = Deadline(.milliseconds(20))
        deadline.extend(by: .milliseconds(100))
        let begin = ContinuousClock.now
        await #expect(throws: OutOfPatience.self) {
            try await within(deadline) { try await Task.sleep(for: .seconds(3600)) }
        }
        #expect(ContinuousClock.now - begin >= .milliseconds(120))
        let piece = String(repeating: "x", count: 128 << 10)
        let service = try FakeService(
            head: "200 OK\r\ncontent-length: \(8 * piece.count)\r\netag: \"e\"",
            piece: piece,
            pause: 0,
            pieces: 8
        )
        let path = temporary()
        defer { unlink(path) }
        #expect(try await aws(service, Self.patient).get("b", "k", to: path, most: 8 * piece.count) == "e")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == 8 * piece.count)
    }

    /// What was put into a bucket with Content-Encoding comes as it lies there.
    @Test func areNotInflated() async throws {
        let text = "\u{1F}not inflated"
        let service = try FakeService(
            head: "200 OK\r\ncontent-encoding: gzip\r\ncontent-length: \(text.utf8.count)",
            piece: text,
            pause: 0,
            pieces: 1
        )
        let path = temporary()
        for (name, get) in objects(service, Self.patient, to: path) {
            await #expect(throws: Never.self, "\(name)") { try await get() }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "\(name)")
            unlink(path)
        }
    }

    /// What ends before its length is no object.
    @Test func haveToBeWhole() async throws {
        let service = try FakeService(head: "200 OK\r\ncontent-length: 10", piece: "x", pause: 0, pieces: 9)
        let path = temporary()
        for (name, get) in objects(service, Self.patient, to: path) {
            await #expect(throws: (any Error).self, "\(name)") { try await get() }
            unlink(path)
        }
    }
}
