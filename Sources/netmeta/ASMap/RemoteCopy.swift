import AsyncHTTPClient
import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import NameSources
import WebAPI

/// What was fetched from an URL, kept in a file, so that a server that can't
/// reach the URL has what it had.
struct RemoteCopy: Sendable {
    /// Where it comes from.
    let location: EnrichmentLocation
    /// The folder that copies are in.
    let folder: String
    /// A file in PEM with the authorities that servers are trusted by; nil for the system's.
    var certificates: String?

    /// What is known of a copy, in a file beside it.
    private struct Note: Codable {
        var url: String
        var etag: String?
        var lastModified: String?
        /// When the server was last asked, in Unix seconds.
        var checked: UInt64
    }

    /// What came of asking.
    enum Outcome: Sendable {
        case new, unchanged
    }

    /// Bytes of the largest file that is taken; a collector's whole table is 500 MB.
    private static let most = 2 << 30
    /// The longest that one may take.
    private static let longest = Duration.seconds(1800)
    /// The longest wait for the beginning of the answer.
    private static let patience = TimeAmount.seconds(60)

    /// The file; it keeps the end of its name, which tells something of what is in it.
    var path: String {
        let address = location.shown.split(separator: "/").last.map(String.init) ?? ""
        let name = address.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }.suffix(60)
        return "\(folder)/\(SHA256.hash(data: Array(location.text.utf8)).hexadecimal.prefix(16))-\(name)"
    }

    private var notePath: String { path + ".json" }

    /// When the server was last asked, in Unix seconds; nil when there is no copy.
    var checked: UInt64? { note?.checked }

    private var note: Note? {
        guard FileManager.default.fileExists(atPath: path),
            let data = FileManager.default.contents(atPath: notePath),
            let note = try? JSONDecoder().decode(Note.self, from: data), note.url == location.text
        else { return nil }
        return note
    }

    /// Asks the server for what is newer than the copy (RFC 9110 section 13), and keeps it.
    ///
    /// - Throws: in words; the copy is what it was.
    func fetch() async throws(SourceError) -> Outcome {
        do {
            let client = try makeClient()
            let result = await Result.of { try await ask(client) }
            try await client.shutdown()
            return try result.get()
        } catch let error as SourceError {
            throw error
        } catch {
            throw failure(Self.words(error))
        }
    }

    private func makeClient() throws -> HTTPClient {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        // It is asked again later in any case, and then it is said why it failed.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let certificates {
            guard FileManager.default.isReadableFile(atPath: certificates) else {
                throw failure("enrichment.certificates: \(certificates) can't be read")
            }
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(certificates)
            configuration.tlsConfiguration = tls
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static func words(_ error: any Error) -> String {
        let text = "\(error)"
        guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else { return text }
        return "it can't be talked to over TLS (\(text)); enrichment.certificates names authorities to trust"
    }

    private func ask(_ client: HTTPClient) async throws -> Outcome {
        let known = note
        var request = HTTPClientRequest(url: location.text)
        request.headers.add(name: "user-agent", value: "netmeta/\(NetMeta.version)")
        if let etag = known?.etag { request.headers.add(name: "if-none-match", value: etag) }
        if let date = known?.lastModified { request.headers.add(name: "if-modified-since", value: date) }
        let start = ContinuousClock.now
        let response = try await client.execute(request, deadline: .now() + Self.patience)
        switch response.status.code {
        case 200: break
        case 304 where known != nil:
            try write(Note(url: location.text, etag: known?.etag, lastModified: known?.lastModified, checked: now))
            return .unchanged
        default: throw failure("the server answered with status \(response.status.code)")
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let part = path + ".part"
        do {
            try await save(response.body, in: part, since: start)
            // Without a note the next question is an unconditional one, whatever happens between these.
            try? FileManager.default.removeItem(atPath: notePath)
            guard rename(part, path) == 0 else { throw failure(String(cString: strerror(errno))) }
        } catch {
            try? FileManager.default.removeItem(atPath: part)
            throw error
        }
        let headers = response.headers
        try write(
            Note(
                url: location.text,
                etag: headers.first(name: "etag"),
                lastModified: headers.first(name: "last-modified"),
                checked: now
            )
        )
        return .new
    }

    private func save(
        _ body: HTTPClientResponse.Body,
        in part: String,
        since start: ContinuousClock.Instant
    ) async throws {
        guard FileManager.default.createFile(atPath: part, contents: nil),
            let file = FileHandle(forWritingAtPath: part)
        else { throw failure("\(part) can't be written: \(String(cString: strerror(errno)))") }
        defer { try? file.close() }
        var count = 0
        for try await buffer in body {
            count += buffer.readableBytes
            guard count <= Self.most else { throw failure("it is larger than 2 GB") }
            guard ContinuousClock.now - start < Self.longest else { throw failure("it took more than half an hour") }
            try file.write(contentsOf: Data(buffer.readableBytesView))
        }
        guard count > 0 else { throw failure("the answer is empty") }
        try file.synchronize()
    }

    private func write(_ note: Note) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(note).write(to: URL(fileURLWithPath: notePath), options: .atomic)
    }

    private var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }

    private func failure(_ reason: String) -> SourceError { SourceError(path: location.shown, reason: reason) }
}

extension Result where Failure == any Error {
    /// What becomes of something that takes a while.
    fileprivate static func of(_ body: () async throws -> Success) async -> Result {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
