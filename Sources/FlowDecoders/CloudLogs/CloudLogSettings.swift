public import NetTypes

/// How clouds' flow logs are read.
public struct CloudLogSettings: Sendable, Equatable {
    /// Which of two entries for one flow gives a row, where both of its ends may have reported it.
    public enum Reporter: String, CaseIterable, Sendable {
        /// The source's; the destination's entry counts as a duplicate.
        case source
        /// The destination's; the source's entry counts as a duplicate.
        case destination
        /// Both.
        case both
    }

    /// SamplerAddress of all rows; nil makes one of the account or the project.
    public var samplerAddress: IPAddress?
    /// How many flows an entry of Google Cloud stands for: 1 / flow_sampling. 0 when it isn't known.
    public var samplingRate: UInt32
    /// Which reporter's entries give rows, for Google Cloud.
    public var reporter: Reporter
    /// Seconds since 1970 UTC that records count as received at which have no time; nil rejects them.
    public var receivedAt: UInt32?

    /// Sets how logs are read.
    public init(
        samplerAddress: IPAddress? = nil,
        samplingRate: UInt32 = 0,
        reporter: Reporter = .source,
        receivedAt: UInt32? = nil
    ) {
        self.samplerAddress = samplerAddress
        self.samplingRate = samplingRate
        self.reporter = reporter
        self.receivedAt = receivedAt
    }
}

/// The SamplerAddress of an account, which has no exporter: a unique local
/// address (RFC 4193) with its number, or a hash of its name, in its last eight
/// bytes, so that it is the same wherever and whenever its logs are read.
struct AccountAddress {
    /// fd61:7773 is "aws" in ASCII.
    private static let prefix: UInt64 = 0xFD61_7773_0000_0000

    func address(_ account: UInt64) -> IPAddress { IPAddress(high: Self.prefix, low: account) }

    /// The address of an account that is known by a name (FNV-1a, 64 bits).
    static func named(_ name: ArraySlice<UInt8>, prefix: UInt64) -> IPAddress {
        IPAddress(high: prefix, low: FNV1a(name).value)
    }
}
