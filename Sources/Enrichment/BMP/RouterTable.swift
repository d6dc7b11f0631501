import FlowSchema
public import NetTypes

/// The best routes of one router, made for look-ups and never changed.
public final class RouterTable: Sendable {
    /// In both, ``Fact/asn`` is the number of the attributes.
    let v4: IntervalTable<UInt32>
    let v6: IntervalTable<UInt128>
    let attributes: [RouteAttributes]
    /// What most rows get of each set of attributes.
    let hops: [Hop]

    /// What rows get of a route without lists, so that a row reads one place in memory and counts no references.
    struct Hop: BitwiseCopyable, Sendable {
        /// The next hop; all zero when it isn't known, as of the router's own routes.
        var nextHop: AddressBytes
        var neighbour: UInt32
        var origin: UInt32

        init(_ attributes: RouteAttributes) {
            nextHop = AddressBytes(attributes.nextHop.isUnspecified ? .unspecified : attributes.nextHop)
            neighbour = attributes.neighbour
            origin = attributes.origin
        }
    }

    init(v4: IntervalTable<UInt32>, v6: IntervalTable<UInt128>, attributes: [RouteAttributes]) {
        self.v4 = v4
        self.v6 = v6
        self.attributes = attributes
        hops = attributes.map(Hop.init)
    }

    /// The tables of both families, for many look-ups.
    var tables: AddressTables { AddressTables(v4: v4, v6: v6) }

    /// The route that packets to an address take.
    public struct Match: Sendable {
        /// The number of the attributes.
        var number: Int
        /// The length of the prefix, as people write it; 0 for the default route.
        public var prefixLength: UInt8
    }

    /// The route of the longest prefix that holds an address; nil when there is none.
    @inline(__always)
    func find(_ address: IPAddress) -> Match? {
        let match =
            address.isV4
            ? v4.find(address.v4).match : v6.find(UInt128(address.high) << 64 | UInt128(address.low)).match
        return match.map { Match(number: Int($0.asn), prefixLength: $0.prefixLength) }
    }

    /// The same with its attributes.
    public func lookUp(_ address: IPAddress) -> (prefixLength: UInt8, attributes: RouteAttributes)? {
        find(address).map { ($0.prefixLength, attributes[$0.number]) }
    }
}

/// The tables of all routers, by the exporters whose flows they are for.
public struct RouterTables: Sendable {
    /// The tables.
    public var tables: [IPAddress: RouterTable]
    /// What is filled besides AS numbers, prefix lengths and next hops.
    public var details: Set<RouteDetail>

    /// Gathers tables.
    public init(_ tables: [IPAddress: RouterTable] = [:], details: Set<RouteDetail> = []) {
        self.tables = tables
        self.details = details
    }

    /// What routers tell, and the dumps of those that tell nothing; nil when there is neither.
    static func joined(_ told: RouterTables?, _ dumps: RouterTables?) -> RouterTables? {
        guard let told, let dumps else { return told ?? dumps }
        return RouterTables(
            told.tables.merging(dumps.tables) { first, _ in first },
            details: told.details.union(dumps.details)
        )
    }
}

/// What rows get of a route when it is asked for.
public enum RouteDetail: String, CaseIterable, Sendable {
    /// The column `ASPath`.
    case asPath = "as-path"
    /// The columns `BGPCommunities`, `BGPLargeCommunities` and `BGPExtendedCommunities`.
    case communities
    /// The column `BGPNextHop`.
    case bgpNextHop = "bgp-next-hop"
}
