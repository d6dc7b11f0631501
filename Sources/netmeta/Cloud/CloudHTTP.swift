import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// What a cloud's service answered, whatever its status.
struct CloudReply: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    /// Empty where it went into a file.
    var body: ByteBuffer

    var isOK: Bool { status.code / 100 == 2 }
}

/// Asks the services of clouds: each answer has a limit of bytes and of time, its body included. HTTPClient's own
/// deadline ends with the head of an answer, so that a server which sends a byte a minute would be waited for for ever.
struct CloudHTTP: Sendable {
    /// How long an answer that is held in memory may take.
    var patience = Duration.seconds(60)
    /// Bytes that an answer may have.
    var most = 1 << 20
    /// Bytes a second that an object comes with at the least, behind ``patience``.
    var leastRate = 16 << 10

    /// Without decompression: objects come as they lie in their bucket, whatever Content-Encoding they were put there
    /// with, so that their bytes can be counted, and ratios of compression aren't limited. Never shut down.
    private static let client = HTTPClient(
        eventLoopGroup: HTTPClient.defaultEventLoopGroup,
        configuration: {
            var configuration = HTTPClient.Configuration.singletonConfiguration
            configuration.decompression = .disabled
            // Time is limited here, and who waits for messages may wait longer than others.
            configuration.timeout = .init(connect: .seconds(30))
            return configuration
        }()
    )

    /// Asks, and gives the whole answer.
    ///
    /// - Throws: ``Failure`` when it is too large, ``OutOfPatience``, or what keeps the service from being asked.
    func answer(to request: HTTPClientRequest) async throws -> CloudReply {
        try await within(Deadline(patience)) {
            let response = try await Self.client.execute(request, deadline: .distantFuture)
            return CloudReply(
                status: response.status,
                headers: response.headers,
                body: try await collect(response.body)
            )
        }
    }

    /// Asks for an object, and writes it to a file that isn't there yet; an answer that is none is held as of
    /// ``answer(to:)``.
    ///
    /// It may take as long as it goes on coming: ``patience``, and a second more for each ``leastRate`` bytes.
    ///
    /// - Parameters:
    ///   - most: bytes that it may have.
    ///   - name: what it is called in messages.
    func save(_ request: HTTPClientRequest, to path: String, most: Int, name: String) async throws -> CloudReply {
        let deadline = Deadline(patience)
        return try await within(deadline) {
            let response = try await Self.client.execute(request, deadline: .distantFuture)
            var reply = CloudReply(status: response.status, headers: response.headers, body: ByteBuffer())
            guard reply.isOK else {
                reply.body = try await collect(response.body)
                return reply
            }
            let file = try create(path)
            var count = 0
            for try await chunk in response.body {
                count += chunk.readableBytes
                guard count <= most else { throw Failure("\(name) has more than \(most >> 20) MB") }
                try file.write(contentsOf: Data(chunk.readableBytesView))
                deadline.extend(by: .seconds(Double(chunk.readableBytes) / Double(leastRate)))
            }
            try file.close()
            // What was cut short on its way must not count as the whole.
            try Task.checkCancellation()
            if let length = reply.headers.first(name: "content-length").flatMap({ Int($0) }), length != count {
                throw Failure("\(name) came only in part")
            }
            return reply
        }
    }

    private func collect(_ body: HTTPClientResponse.Body) async throws -> ByteBuffer {
        do {
            return try await body.collect(upTo: most)
        } catch is NIOTooManyBytesError {
            throw Failure("the answer has more than \(most >> 10) KB")
        }
    }

    private func create(_ path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure("cannot write \(path): \(String(cString: strerror(errno)))") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
