public import NetTypes

/// What the configuration says of rows on their way to the store.
public struct EnrichmentSettings: Hashable, Sendable {
    /// The networks that are ours, at most ``mostLocalNetworks``.
    public var localNetworks: [Prefix] = []
    /// Settings of the samplers within a prefix; of several the longest prefix counts.
    public var samplers: [Prefix: SamplerEnrichment] = [:]
    /// Whose AS numbers count, where there is a map.
    public var asOrder = ASOrder.exporterFirst

    /// Each stands twice in the SQL function `isIncomingFlow`, which has to stay within the engine's bounds for a query.
    public static let mostLocalNetworks = 1000

    /// Rows as they come.
    public init() {}
}

/// What is done with the rows of one sampler.
public struct SamplerEnrichment: Hashable, Sendable {
    /// When a flow is incoming; without rules the networks decide, or FlowDirection.
    public var isIncomingFlow: [IncomingRule] = []
    /// How much of the flows' addresses is kept; nil keeps all.
    public var anonymization: Anonymization?

    /// Nothing in particular.
    public init() {}
}

/// How many leading bits of addresses are kept; those behind them become zero.
public struct Anonymization: Hashable, Sendable {
    /// Bits of an IPv4 address, 0 to 32.
    public var v4Bits: Int
    /// Bits of an IPv6 address, 0 to 128.
    public var v6Bits: Int

    /// NetMeta's lengths, or others.
    ///
    /// - Precondition: each is within its family's.
    public init(v4Bits: Int = 24, v6Bits: Int = 64) {
        precondition((0...32).contains(v4Bits) && (0...128).contains(v6Bits))
        self.v4Bits = v4Bits
        self.v6Bits = v6Bits
    }
}
