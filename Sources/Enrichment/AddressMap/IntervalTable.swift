/// The addresses from ``first`` to just before the next interval's, and what is known of them.
struct Interval<Key: MapKey>: Equatable, Sendable {
    var first: Key
    var fact: Fact
}

extension Interval {
    /// Where every table begins: nothing is known from the lowest address on.
    static var start: Interval { Interval(first: 0, fact: .nothing) }
}

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

/// An address of one family as a number.
protocol MapKey: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable {
    /// Leading bits by which addresses are told apart first, at the most.
    static var sectionBits: Int { get }
    /// How many buckets there are for an interval, as a power of 2.
    static var extraBits: Int { get }
    /// The leading 64 bits, by which sections and buckets are told; zeros fill up what is shorter.
    var leading: UInt64 { get }
}

extension UInt32: MapKey {
    static var sectionBits: Int { 8 }
    static var extraBits: Int { 1 }
    @inline(__always)
    var leading: UInt64 { UInt64(self) << 32 }
}

extension UInt128: MapKey {
    /// Registries have handed out some of 2000::/3, and crowd in it.
    static var sectionBits: Int { 16 }
    static var extraBits: Int { 2 }
    @inline(__always)
    var leading: UInt64 { UInt64(truncatingIfNeeded: self >> 64) }
}

/// The addresses that have some leading bits in common, divided into buckets as fine as there is something to tell
/// apart among them.
private struct Section: Sendable {
    /// The first of its buckets.
    var first: UInt32
    /// How many bits the buckets are told by, less than 64.
    var bits: UInt32 = 0
}

/// Intervals that cover all addresses of a family, and a table in two levels to find them by.
///
/// Prefixes crowd: of IPv6, half a dozen of 65,536 sections hold half of them. With buckets of one size for all
/// addresses, those sections would have dozens of intervals in one, and a search among them costs more than all else,
/// since the processor can't know beforehand which way it goes.
struct IntervalTable<Key: MapKey>: Sendable {
    /// In ascending order; the first begins at 0.
    let intervals: [Interval<Key>]
    private let sections: [Section]
    /// How many bits the sections are told by, 1 at least.
    private let sectionBits: UInt64
    /// For each bucket the number of intervals that begin before it, and one entry more.
    private let index: [UInt32]

    /// The finest section: 4 million buckets.
    private static var mostBits: Int { 22 }

    /// Takes intervals in ascending order of which the first begins at 0.
    init(_ intervals: [Interval<Key>]) {
        precondition(intervals.first?.first == 0 && intervals.count < Int(UInt32.max) / 32)
        self.intervals = intervals
        // A short list has a short table.
        sectionBits = UInt64(min(Self.width(intervals.count), Key.sectionBits))
        var counts = [Int](repeating: 0, count: 1 << Int(sectionBits))
        for interval in intervals { counts[Int(interval.first.leading >> (64 - sectionBits))] += 1 }
        var buckets = 0
        sections = counts.map { count in
            let bits = count == 0 ? 0 : min(Self.width(count) + Key.extraBits, Self.mostBits)
            defer { buckets += 1 << bits }
            return Section(first: UInt32(buckets), bits: UInt32(bits))
        }
        var index: [UInt32] = []
        index.reserveCapacity(buckets + 1)
        for (position, interval) in intervals.enumerated() {
            let bucket = Self.bucket(interval.first, sections, sectionBits)
            while index.count <= bucket { index.append(UInt32(position)) }
        }
        while index.count <= buckets { index.append(UInt32(intervals.count)) }
        self.index = index
        LargePages.wish(for: index)
        LargePages.wish(for: intervals)
    }

    /// Bits that a number takes.
    private static func width(_ count: Int) -> Int { Int.bitWidth - count.leadingZeroBitCount }

    @inline(__always)
    private static func bucket(_ key: Key, _ sections: [Section], _ sectionBits: UInt64) -> Int {
        let leading = key.leading
        let section = sections[Int(truncatingIfNeeded: leading &>> (64 &- sectionBits))]
        // In two steps, as a section of one bucket has all 64 shifted out.
        let within = ((leading &<< sectionBits) &>> 1) &>> (63 &- UInt64(section.bits))
        return Int(section.first) &+ Int(truncatingIfNeeded: within)
    }

    /// What is known of an address.
    @inline(__always)
    func find(_ key: Key) -> Fact {
        let bucket = Self.bucket(key, sections, sectionBits)
        // The last interval that begins at the address or before it: one of the bucket's, or the one before them.
        var low = Int(index[bucket])
        var high = Int(index[bucket &+ 1])
        while low < high {
            let middle = (low &+ high) >> 1
            if intervals[middle].first <= key { low = middle &+ 1 } else { high = middle }
        }
        return intervals[low &- 1].fact
    }
}
