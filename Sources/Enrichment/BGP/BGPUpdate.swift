public import NetTypes
public import WireFormat

/// What a BGP UPDATE says of unicast routes (RFC 4271 section 4.3, RFC 4760).
///
/// What is wrong with a route's attributes withdraws it, as RFC 7606 has it; a
/// message in which routes can't be told apart any more is refused whole.
public struct BGPUpdate: Equatable, Sendable {
    /// Routes that are gone.
    public internal(set) var withdrawn: [BGPRoute] = []
    /// Routes that are new or have changed.
    public internal(set) var announced: [BGPRoute] = []
    /// The attributes of ``announced``; at most two sets, since those of MP_REACH_NLRI have a next hop of their own.
    public internal(set) var attributes: [RouteAttributes] = []
    /// The family of which all has been told (RFC 4724 section 2).
    public internal(set) var endOfRIB: BGPFamily?
    /// Routes that are among ``withdrawn`` since their attributes are malformed.
    public internal(set) var treatedAsWithdrawn = 0
    /// Parts of families other than unicast IPv4 and IPv6, which aren't read.
    public internal(set) var otherFamilies = 0

    /// An UPDATE that says nothing.
    init() {}
}

/// A family of addresses.
public enum BGPFamily: UInt8, CaseIterable, Sendable {
    case v4 = 1
    case v6 = 2

    /// Bits of an address.
    var bits: Int { self == .v4 ? 32 : 128 }
}

/// A prefix of an UPDATE.
public struct BGPRoute: Equatable, Sendable {
    /// The prefix.
    public var prefix: Prefix
    /// Its family: a prefix of IPv6 may look like one of IPv4.
    public var family: BGPFamily
    /// The path's identifier (RFC 7911); 0 where there is none.
    public var path: UInt32
    /// Index into ``BGPUpdate/attributes``; 0 for one that is gone.
    public var attributes: Int
}

/// How the UPDATEs of a peer are written.
public struct BGPEncoding: Hashable, Sendable {
    /// AS_PATH has numbers of four bytes (RFC 6793).
    public var wide = true
    /// Prefixes of IPv4 have path identifiers (RFC 7911).
    public var addPathV4 = false
    /// Prefixes of IPv6 have path identifiers.
    public var addPathV6 = false
    /// ORIGIN and AS_PATH have to be there (RFC 7606 section 3 d); routers leave them out for routes of their own.
    public var isComplete = true
    /// The router's own AS, which is taken off the front of paths; 0 takes nothing. Nobody has a route with its own AS
    /// in front from others, but FRR 8.4 puts it there when it tells what it has behind its policy.
    public var ownAS: UInt32 = 0

    /// What is usual today.
    public init() {}

    /// Whether prefixes of a family have path identifiers.
    func addPath(_ family: BGPFamily) -> Bool { family == .v4 ? addPathV4 : addPathV6 }
}

extension BGPUpdate {
    /// Reads the body of an UPDATE, what is behind the 19 bytes of the header.
    ///
    /// - Throws: when routes can't be told apart (RFC 7606 section 3 j and section 5.3).
    public init(_ body: RawSpan, _ encoding: BGPEncoding) throws(DecodeError) {
        var reader = WireReader(body)
        let withdrawnLength = Int(try reader.read(UInt16.self))
        var gone = try reader.take(withdrawnLength)
        let attributesLength = Int(try reader.read(UInt16.self))
        // Attributes that reach beyond the message: where the NLRI begin can't be known.
        let attributes = try reader.take(attributesLength)
        try Self.readRoutes(&gone, .v4, encoding, into: &withdrawn)

        var fields = AttributeFields()
        fields.read(attributes.rest)
        guard !fields.isAmbiguous else { throw .badStructure }
        if fields.hasUnreach { try readUnreach(attributes.rest.extracting(fields.unreach), encoding) }

        var reached: [BGPRoute] = []
        var nextHop = IPAddress.unspecified
        if fields.hasReach { try readReach(attributes.rest.extracting(fields.reach), encoding, &reached, &nextHop) }
        var plain: [BGPRoute] = []
        try Self.readRoutes(&reader, .v4, encoding, into: &plain)

        if body.byteCount == 4 { endOfRIB = .v4 }
        guard !plain.isEmpty || !reached.isEmpty else { return }
        guard let common = fields.attributes(in: attributes.rest, encoding),
            plain.isEmpty || fields.nextHop != nil
        else {
            treatedAsWithdrawn = plain.count + reached.count
            withdrawn += plain + reached
            return
        }
        announce(plain, common, nextHop: fields.nextHop ?? .unspecified)
        announce(reached, common, nextHop: nextHop)
    }

    private mutating func announce(_ routes: [BGPRoute], _ common: RouteAttributes, nextHop: IPAddress) {
        guard !routes.isEmpty else { return }
        var own = common
        own.nextHop = nextHop
        let index = attributes.count
        attributes.append(own)
        if announced.isEmpty, index == 0 {
            announced = routes
            return
        }
        for var route in routes {
            route.attributes = index
            announced.append(route)
        }
    }

    /// MP_UNREACH_NLRI (RFC 4760 section 4).
    private mutating func readUnreach(_ value: RawSpan, _ encoding: BGPEncoding) throws(DecodeError) {
        var reader = WireReader(value)
        guard let family = try Self.readFamily(&reader) else {
            otherFamilies += 1
            return
        }
        if reader.remaining == 0 { endOfRIB = family }
        try Self.readRoutes(&reader, family, encoding, into: &withdrawn)
    }

    /// MP_REACH_NLRI (RFC 4760 section 3).
    private mutating func readReach(
        _ value: RawSpan,
        _ encoding: BGPEncoding,
        _ routes: inout [BGPRoute],
        _ nextHop: inout IPAddress
    ) throws(DecodeError) {
        var reader = WireReader(value)
        guard let family = try Self.readFamily(&reader) else {
            otherFamilies += 1
            return
        }
        let length = Int(try reader.read(UInt8.self))
        var hop = try reader.take(length)
        switch (family, length) {
        // Of a global and a link-local address the first is the global one (RFC 2545 section 3); IPv4 may
        // have next hops of IPv6 (RFC 8950).
        case (_, 16), (_, 32): nextHop = try hop.readAddress(bits: 128)
        case (.v4, 4): nextHop = try hop.readAddress(bits: 32)
        default: throw .badLength
        }
        // Reserved.
        try reader.skip(1)
        try Self.readRoutes(&reader, family, encoding, into: &routes)
    }

    /// Family of addresses, and kind of routes; nil for what isn't read.
    private static func readFamily(_ reader: inout WireReader) throws(DecodeError) -> BGPFamily? {
        let family = try reader.read(UInt16.self)
        let kind = try reader.read(UInt8.self)
        guard kind == 1, family < 3 else { return nil }
        return BGPFamily(rawValue: UInt8(truncatingIfNeeded: family))
    }

    private static func readRoutes(
        _ reader: inout WireReader,
        _ family: BGPFamily,
        _ encoding: BGPEncoding,
        into routes: inout [BGPRoute]
    ) throws(DecodeError) {
        let addPath = encoding.addPath(family)
        while reader.remaining > 0 {
            let path = addPath ? try reader.read(UInt32.self) : 0
            let prefix = try reader.readNLRI(bits: family.bits)
            routes.append(BGPRoute(prefix: prefix, family: family, path: path, attributes: 0))
        }
    }
}
