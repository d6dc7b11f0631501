import NetTypes
import WireFormat

/// Reads the records of the two kinds of tables, which differ in what a record is.
///
/// In TABLE_DUMP_V2 a record is a prefix with an entry for each peer. In
/// TABLE_DUMP a record is one peer's entry, and those of a prefix follow each
/// other; so the prefix at hand is open until another comes.
struct MRTTables: Sendable {
    static let tableDump: UInt16 = 12
    static let tableDumpV2: UInt16 = 13

    /// The subtypes of TABLE_DUMP_V2 that are read (RFC 6396 section 4.3, RFC 8050 section 4).
    enum Kind: UInt16 {
        case peerIndexTable = 1
        case v4Unicast = 2
        case v6Unicast = 4
        case generic = 6
        case v4UnicastAddPath = 8
        case v6UnicastAddPath = 10

        /// Whether a number for the path stands in each entry.
        var hasPathIdentifier: Bool { self == .v4UnicastAddPath || self == .v6UnicastAddPath }
    }

    /// Peers of a TABLE_DUMP that are told apart; no collector has as many.
    private static let mostPeers = 65536

    /// The AS of each peer, by its index (TABLE_DUMP_V2).
    private var peers: [UInt32] = []
    /// The number of each peer by its address (TABLE_DUMP).
    private var numbers: [IPAddress: UInt32] = [:]
    /// The prefix whose entries are coming (TABLE_DUMP).
    private var open: Prefix?
    private var vote = OriginVote()

    /// Reads the bytes of a record.
    mutating func read(
        _ record: RawSpan,
        _ header: MRTFraming.Header,
        _ counters: inout RouteCounters,
        into builder: inout AddressMapBuilder
    ) {
        var reader = WireReader(record)
        do throws(DecodeError) {
            if header.type == Self.tableDump {
                try readEntry(&reader, bits: header.subtype == 1 ? 32 : 128, &counters, into: &builder)
            } else {
                finish(&counters, into: &builder)
                guard let kind = Kind(rawValue: header.subtype) else { throw .badStructure }
                if kind == .peerIndexTable {
                    try readPeers(&reader, &counters)
                } else {
                    try readPrefix(&reader, kind, &counters, into: &builder)
                }
            }
            if reader.remaining > 0 { counters.leftovers += 1 }
        } catch {
            counters[.malformed] += 1
        }
    }

    /// Decides on the prefix that is open.
    mutating func finish(_ counters: inout RouteCounters, into builder: inout AddressMapBuilder) {
        guard let prefix = open else { return }
        open = nil
        decide(prefix, &counters, into: &builder)
    }

    private mutating func decide(
        _ prefix: Prefix,
        _ counters: inout RouteCounters,
        into builder: inout AddressMapBuilder
    ) {
        guard let winner = vote.decide() else {
            // What is never taken is told as that, whoever announced it.
            counters.count(prefix: builder.filter.reason(toSkip: prefix) ?? .noOrigin)
            return
        }
        if winner.isContested { counters.contested += 1 }
        counters.count(prefix: builder.add(prefix, asn: winner.origin, peers: winner.peers))
    }

    private mutating func elect(
        _ attributes: RawSpan,
        peer: UInt32,
        peerAS: UInt32?,
        wide: Bool,
        _ counters: inout RouteCounters
    ) {
        do throws(DecodeError) {
            let path = try PathOrigin(attributes: attributes, wide: wide)
            if path.isEmpty { counters.emptyPaths += 1 }
            guard let origin = path.isEmpty ? peerAS : path.asn, origin != 0, vote.add(origin, peer: peer) else {
                counters[.originlessEntry] += 1
                return
            }
            counters.votes += 1
            if path.isSet { counters.sets += 1 }
            if path.isFromLongNumbers { counters.longNumbers += 1 }
        } catch {
            counters[.malformedEntry] += 1
        }
    }
}

// MARK: - TABLE_DUMP_V2

