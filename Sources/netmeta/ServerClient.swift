import AsyncHTTPClient
import FlowStore
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Talks to the API of a running server.
struct ServerClient {
    /// Address and port of the API: `127.0.0.1:8080`, or `https://` and these.
    let api: String
    /// The server's data folder, with the token of its own user.
    let data: String

    /// Sends a person's SQL and returns the printed answer.
    ///
    /// - Throws: ``Failure`` with the server's own words.
    func query(_ sql: String, format: ResultFormat) async throws -> String {
        var request = HTTPClientRequest(url: "\(Self.base(api))/api/v1/query?format=\(format.rawValue)")
        request.method = .POST
        request.headers.add(name: "content-type", value: "text/plain; charset=utf-8")
        request.body = .bytes(ByteBuffer(string: sql))
        return try await answer(request, seconds: 120)
    }

    /// Reads the JSON answer of a route below /api/v1.
    ///
    /// - Throws: ``Failure`` with the server's own words.
    func get<Answer: Decodable>(_ route: String) async throws -> Answer {
        let text = try await answer(HTTPClientRequest(url: "\(Self.base(api))/api/v1/\(route)"), seconds: 20)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
        } catch {
            throw Failure("the server at \(api) is of another version: its answer to \(route) can't be read")
        }
    }

    /// Where the API is.
    static func base(_ api: String) -> String { api.contains("://") ? api : "http://\(api)" }

    /// Talks to servers of this machine.
    ///
    /// Their certificates are for the names that others know them by, so that they aren't looked at: the address is the
    /// one that the process which holds the data folder's lock listens at.
    static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        configuration.tlsConfiguration = tls
        // Ends with the process, as the shared client does.
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    /// The body that a route below /api/v1 answers with.
    ///
    /// - Parameter failure: what an error means to the caller, if that is anything special.
    /// - Throws: what `failure` makes of an error, else ``Failure`` with the server's own words.
    func answer(to route: String, failure: (ErrorDetail) -> (any Error)?) async throws -> Data {
        let request = HTTPClientRequest(url: "\(Self.base(api))/api/v1/\(route)")
        let (status, text) = try await send(request, seconds: 120)
        guard status == 200 else {
            throw Self.detail(text).flatMap(failure) ?? Self.failure(status: status, body: text)
        }
        return Data(text.utf8)
    }

    private func answer(_ request: HTTPClientRequest, seconds: Int64) async throws -> String {
        let (status, text) = try await send(request, seconds: seconds)
        guard status == 200 else { throw Self.failure(status: status, body: text) }
        return text
    }

    /// - Throws: ``Failure`` when there is no answer, or the server wants to know who asks.
    private func send(_ request: HTTPClientRequest, seconds: Int64) async throws -> (status: Int, body: String) {
        var request = request
        // Who may read the folder may ask; others get the answer that the server has for everybody.
        if let token = try? LocalToken.read(folder: data) {
            request.headers.add(name: "authorization", value: "Bearer \(token)")
        }
        let text: String
        let status: Int
        do {
            let response = try await Self.http.execute(request, timeout: .seconds(seconds))
            let body = try await response.body.collect(upTo: 1 << 30)
            text = String(buffer: body)
            status = Int(response.status.code)
        } catch {
            throw Failure("cannot reach the server at \(api): \(error)")
        }
        guard status != 401 else {
            throw Failure(
                "the server at \(api) asks who you are: run this as its user, who can read \(data)/local.token"
            )
        }
        return (status, text)
    }

    /// What the server says is wrong.
    static func failure(status: Int, body: String) -> Failure {
        Failure(detail(body)?.message ?? "the server answered with status \(status)")
    }

    private static func detail(_ body: String) -> ErrorDetail? {
        (try? JSONDecoder().decode(ErrorAnswer.self, from: Data(body.utf8)))?.error
    }

    /// What the server says is wrong, and where.
    struct ErrorDetail: Decodable {
        var message: String
        var parameter: String?
        var position: Int?
        var length: Int?
        var suggestion: String?
    }

    private struct ErrorAnswer: Decodable {
        var error: ErrorDetail
    }
}
