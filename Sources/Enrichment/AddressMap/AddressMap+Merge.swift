extension AddressMap {
    /// Makes one map of several sources' maps.
    ///
    /// The order decides: an address's AS is that of the first map that knows
    /// one for it, whatever the lengths of the prefixes, and so is its place.
    /// A few prefixes of one's own before a full table thus win over all that
    /// the table has within them.
    public init(merging maps: [AddressMap]) {
        guard let first = maps.first else {
            self.init()
            return
        }
        self = maps.dropFirst().reduce(first) { $0.completed(by: $1) }
    }

    /// This map, with what it doesn't know taken from another.
    private func completed(by other: AddressMap) -> AddressMap {
        var places = places
        var numbers = Dictionary(places.enumerated().map { ($1, UInt32($0)) }, uniquingKeysWith: { first, _ in first })
        let translation = other.places.map { place -> UInt32 in
            if let number = numbers[place] { return number }
            guard places.count < Fact.mostPlaces else { return 0 }
            numbers[place] = UInt32(places.count)
            places.append(place)
            return UInt32(places.count - 1)
        }
        return AddressMap(
            v4: v4.completed(by: other.v4, places: translation),
            v6: v6.completed(by: other.v6, places: translation),
            places: places,
            routes: RouteCounts(v4: routes.v4 + other.routes.v4, v6: routes.v6 + other.routes.v6)
        )
    }
}
