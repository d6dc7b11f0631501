/// Chooses a prefix's origin among what peers say.
///
/// Most peers win, each counted once however many paths it has; of equals the
/// lowest number. What the first entry says, which is what others take, hangs
/// on the order of a collector's sessions.
struct OriginVote: Sendable {
    /// The outcome.
    struct Winner: Equatable {
        var origin: UInt32
        /// Peers that say so.
        var peers: Int
        /// Others say otherwise.
        var isContested: Bool
    }

    /// More than a record of TABLE_DUMP_V2 can have; bounds what a made-up TABLE_DUMP makes of one prefix.
    private static let most = 1 << 17

    /// The origin in the upper half, the peer in the lower.
    private var votes: [UInt64] = []

    /// Takes a vote; false when there are too many.
    mutating func add(_ origin: UInt32, peer: UInt32) -> Bool {
        guard votes.count < Self.most else { return false }
        votes.append(UInt64(origin) << 32 | UInt64(peer))
        return true
    }

    /// Counts the votes and forgets them; nil when there were none.
    mutating func decide() -> Winner? {
        defer { votes.removeAll(keepingCapacity: true) }
        guard let first = votes.first else { return nil }
        if votes.count == 1 { return Winner(origin: origin(first), peers: 1, isContested: false) }
        sortUnlessSorted()

        var best = Winner(origin: 0, peers: 0, isContested: false)
        var present = Winner(origin: origin(first), peers: 0, isContested: false)
        var last: UInt64?
        for vote in votes where vote != last {
            last = vote
            if origin(vote) != present.origin {
                if present.peers > best.peers { best = present }
                present = Winner(origin: origin(vote), peers: 0, isContested: true)
            }
            present.peers += 1
        }
        let isContested = present.isContested
        // The present one has the highest number, so it has to have more.
        if present.peers > best.peers { best = present }
        best.isContested = isContested
        return best
    }

    private func origin(_ vote: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: vote >> 32) }

    /// Peers come in the order of their index, so where all agree there is nothing to sort.
    private mutating func sortUnlessSorted() {
        for index in 1..<votes.count where votes[index - 1] > votes[index] {
            votes.sort()
            return
        }
    }
}
