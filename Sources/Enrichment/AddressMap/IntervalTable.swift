/// Intervals in ascending order, each of which ends before the next begins.
///
/// First addresses and facts lie apart, so that a search walks over nothing
/// but addresses.
struct Intervals<Key: MapKey>: Equatable, Sendable {
    private(set) var firsts: [Key] = []
    private(set) var facts: [Fact] = []

    /// Nothing is known of any address.
    static var unknown: Intervals {
        var intervals = Intervals()
        intervals.append(0, .nothing)
        return intervals
    }

    var count: Int { firsts.count }

    mutating func reserveCapacity(_ count: Int) {
        firsts.reserveCapacity(count)
        facts.reserveCapacity(count)
    }

    mutating func append(_ first: Key, _ fact: Fact) {
        firsts.append(first)
        facts.append(fact)
    }

    mutating func removeLast() {
        firsts.removeLast()
        facts.removeLast()
    }
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
///
/// Buckets are in the order of the addresses.
protocol MapKey: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable {
    /// How many buckets there are.
    static var buckets: Int { get }
    /// 0 to ``buckets`` - 1.
    var bucket: Int { get }
    /// All bits when this address is `key` or before it, else none.
    ///
    /// Worked out without a comparison: what the compiler makes a branch of
    /// is guessed wrong every other time, and a wrong guess costs more than
    /// the memory that the processor could have fetched ahead meanwhile.
    func mask(upTo key: Self) -> Int
}

extension UInt32: MapKey {
    static var buckets: Int { 1 << 20 }
    /// The first 20 bits: a /20 holds 16 /24s, about as many as are announced at most.
    @inline(__always)
    var bucket: Int { Int(truncatingIfNeeded: self >> 12) }

    @inline(__always)
    func mask(upTo key: UInt32) -> Int { ~((Int(key) &- Int(self)) >> 63) }
}

extension UInt128: MapKey {
    static var buckets: Int { 1 << 21 + 2 }
    /// The first 24 bits within 2000::/3, of which IANA allocates all global
    /// unicast; one bucket below that and one above.
    @inline(__always)
    var bucket: Int {
        let bits = Int(truncatingIfNeeded: self >> 104)
        return Swift.min(Swift.max(bits, 0x1F_FFFF), 0x40_0000) &- 0x1F_FFFF
    }

    @inline(__always)
    func mask(upTo key: UInt128) -> Int {
        // The borrow of key - self, from the top bits of the three numbers.
        let difference = key &- self
        let borrow = (~key & self) | ((~key | self) & difference)
        return ~(Int(truncatingIfNeeded: borrow >> 64) >> 63)
    }
}

/// Intervals that cover all addresses of a family, and a table to find them by.
struct IntervalTable<Key: MapKey>: Sendable {
    /// The first begins at 0.
    let intervals: Intervals<Key>
    /// For each bucket the number of intervals that begin before it, and one entry more.
    private let index: [UInt32]

    /// Takes intervals of which the first begins at 0.
    init(_ intervals: Intervals<Key>) {
        precondition(intervals.firsts.first == 0 && intervals.count < Int(UInt32.max))
        self.intervals = intervals
        var index: [UInt32] = []
        index.reserveCapacity(Key.buckets + 1)
        for (position, first) in intervals.firsts.enumerated() {
            let bucket = first.bucket
            while index.count <= bucket { index.append(UInt32(position)) }
        }
        while index.count <= Key.buckets { index.append(UInt32(intervals.count)) }
        self.index = index
    }

    /// What is known of an address.
    @inline(__always)
    func find(_ key: Key) -> Fact {
        let bucket = key.bucket
        // The last interval that begins at the address or before it: one of the bucket's, or the one before them.
        var base = Int(index[bucket])
        var count = Int(index[bucket &+ 1]) &- base
        while count > 0 {
            let half = (count &+ 1) >> 1
            base &+= half & intervals.firsts[base &+ half &- 1].mask(upTo: key)
            count &-= half
        }
        return intervals.facts[base &- 1]
    }
}
