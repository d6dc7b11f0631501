import FlowSchema
import NetTypes

/// A map's places as the numbers that rows hold, so that a row costs two
/// reads of an array and no text.
struct PlaceCodes: Sendable {
    /// Two letters each, see ``CountryCode``; 0 when the country isn't known.
    let countries: [UInt16]
    /// See ``AddressMap/Place/cityNumber``.
    let cities: [UInt64]
    /// Whether any country is known.
    let hasCountries: Bool
    /// Whether any city is.
    let hasCities: Bool

    init(_ places: [AddressMap.Place]) {
        countries = places.map { CountryCode.number($0.country) ?? 0 }
        cities = places.map(\.cityNumber)
        hasCountries = countries.contains { $0 != 0 }
        hasCities = cities.contains { $0 != 0 }
    }
}

extension AddressMap.Place {
    /// The number that stands for the city in rows, 0 when it isn't known.
    ///
    /// It is made of country and name alone (FNV-1a of `DE/Berlin`), so that
    /// rows of years and of several collectors have one number for a city,
    /// whichever database told it. It has 53 bits, which JavaScript and JSON keep:
    /// of 200,000 cities two have the same with a chance of 1 in 400,000.
    public var cityNumber: UInt64 {
        if city.isEmpty { return 0 }
        let hash = FNV1a((country + "/" + city).utf8).value
        // FNV's upper bits are the better ones; the lower ones join in.
        return max(1, (hash ^ hash >> 53) & (1 << 53 - 1))
    }
}
