import NetTypes
import WireFormat

/// Reads a dump of one router's table (TABLE_DUMP_V2, RFC 6396 section 4.3) as the routes that its packets take.
///
/// ``MRTReader`` asks of a collector's table who originates a prefix, and lets peers vote. Here the table is a router's
/// own, and of a prefix's entries the one counts that the router would have chosen, with its next hop and its path.
/// Input is hostile: whatever comes is read, or skipped and counted.
public struct RouterDump: Sendable {
    /// What came and what became of it.
    public struct Counters: Hashable, Sendable {
        /// Prefixes with a route.
        public var prefixes = 0
        /// Entries: a prefix has one for each peer.
        public var entries = 0
        /// Records that aren't unicast routes of TABLE_DUMP_V2.
        public var skipped = 0
        /// Records and entries that contradict themselves, and prefixes that no entry is left of.
        public var malformed = 0
        /// The file ended within a record, or its source did.
        public var isTruncated = false
        /// Routes were left out, since there was no room for more.
        public var isFull = false
    }

    /// What came so far.
    public private(set) var counters = Counters()

    private let most: Int
    private var framing = MRTFraming()
    private var attributes = AttributeTable()
    private var v4: [Route<UInt32>] = []
    private var v6: [Route<UInt128>] = []

    /// Routes of a router's own may lack ORIGIN and AS_PATH.
    private static let encoding: BGPEncoding = {
        var encoding = BGPEncoding()
        encoding.isComplete = false
        return encoding
    }()

    /// - Parameter most: bytes up to which routes are taken.
    public init(most: Int) {
        self.most = most
    }

    /// Reads the next bytes of the file.
    public mutating func read(_ bytes: RawSpan) {
        var framing = MRTFraming()
        swap(&framing, &self.framing)
        var skipped = 0
        framing.feed(bytes) { header in
            guard header.type == MRTTables.tableDumpV2, let kind = MRTTables.Kind(rawValue: header.subtype),
                kind != .peerIndexTable, kind != .generic, header.length <= MRTReader.largestRecord
            else {
                skipped += 1
                return .skip
            }
            return .read
        } body: { header, record in
            guard let kind = MRTTables.Kind(rawValue: header.subtype) else { return }
            do throws(DecodeError) { try readPrefix(record, kind) } catch { counters.malformed += 1 }
        }
        counters.skipped += skipped
        self.framing = framing
    }

    /// Ends the file.
    ///
    /// - Parameter isWhole: false when the source broke off before its end.
    /// - Returns: the table of all its routes.
    public mutating func finish(isWhole: Bool = true) -> RouterTable {
        counters.isTruncated = framing.isWithinRecord || !isWhole
        settle(&v4)
        settle(&v6)
        counters.prefixes = v4.count + v6.count
        let table = RouterTable(
            v4: IntervalTable(routes: v4),
            v6: IntervalTable(routes: v6),
            attributes: attributes.sets
        )
        (v4, v6, attributes) = ([], [], AttributeTable())
        return table
    }

    // MARK: - Records

    /// RIB_IPV4_UNICAST and its likes (RFC 6396 section 4.3.2, RFC 8050 section 4.1).
    private mutating func readPrefix(_ record: RawSpan, _ kind: MRTTables.Kind) throws(DecodeError) {
        var reader = WireReader(record)
        // Sequence number.
        try reader.skip(4)
        let isV4 = kind == .v4Unicast || kind == .v4UnicastAddPath
        let length = try reader.read(UInt8.self)
        let prefix = try reader.readPrefix(bits: isV4 ? 32 : 128, length: length, bytes: (Int(length) + 7) / 8)
        let count = try reader.read(UInt16.self)
        var best: RouteAttributes?
        for _ in 0..<count {
            // The peer, the time of the route's origination, the path's identifier.
            try reader.skip(kind.hasPathIdentifier ? 10 : 6)
            let size = Int(try reader.read(UInt16.self))
            let entry = try reader.take(size)
            counters.entries += 1
            guard let found = Self.attributes(entry.rest) else {
                counters.malformed += 1
                continue
            }
            guard let known = best else {
                best = found
                continue
            }
            if found.isBetter(than: known) == true { best = found }
        }
        guard let best else {
            counters.malformed += 1
            return
        }
        add(prefix, length, isV4: isV4, best)
    }

    private mutating func add(_ prefix: Prefix, _ length: UInt8, isV4: Bool, _ set: RouteAttributes) {
        // Routes, and about half as many intervals again.
        let bytes = attributes.bytes + v4.count * 40 + v6.count * 96
        guard bytes < most else {
            counters.isFull = true
            return
        }
        let number = attributes.retain(set)
        if isV4 {
            v4.append(Route(first: prefix.first.v4, asn: number, place: 0, length: length, peers: 0))
        } else {
            let first = UInt128(prefix.first.high) << 64 | UInt128(prefix.first.low)
            v6.append(Route(first: first, asn: number, place: 0, length: length, peers: 0))
        }
    }

    /// An entry's attributes with its next hop; nil when they are malformed.
    private static func attributes(_ entry: RawSpan) -> RouteAttributes? {
        var fields = AttributeFields()
        fields.read(entry, checksFlags: false)
        guard !fields.isAmbiguous, var result = fields.attributes(in: entry, encoding) else { return nil }
        result.nextHop = fields.nextHop ?? .unspecified
        if fields.hasReach, let hop = try? nextHop(in: entry.extracting(fields.reach)) { result.nextHop = hop }
        return result
    }

    /// The next hop in MP_REACH_NLRI, which RFC 6396 section 4.3.4 cuts down to it; some write all of it.
    private static func nextHop(in reach: RawSpan) throws(DecodeError) -> IPAddress {
        var reader = WireReader(reach)
        if let first = reader.peek(UInt8.self), Int(first) != reach.byteCount - 1 {
            // Family of addresses, kind of routes (RFC 4760 section 3).
            try reader.skip(3)
        }
        let length = Int(try reader.read(UInt8.self))
        var hop = try reader.take(length)
        switch length {
        // Of a global and a link-local address the first is the global one (RFC 2545 section 3).
        case 16, 32: return try hop.readAddress(bits: 128)
        case 4: return try hop.readAddress(bits: 32)
        default: throw .badLength
        }
    }

    // MARK: - The table

    /// Sorts routes and leaves the best for each prefix.
    private func settle<Key: MapKey>(_ routes: inout [Route<Key>]) {
        routes.sort { ($0.first, $0.length) < ($1.first, $1.length) }
        var kept = 0
        for route in routes {
            if kept > 0, routes[kept - 1].first == route.first, routes[kept - 1].length == route.length {
                let known = attributes.sets[Int(routes[kept - 1].asn)]
                if attributes.sets[Int(route.asn)].isBetter(than: known) == true { routes[kept - 1] = route }
            } else {
                routes[kept] = route
                kept += 1
            }
        }
        routes.removeLast(routes.count - kept)
    }
}
