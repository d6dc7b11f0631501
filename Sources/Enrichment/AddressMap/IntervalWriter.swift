/// Turns prefixes that may lie within one another into intervals that don't overlap.
///
/// Prefixes either nest or are apart, so one sweep in address order with a
/// stack of those that are open does it: a prefix's fact holds from its first
/// address on, and where it ends its parent's holds again. Neighbours of which
/// the same is known become one interval.
struct IntervalWriter<Key: MapKey> {
    private var intervals: IntervalList<Key>
    /// Prefixes around the present address, the widest first; no more than an address has bits.
    private var open: [(last: Key, fact: Fact)] = []

    /// - Parameter count: intervals that are to be expected.
    init(reserving count: Int = 0) {
        intervals = IntervalList(reserving: count)
    }

    /// Writes a prefix; they come in the order of their first addresses, of equals the wider first.
    mutating func write(first: Key, last: Key, fact: Fact) {
        close(before: first)
        append(first, fact)
        open.append((last, fact))
    }

    /// The intervals, once all prefixes are written.
    consuming func finish() -> IntervalList<Key> {
        while let ended = open.popLast() { resume(after: ended.last) }
        return intervals
    }

    /// Appends an interval.
    mutating func append(_ first: Key, _ fact: Fact) {
        intervals.append(first, fact)
    }

    private mutating func close(before first: Key) {
        while let top = open.last, top.last < first {
            open.removeLast()
            resume(after: top.last)
        }
    }

    /// What surrounds a prefix goes on behind it.
    private mutating func resume(after last: Key) {
        guard last != .max else { return }
        append(last + 1, open.last?.fact ?? .nothing)
    }
}

extension IntervalTable {
    /// This table, with what it doesn't know taken from another.
    ///
    /// - Parameter places: for each place of the other its number in this one.
    func completed(by other: IntervalTable, places: [UInt32]) -> IntervalTable {
        var writer = IntervalWriter<Key>(reserving: intervals.count + other.intervals.count)
        var (a, b) = (0, 0)
        while a < intervals.count || b < other.intervals.count {
            // The next address at which either table changes.
            let first =
                if a == intervals.count {
                    other.intervals.first(of: b)
                } else if b == other.intervals.count {
                    intervals.first(of: a)
                } else {
                    min(intervals.first(of: a), other.intervals.first(of: b))
                }
            if a < intervals.count, intervals.first(of: a) == first { a += 1 }
            if b < other.intervals.count, other.intervals.first(of: b) == first { b += 1 }
            // Both begin at the lowest address, so from there on both have an interval.
            let fact = intervals.facts[a - 1].completed(by: other.intervals.facts[b - 1], places: places)
            writer.append(first, fact)
        }
        return IntervalTable(writer.finish())
    }
}
