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
/// What a look-up costs is waiting: for memory, and for what the processor does again when it has guessed a branch
/// wrongly. So the table is small, as most of it then lies in the cache: a section has as few buckets as
/// nearly all of its intervals can be found with. And the last interval that begins at an address or before it is
/// found without a branch, by counting those that do among the few from the bucket's first on: what begins
/// behind the bucket begins behind the address, too, so that it doesn't matter how many the bucket has. Only where
/// all of them begin before the address, which is rare, the rest of the bucket is searched.
struct IntervalTable<Key: MapKey>: Sendable {
    /// The intervals, with heads behind them for the last count.
    let intervals: IntervalList<Key>
    private let sections: [Section]
    /// How many bits the sections are told by, 1 at least.
    private let sectionBits: UInt64
    /// For each bucket the number of intervals that begin before it, and one entry more.
    private let index: [UInt32]

    /// The finest section: 4 million buckets.
    private static var mostBits: Int { 22 }

    /// A table that knows nothing.
    init() {
        self.init(IntervalList())
    }

    /// Makes the table of a list.
    init(_ list: consuming IntervalList<Key>) {
        let count = list.count
        precondition(count < Int(UInt32.max) / 32)
        list.pad(Key.window)
        let heads = list.heads
        // A short list has a short table.
        let sectionBits = min(Self.width(count), Key.sectionBits)
        var sections: [Section] = []
        sections.reserveCapacity(1 << sectionBits)
        var index: [UInt32] = []
        index.reserveCapacity(count)
        var position = 0
        for section in 0..<1 << sectionBits {
            let start = position
            while position < count, Self.section(heads[position], sectionBits) == section { position += 1 }
            let bits = Self.bits(heads[start..<position], sectionBits)
            let first = index.count
            sections.append(Section(first: UInt32(first), bits: UInt32(bits)))
            for place in start..<position {
                let bucket = first + Self.bucket(heads[place], sectionBits, bits)
                while index.count <= bucket { index.append(UInt32(place)) }
            }
            while index.count < first + 1 << bits { index.append(UInt32(position)) }
        }
        index.append(UInt32(count))
        intervals = list
        self.sections = sections
        self.sectionBits = UInt64(sectionBits)
        self.index = index
        LargePages.wish(for: index)
        LargePages.wish(for: intervals.heads)
        LargePages.wish(for: intervals.tails)
        LargePages.wish(for: intervals.facts)
    }

    // MARK: - Look-ups

    /// What is known of an address.
    @inline(__always)
    func find(_ key: Key) -> Fact { fact(at: position(of: key, from: begin(of: key))) }

    /// The first step of a look-up: how many intervals begin before the address's bucket.
    @inline(__always)
    func begin(of key: Key) -> UInt32 { index[bucket(of: key)] }

    /// The second step: the last interval that begins at the address or before it.
    @inline(__always)
    func position(of key: Key, from begin: UInt32) -> Int {
        let begin = Int(begin)
        guard intervals.tails.isEmpty else { return search(key, from: begin) }
        // The heads behind the last interval make these exist.
        precondition(begin &+ Key.window <= intervals.heads.count)
        let head = key.head
        let heads = intervals.heads.span
        var counted: UInt64 = 0
        for ahead in 0..<Key.window {
            counted &+= Key.isUp(unsafe heads[unchecked: begin &+ ahead], to: head)
        }
        let count = Int(truncatingIfNeeded: counted)
        return count == Key.window ? search(key, from: begin &+ count) : begin &+ count &- 1
    }

    /// The third step: what is known of an interval.
    @inline(__always)
    func fact(at position: Int) -> Fact { intervals.facts[position] }

    /// Searches what is left of the address's bucket.
    @inline(__always)
    private func search(_ key: Key, from low: Int) -> Int {
        let high = Int(index[bucket(of: key) &+ 1])
        // Heads that belong to no interval may have been counted.
        return Self.search(key, intervals, min(low, high), high)
    }

    @inline(never)
    private static func search(_ key: Key, _ intervals: IntervalList<Key>, _ low: Int, _ high: Int) -> Int {
        var (low, high) = (low, high)
        while low < high {
            let middle = (low &+ high) >> 1
            if intervals.first(of: middle) <= key { low = middle &+ 1 } else { high = middle }
        }
        return low &- 1
    }

    @inline(__always)
    private func bucket(of key: Key) -> Int {
        let leading = key.leading
        let section = sections[Int(truncatingIfNeeded: leading &>> (64 &- sectionBits))]
        return Int(section.first) &+ Self.bucket(leading, sectionBits, UInt64(section.bits))
    }

    // MARK: - Buckets

    /// How many bits a section's buckets are told by: the fewest with which of 16 intervals 15 are found at once.
    private static func bits(_ heads: ArraySlice<Key.Head>, _ sectionBits: Int) -> Int {
        guard !heads.isEmpty else { return 0 }
        let least = max(0, width(heads.count) - 2)
        let most = min(width(heads.count) + 3, mostBits)
        var bits = least
        while bits < most {
            // One with as many before it in its bucket as are looked at would be missed.
            let late = zip(heads, heads.dropFirst(Key.window - 1)).count {
                bucket($0, sectionBits, bits) == bucket($1, sectionBits, bits)
            }
            if late <= heads.count / 16 { break }
            bits += 1
        }
        return bits
    }

    /// Bits that a number takes.
    private static func width(_ count: Int) -> Int { Int.bitWidth - count.leadingZeroBitCount }

    private static func leading(_ head: Key.Head) -> UInt64 { Key(head: head, tail: 0).leading }

    private static func section(_ head: Key.Head, _ sectionBits: Int) -> Int {
        Int(truncatingIfNeeded: leading(head) >> UInt64(64 - sectionBits))
    }

    private static func bucket(_ head: Key.Head, _ sectionBits: Int, _ bits: Int) -> Int {
        bucket(leading(head), UInt64(sectionBits), UInt64(bits))
    }

    /// The bucket within a section.
    @inline(__always)
    private static func bucket(_ leading: UInt64, _ sectionBits: UInt64, _ bits: UInt64) -> Int {
        // In two steps, as a section of one bucket has all 64 shifted out.
        Int(truncatingIfNeeded: ((leading &<< sectionBits) &>> 1) &>> (63 &- bits))
    }
}
