/// What is kept, what went, and how far back the room reaches.
public struct RetentionReport: Sendable {
    /// What went since the start for one reason.
    public struct Dropped: Equatable, Sendable {
        /// Raw rows; rollups' are sums of them.
        public var rows = 0
        /// On disk, rollups included.
        public var bytes = 0

        /// Nothing.
        public init() {}
    }

    /// How long rows will be kept at the rate of the last minutes.
    public struct Keeps: Equatable, Sendable {
        /// From a row's arrival to its end.
        public var seconds: Double
        /// The bound that is reached first.
        public var bound: RetentionReason
    }

    /// The bounds in force.
    public var policy: RetentionPolicy
    /// Bytes of all tables, including what is about to be deleted.
    public var usedBytes = 0
    /// Bytes that stay free on the disk.
    public var freeFloor = 0
    /// By reason; a reason without an entry dropped nothing.
    public var dropped: [RetentionReason: Dropped] = [:]
    /// Raw rows that came in a second, over the last minutes; nil in the first half minute.
    public var rowsPerSecond: Double?
    /// Bytes on disk of a raw row, on average; nil while there are too few.
    public var bytesPerRow: Double?
    /// nil while nothing comes in or it isn't known yet.
    public var keeps: Keeps?
    /// Bytes that are too many although nothing more can go.
    public var missing = 0

    init(policy: RetentionPolicy) {
        self.policy = policy
    }
}
