import NetTypes
import WireFormat

/// Reads the tables of MRT files: TABLE_DUMP and TABLE_DUMP_V2 (RFC 6396
/// sections 4.2 and 4.3), with ADD-PATH (RFC 8050).
///
/// The file comes in pieces of any size. An entry is forgotten as soon as its
/// origin has a vote, and a prefix as soon as its route is in the builder.
/// Input is hostile: whatever comes is read, or skipped and counted.
public struct MRTReader: Sendable {
    /// Bytes of the largest record that is read. An entry for each of a
    /// collector's 100 peers, with long paths and many communities, takes a
    /// hundredth of this.
    public static let largestRecord = 16 << 20

    /// What came and what became of it.
    public private(set) var counters = RouteCounters()

    private var framing = MRTFraming()
    private var tables = MRTTables()

    /// Makes a reader at the beginning of a file.
    public init() {}

    /// Whether a file may be MRT, by its first 12 bytes.
    public static func isPlausible(_ bytes: RawSpan) -> Bool { MRTFraming.isPlausible(bytes) }

    /// Reads the next bytes of the file.
    public mutating func read(_ bytes: RawSpan, into builder: inout AddressMapBuilder) {
        var counters = counters
        var tables = tables
        framing.feed(bytes) { header in
            let reason = Self.reason(toSkip: header)
            guard let reason else { return .read }
            counters.records += 1
            counters[reason] += 1
            return .skip
        } body: { header, record in
            counters.records += 1
            tables.read(record, header, &counters, into: &builder)
        }
        self.tables = tables
        self.counters = counters
    }

    /// Ends the file.
    ///
    /// - Parameter isWhole: false when the source broke off before its end.
    public mutating func finish(isWhole: Bool = true, into builder: inout AddressMapBuilder) {
        tables.finish(&counters, into: &builder)
        if framing.isWithinRecord || !isWhole { counters.isTruncated = true }
    }

    /// Why a record isn't read; nil when it is.
    private static func reason(toSkip header: MRTFraming.Header) -> RouteSkip? {
        switch header.type {
        case MRTTables.tableDump:
            if header.subtype != 1, header.subtype != 2 { return .otherSubtype }
        case MRTTables.tableDumpV2:
            if MRTTables.Kind(rawValue: header.subtype) == nil { return .otherSubtype }
        // Among them BGP4MP_ET, whose length covers its four bytes of microseconds (RFC 6396 section 3).
        default:
            return .otherType
        }
        return header.length > largestRecord ? .oversized : nil
    }
}
