/// What is known of the addresses of an interval, in eight bytes.
struct Fact: Equatable, Sendable {
    /// 0 when no source knows it.
    var asn: UInt32
    /// The prefix length in the upper 8 bits, the place in the lower 24.
    private(set) var detail: UInt32

    /// Places have 24 bits.
    static let mostPlaces = 1 << 24
    /// No prefix is this long.
    private static let noLength: UInt8 = 255

    init(asn: UInt32, length: UInt8, place: UInt32) {
        self.asn = asn
        detail = UInt32(length) << 24 | place & 0xFF_FFFF
    }

    /// Takes both numbers as a file holds them.
    init(asn: UInt32, detail: UInt32) {
        self.asn = asn
        self.detail = detail
    }

    /// No prefix covers the interval.
    static let nothing = Fact(asn: 0, length: noLength, place: 0)

    var length: UInt8 { UInt8(truncatingIfNeeded: detail >> 24) }
    var place: UInt32 { detail & 0xFF_FFFF }

    @inline(__always)
    var match: AddressMap.Match? {
        length == Self.noLength ? nil : AddressMap.Match(asn: asn, prefixLength: length, place: place)
    }

    /// This fact, with what it doesn't tell taken from another.
    func completed(by other: Fact, places: [UInt32]) -> Fact {
        if self == .nothing, other == .nothing { return .nothing }
        let place = place != 0 ? place : places[Int(other.place)]
        // The length belongs to the prefix that gave the AS; where none did, to the one that gave the place.
        let isOwn = asn != 0 || (other.asn == 0 && self != .nothing)
        return Fact(asn: isOwn ? asn : other.asn, length: isOwn ? length : other.length, place: place)
    }
}
