public import NetTypes

/// What is known of every address: the AS that originates its prefix, how long
/// that prefix is, and where it is said to be.
///
/// Longest-prefix match is compiled away: the routes become intervals that
/// don't overlap, sorted, with one table per family on the leading bits, finer
/// where there are more of them. A look-up reads one entry of that table and
/// counts which of the few intervals that begin below it begin before the address.
/// The map never changes; a new one replaces it.
public struct AddressMap: Sendable {
    /// What the map says of one address.
    public struct Match: Hashable, Sendable {
        /// The origin's AS number; 0 when only the place is known.
        public var asn: UInt32
        /// Leading bits of the prefix that gave ``asn``, as people write it for
        /// the address's own family: 1 to 32 for IPv4, 1 to 128 for IPv6.
        public var prefixLength: UInt8
        /// Index into ``AddressMap/places``; 0 when the place isn't known.
        public var place: UInt32
    }

    /// A country and, where a source tells it, a city.
    public struct Place: Hashable, Sendable {
        /// ISO 3166-1 alpha-2 in capitals, or nothing.
        public var country: String
        /// The city's name, or nothing.
        public var city: String

        /// Makes a place.
        public init(country: String = "", city: String = "") {
            self.country = country
            self.city = city
        }
    }

    /// Routes of each family that a map was made of.
    public struct RouteCounts: Hashable, Sendable {
        /// IPv4 prefixes.
        public var v4: Int
        /// IPv6 prefixes.
        public var v6: Int

        /// Makes counts.
        public init(v4: Int = 0, v6: Int = 0) {
            self.v4 = v4
            self.v6 = v6
        }
    }

    /// The places that ``Match/place`` points into; the first is the unknown one.
    public let places: [Place]
    /// Different prefixes that the map was made of, summed over its sources.
    public let routes: RouteCounts

    /// The places as the numbers that rows hold, in the same order.
    let codes: PlaceCodes

    let v4: IntervalTable<UInt32>
    let v6: IntervalTable<UInt128>

    init(v4: IntervalTable<UInt32>, v6: IntervalTable<UInt128>, places: [Place], routes: RouteCounts) {
        self.v4 = v4
        self.v6 = v6
        self.places = places
        self.routes = routes
        codes = PlaceCodes(places)
    }

    /// A map that knows nothing.
    public init() {
        self.init(v4: IntervalTable(), v6: IntervalTable(), places: [Place()], routes: RouteCounts())
    }

    /// What is known of an address whose 16 bytes are `high` and `low`, IPv4 as `::ffff:a.b.c.d`.
    ///
    /// - Returns: nil when no source's prefix covers the address.
    public func lookUp(high: UInt64, low: UInt64) -> Match? {
        if high == 0, low >> 32 == 0xFFFF {
            return v4.find(UInt32(truncatingIfNeeded: low)).match
        }
        return v6.find(UInt128(head: high, tail: low)).match
    }

    /// What is known of an address.
    public func lookUp(_ address: IPAddress) -> Match? {
        lookUp(high: address.high, low: address.low)
    }

    /// What is known of each of many addresses.
    ///
    /// It takes a fraction of the time of as many look-ups one by one: each step is done for a block of
    /// addresses before the next, so that the processor fetches for many of them at a time what isn't in its cache.
    ///
    /// - Parameter matches: gets what ``lookUp(_:)`` says of each, in the same order; at least as long.
    public func lookUp(_ addresses: Span<IPAddress>, into matches: inout MutableSpan<Match?>) {
        AddressTables(v4: v4, v6: v6).find(addresses, into: &matches)
    }
}
