public import NetTypes

/// The routes that a map was made of, as far as an address is left that they decide about.
extension AddressMap {
    /// Calls `body` with each prefix that some address has its AS from, and that AS; IPv4 first.
    ///
    /// Who looks addresses up in these prefixes by the longest match gets what ``lookUp(_:)`` gives.
    public func forEachRoute(_ body: (Prefix, UInt32) -> Void) {
        v4.forEachRoute { first, length, asn in
            body(Prefix(IPAddress(v4: first), bits: 96 + Int(length)), asn)
        }
        v6.forEachRoute { first, length, asn in
            let high = UInt64(truncatingIfNeeded: first >> 64)
            body(Prefix(IPAddress(high: high, low: UInt64(truncatingIfNeeded: first)), bits: Int(length)), asn)
        }
    }
}

extension IntervalTable {
    /// Calls `body` with an address, the length of the prefix that holds it, and the prefix's AS, once for each prefix.
    ///
    /// A prefix has as many intervals as longer ones leave of it, so those around the present address are remembered.
    fileprivate func forEachRoute(_ body: (Key, UInt8, UInt32) -> Void) {
        var open: [(last: Key, length: UInt8)] = []
        for position in 0..<intervals.count {
            let interval = intervals[position]
            open.removeAll { $0.last < interval.first }
            guard let match = interval.fact.match, match.asn != 0,
                !open.contains(where: { $0.length == match.prefixLength })
            else { continue }
            let free = Key.bitWidth - Int(match.prefixLength)
            // Smart shifts give 0 when all bits are shifted out.
            open.append((interval.first | ~(~0 << free), match.prefixLength))
            body(interval.first, match.prefixLength, match.asn)
        }
    }
}
