public import Enrichment
import WireFormat

/// A file with a ``NameList``.
public struct NameListFile {
    /// What was in a file.
    public struct Report: Sendable {
        /// The names and classes.
        public var list: NameList
        /// Lines that named something.
        public var named: Int
        /// Lines that couldn't be read.
        public var bad: Int
        /// The first lines that couldn't be read.
        public var problems: [LineProblem]
        /// Why it is no list, or why only a part of it was read.
        public var failure: String?
    }

    /// The file.
    public let path: String

    /// Names a file; it is opened when it is read.
    public init(_ path: String) {
        self.path = path
    }

    /// Reads the file, inflating it when it is gzip or bzip2.
    ///
    /// - Throws: when it can't be opened or read.
    public func read() throws(SourceError) -> Report {
        var reader = NameListReader()
        let isWhole = try SourceFile(path).read { bytes in
            reader.read(bytes)
            return reader.wantsMore
        }
        reader.finish(isWhole: isWhole)
        return Report(
            list: reader.list,
            named: reader.named,
            bad: reader.bad,
            problems: reader.problems,
            failure: reader.failure
        )
    }
}
