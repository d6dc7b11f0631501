/// Decides whether a new map may replace the one in use.
///
/// A file that was cut off, or a collector that lost its peers, gives a map
/// that is well formed and lacks half of the Internet. Each family is looked
/// at alone: all of IPv6 missing is less than a fifth of all routes.
public struct ReplacementRule: Hashable, Sendable {
    /// What becomes of the new map.
    public enum Decision: Hashable, Sendable {
        /// It takes the old one's place.
        case replace
        /// The old one stays: `share` (0 to 1) of its routes of a family would be gone.
        case keep(family: Family, share: Double)
    }

    /// A family of addresses.
    public enum Family: String, Hashable, Sendable {
        case v4 = "IPv4"
        case v6 = "IPv6"
    }

    /// The share of a family's routes (0 to 1) that may be gone.
    public var largestFall: Double
    /// A family with fewer routes than this may lose all: it is a list that people edit.
    public var fewestRoutes: Int

    /// Makes a rule.
    public init(largestFall: Double = 0.3, fewestRoutes: Int = 1000) {
        self.largestFall = largestFall
        self.fewestRoutes = fewestRoutes
    }

    /// Decides by the numbers of routes.
    public func decide(old: AddressMap.RouteCounts, new: AddressMap.RouteCounts) -> Decision {
        for (family, before, after) in [(Family.v4, old.v4, new.v4), (.v6, old.v6, new.v6)] {
            guard before >= fewestRoutes, after < before else { continue }
            let share = Double(before - after) / Double(before)
            if share > largestFall { return .keep(family: family, share: share) }
        }
        return .replace
    }
}
