public import NetTypes

/// Whom a router has its routes from (RFC 7854 section 4.2, RFC 9069 section 4.1).
public struct BMPPeer: Hashable, Sendable {
    /// Its address; `::` stands for the router's own table.
    public var address: IPAddress
    /// Whether it is the router's own table (Loc-RIB).
    public var isLocal: Bool

    /// Names a peer.
    public init(address: IPAddress, isLocal: Bool = false) {
        self.address = address
        self.isLocal = isLocal
    }
}

/// Where in the router the routes were looked at. The higher number is nearer to where packets go.
public enum BMPView: UInt8, Comparable, CaseIterable, Sendable {
    /// Adj-RIB-In before the router's policy: as the peer sent them.
    case prePolicy = 0
    /// Adj-RIB-In behind it.
    case postPolicy = 1
    /// Loc-RIB: what the router chose (RFC 9069).
    case local = 2

    /// By how near they are to where packets go.
    public static func < (a: BMPView, b: BMPView) -> Bool { a.rawValue < b.rawValue }
}

/// What a session tells.
public enum BMPAction: Sendable {
    /// The router says what it is called (RFC 7854 section 4.3).
    case initiation(name: String, description: String)
    /// A BGP session is up (section 4.10).
    case peerUp(BMPPeer)
    /// A BGP session is down (section 4.9).
    case peerDown(BMPPeer)
    /// Routes of a peer (section 4.6).
    case routes(BMPPeer, BMPView, BGPUpdate)
    /// The router is about to end the session (section 4.5).
    case termination(reason: UInt16)
    /// Something that isn't used.
    case skipped(BMPSkip, count: Int)
}

/// Why something isn't used. The raw value is the reason's name in metrics.
public enum BMPSkip: String, CaseIterable, Sendable {
    /// Messages that contradict themselves; none of them changes anything.
    case malformed
    /// Messages of types that RFC 7854 doesn't know.
    case unknownType = "unknown_type"
    /// Messages of peers that aren't up.
    case unknownPeer = "unknown_peer"
    /// Peers that there is no room for.
    case tooManyPeers = "too_many_peers"
    /// Messages about VRFs and other instances than the global one.
    case otherInstance = "other_instance"
    /// Messages about what the router tells others (RFC 8671).
    case ribOut = "adj_rib_out"
    /// Messages that mirror BGP messages (RFC 7854 section 4.7).
    case mirrored
    /// Messages with statistics (section 4.8).
    case statistics
    /// Parts of UPDATEs of other families than unicast IPv4 and IPv6.
    case otherFamily = "other_family"
    /// Routes with malformed attributes, which count as withdrawn (RFC 7606).
    case malformedAttributes = "malformed_attributes"
    /// Routes that there is no memory for.
    case noMemory = "no_memory"
}
