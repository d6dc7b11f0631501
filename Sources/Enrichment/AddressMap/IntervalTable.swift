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

/// An address of one family as a number, and which bucket of the first-level table it falls into.
protocol MapKey: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable {
    /// How much finer the table is than the number of intervals, as a power of 2.
    static var extraBits: Int { get }
    /// How many buckets a table of `bits` bits has.
    static func buckets(bits: Int) -> Int
    /// 0 to ``buckets(bits:)`` - 1, in the order of the addresses.
    func bucket(bits: Int) -> Int
}

extension UInt32: MapKey {
    static var extraBits: Int { 1 }
    static func buckets(bits: Int) -> Int { 1 << bits }

    /// The leading bits.
    @inline(__always)
    func bucket(bits: Int) -> Int { Int(truncatingIfNeeded: self &>> UInt32(truncatingIfNeeded: 32 &- bits)) }
}

extension UInt128: MapKey {
    /// Prefixes crowd in what registries have handed out.
    static var extraBits: Int { 3 }
    static func buckets(bits: Int) -> Int { 1 << bits + 2 }

    /// The leading bits within 2000::/3, of which IANA allocates all global
    /// unicast; one bucket below that and one above.
    @inline(__always)
    func bucket(bits: Int) -> Int {
        let high = UInt64(truncatingIfNeeded: self >> 64)
        let leading = Int(truncatingIfNeeded: high &>> UInt64(truncatingIfNeeded: 61 &- bits))
        let below = (1 &<< bits) &- 1
        return Swift.min(Swift.max(leading, below), 2 &<< bits) &- below
    }
}

/// Intervals that cover all addresses of a family, and a table to find them by.
struct IntervalTable<Key: MapKey>: Sendable {
    /// In ascending order; the first begins at 0.
    let intervals: [Interval<Key>]
    /// For each bucket the number of intervals that begin before it, and one entry more.
    private let index: [UInt32]
    /// How many bits the buckets are told by.
    private let bits: Int

    /// The finest table: 16 MB, in which a /22 of IPv4 has a bucket.
    private static var mostBits: Int { 22 }

    /// Takes intervals in ascending order of which the first begins at 0.
    init(_ intervals: [Interval<Key>]) {
        precondition(intervals.first?.first == 0 && intervals.count < Int(UInt32.max))
        self.intervals = intervals
        // As fine as there is something to tell apart: a short list has a short table.
        let width = Int.bitWidth - intervals.count.leadingZeroBitCount
        bits = min(width + Key.extraBits, Self.mostBits)
        let buckets = Key.buckets(bits: bits)
        var index: [UInt32] = []
        index.reserveCapacity(buckets + 1)
        for (position, interval) in intervals.enumerated() {
            let bucket = interval.first.bucket(bits: bits)
            while index.count <= bucket { index.append(UInt32(position)) }
        }
        while index.count <= buckets { index.append(UInt32(intervals.count)) }
        self.index = index
        LargePages.wish(for: index)
        LargePages.wish(for: intervals)
    }

    /// What is known of an address.
    @inline(__always)
    func find(_ key: Key) -> Fact {
        let bucket = key.bucket(bits: bits)
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
