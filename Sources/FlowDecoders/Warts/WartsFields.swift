import NetTypes
import WireFormat

/// Which of an object's parameters are there: flag bytes of seven bits each, the lowest first (libscamperfile's
/// `extract_params`). Their values follow in the order of their numbers.
struct WartsFlags {
    private var bits: (low: UInt64, high: UInt64) = (0, 0)
    /// Whether none are there, and no length follows.
    private(set) var isEmpty = true

    /// Bytes of flags: 126 parameters, where the largest object has 34.
    private static let mostBytes = 18

    init(_ reader: inout WireReader) throws(DecodeError) {
        var count = 0
        while true {
            let byte: UInt8 = try reader.read()
            guard count < Self.mostBytes else { throw .badLength }
            let seven = UInt64(byte & 0x7F)
            // Nine bytes of flags fill 63 bits.
            if count < 9 {
                bits.low |= seven << UInt64(7 * count)
            } else {
                bits.high |= seven << UInt64(7 * (count - 9))
            }
            count += 1
            guard byte & 0x80 != 0 else { break }
        }
        isEmpty = count == 1 && bits.low == 0
    }

    /// - Parameter number: from 1.
    func has(_ number: Int) -> Bool {
        number <= 63 ? bits.low >> UInt64(number - 1) & 1 == 1 : bits.high >> UInt64(number - 64) & 1 == 1
    }

    /// Reads a parameter if it is there.
    func read<T: FixedWidthInteger & BitwiseCopyable>(
        _ number: Int,
        _ reader: inout WireReader
    ) throws(DecodeError) -> T? {
        has(number) ? try reader.read(T.self) : nil
    }

    /// Reads a parameter of so many bytes that means nothing here.
    func skip(_ number: Int, _ bytes: Int, _ reader: inout WireReader) throws(DecodeError) {
        if has(number) { try reader.skip(bytes) }
    }

    func time(_ number: Int, _ reader: inout WireReader) throws(DecodeError) -> WartsTime? {
        has(number) ? try WartsTime(&reader) : nil
    }

    func text(_ number: Int, _ reader: inout WireReader) throws(DecodeError) -> String? {
        has(number) ? try reader.readWartsText() : nil
    }
}

/// The addresses that an object has named so far: later ones may name them by their place.
struct WartsAddresses {
    private var own: [IPAddress?] = []
    /// Those of the file, by the number that old files give them.
    let global: [IPAddress?]

    /// Hops, probes, replies and the like that the object had so far.
    private var parts = 0
    /// A part can be one byte in the file and takes a hundred in memory. scamper's largest have thousands.
    private static let mostParts = 1 << 18

    init(global: [IPAddress?]) {
        self.global = global
    }

    /// To be called before each part is read.
    mutating func countPart() throws(DecodeError) {
        guard parts < Self.mostParts else { throw .badCount }
        parts += 1
    }

    /// An address, or the place of one that was there before; nil for one that isn't of IP.
    mutating func read(_ reader: inout WireReader) throws(DecodeError) -> IPAddress? {
        let length: UInt8 = try reader.read()
        guard length > 0 else {
            let place: UInt32 = try reader.read()
            guard place < UInt32(own.count) else { throw .badStructure }
            return own[Int(place)]
        }
        let address = try Self.readPlain(length, &reader)
        own.append(address)
        return address
    }

    /// The address of a parameter, if it is there.
    mutating func read(_ flags: WartsFlags, _ number: Int, _ reader: inout WireReader) throws(DecodeError) -> IPAddress?
    {
        flags.has(number) ? try read(&reader) : nil
    }

    /// An address of the file-wide table, by its number, if the parameter is there.
    func readGlobal(_ flags: WartsFlags, _ number: Int, _ reader: inout WireReader) throws(DecodeError) -> IPAddress? {
        guard let place: UInt32 = try flags.read(number, &reader) else { return nil }
        guard place < UInt32(global.count) else { throw .badStructure }
        return global[Int(place)]
    }

    /// Type and bytes, which no later address names.
    static func readStatic(_ reader: inout WireReader) throws(DecodeError) -> IPAddress? {
        let length: UInt8 = try reader.read()
        return length == 0 ? nil : try readPlain(length, &reader)
    }

    /// 1 is IPv4, 2 IPv6, 3 Ethernet, 4 FireWire.
    private static func readPlain(_ length: UInt8, _ reader: inout WireReader) throws(DecodeError) -> IPAddress? {
        let type: UInt8 = try reader.read()
        var body = try reader.take(Int(length))
        return try address(type, &body)
    }

    static func address(_ type: UInt8, _ body: inout WireReader) throws(DecodeError) -> IPAddress? {
        switch (type, body.remaining) {
        case (1, 4): IPAddress(v4: try body.read())
        case (2, 16): IPAddress(high: try body.read(), low: try body.read())
        case (1, _), (2, _): throw .badLength
        case (3, _), (4, _): nil
        default: throw .badStructure
        }
    }
}

extension WartsTime {
    init(_ reader: inout WireReader) throws(DecodeError) {
        self.init(seconds: try reader.read(), microseconds: try reader.read())
    }
}

extension WireReader {
    /// Bytes up to a zero byte, which is taken as well.
    mutating func readWartsText() throws(DecodeError) -> String {
        var bytes: [UInt8] = []
        while true {
            let byte: UInt8 = try read()
            guard byte != 0 else { break }
            if bytes.count < Self.mostTextBytes { bytes.append(byte) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Names of lists and monitors: what is longer is cut.
    private static var mostTextBytes: Int { 256 }

    /// ICMP extensions: a length, then objects with their own (RFC 4884 section 7).
    mutating func readWartsExtensions(_ addresses: inout WartsAddresses) throws(DecodeError) -> [WartsExtension] {
        let total: UInt16 = try read()
        var body = try take(Int(total))
        var extensions: [WartsExtension] = []
        while body.remaining > 0 {
            try addresses.countPart()
            let length: UInt16 = try body.read()
            var found = WartsExtension(classNumber: try body.read(), classType: try body.read(), length: length)
            var data = try body.take(Int(length))
            if found.classNumber == 1, found.classType == 1 {
                while data.remaining >= 4 { found.labels.append(try data.read()) }
            }
            extensions.append(found)
        }
        return extensions
    }
}
