import NetTypes

/// Addresses within any of some prefixes, as ranges that neither touch nor overlap.
///
/// A look-up is made twice for every row, so the families stand apart, in
/// arrays of plain numbers: a binary search over 32 bits for IPv4, which most are.
struct AddressSet: Sendable {
    private var firstV4: [UInt32] = []
    private var lastV4: [UInt32] = []
    private var first: [IPAddress] = []
    private var last: [IPAddress] = []

    /// The ranges, in order, each with its first and its last address.
    let ranges: [(first: IPAddress, last: IPAddress)]

    var isEmpty: Bool { ranges.isEmpty }

    init(_ prefixes: [Prefix]) {
        var ranges: [(first: IPAddress, last: IPAddress)] = []
        for prefix in prefixes.sorted() {
            if let open = ranges.last, prefix.first <= open.last || open.last.isFollowed(by: prefix.first) {
                ranges[ranges.count - 1].last = max(open.last, prefix.last)
            } else {
                ranges.append((prefix.first, prefix.last))
            }
        }
        self.ranges = ranges
        // A range such as ::/0 holds IPv4 addresses, too: what of each is IPv4 also stands with those.
        let (lowest, highest) = (IPAddress(v4: 0), IPAddress(v4: .max))
        for range in ranges {
            let (from, to) = (max(range.first, lowest), min(range.last, highest))
            if from <= to {
                firstV4.append(from.v4)
                lastV4.append(to.v4)
            }
            first.append(range.first)
            last.append(range.last)
        }
    }

    /// Whether the address is in one of the prefixes.
    @inline(__always)
    func contains(_ address: IPAddress) -> Bool {
        address.isV4
            ? Self.holds(firstV4, lastV4, address.v4)
            : Self.holds(first, last, address)
    }

    /// Looks for the last range that begins at or before the value.
    @inline(__always)
    private static func holds<Value: Comparable>(_ firsts: [Value], _ lasts: [Value], _ value: Value) -> Bool {
        var low = 0
        var high = firsts.count
        while low < high {
            let middle = (low &+ high) >> 1
            if firsts[middle] <= value { low = middle &+ 1 } else { high = middle }
        }
        return low > 0 && value <= lasts[low &- 1]
    }
}

extension IPAddress {
    /// Whether `other` is the next address.
    fileprivate func isFollowed(by other: IPAddress) -> Bool {
        low == .max
            ? high != .max && other.high == high &+ 1 && other.low == 0
            : other.high == high && other.low == low &+ 1
    }
}
