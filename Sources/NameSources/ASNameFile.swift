public import Enrichment
import WireFormat

/// A file of names of ASes, in any of the forms of ``ASNameReader``.
public struct ASNameFile {
    /// What was in a file.
    public struct Report: Sendable {
        /// The names.
        public var names: ASNames
        /// Lines that named no AS.
        public var skipped: Int
        /// The first lines that began with an AS number and couldn't be read.
        public var problems: [LineProblem]
        /// Whether the compressed data ended early.
        public var isTruncated: Bool
    }

    /// The file.
    public let path: String

    /// Names a file; it is opened when it is read.
    public init(_ path: String) {
        self.path = path
    }

    /// Reads the file.
    ///
    /// - Throws: when it can't be opened or read.
    public func read() throws(SourceError) -> Report {
        var reader = ASNameReader()
        let isWhole = try SourceFile(path).read { bytes in
            reader.read(bytes)
            return true
        }
        reader.finish()
        return Report(
            names: reader.names,
            skipped: reader.skipped,
            problems: reader.problems,
            isTruncated: !isWhole
        )
    }
}
