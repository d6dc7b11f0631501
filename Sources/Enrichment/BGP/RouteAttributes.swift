public import NetTypes

/// What a route's attributes say, as far as flows or the choice among routes need it.
///
/// Many routes share one set of attributes: a table of the whole Internet has
/// about a tenth as many sets as prefixes.
public struct RouteAttributes: Hashable, Sendable {
    /// Where packets go: the BGP next hop, of two the global one (RFC 2545 section 3). `::` or 0.0.0.0 for the
    /// router's own routes.
    public var nextHop = IPAddress.unspecified
    /// The AS that originates the route; 0 when the path doesn't tell.
    public var origin: UInt32 = 0
    /// LOCAL_PREF, 100 where there is none.
    public var localPreference: UInt32 = 100
    /// MULTI_EXIT_DISC, 0 where there is none (RFC 4271 section 9.1.2.2 c).
    public var discriminator: UInt32 = 0
    /// ASes on the path, a set as one (RFC 4271 section 9.1.2.2 a).
    public var pathLength: UInt16 = 0
    /// ORIGIN: 0 IGP, 1 EGP, 2 INCOMPLETE.
    public var originCode: UInt8 = 2
    /// The path, the communities, the large and the extended ones: one array is one piece of memory.
    var numbers: [UInt32] = []
    /// How many of ``numbers`` are the path's.
    var pathCount = 0
    /// Where those of the communities end.
    var communitiesEnd = 0
    /// Where those of the large communities end.
    var largeEnd = 0

    /// Attributes that say nothing.
    public init() {}

    /// The ASes of the path, the nearest first, of a set each; those of confederations aren't there (RFC 5065).
    public var path: ArraySlice<UInt32> { numbers[..<pathCount] }
    /// The communities (RFC 1997): AS in the upper 16 bits, value below.
    public var communities: ArraySlice<UInt32> { numbers[pathCount..<communitiesEnd] }
    /// The large communities (RFC 8092), three numbers each: administrator, and two of its own.
    public var largeCommunities: ArraySlice<UInt32> { numbers[communitiesEnd..<largeEnd] }
    /// The extended communities (RFC 4360), two numbers each: the upper four bytes, which begin with the type, and the
    /// lower four.
    public var extendedCommunities: ArraySlice<UInt32> { numbers[largeEnd...] }
    /// The next AS on the way, 0 when the route is the router's own AS's.
    public var neighbour: UInt32 { pathCount > 0 ? numbers[0] : 0 }

    /// Whether a route with these attributes is taken before one with others: what is left of RFC 4271 section
    /// 9.1.2.2 for who doesn't know the router's own distances. Nil when they are equal.
    func isBetter(than other: RouteAttributes) -> Bool? {
        if localPreference != other.localPreference { return localPreference > other.localPreference }
        if pathLength != other.pathLength { return pathLength < other.pathLength }
        if originCode != other.originCode { return originCode < other.originCode }
        // Only among routes of the same neighbour.
        if neighbour == other.neighbour, discriminator != other.discriminator {
            return discriminator < other.discriminator
        }
        return nextHop == other.nextHop ? nil : nextHop < other.nextHop
    }
}
