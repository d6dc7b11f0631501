public import NetTypes

/// Who may tell routes, whose they are, and what they are used for.
public struct BMPSettings: Hashable, Sendable {
    /// Prefixes that routers may connect from; nobody else may.
    public var allow: [Prefix] = []
    /// The exporters that flows of a router come from, by the address that it connects from; those of a router that
    /// isn't here come from that same address.
    public var exporters: [IPAddress: [IPAddress]] = [:]
    /// What rows get besides AS numbers, prefix lengths and next hops.
    public var details: Set<RouteDetail> = []
    /// Seconds that routes are kept after their peer, or the session, has gone.
    public var holdSeconds: UInt32 = 300
    /// Bytes that the routes of all routers may take, of which one router may take half.
    public var memory = 1_000_000_000

    /// Nobody may tell anything.
    public init() {}
}
