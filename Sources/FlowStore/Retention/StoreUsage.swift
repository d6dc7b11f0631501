/// A part: rows of one table that lie together on disk and go together.
struct StoredPart: Hashable, Sendable {
    var table: String
    var name: String
    /// Raw rows; else those of a rollup.
    var isRaw: Bool
    var rows: Int
    /// On disk.
    var bytes: Int
    /// When its oldest and newest row were received, in seconds since 1970 UTC.
    var times: ClosedRange<Int>
}

/// What takes room at one moment.
struct StoreUsage: Sendable {
    /// What can be asked for and has a time. Tables without time, such as names, are none of these.
    var parts: [StoredPart] = []
    /// Bytes of everything else: parts that a merge has replaced and that are
    /// deleted soon, what running merges write, tables without time.
    var otherBytes = 0
    /// Size of the disk.
    var disk = 0
    /// Bytes free on it.
    var free = 0

    /// Bytes of everything.
    var bytes: Int { parts.reduce(otherBytes) { $0 + $1.bytes } }
    var rawBytes: Int { parts.reduce(0) { $0 + ($1.isRaw ? $1.bytes : 0) } }
    var rawRows: Int { parts.reduce(0) { $0 + ($1.isRaw ? $1.rows : 0) } }
}
