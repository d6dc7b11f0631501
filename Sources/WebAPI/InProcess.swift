import FlowQuery
import FlowStore
import HTTPTypes
import Hummingbird
import NIOCore

extension WebAPI {
    /// The answer that a GET of a route gives, for programs that hold the store themselves.
    ///
    /// - Parameters:
    ///   - path: such as `/api/v1/top`.
    ///   - query: parameters, percent-encoded.
    /// - Returns: the bytes of the answer's body.
    /// - Throws: `QueryError` for what can't be asked, `StoreError` when the engine refuses.
    public func answer(_ path: String, query: String) async throws -> [UInt8] {
        guard let endpoint = Endpoint(rawValue: path) else { throw QueryError("there is nothing at this path") }
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: "\(path)?\(query)")
        let response = try await answer(endpoint, Request(head: head, body: RequestBody(buffer: ByteBuffer())))
        let collector = Collector()
        try await response.body.write(CollectingWriter(collector: collector))
        return Array(collector.buffer.readableBytesView)
    }

    /// Holds what was written; only one task at a time does.
    private final class Collector {
        var buffer = ByteBuffer()
    }

    private struct CollectingWriter: ResponseBodyWriter {
        let collector: Collector

        mutating func write(_ buffer: ByteBuffer) async throws {
            var buffer = buffer
            collector.buffer.writeBuffer(&buffer)
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
