import WireFormat

/// The AS that a path says the route comes from, by BGP's attributes (RFC 4271 section 4.3).
///
/// It exists for the odd ends of paths: sets, confederations, numbers that
/// didn't fit, and paths that are empty. Only AS_PATH and AS4_PATH are read.
/// MP_REACH_NLRI, which the tables hold cut down to the next hop (RFC 6396
/// section 4.3.4) and some writers in full, has its length like any other
/// attribute, and both forms are passed over.
struct PathOrigin {
    /// The origin; 0 when there is none.
    private(set) var asn: UInt32 = 0
    /// No AS outside of the peer's own confederation is in the path.
    private(set) var isEmpty = true
    /// The path ends in a set of several, of which ``asn`` is the lowest.
    private(set) var isSet = false
    /// AS4_PATH had the number.
    private(set) var isFromLongNumbers = false

    /// What stands for a number of four bytes where there are two (RFC 6793 section 9).
    private static let stand: UInt32 = 23456

    private enum Attribute {
        static let path: UInt8 = 2
        static let longPath: UInt8 = 17
    }

    /// Reads a list of attributes.
    ///
    /// - Parameter wide: AS_PATH has numbers of four bytes, as always in TABLE_DUMP_V2.
    init(attributes: RawSpan, wide: Bool) throws(DecodeError) {
        var reader = WireReader(attributes)
        var path = 0..<0
        var longPath = 0..<0
        while reader.remaining > 0 {
            let flags = try reader.read(UInt8.self)
            let type = try reader.read(UInt8.self)
            // "Extended Length": two bytes of it.
            let length = flags & 0x10 == 0 ? Int(try reader.read(UInt8.self)) : Int(try reader.read(UInt16.self))
            let value = reader.offset..<reader.offset + length
            try reader.skip(length)
            switch type {
            case Attribute.path: path = value
            case Attribute.longPath: longPath = value
            default: break
            }
        }
        try self.init(path: attributes.extracting(path), longPath: attributes.extracting(longPath), wide: wide)
    }

    /// Reads the values of AS_PATH and AS4_PATH; one that isn't there is empty.
    init(path: RawSpan, longPath: RawSpan, wide: Bool) throws(DecodeError) {
        var end = try PathEnd(path, wide: wide)
        let long = try? PathEnd(longPath, wide: true)
        if end.asn == Self.stand, let long, long.asn != 0 {
            end = long
            isFromLongNumbers = true
        }
        asn = end.asn
        isEmpty = end.isEmpty
        isSet = end.isSet
    }
}

/// The last segment of a path that tells an origin.
private struct PathEnd {
    var asn: UInt32 = 0
    var isEmpty = true
    var isSet = false

    init() {}

    init(_ path: RawSpan, wide: Bool) throws(DecodeError) {
        var reader = WireReader(path)
        while reader.remaining > 0 {
            let type = try reader.read(UInt8.self)
            let count = Int(try reader.read(UInt8.self))
            var segment = try reader.take(count * (wide ? 4 : 2))
            switch type {
            case 1: try readSet(&segment, count, wide: wide)
            case 2: try readSequence(&segment, count, wide: wide)
            // AS_CONFED_SEQUENCE and AS_CONFED_SET (RFC 5065): within one AS, seen from outside.
            case 3, 4: break
            default: throw .badStructure
            }
        }
    }

    /// AS_SEQUENCE: the last one. Segments without numbers say nothing.
    private mutating func readSequence(_ segment: inout WireReader, _ count: Int, wide: Bool) throws(DecodeError) {
        guard count > 0 else { return }
        try segment.skip((count - 1) * (wide ? 4 : 2))
        asn = try Self.number(&segment, wide: wide)
        isEmpty = false
        isSet = false
    }

    /// AS_SET, in no order: the lowest that isn't 0, so that the same set gives the same origin everywhere.
    private mutating func readSet(_ segment: inout WireReader, _ count: Int, wide: Bool) throws(DecodeError) {
        guard count > 0 else { return }
        var lowest: UInt32 = 0
        var highest: UInt32 = 0
        while segment.remaining > 0 {
            let number = try Self.number(&segment, wide: wide)
            highest = max(highest, number)
            if number != 0, lowest == 0 || number < lowest { lowest = number }
        }
        asn = lowest
        isEmpty = false
        isSet = highest != lowest
    }

    private static func number(_ reader: inout WireReader, wide: Bool) throws(DecodeError) -> UInt32 {
        wide ? try reader.read(UInt32.self) : UInt32(try reader.read(UInt16.self))
    }
}
