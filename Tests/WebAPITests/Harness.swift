import FlowSchema
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import WebAPI

/// Runs one request through the routes, without a socket.
struct Harness {
    var store = FakeStore { _ in throw StoreError(message: "no answer prepared") }
    var status = FakeStatus()
    var webRoot: String?
    var docsRoot: String?
    var imports: FakeImporter?
    var hosts: FakeHosts?
    var access = AccessControl()
    var views = SavedViews()
    /// Downloads and live tails that are served at a time.
    var slots = 2
    var origins: FieldOrigins?

    static let now: UInt64 = 1_795_413_600

    struct Answer {
        var status: Int
        var headers: HTTPFields
        var body: String

        /// The body as JSON.
        func json() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        }

        /// The `error` object.
        func error() throws -> [String: Any] {
            try #require(try json()["error"] as? [String: Any])
        }
    }

    func send(
        _ uri: String,
        method: HTTPRequest.Method = .get,
        headers: HTTPFields = [:],
        body: String? = nil
    ) async throws -> Answer {
        let api = WebAPI(
            store: store,
            status: status,
            imports: imports,
            hosts: hosts,
            access: access,
            views: views,
            options: WebAPI.Options(
                version: "1.2.3",
                webRoot: webRoot,
                docsRoot: docsRoot,
                bodyBytes: 100_000,
                exports: slots,
                tails: slots,
                origins: origins
            ),
            clock: { Self.now }
        )
        let app = Application(router: api.makeRouter())
        return try await app.test(.router) { client in
            try await client.execute(
                uri: uri,
                method: method,
                headers: headers,
                body: body.map { ByteBuffer(string: $0) }
            ) { response in
                Answer(
                    status: response.status.code,
                    headers: response.headers,
                    body: String(buffer: response.body)
                )
            }
        }
    }
}
