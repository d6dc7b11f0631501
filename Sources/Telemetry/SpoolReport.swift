/// Batches that wait on disk until the store takes them.
public struct SpoolReport: Hashable, Sendable {
    /// Batches on disk.
    public var batches = 0
    /// Their rows.
    public var rows: UInt64 = 0
    /// Bytes of the files, unreadable ones included.
    public var bytes: UInt64 = 0
    /// Bytes that they may have; 0 when nothing is spooled.
    public var limit: UInt64 = 0
    /// When the oldest row was received, in Unix seconds; nil when there is none.
    public var oldest: UInt64?
    /// Rows that an earlier life of the process left: received then, not in this one.
    public var recoveredRows: UInt64 = 0
    /// Batches written since the start.
    public var written: UInt64 = 0
    /// Their rows.
    public var writtenRows: UInt64 = 0
    /// Batches stored from here since the start.
    public var replayed: UInt64 = 0
    /// Their rows.
    public var replayedRows: UInt64 = 0
    /// Rows of batches that made room for newer ones.
    public var droppedRows: UInt64 = 0
    /// Files that were set aside because they can't be read.
    public var broken: UInt64 = 0
    /// Their rows, as far as the files tell.
    public var brokenRows: UInt64 = 0
    /// Why the last batch couldn't be written, until one is again.
    public var problem: String?

    /// An empty spool.
    public init() {}
}
