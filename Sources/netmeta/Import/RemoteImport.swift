import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import WebAPI

/// Sends captures to the running server, which imports them.
struct RemoteImport {
    /// Address and port of the server's API: `127.0.0.1:8080`.
    let api: String
    /// The server's ``LocalToken``.
    let token: String

    /// What became of one capture.
    struct Outcome {
        var summary: ImportSummary
        /// Days that the server keeps rows.
        var retentionDays: Int
    }

    /// A line of the server's answer.
    private struct Line: Decodable {
        var waiting: Bool?
        var rows: Int?
        var warning: String?
        var failure: String?
        var summary: Summary?

        struct Summary: Decodable {
            var outcome: Outcome

            private enum Keys: String, CodingKey {
                case retentionDays
            }

            init(from decoder: any Decoder) throws {
                let days = try decoder.container(keyedBy: Keys.self).decode(Int.self, forKey: .retentionDays)
                outcome = Outcome(summary: try ImportSummary(from: decoder), retentionDays: days)
            }
        }
    }

    /// Sends one capture, and waits for its end.
    ///
    /// - Parameters:
    ///   - warn: is told what people should know and doesn't end the import.
    ///   - progress: is told in words how far it is.
    /// - Throws: ``Failure`` in the server's words.
    func add(
        _ path: String,
        options: ImportOptions = ImportOptions(),
        warn: (String) -> Void,
        progress: @escaping @Sendable (String) -> Void
    ) async throws -> Outcome {
        let chunks = try FileChunks(path) { sent, total in
            let whole = total.map { " of \(Self.megabytes($0))" } ?? ""
            progress("\(path): \(Self.megabytes(sent))\(whole) sent")
        }
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let query = ([("name", path)] + options.parameters).map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
        }
        var request = HTTPClientRequest(url: "\(ServerClient.base(api))/api/v1/imports?\(query.joined(separator: "&"))")
        request.method = .POST
        request.headers.add(name: "authorization", value: "Bearer \(token)")
        request.headers.add(name: "content-type", value: "application/octet-stream")
        request.body = .stream(chunks, length: chunks.length.map { .known(Int64($0)) } ?? .unknown)
        let outcome: Outcome?
        do {
            let response = try await ServerClient.http.execute(request, deadline: .distantFuture)
            guard response.status == .ok else {
                let body = try await response.body.collect(upTo: 1 << 20)
                let failure = ServerClient.failure(status: Int(response.status.code), body: String(buffer: body))
                throw Failure("\(path): \(failure.description)")
            }
            outcome = try await follow(response.body, path, warn: warn, progress: progress)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("\(path): the connection to the server at \(api) broke; import it again to go on (\(error))")
        }
        guard let outcome else {
            throw Failure("\(path): the server ended within the import; import it again to go on where it ended")
        }
        return outcome
    }

    /// Reads the answer line by line; nil when it ends too early.
    private func follow(
        _ body: HTTPClientResponse.Body,
        _ path: String,
        warn: (String) -> Void,
        progress: (String) -> Void
    ) async throws -> Outcome? {
        var rest = ByteBuffer()
        var outcome: Outcome?
        for try await var buffer in body {
            rest.writeBuffer(&buffer)
            while let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let length = end - rest.readerIndex + 1
                guard let text = rest.readString(length: length) else { break }
                let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
                if let failure = line.failure { throw Failure(failure) }
                if line.waiting == true { progress("\(path): waits for another import") }
                if let rows = line.rows { progress("\(path): \(rows) rows") }
                if let warning = line.warning { warn(warning) }
                outcome = line.summary?.outcome ?? outcome
            }
            rest.discardReadBytes()
        }
        return outcome
    }

    private static func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }
}
