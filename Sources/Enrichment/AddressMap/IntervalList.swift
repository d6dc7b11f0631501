/// The addresses from ``first`` to just before the next interval's, and what is known of them.
struct Interval<Key: MapKey>: Equatable, Sendable {
    var first: Key
    var fact: Fact
}

/// Intervals in ascending order that cover all addresses of a family: the first begins at 0.
///
/// First addresses and facts lie in arrays of their own, so that a search reads nothing but addresses.
struct IntervalList<Key: MapKey>: Sendable {
    /// The heads of the first addresses, and as many more of the highest as ``pad(_:)`` was told.
    private(set) var heads: [Key.Head] = [0]
    /// Their tails; empty while all of them are 0, as they are unless a prefix is longer than /64.
    private(set) var tails: [UInt64] = []
    /// What is known of each.
    private(set) var facts: [Fact] = [.nothing]

    /// Nothing is known of any address.
    init() {}

    /// - Parameter count: intervals that are to be expected.
    init(reserving count: Int) {
        heads.reserveCapacity(count + Key.window)
        facts.reserveCapacity(count)
    }

    /// How many intervals there are.
    var count: Int { facts.count }

    subscript(position: Int) -> Interval<Key> {
        Interval(first: first(of: position), fact: facts[position])
    }

    /// An interval's first address.
    @inline(__always)
    func first(of position: Int) -> Key {
        Key(head: heads[position], tail: tails.isEmpty ? 0 : tails[position])
    }

    /// Appends an interval: one that begins where the last does takes its place, and one of which the same is known
    /// as of the last goes on with that.
    mutating func append(_ first: Key, _ fact: Fact) {
        if self.first(of: count - 1) == first { removeLast() }
        if facts.last == fact { return }
        if first.tail != 0, tails.isEmpty {
            tails.reserveCapacity(heads.capacity)
            tails.append(contentsOf: repeatElement(0, count: count))
        }
        if first.tail != 0 || !tails.isEmpty { tails.append(first.tail) }
        heads.append(first.head)
        facts.append(fact)
    }

    private mutating func removeLast() {
        heads.removeLast()
        facts.removeLast()
        if !tails.isEmpty { tails.removeLast() }
    }

    /// Appends heads that belong to no interval, so that whoever reads so many from any interval on has them.
    mutating func pad(_ count: Int) {
        heads.append(contentsOf: repeatElement(.max, count: count))
    }
}
