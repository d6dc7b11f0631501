public import NetTypes

/// What is known of a datagram besides its bytes.
public struct DatagramContext: Sendable {
    /// Address and port that it came from.
    public var source: IPEndpoint
    /// When it was received, in seconds since 1970 UTC.
    public var receivedAt: UInt32

    /// Describes a datagram.
    public init(source: IPEndpoint, receivedAt: UInt32) {
        self.source = source
        self.receivedAt = receivedAt
    }
}
