import NetTypes
import WireFormat

/// A domain name as messages have it (RFC 1035 section 3.1): labels of any bytes.
///
/// It exists for what is tricky in them: compression, in which a hostile
/// message can go round in circles, and bytes that no screen should see.
struct DNSName: Sendable {
    /// The labels, the root's empty one left out; each has 1 to 63 bytes.
    let labels: [[UInt8]]

    /// Bytes that a name may have, lengths and the root included (RFC 1035 section 2.3.4).
    private static let mostBytes = 255
    /// Compression pointers that one name may follow. Real names follow one or two; without a bound each of a
    /// message's thousands of names could follow thousands.
    private static let mostPointers = 16

    private init(labels: [[UInt8]]) {
        self.labels = labels
    }

    /// The name that is asked for an address's name: below in-addr.arpa (RFC 1035 section 3.5) or ip6.arpa
    /// (RFC 3596 section 2.5).
    init(reverse address: IPAddress) {
        let parts: [String]
        if address.isV4 {
            parts = (0..<4).map { String(address.v4 >> (8 * UInt32($0)) & 0xFF) } + ["in-addr", "arpa"]
        } else {
            let nibbles = [address.low, address.high].flatMap { half in
                (0..<16).map { String(half >> (4 * UInt64($0)) & 0xF, radix: 16) }
            }
            parts = nibbles + ["ip6", "arpa"]
        }
        labels = parts.map { Array($0.utf8) }
    }

    /// Reads the name that begins at a place of a message.
    ///
    /// Pointers lead to what stood before (RFC 1035 section 4.1.4), each further back than the one that led to it:
    /// so there is no circle.
    ///
    /// - Returns: the name, and where what follows it begins.
    static func read(_ message: RawSpan, at start: Int) throws(DecodeError) -> (name: DNSName, end: Int) {
        var labels: [[UInt8]] = []
        var bytes = 1
        var (end, pointers, lowest) = (nil as Int?, 0, start)
        var reader = WireReader(message)
        try reader.skip(start)
        while true {
            let length = Int(try reader.read(UInt8.self))
            switch length >> 6 {
            case 0 where length == 0:
                return (DNSName(labels: labels), end ?? reader.offset)
            case 0:
                bytes += length + 1
                guard bytes <= mostBytes else { throw .badLength }
                var label = try reader.take(length)
                var text: [UInt8] = []
                while label.remaining > 0 { text.append(try label.read()) }
                labels.append(text)
            case 3:
                let target = (length & 0x3F) << 8 | Int(try reader.read(UInt8.self))
                end = end ?? reader.offset
                pointers += 1
                guard target < lowest, pointers <= mostPointers else { throw .badStructure }
                lowest = target
                reader = WireReader(message)
                try reader.skip(target)
            default:
                // 01 and 10 are no longer, or not yet, anything (RFC 6891 section 5).
                throw .badStructure
            }
        }
    }

    /// The name in a message, uncompressed.
    var bytes: [UInt8] { labels.flatMap { [UInt8(truncatingIfNeeded: $0.count)] + $0 } + [0] }

    /// The name for people, at most 253 characters of printable ASCII; nil for the root.
    ///
    /// Whoever holds the address space chose the bytes: those that are no visible ASCII, and dots and backslashes
    /// within a label, become question marks.
    var text: String? {
        guard !labels.isEmpty else { return nil }
        let plain = labels.map { label in
            label.map { (0x21...0x7E).contains($0) && $0 != 0x2E && $0 != 0x5C ? $0 : 0x3F }
        }
        return String(decoding: Array(plain.joined(separator: [0x2E])), as: UTF8.self)
    }
}

extension DNSName: Equatable {
    /// Whether both are the same name, large and small letters being equal (RFC 4343).
    static func == (a: DNSName, b: DNSName) -> Bool {
        a.labels.count == b.labels.count
            && zip(a.labels, b.labels).allSatisfy { $0.count == $1.count && zip($0, $1).allSatisfy(isSame) }
    }

    private static func isSame(_ a: UInt8, _ b: UInt8) -> Bool {
        func small(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
        return small(a) == small(b)
    }
}
