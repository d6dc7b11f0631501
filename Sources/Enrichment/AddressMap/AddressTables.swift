import NetTypes

/// The tables of both families, for look-ups of many addresses.
struct AddressTables {
    let v4: IntervalTable<UInt32>
    let v6: IntervalTable<UInt128>

    /// What is known of each address; nil where nothing is.
    ///
    /// Each step of a look-up is done for a block of addresses before the next: they don't hang on each other, so the
    /// processor fetches for many of them at a time what isn't in its cache.
    ///
    /// - Parameter matches: at least as long.
    func find(_ addresses: Span<IPAddress>, into matches: inout MutableSpan<AddressMap.Match?>) {
        precondition(addresses.count <= matches.count)
        var places = InlineArray<64, Int>(repeating: 0)
        var start = 0
        while start < addresses.count {
            let block = start..<min(start + places.count, addresses.count)
            for number in block {
                let address = addresses[number]
                let begin = address.isV4 ? v4.begin(of: address.v4) : v6.begin(of: address.v6)
                places[number &- start] = Int(begin)
            }
            for number in block {
                let address = addresses[number]
                let begin = UInt32(truncatingIfNeeded: places[number &- start])
                places[number &- start] =
                    address.isV4
                    ? v4.position(of: address.v4, from: begin) : v6.position(of: address.v6, from: begin)
            }
            for number in block {
                let place = places[number &- start]
                matches[number] = (addresses[number].isV4 ? v4.fact(at: place) : v6.fact(at: place)).match
            }
            start = block.upperBound
        }
    }
}

extension IPAddress {
    /// All bits, of an IPv6 address.
    @inline(__always)
    fileprivate var v6: UInt128 { UInt128(head: high, tail: low) }
}
