/// How much of the past is kept: by age, by bytes, and by what stays free on the disk.
public struct RetentionPolicy: Equatable, Sendable {
    /// Days after which rows go.
    public var days: Int
    /// Bytes that all tables may take together; nil: as many as the disk has.
    public var size: Int?
    /// Bytes that stay free on the disk; nil: by the disk's size, see ``floor(of:)``.
    public var freeSpace: Int?

    /// Sets the bounds.
    public init(days: Int, size: Int? = nil, freeSpace: Int? = nil) {
        self.days = days
        self.size = size
        self.freeSpace = freeSpace
    }

    /// Bytes that stay free on a disk of a size: 5 % of it, at least 1 GB for
    /// what comes and the merges behind it, at most 10 GB; never more than half of it.
    public func floor(of disk: Int) -> Int {
        freeSpace ?? min(max(min(disk / 20, 10_000_000_000), 1_000_000_000), disk / 2)
    }
}

extension RetentionPolicy {
    /// Into how many pieces the room is cut: the oldest goes in pieces of one
    /// part, and no merge makes a part larger than one piece.
    private static let pieces = 16

    /// The largest part, in bytes, that a merge may make on a disk of a size.
    func largestPart(disk: Int) -> Int {
        min(max(room(disk: disk) / Self.pieces, 1 << 20), 150 << 30)
    }

    /// Seconds that the parts stay which a merge has replaced.
    ///
    /// The engine doesn't sync what it merges: for a minute the system may not
    /// have written it, and a power cut would cost rows of which the merged
    /// parts were the only copy. A budget that a minute's parts would fill
    /// can't afford that, nor the seconds until ``EmbeddedStore/mendMerges()``
    /// has looked at what was merged.
    func oldPartSeconds(disk: Int) -> Int {
        min(60, room(disk: disk) / 700_000_000)
    }

    private func room(disk: Int) -> Int { min(size ?? .max, max(0, disk - floor(of: disk))) }
}
