public import NetTypes

/// Collects the routes of one source and compiles them to an ``AddressMap``.
///
/// It holds 16 bytes for each IPv4 route and 32 for each IPv6 route.
public struct AddressMapBuilder: Sendable {
    /// Which routes are taken.
    public let filter: RouteFilter

    private var v4 = RouteList<UInt32>()
    private var v6 = RouteList<UInt128>()
    private var places: [AddressMap.Place] = [AddressMap.Place()]
    private var numbers: [AddressMap.Place: UInt32] = [AddressMap.Place(): 0]

    /// Whether only places are taken, and what a source says of ASes isn't.
    public let placesOnly: Bool

    /// Makes a builder without routes.
    public init(filter: RouteFilter = RouteFilter(), placesOnly: Bool = false) {
        self.filter = filter
        self.placesOnly = placesOnly
    }

    /// Adds a route, unless the filter is against it.
    ///
    /// Of several routes for one prefix the one that more peers have wins, of
    /// equals the one with the lowest AS number that isn't 0.
    ///
    /// - Parameters:
    ///   - asn: the origin; 0 when only the place is known.
    ///   - place: a number from ``number(of:)``.
    ///   - peers: how many peers say so.
    /// - Returns: why the route was left out; nil when it wasn't.
    public mutating func add(_ prefix: Prefix, asn: UInt32, place: UInt32 = 0, peers: Int = 1) -> RouteSkip? {
        if let reason = filter.reason(toSkip: prefix) { return reason }
        let asn = placesOnly ? 0 : asn
        guard asn != 0 || place != 0 else { return .noOrigin }
        let peers = UInt16(clamping: peers)
        let length = UInt8(truncatingIfNeeded: prefix.length)
        if prefix.isV4 {
            v4.routes.append(Route(first: prefix.first.v4, asn: asn, place: place, length: length, peers: peers))
        } else {
            let first = UInt128(prefix.first.high) << 64 | UInt128(prefix.first.low)
            v6.routes.append(Route(first: first, asn: asn, place: place, length: length, peers: peers))
        }
        return nil
    }

    /// The number of a place, which is a new one when the place is.
    ///
    /// A map has room for 16.7 million places; those beyond are unknown.
    public mutating func number(of place: AddressMap.Place) -> UInt32 {
        if let number = numbers[place] { return number }
        guard places.count < Fact.mostPlaces else { return 0 }
        let number = UInt32(places.count)
        places.append(place)
        numbers[place] = number
        return number
    }

    /// Compiles the routes.
    public consuming func build() -> AddressMap {
        v4.settle()
        v6.settle()
        let counts = AddressMap.RouteCounts(v4: v4.routes.count, v6: v6.routes.count)
        // One after the other, each list given up before the next is compiled.
        let first = v4.compile()
        v4 = RouteList()
        let second = v6.compile()
        return AddressMap(v4: first, v6: second, places: places, routes: counts)
    }

    /// Each prefix with its AS and place, once, IPv4 first, in the order of addresses.
    public func forEachRoute(_ body: (Prefix, UInt32, AddressMap.Place) throws -> Void) rethrows {
        var (v4, v6) = (v4, v6)
        v4.settle()
        v6.settle()
        for route in v4.routes {
            let prefix = Prefix(IPAddress(v4: route.first), bits: Int(route.length) + 96)
            try body(prefix, route.asn, places[Int(route.place)])
        }
        for route in v6.routes {
            let first = IPAddress(
                high: UInt64(truncatingIfNeeded: route.first >> 64),
                low: UInt64(truncatingIfNeeded: route.first)
            )
            try body(Prefix(first, bits: Int(route.length)), route.asn, places[Int(route.place)])
        }
    }
}

/// A prefix of one family and what its source says of it.
struct Route<Key: MapKey> {
    var first: Key
    var asn: UInt32
    var place: UInt32
    var length: UInt8
    var peers: UInt16

    /// The last address of the prefix.
    var last: Key { first | (length == 0 ? .max : ~(Key.max << (Key.bitWidth - Int(length)))) }

    /// Whether this route is the better of two for one prefix.
    fileprivate func isBetter(than other: Route) -> Bool {
        if (asn == 0) != (other.asn == 0) { return asn != 0 }
        return peers != other.peers ? peers > other.peers : asn < other.asn
    }
}

/// The routes of one family.
private struct RouteList<Key: MapKey>: Sendable where Route<Key>: Sendable {
    var routes: [Route<Key>] = []

    /// Sorts the routes and leaves one for each prefix.
    mutating func settle() {
        let isSorted = zip(routes, routes.dropFirst()).allSatisfy(Self.inOrder)
        if isSorted { return }
        routes.sort { ($0.first, $0.length) < ($1.first, $1.length) }
        var kept = 0
        for route in routes {
            if kept > 0, routes[kept - 1].first == route.first, routes[kept - 1].length == route.length {
                var best = route.isBetter(than: routes[kept - 1]) ? route : routes[kept - 1]
                if best.place == 0 { best.place = max(route.place, routes[kept - 1].place) }
                routes[kept - 1] = best
            } else {
                routes[kept] = route
                kept += 1
            }
        }
        routes.removeLast(routes.count - kept)
    }

    private static func inOrder(_ a: Route<Key>, _ b: Route<Key>) -> Bool {
        (a.first, a.length) < (b.first, b.length)
    }

    func compile() -> IntervalTable<Key> { IntervalTable(routes: routes) }
}

extension IntervalTable {
    /// Makes a table of routes in order, each prefix once.
    init(routes: [Route<Key>]) {
        // An interval of its own for each prefix, and often one behind it.
        var writer = IntervalWriter<Key>(reserving: routes.count + routes.count / 2)
        for route in routes {
            let fact = Fact(asn: route.asn, length: route.length, place: route.place)
            writer.write(first: route.first, last: route.last, fact: fact)
        }
        self.init(writer.finish())
    }
}

extension Route: Sendable {}
