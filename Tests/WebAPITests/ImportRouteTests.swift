import Foundation
import HTTPTypes
import NIOCore
import Synchronization
import Telemetry
import Testing
import WebAPI

/// Takes what a test sends, and answers what it says.
final class FakeImporter: CaptureImporter {
    let refusal: ImportRefusal?
    let events: [ImportEvent]
    private let log = Mutex<[(name: String, length: Int?, body: String)]>([])
    let options = Mutex<[ImportOptions]>([])

    init(refusal: ImportRefusal? = nil, events: [ImportEvent] = []) {
        self.refusal = refusal
        self.events = events
    }

    var taken: [(name: String, length: Int?, body: String)] { log.withLock { $0 } }

    func accepts(token: String) -> Bool { token == "secret" }

    func take<Body: AsyncSequence & Sendable>(
        name: String,
        options: ImportOptions,
        length: Int?,
        body: Body
    ) async throws -> AsyncStream<ImportEvent> where Body.Element == ByteBuffer {
        if let refusal { throw refusal }
        var all = ByteBuffer()
        for try await var chunk in body { all.writeBuffer(&chunk) }
        let text = String(buffer: all)
        self.options.withLock { $0.append(options) }
        log.withLock { $0.append((name, length, text)) }
        let (stream, continuation) = AsyncStream.makeStream(of: ImportEvent.self)
        for event in events { continuation.yield(event) }
        continuation.finish()
        return stream
    }

    let deliveries = Mutex<[FirehoseDelivery]>([])

    func take(_ delivery: FirehoseDelivery) async throws {
        if let refusal { throw refusal }
        deliveries.withLock { $0.append(delivery) }
    }

    /// What stands for a statement that is right.
    static let statement = "head.claims.signature"
    static let signer = PushSigner(account: "push@p.example", audience: "here")

    func verify(statement: String) async throws(ImportRefusal) -> PushSigner {
        guard statement == Self.statement else { throw ImportRefusal(.notSigned, "a wrong statement") }
        return Self.signer
    }

    let pushed = Mutex<[PubSubDelivery]>([])

    func take(_ delivery: PubSubDelivery) async throws {
        if let refusal { throw refusal }
        pushed.withLock { $0.append(delivery) }
    }

    func metrics() -> [MetricFamily] {
        [MetricFamily("netmeta_import_test_total", .counter, help: "From the importer.", value: 3)]
    }
}

struct ImportRouteTests {
    static let ours: HTTPFields = [.authorization: "Bearer secret"]

    @Test func passesOnWhatAFileHolds() async throws {
        let importer = FakeImporter()
        var harness = Harness()
        harness.imports = importer
        let text = "name=a&kind=gcp&reporter=both&samplingRate=2&sampler=192.0.2.1&layout=srcaddr+dstaddr"
        _ = try await harness.send("/api/v1/imports?\(text)", method: .post, headers: Self.ours, body: "x")
        var expected = ImportOptions()
        expected.kind = .gcp
        expected.reporter = "both"
        expected.samplingRate = 2
        expected.sampler = "192.0.2.1"
        expected.layout = "srcaddr dstaddr"
        #expect(importer.options.withLock { $0 } == [expected])
        for wrong in ["kind=other", "samplingRate=0", "samplingRate=x"] {
            let path = "/api/v1/imports?name=a&\(wrong)"
            let answer = try await harness.send(path, method: .post, headers: Self.ours, body: "x")
            #expect(answer.status == 400)
        }
    }

    @Test func streamsWhatHappens() async throws {
        let events: [ImportEvent] = [
            .waiting, .rows(250_000), .warning("the \"end\" is missing"), .failure("no\nroom"),
            .summary("\"files\":1,\"malformed\":{}"),
        ]
        let importer = FakeImporter(events: events)
        var harness = Harness()
        harness.imports = importer
        let answer = try await harness.send(
            "/api/v1/imports?name=edge%201.pcap",
            method: .post,
            headers: Self.ours,
            body: "bytes"
        )
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/x-ndjson")
        #expect(
            answer.body == #"""
                {"waiting":true}
                {"rows":250000}
                {"warning":"the \"end\" is missing"}
                {"failure":"no\nroom"}
                {"summary":{"files":1,"malformed":{}}}

                """#
        )
        #expect(importer.taken.map(\.name) == ["edge 1.pcap"])
        #expect(importer.taken.map(\.body) == ["bytes"])
    }

    @Test(arguments: [nil, "Bearer wrong", "Basic secret", "secret", "Bearer", "Bearer secret more"])
    func needsTheToken(authorization: String?) async throws {
        let importer = FakeImporter()
        var harness = Harness()
        harness.imports = importer
        var headers: HTTPFields = [:]
        headers[.authorization] = authorization
        let answer = try await harness.send("/api/v1/imports?name=a", method: .post, headers: headers, body: "x")
        #expect(answer.status == 401)
        #expect(answer.headers[.wwwAuthenticate] == "Bearer")
        #expect(try answer.error()["code"] as? String == "unauthorized")
        #expect(importer.taken.isEmpty)
    }

    @Test func otherSitesPagesGetNothingEvenWithTheToken() async throws {
        let importer = FakeImporter()
        var harness = Harness()
        harness.imports = importer
        var headers = Self.ours
        headers[.origin] = "http://evil.example"
        let answer = try await harness.send("/api/v1/imports?name=a", method: .post, headers: headers, body: "x")
        #expect(answer.status == 403)
        #expect(importer.taken.isEmpty)
    }

    @Test func wantsAName() async throws {
        var harness = Harness()
        harness.imports = FakeImporter()
        let answer = try await harness.send("/api/v1/imports", method: .post, headers: Self.ours, body: "x")
        #expect(answer.status == 400)
        #expect(try answer.error()["parameter"] as? String == "name")
    }

    @Test(arguments: [
        (ImportRefusal.Code.tooLarge, 413), (.noRoom, 507), (.busy, 503), (.stopping, 503), (.cutShort, 400),
        (.failed, 500),
    ])
    func refusalsHaveTheirStatus(code: ImportRefusal.Code, status: Int) async throws {
        var harness = Harness()
        harness.imports = FakeImporter(refusal: ImportRefusal(code, "because"))
        let answer = try await harness.send("/api/v1/imports?name=a", method: .post, headers: Self.ours, body: "x")
        #expect(answer.status == status)
        #expect(try answer.error()["code"] as? String == code.rawValue)
        #expect(try answer.error()["message"] as? String == "because")
    }

    @Test func withoutAnImporterThereIsNothing() async throws {
        let answer = try await Harness().send("/api/v1/imports?name=a", method: .post, headers: Self.ours, body: "x")
        #expect(answer.status == 404)
    }

    @Test func itsCountersAreMetrics() async throws {
        var harness = Harness()
        harness.imports = FakeImporter()
        #expect(try await harness.send("/metrics").body.contains("netmeta_import_test_total 3\n"))
    }
}
