import NetTypes

/// Which routes go into a map.
///
/// Default routes never do: they say nothing of an address.
public struct RouteFilter: Hashable, Sendable {
    /// The longest IPv4 prefix that is taken, 1 to 32.
    public var longestV4: Int
    /// The longest IPv6 prefix that is taken, 1 to 128.
    public var longestV6: Int
    /// Whether prefixes within ranges that nobody may announce to the Internet are left out.
    public var dropsBogons: Bool

    /// Makes a filter; it takes all but default routes when nothing is said.
    public init(longestV4: Int = 32, longestV6: Int = 128, dropsBogons: Bool = false) {
        self.longestV4 = longestV4
        self.longestV6 = longestV6
        self.dropsBogons = dropsBogons
    }

    /// Why a prefix is left out; nil when it is taken.
    func reason(toSkip prefix: Prefix) -> RouteSkip? {
        let length = prefix.length
        if length == 0 { return .defaultRoute }
        if length > (prefix.isV4 ? longestV4 : longestV6) { return .tooSpecific }
        if dropsBogons, Bogons.contains(prefix) { return .bogon }
        return nil
    }
}

/// Prefixes that aren't global unicast: IANA's special-purpose registries
/// (RFC 6890), multicast, and IPv6 outside of 2000::/3 (RFC 4291 section 2.4).
enum Bogons {
    private static let v4: [Prefix] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    ].compactMap { Prefix($0) }

    /// ORCHIDv2 (RFC 7343), documentation (RFC 3849 and 9637).
    private static let v6: [Prefix] = ["2001:20::/28", "2001:db8::/32", "3fff::/20"].compactMap { Prefix($0) }

    /// Whether a prefix lies within one of them.
    static func contains(_ prefix: Prefix) -> Bool {
        if prefix.isV4 { return isWithin(v4, prefix) }
        return prefix.first.high >> 61 != 1 || isWithin(v6, prefix)
    }

    private static func isWithin(_ list: [Prefix], _ prefix: Prefix) -> Bool {
        list.contains { $0.bits <= prefix.bits && $0.contains(prefix.first) }
    }
}
