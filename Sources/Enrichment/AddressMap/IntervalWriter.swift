/// Turns prefixes that may lie within one another into intervals that don't overlap.
///
/// Prefixes either nest or are apart, so one sweep in address order with a
/// stack of those that are open does it: a prefix's fact holds from its first
/// address on, and where it ends its parent's holds again. Neighbours of which
/// the same is known become one interval.
struct IntervalWriter<Key: MapKey> {
    private(set) var intervals: [Interval<Key>] = [.start]
    /// Prefixes around the present address, the widest first; no more than an address has bits.
    private var open: [(last: Key, fact: Fact)] = []

    /// - Parameter count: intervals that are to be expected.
    init(reserving count: Int = 0) {
        intervals.reserveCapacity(count + 1)
    }

    /// Writes a prefix; they come in the order of their first addresses, of equals the wider first.
    mutating func write(first: Key, last: Key, fact: Fact) {
        close(before: first)
        append(first, fact)
        open.append((last, fact))
    }

    /// The intervals, once all prefixes are written.
    consuming func finish() -> [Interval<Key>] {
        while let ended = open.popLast() { resume(after: ended.last) }
        return intervals
    }

    /// Appends an interval.
    mutating func append(_ first: Key, _ fact: Fact) {
        // What begins at the same address replaces what was to begin there.
        if let last = intervals.last, last.first == first { intervals.removeLast() }
        if let last = intervals.last, last.fact == fact { return }
        intervals.append(Interval(first: first, fact: fact))
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
                    other.intervals[b].first
                } else if b == other.intervals.count {
                    intervals[a].first
                } else {
                    min(intervals[a].first, other.intervals[b].first)
                }
            if a < intervals.count, intervals[a].first == first { a += 1 }
            if b < other.intervals.count, other.intervals[b].first == first { b += 1 }
            // Both begin at the lowest address, so from there on both have an interval.
            writer.append(first, intervals[a - 1].fact.completed(by: other.intervals[b - 1].fact, places: places))
        }
        return IntervalTable(writer.finish())
    }
}
