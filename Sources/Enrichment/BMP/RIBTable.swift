/// A prefix of one family.
struct RIBPrefix<Key: MapKey>: Hashable, Comparable, Sendable {
    var first: Key
    var length: UInt8

    static func < (a: Self, b: Self) -> Bool { (a.first, a.length) < (b.first, b.length) }
}

/// A way to a prefix, as one view of one peer has it.
struct RIBPath: Sendable {
    /// The number of the attributes.
    var attributes: UInt32
    /// The path's identifier (RFC 7911).
    var identifier: UInt32
    /// The next way to the same prefix; ``RIBPath/none`` behind the last.
    var next: UInt32
    /// Whose it is.
    var slot: UInt16

    static let none = UInt32.max
}

/// The routes of a router in one family: for each prefix its ways, in a list.
///
/// The lists lie in one array, so that a route costs 16 bytes and no allocation.
/// What changed since the last ``settle(best:)`` is noted, so that a table of a
/// million routes isn't sorted again for a few.
struct RIBTable<Key: MapKey>: Sendable {
    private var heads: [RIBPrefix<Key>: UInt32] = [:]
    private var paths: [RIBPath] = []
    /// The first of the list of places in ``paths`` that are free.
    private var free = RIBPath.none
    /// The best way of each prefix, in order, as of the last ``settle(best:)``; ``Route/asn`` is its attributes' number.
    private(set) var settled: [Route<Key>] = []
    private var changed: [RIBPrefix<Key>] = []
    private var isAllChanged = false
    /// Ways to prefixes.
    private(set) var count = 0

    /// About what a prefix takes: its entry with the dictionary's spare room, its place in ``settled`` and in what
    /// takes its place, and the intervals and first-level entries of two tables.
    private static var prefixBytes: Int {
        3 * (MemoryLayout<RIBPrefix<Key>>.stride + 4) + 2 * MemoryLayout<Route<Key>>.stride
            + 3 * MemoryLayout<Interval<Key>>.stride + 32
    }

    /// About what all of it takes.
    var bytes: Int { heads.count * Self.prefixBytes + count * 2 * MemoryLayout<RIBPath>.stride }

    /// Prefixes that have a way.
    var prefixes: Int { heads.count }

    /// Whether there is something that ``settled`` doesn't know.
    var isChanged: Bool { isAllChanged || !changed.isEmpty }

    /// Says that other ways may be the best ones now.
    mutating func noteAllChanged() {
        isAllChanged = true
        changed.removeAll()
    }

    private mutating func note(_ prefix: RIBPrefix<Key>) {
        guard !isAllChanged else { return }
        changed.append(prefix)
        // A list as long as the table is more work than the table.
        if changed.count > max(heads.count, 1 << 16) { noteAllChanged() }
    }

    // MARK: - Changes

    /// Puts a way in, in place of the one with the same slot and identifier.
    ///
    /// - Returns: the attributes of that one; nil when there was none.
    mutating func put(_ prefix: RIBPrefix<Key>, _ new: RIBPath) -> UInt32? {
        var place = heads[prefix] ?? RIBPath.none
        while place != RIBPath.none {
            let path = paths[Int(place)]
            if path.slot == new.slot, path.identifier == new.identifier {
                if path.attributes != new.attributes {
                    paths[Int(place)].attributes = new.attributes
                    note(prefix)
                }
                return path.attributes
            }
            place = path.next
        }
        var path = new
        path.next = heads[prefix] ?? RIBPath.none
        heads[prefix] = take(path)
        count += 1
        note(prefix)
        return nil
    }

    /// Takes the ways out of a prefix that are to go, and calls `body` with the attributes of each.
    mutating func remove(_ prefix: RIBPrefix<Key>, where isGone: (RIBPath) -> Bool, _ body: (UInt32) -> Void) {
        guard let head = heads[prefix], let new = prune(head, isGone, body) else { return }
        heads[prefix] = new == RIBPath.none ? nil : new
        note(prefix)
    }

    /// The same for all prefixes.
    mutating func removeAll(where isGone: (RIBPath) -> Bool, _ body: (UInt32) -> Void) {
        var emptied: [RIBPrefix<Key>] = []
        var isAny = false
        for index in heads.indices {
            guard let new = prune(heads.values[index], isGone, body) else { continue }
            isAny = true
            if new == RIBPath.none { emptied.append(heads[index].key) } else { heads.values[index] = new }
        }
        if emptied.count == heads.count {
            (heads, paths, free) = ([:], [], RIBPath.none)
        } else {
            for prefix in emptied { heads[prefix] = nil }
        }
        if isAny { noteAllChanged() }
    }

    /// Takes ways out of a list.
    ///
    /// - Returns: the list's new head; nil when none was taken out.
    private mutating func prune(_ head: UInt32, _ isGone: (RIBPath) -> Bool, _ body: (UInt32) -> Void) -> UInt32? {
        var head = head
        var before = RIBPath.none
        var place = head
        var isAny = false
        while place != RIBPath.none {
            let path = paths[Int(place)]
            if isGone(path) {
                isAny = true
                if before == RIBPath.none { head = path.next } else { paths[Int(before)].next = path.next }
                body(path.attributes)
                paths[Int(place)].next = free
                free = place
                count -= 1
            } else {
                before = place
            }
            place = path.next
        }
        return isAny ? head : nil
    }

    private mutating func take(_ path: RIBPath) -> UInt32 {
        guard free != RIBPath.none else {
            paths.append(path)
            return UInt32(paths.count - 1)
        }
        let place = free
        free = paths[Int(place)].next
        paths[Int(place)] = path
        return place
    }

    // MARK: - The best ways

    /// Brings ``settled`` up to date.
    ///
    /// - Parameter isBetter: whether the first of two ways is taken before the second.
    mutating func settle(isBetter: (RIBPath, RIBPath) -> Bool) {
        if isAllChanged {
            settled.removeAll(keepingCapacity: true)
            settled.reserveCapacity(heads.count)
            for (prefix, head) in heads { settled.append(route(prefix, head, isBetter)) }
            settled.sort { ($0.first, $0.length) < ($1.first, $1.length) }
            isAllChanged = false
            return
        }
        changed.sort()
        var merged: [Route<Key>] = []
        merged.reserveCapacity(heads.count)
        var old = 0
        var last: RIBPrefix<Key>?
        for prefix in changed where prefix != last {
            last = prefix
            while old < settled.count, (settled[old].first, settled[old].length) < (prefix.first, prefix.length) {
                merged.append(settled[old])
                old += 1
            }
            if old < settled.count, settled[old].first == prefix.first, settled[old].length == prefix.length {
                old += 1
            }
            if let head = heads[prefix] { merged.append(route(prefix, head, isBetter)) }
        }
        merged += settled[old...]
        settled = merged
        changed.removeAll()
    }

    private func route(_ prefix: RIBPrefix<Key>, _ head: UInt32, _ isBetter: (RIBPath, RIBPath) -> Bool) -> Route<Key> {
        var best = paths[Int(head)]
        var place = best.next
        while place != RIBPath.none {
            let path = paths[Int(place)]
            if isBetter(path, best) { best = path }
            place = path.next
        }
        return Route(first: prefix.first, asn: best.attributes, place: 0, length: prefix.length, peers: 0)
    }
}
