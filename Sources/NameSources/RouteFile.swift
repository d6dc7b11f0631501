public import Enrichment
import WireFormat

/// A file of routes or places in any of the known forms.
public struct RouteFile {
    /// What a file holds.
    public enum Format: String, CaseIterable, Sendable {
        /// A dump of a routing table (RFC 6396).
        case mrt
        /// `prefix,asn,country,city,name`.
        case csv
        /// A MaxMind DB.
        case mmdb
    }

    /// What was in a file.
    public struct Report: Sendable {
        /// The form that it has.
        public var format: Format
        /// What came and what became of it.
        public var counters: RouteCounters
        /// Names of ASes that it told.
        public var names = ASNames()
        /// The first lines that couldn't be read.
        public var problems: [LineProblem] = []
    }

    /// Bytes of the largest MaxMind DB; the tree has to be in memory as a whole.
    private static let largestDatabase = 2 << 30
    /// Bytes at a file's end that tell whether it is a MaxMind DB.
    private static let tailLength = 128 << 10

    /// The file.
    public let path: String
    /// What the file holds; nil when its bytes are to tell.
    public let format: Format?

    /// Names a file; it is opened when it is read.
    public init(_ path: String, format: Format? = nil) {
        self.path = path
        self.format = format
    }

    /// Reads the file.
    ///
    /// A file that ends early gives what was in it until then, and
    /// `counters.isTruncated`.
    ///
    /// - Throws: when the file can't be opened or read, or is of no known form.
    public func read(into builder: inout AddressMapBuilder) throws(SourceError) -> Report {
        let known = if let format { format } else { try detect() }
        switch known {
        case .mrt: return try readMRT(into: &builder)
        case .csv: return try readCSV(into: &builder)
        case .mmdb: return try readDatabase(into: &builder)
        }
    }

    private func readMRT(into builder: inout AddressMapBuilder) throws(SourceError) -> Report {
        var reader = MRTReader()
        let isWhole = try SourceFile(path).read { bytes in
            reader.read(bytes, into: &builder)
            return true
        }
        reader.finish(isWhole: isWhole, into: &builder)
        return Report(format: .mrt, counters: reader.counters)
    }

    private func readCSV(into builder: inout AddressMapBuilder) throws(SourceError) -> Report {
        var reader = CSVRoutes()
        let isWhole = try SourceFile(path).read { bytes in
            reader.read(bytes, into: &builder)
            return true
        }
        reader.finish(isWhole: isWhole, into: &builder)
        return Report(format: .csv, counters: reader.counters, names: reader.names, problems: reader.problems)
    }

    private func readDatabase(into builder: inout AddressMapBuilder) throws(SourceError) -> Report {
        var file: [UInt8] = []
        // Grown piece by piece it would be copied, and take twice the memory at the end.
        file.reserveCapacity(min(SourceFile(path).size, Self.largestDatabase))
        let isWhole = try SourceFile(path).read { bytes in
            bytes.withUnsafeBytes { file.append(contentsOf: $0) }
            return file.count <= Self.largestDatabase
        }
        guard isWhole, file.count <= Self.largestDatabase else {
            throw SourceError(path: path, reason: "it is damaged, cut short or larger than 2 GB")
        }
        var reader = MMDBRoutes()
        do throws(MMDBError) {
            try reader.read(file.span.bytes, into: &builder)
        } catch {
            throw SourceError(path: path, reason: error.description)
        }
        return Report(format: .mmdb, counters: reader.counters, names: reader.names)
    }

    /// The form, by the bytes at the file's ends.
    private func detect() throws(SourceError) -> Format {
        let tail = try SourceFile(path).tail(Self.tailLength)
        if MMDBRoutes.isPlausible(tail.span.bytes) { return .mmdb }
        var start: [UInt8] = []
        _ = try SourceFile(path).read { bytes in
            bytes.withUnsafeBytes { start.append(contentsOf: $0.prefix(4096)) }
            return start.count < 64
        }
        if path.hasSuffix(".mmdb.gz") || path.hasSuffix(".mmdb.bz2") { return .mmdb }
        if MRTReader.isPlausible(start.span.bytes) { return .mrt }
        guard !start.contains(0) else {
            throw SourceError(path: path, reason: "it is neither MRT nor a MaxMind DB nor comma-separated values")
        }
        return .csv
    }
}
