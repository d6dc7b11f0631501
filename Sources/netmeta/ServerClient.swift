import AsyncHTTPClient
import FlowStore
import Foundation
import NIOCore
import NIOHTTP1

/// Talks to the API of a running server.
struct ServerClient {
    /// Address and port of the API: `127.0.0.1:8080`.
    let api: String

    /// Sends a person's SQL and returns the printed answer.
    ///
    /// - Throws: ``Failure`` with the server's own words.
    func query(_ sql: String, format: ResultFormat) async throws -> String {
        var request = HTTPClientRequest(url: "http://\(api)/api/v1/query?format=\(format.rawValue)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "text/plain; charset=utf-8")
        request.body = .bytes(ByteBuffer(string: sql))
        return try await answer(request, seconds: 120)
    }

    /// Reads the JSON answer of a route below /api/v1.
    ///
    /// - Throws: ``Failure`` with the server's own words.
    func get<Answer: Decodable>(_ route: String) async throws -> Answer {
        let text = try await answer(HTTPClientRequest(url: "http://\(api)/api/v1/\(route)"), seconds: 20)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
        } catch {
            throw Failure("the server at \(api) is of another version: its answer to \(route) can't be read")
        }
    }

    private func answer(_ request: HTTPClientRequest, seconds: Int64) async throws -> String {
        let text: String
        let status: Int
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(seconds))
            let body = try await response.body.collect(upTo: 1 << 30)
            text = String(buffer: body)
            status = Int(response.status.code)
        } catch {
            throw Failure("cannot reach the server at \(api): \(error)")
        }
        guard status == 200 else {
            throw Self.failure(status: status, body: text)
        }
        return text
    }

    /// What the server says is wrong.
    static func failure(status: Int, body: String) -> Failure {
        let answer = try? JSONDecoder().decode(ErrorAnswer.self, from: Data(body.utf8))
        return Failure(answer?.error.message ?? "the server answered with status \(status)")
    }

    private struct ErrorAnswer: Decodable {
        struct Detail: Decodable {
            var message: String
        }

        var error: Detail
    }
}
