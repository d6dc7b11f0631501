/// What a source had and what became of it.
///
/// Nothing disappears: every record is a table of peers, one that holds
/// routes, or skipped; every entry of those has a vote or is skipped; every
/// prefix is a route of the map or skipped. ``isBalanced`` says whether it adds up.
public struct RouteCounters: Hashable, Sendable {
    /// MRT records, lines, or places where a tree ends.
    public var records: UInt64 = 0
    /// MRT tables of peers (RFC 6396 section 4.3.1).
    public var peerTables: UInt64 = 0
    /// Records that hold routes.
    public var routeRecords: UInt64 = 0
    /// What peers say of prefixes: entries of MRT's tables; one for each record of other inputs.
    public var entries: UInt64 = 0
    /// Entries that named an origin.
    public var votes: UInt64 = 0
    /// Prefixes that the source tells of.
    public var prefixes: UInt64 = 0
    /// Prefixes that went into the map.
    public var routes: UInt64 = 0

    /// Prefixes that peers saw from several origins (MOAS).
    public var contested: UInt64 = 0
    /// Entries whose path ends in an AS_SET of several.
    public var sets: UInt64 = 0
    /// Entries with an empty path, which stand for their peer's AS.
    public var emptyPaths: UInt64 = 0
    /// Entries whose origin was in AS4_PATH (RFC 6793).
    public var longNumbers: UInt64 = 0
    /// Records with bytes behind what was to be read.
    public var leftovers: UInt64 = 0
    /// Whether the source ended within a record, or couldn't be inflated to its end.
    public var isTruncated = false

    private var skips = [UInt64](repeating: 0, count: RouteSkip.allCases.count)

    /// Makes counters at 0.
    public init() {}

    /// How many were skipped for a reason, in its unit.
    public subscript(reason: RouteSkip) -> UInt64 {
        get { skips[reason.index] }
        set { skips[reason.index] = newValue }
    }

    /// How many of a unit were skipped.
    public func skipped(_ unit: RouteSkip.Unit) -> UInt64 {
        RouteSkip.allCases.filter { $0.unit == unit }.reduce(0) { $0 + self[$1] }
    }

    /// Whether everything that came in is accounted for.
    public var isBalanced: Bool {
        records == peerTables + routeRecords + skipped(.record) && entries == votes + skipped(.entry)
            && prefixes == routes + skipped(.prefix)
    }

    /// Counts a prefix as a route or as skipped.
    mutating func count(prefix reason: RouteSkip?) {
        prefixes += 1
        if let reason { self[reason] += 1 } else { routes += 1 }
    }
}

/// Why something of a source didn't go into the map. The raw value is the reason's name in metrics and messages.
public enum RouteSkip: String, CaseIterable, Sendable {
    /// An MRT record of another type than the tables (updates, states).
    case otherType = "other_type"
    /// A table that isn't unicast, or that this program can't read: RIB_GENERIC_ADDPATH, of which
    /// writers and RFC 8050 section 4.2 make different things.
    case otherSubtype = "other_subtype"
    /// A generic table of another family than unicast IPv4 and IPv6.
    case otherFamily = "other_family"
    /// An MRT record larger than all that exist.
    case oversized
    /// A record that contradicts itself before its entries; a line that can't be read.
    case malformed
    /// An empty line, a comment or a header.
    case blank
    /// A second way in a tree to what was read already: MMDB's 6to4 and Teredo.
    case alias
    /// An entry that isn't there in full.
    case truncatedEntry = "truncated_entry"
    /// An entry whose attributes, or data, contradict themselves.
    case malformedEntry = "malformed_entry"
    /// An entry without origin: an empty path and an unknown peer, or AS 0 (RFC 7607).
    case originlessEntry = "originless_entry"
    /// A prefix of which no entry gave an origin, and no source a place.
    case noOrigin = "no_origin"
    /// A prefix of length 0.
    case defaultRoute = "default_route"
    /// A prefix longer than the filter takes.
    case tooSpecific = "too_specific"
    /// A prefix that nobody may announce to the Internet.
    case bogon

    /// What the reason counts.
    public enum Unit: Sendable {
        case record, entry, prefix
    }

    /// What the reason counts.
    public var unit: Unit {
        switch self {
        case .otherType, .otherSubtype, .otherFamily, .oversized, .malformed, .blank, .alias: .record
        case .truncatedEntry, .malformedEntry, .originlessEntry: .entry
        case .noOrigin, .defaultRoute, .tooSpecific, .bogon: .prefix
        }
    }

    /// The case's place in `allCases`.
    fileprivate var index: Int {
        switch self {
        case .otherType: 0
        case .otherSubtype: 1
        case .otherFamily: 2
        case .oversized: 3
        case .malformed: 4
        case .blank: 5
        case .alias: 6
        case .truncatedEntry: 7
        case .malformedEntry: 8
        case .originlessEntry: 9
        case .noOrigin: 10
        case .defaultRoute: 11
        case .tooSpecific: 12
        case .bogon: 13
        }
    }
}
