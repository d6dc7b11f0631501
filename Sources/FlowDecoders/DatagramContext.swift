public import NetTypes

/// What is known of a datagram besides its bytes.
public struct DatagramContext: Sendable {
    /// Address and port that it came from.
    public var source: IPEndpoint
    /// When it was received, in seconds since 1970 UTC.
    public var receivedAt: UInt32
    /// Whether it is a message of a TCP session or a file, which come in order
    /// and whole: template withdrawals are obeyed there (RFC 7011 section 8.1).
    public var isStream: Bool

    /// Describes a datagram, or a message of a stream.
    public init(source: IPEndpoint, receivedAt: UInt32, isStream: Bool = false) {
        self.source = source
        self.receivedAt = receivedAt
        self.isStream = isStream
    }
}