extension MRTTables {
    /// PEER_INDEX_TABLE (RFC 6396 section 4.3.1). Of a table that is cut short the peers before the cut are known.
    private mutating func readPeers(_ reader: inout WireReader, _ counters: inout RouteCounters) throws(DecodeError) {
        peers.removeAll(keepingCapacity: true)
        // Collector's identifier, the name of the view.
        try reader.skip(4)
        let name = try reader.read(UInt16.self)
        try reader.skip(Int(name))
        let count = try reader.read(UInt16.self)
        for _ in 0..<count {
            let type = try reader.read(UInt8.self)
            // BGP identifier and address; bit 0 means an IPv6 address, bit 1 four bytes of AS.
            try reader.skip(4 + (type & 1 == 0 ? 4 : 16))
            peers.append(type & 2 == 0 ? UInt32(try reader.read(UInt16.self)) : try reader.read(UInt32.self))
        }
        counters.peerTables += 1
    }

    /// RIB_IPV4_UNICAST and its likes (RFC 6396 section 4.3.2, RFC 8050 section 4.1) and RIB_GENERIC (section 4.3.3).
    private mutating func readPrefix(
        _ reader: inout WireReader,
        _ kind: Kind,
        _ counters: inout RouteCounters,
        into builder: inout AddressMapBuilder
    ) throws(DecodeError) {
        // Sequence number.
        try reader.skip(4)
        var bits = kind == .v6Unicast || kind == .v6UnicastAddPath ? 128 : 32
        if kind == .generic {
            let family = try reader.read(UInt16.self)
            let next = try reader.read(UInt8.self)
            guard family == 1 || family == 2, next == 1 else {
                counters[.otherFamily] += 1
                try reader.skip(reader.remaining)
                return
            }
            bits = family == 1 ? 32 : 128
        }
        let length = try reader.read(UInt8.self)
        let prefix = try reader.readPrefix(bits: bits, length: length, bytes: (Int(length) + 7) / 8)
        let count = try reader.read(UInt16.self)
        counters.routeRecords += 1
        counters.entries += UInt64(count)
        for index in 0..<count {
            do throws(DecodeError) {
                let peer = try reader.read(UInt16.self)
                // The time of the route's origination, the path's identifier.
                try reader.skip(kind.hasPathIdentifier ? 8 : 4)
                let length = try reader.read(UInt16.self)
                let attributes = try reader.take(Int(length))
                let peerAS = Int(peer) < peers.count ? peers[Int(peer)] : nil
                elect(attributes.rest, peer: UInt32(peer), peerAS: peerAS, wide: true, &counters)
            } catch {
                counters[.truncatedEntry] += UInt64(count - index)
                reader.skipRest()
                break
            }
        }
        decide(prefix, &counters, into: &builder)
    }
}

// MARK: - TABLE_DUMP

extension MRTTables {
    /// One peer's entry for one prefix (RFC 6396 section 4.2); AS numbers have two bytes.
    private mutating func readEntry(
        _ reader: inout WireReader,
        bits: Int,
        _ counters: inout RouteCounters,
        into builder: inout AddressMapBuilder
    ) throws(DecodeError) {
        // View and sequence number.
        try reader.skip(4)
        var address = try reader.take(bits / 8)
        let length = try reader.read(UInt8.self)
        let prefix = try address.readPrefix(bits: bits, length: length, bytes: bits / 8)
        // Status and the time of the route's origination.
        try reader.skip(5)
        var sender = try reader.take(bits / 8)
        let peer = try sender.readPrefix(bits: bits, length: UInt8(bits), bytes: bits / 8).first
        let peerAS = UInt32(try reader.read(UInt16.self))
        let count = try reader.read(UInt16.self)
        let attributes = try reader.take(Int(count))

        counters.routeRecords += 1
        counters.entries += 1
        if prefix != open {
            finish(&counters, into: &builder)
            open = prefix
        }
        guard let number = number(of: peer) else {
            counters[.originlessEntry] += 1
            return
        }
        elect(attributes.rest, peer: number, peerAS: peerAS, wide: false, &counters)
    }

    private mutating func number(of peer: IPAddress) -> UInt32? {
        if let number = numbers[peer] { return number }
        guard numbers.count < Self.mostPeers else { return nil }
        let number = UInt32(numbers.count)
        numbers[peer] = number
        return number
    }
}

extension WireReader {
    /// Moves to the end.
    fileprivate mutating func skipRest() {
        try? skip(remaining)
    }
}
