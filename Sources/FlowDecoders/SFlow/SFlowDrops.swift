import NetTypes

/// How many samples agents lost, from counts that only grow.
///
/// Every flow sample tells how many its data source has lost since it
/// started; the increase is what matters. The table is of a fixed size, with
/// one place for each hash: two sources that share a place forget each other,
/// which makes the loss look smaller, and nothing that is sent makes it grow.
struct SFlowDrops: Sendable {
    /// What a data source told last.
    struct Place {
        fileprivate var key: UInt64
        fileprivate var drops: UInt32
    }

    private static let count = 4096
    /// The table; its `increase` is what it is for.
    var places = Array(repeating: Place(key: 0, drops: 0), count: count)

    /// A mix of who counts, the same for all samples of a datagram.
    @inline(__always)
    static func key(_ source: SFlowHeader.Source) -> UInt64 {
        let mix = (source.agent.high ^ UInt64(source.subAgent) << 32) &* 0x9E37_79B9_7F4A_7C15
        return (mix ^ mix >> 29 ^ source.agent.low) &* 0xBF58_476D_1CE4_E5B9
    }
}

extension MutableSpan<SFlowDrops.Place> {
    /// The samples lost since the last sample of the same data source; 0 for
    /// the first one and after a restart.
    ///
    /// - Parameter source: ``SFlowDrops/key(_:)`` of who counts.
    @inline(__always)
    mutating func increase(_ dataSource: UInt32, _ drops: UInt32, from source: UInt64) -> UInt64 {
        // Multiplication with a large odd number brings every bit up to those that choose the place.
        let key = (source ^ source >> 32 ^ UInt64(dataSource)) &* 0x9E37_79B9_7F4A_7C15
        let index = Int(truncatingIfNeeded: key >> 52)
        let last = self[index]
        self[index] = SFlowDrops.Place(key: key, drops: drops)
        guard last.key == key else { return 0 }
        let increase = drops &- last.drops
        // More than half the range is a step back: a restart, or datagrams in another order.
        return increase < 0x8000_0000 ? UInt64(increase) : 0
    }
}
