/// Why rows went; the raw values are published.
public enum RetentionReason: String, CaseIterable, Sendable {
    /// Older than ``RetentionPolicy/days``.
    case time
    /// Over ``RetentionPolicy/size``.
    case size
    /// Less than ``RetentionPolicy/freeSpace`` was free.
    case freeSpace = "free_space"
}

/// What has to go, from what takes room: nothing here touches the store.
struct RetentionPlan: Equatable {
    /// Parts all of whose rows are too old.
    var expired: [StoredPart] = []
    /// The oldest parts, where there is too little room.
    var surplus: [StoredPart] = []
    /// Why there is.
    var reason = RetentionReason.size
    /// Bytes that are still too many when all of this is gone.
    var missing = 0

    /// - Parameters:
    ///   - now: seconds since 1970 UTC.
    ///   - growth: bytes that may come until the next look.
    init(_ usage: StoreUsage, policy: RetentionPolicy, now: Int, growth: Int) {
        let oldest = now - policy.days * 86_400
        expired = usage.parts.filter { $0.isRaw && $0.times.upperBound <= oldest }
        let expiredBytes = expired.reduce(0) { $0 + $1.bytes }

        // Parts that a merge replaced are gone in a moment: they count as used, yet also as free.
        let floor = policy.floor(of: usage.disk)
        var over = max(0, floor - usage.free - usage.otherBytes)
        reason = .freeSpace
        if let size = policy.size {
            // A budget is kept at all times, so what will have come counts, though never half of it.
            let overSize = usage.bytes + min(growth, size / 2) - size
            if overSize > over { (over, reason) = (overSize, .size) }
        }
        over -= expiredBytes
        guard over > 0 else { return }
        // A little more, so that not every look has to drop something.
        let goal = over + (policy.size ?? usage.bytes) / 32
        var dropped = 0
        for part in Self.order(usage, without: Set(expired), room: policy.size ?? usage.bytes) where dropped < goal {
            surplus.append(part)
            dropped += part.bytes
        }
        missing = max(0, over - dropped)
    }

    /// What goes first: the oldest raw rows, then the oldest of rollups, which
    /// are small and reach far back. Rollups that fill half of the room go
    /// before raw rows. The newest part of each table stays: more is coming in beside it.
    private static func order(_ usage: StoreUsage, without expired: Set<StoredPart>, room: Int) -> [StoredPart] {
        func oldestFirst(_ parts: [StoredPart]) -> [StoredPart] {
            let newest = Dictionary(grouping: parts, by: \.table).values.compactMap { $0.max(by: isOlder) }
            return parts.filter { !newest.contains($0) && !expired.contains($0) }.sorted(by: isOlder)
        }
        let raw = oldestFirst(usage.parts.filter(\.isRaw))
        let rollups = oldestFirst(usage.parts.filter { !$0.isRaw })
        let rollupBytes = usage.parts.reduce(0) { $0 + ($1.isRaw ? 0 : $1.bytes) }
        return rollupBytes > room / 2 ? rollups + raw : raw + rollups
    }

    private static func isOlder(_ a: StoredPart, _ b: StoredPart) -> Bool {
        (a.times.upperBound, a.times.lowerBound, a.name) < (b.times.upperBound, b.times.lowerBound, b.name)
    }
}
