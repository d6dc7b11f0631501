/// One HTTP request to a ClickHouse server.
public struct RemoteRequest: Sendable {
    /// Parameters of the URL, settings among them.
    public var parameters: [(name: String, value: String)]
    /// Headers besides those of who asks.
    public var headers: [(name: String, value: String)]
    /// The statement or, when the URL has it, what is inserted.
    public var body: [UInt8]
    /// Seconds until the answer has begun.
    public var seconds: Int

    /// Gathers what is sent.
    public init(
        parameters: [(name: String, value: String)],
        headers: [(name: String, value: String)] = [],
        body: [UInt8],
        seconds: Int
    ) {
        self.parameters = parameters
        self.headers = headers
        self.body = body
        self.seconds = seconds
    }
}

/// The answer to a ``RemoteRequest``.
public struct RemoteResponse: Sendable {
    /// HTTP's.
    public var status: Int
    /// By their names in lower case.
    public var headers: [String: String]
    /// The next bytes of the body, nil behind its end; throws when the connection breaks off.
    public var next: @Sendable () async throws -> [UInt8]?

    /// Gathers an answer.
    public init(status: Int, headers: [String: String], next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.status = status
        self.headers = headers
        self.next = next
    }
}

/// What carries requests to servers: connections, TLS and who asks are its business.
public protocol RemoteTransport: Sendable {
    /// Sends a request; returns when the answer's head is there.
    ///
    /// - Parameter endpoint: one of those that the store was given.
    /// - Throws: ``StoreError`` with code 0 in words for people.
    func send(_ request: RemoteRequest, to endpoint: String) async throws -> RemoteResponse

    /// Closes all connections. Blocks.
    func shutdown()
}
