public import Enrichment

/// A dump of one router's table, as MRT and maybe compressed.
public struct RouterDumpFile {
    /// What was in a file.
    public struct Report: Sendable {
        /// The router's routes.
        public var table: RouterTable
        /// What came and what became of it.
        public var counters: RouterDump.Counters
    }

    /// The file.
    public let path: String

    /// Names a file; it is opened when it is read.
    public init(_ path: String) {
        self.path = path
    }

    /// Reads the file.
    ///
    /// - Parameter most: bytes that its routes may take.
    /// - Throws: when it can't be opened or read, ends early, has no route or too many.
    public func read(most: Int) throws(SourceError) -> Report {
        var dump = RouterDump(most: most)
        let isWhole = try SourceFile(path).read { bytes in
            dump.read(bytes)
            return !dump.counters.isFull
        }
        let table = dump.finish(isWhole: isWhole)
        let counters = dump.counters
        if counters.isFull {
            throw SourceError(path: path, reason: "its routes take more than half of enrichment.bmp.memory; raise that")
        }
        if counters.isTruncated { throw SourceError(path: path, reason: "it is damaged or cut short") }
        if counters.prefixes == 0 {
            throw SourceError(path: path, reason: "it has no unicast route of TABLE_DUMP_V2 (RFC 6396)")
        }
        return Report(table: table, counters: counters)
    }
}
