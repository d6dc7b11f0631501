import AsyncHTTPClient
import FlowStore
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Carries a ``RemoteStore``'s requests to ClickHouse servers over HTTP or HTTPS.
final class RemoteHTTP: RemoteTransport {
    private let client: HTTPClient
    private let user: String?
    private let password: String?

    /// - Parameters:
    ///   - certificates: a file in PEM with the authorities that are trusted; nil for the system's.
    ///   - user: who asks; nil for the server's usual user.
    init(certificates: String?, user: String?, password: String?) throws {
        var configuration = HTTPClient.Configuration()
        if let certificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            guard FileManager.default.isReadableFile(atPath: certificates) else {
                throw Failure("store.certificates: \(certificates) can't be read")
            }
            tls.trustRoots = .file(certificates)
            configuration.tlsConfiguration = tls
        }
        configuration.timeout = .init(connect: .seconds(5))
        configuration.redirectConfiguration = .disallow
        // Answers are handed on as they came.
        configuration.decompression = .disabled
        configuration.connectionPool.idleTimeout = .seconds(8)
        // The store has its own order of tries, over several servers.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.user = user
        self.password = password
    }

    func send(_ request: RemoteRequest, to endpoint: String) async throws -> RemoteResponse {
        let query = request.parameters.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }.joined(
            separator: "&"
        )
        var http = HTTPClientRequest(url: endpoint + (endpoint.hasSuffix("/") ? "?" : "/?") + query)
        http.method = .POST
        http.headers.add(name: "User-Agent", value: "netmeta/\(NetMeta.version)")
        if let user { http.headers.add(name: "X-ClickHouse-User", value: user) }
        if let password { http.headers.add(name: "X-ClickHouse-Key", value: password) }
        for (name, value) in request.headers { http.headers.add(name: name, value: value) }
        http.body = .bytes(ByteBuffer(bytes: request.body))
        do {
            let response = try await client.execute(http, timeout: .seconds(Int64(request.seconds)))
            var headers: [String: String] = [:]
            for (name, value) in response.headers { headers[name.lowercased()] = value }
            let pieces = Pieces(response.body)
            return RemoteResponse(status: Int(response.status.code), headers: headers) { try await pieces.next() }
        } catch {
            throw Self.words(error)
        }
    }

    func shutdown() { try? client.syncShutdown() }

    /// What went wrong on the way, in words.
    fileprivate static func words(_ error: any Error) -> StoreError {
        switch error {
        case is CancellationError: .cancelled
        case let error as HTTPClientError where error == .connectTimeout:
            StoreError(message: "does not answer within 5 s")
        case let error as HTTPClientError where [.deadlineExceeded, .readTimeout].contains(error):
            StoreError(message: "takes too long to answer")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            StoreError(message: "closed the connection before its answer was whole")
        case is NIOSSLError, is NIOSSLExtraError:
            StoreError(message: "can't be talked to over TLS (\(error)); store.certificates names authorities to trust")
        case let error as IOError: StoreError(message: String(cString: strerror(error.errnoCode)))
        default: StoreError(message: "\(error)")
        }
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                result.append(Character(UnicodeScalar(byte)))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }
}

/// The body of an answer.
private final class Pieces: @unchecked Sendable {
    // One reader at a time, as the transport's users promise: hence Sendable.
    private var iterator: HTTPClientResponse.Body.AsyncIterator

    init(_ body: HTTPClientResponse.Body) { iterator = body.makeAsyncIterator() }

    func next() async throws -> [UInt8]? {
        do {
            return try await iterator.next().map { Array($0.readableBytesView) }
        } catch {
            throw RemoteHTTP.words(error)
        }
    }
}
