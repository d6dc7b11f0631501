import WireFormat

/// What the OPEN of a BGP session says of how its UPDATEs are written (RFC 4271 section 4.2, RFC 5492).
struct BGPOpen {
    /// The AS of who sent it (RFC 6793 section 3).
    private(set) var asn: UInt32
    /// For each family whether paths with identifiers are received (1), sent (2) or both (RFC 7911 section 4).
    private(set) var addPathV4: UInt8 = 0
    private(set) var addPathV6: UInt8 = 0

    /// Codes of capabilities (IANA).
    private enum Code {
        static let longNumbers: UInt8 = 65
        static let addPath: UInt8 = 69
    }

    /// Reads a whole message, header included, and moves behind it.
    init(_ reader: inout WireReader) throws(DecodeError) {
        var message = try BGPHeader.take(&reader, type: .open)
        // Version.
        try message.skip(1)
        asn = UInt32(try message.read(UInt16.self))
        // Hold time, identifier.
        try message.skip(6)
        var length = Int(try message.read(UInt8.self))
        // The extended form (RFC 9072 section 2).
        let isExtended = length == 255 && message.peek(UInt8.self) == 255
        if isExtended {
            try message.skip(1)
            length = Int(try message.read(UInt16.self))
        }
        var parameters = try message.take(length)
        while parameters.remaining > 0 {
            let type = try parameters.read(UInt8.self)
            let size = isExtended ? Int(try parameters.read(UInt16.self)) : Int(try parameters.read(UInt8.self))
            var value = try parameters.take(size)
            if type == 2 { try readCapabilities(&value) }
        }
    }

    private mutating func readCapabilities(_ reader: inout WireReader) throws(DecodeError) {
        while reader.remaining > 0 {
            let code = try reader.read(UInt8.self)
            let size = Int(try reader.read(UInt8.self))
            var value = try reader.take(size)
            switch code {
            // Whether a path has such numbers is said in each message's header.
            case Code.longNumbers: asn = value.peek(UInt32.self) ?? asn
            case Code.addPath:
                while value.remaining >= 4 {
                    let family = try value.read(UInt16.self)
                    let kind = try value.read(UInt8.self)
                    let mode = try value.read(UInt8.self)
                    guard kind == 1, mode < 4 else { continue }
                    if family == 1 { addPathV4 = mode }
                    if family == 2 { addPathV6 = mode }
                }
            default: break
            }
        }
    }
}

/// The header of BGP messages (RFC 4271 section 4.1).
enum BGPHeader {
    enum MessageType: UInt8 {
        case open = 1
        case update = 2
    }

    /// Bytes of the header.
    static let length = 19

    /// Cuts out what is behind the header of the message at the reader.
    @_lifetime(copy reader)
    static func take(_ reader: inout WireReader, type: MessageType) throws(DecodeError) -> WireReader {
        // The marker: all ones, which nobody checks any more.
        try reader.skip(16)
        let size = Int(try reader.read(UInt16.self))
        let kind = try reader.read(UInt8.self)
        guard kind == type.rawValue, size >= length else { throw .badStructure }
        return try reader.take(size - length)
    }
}
