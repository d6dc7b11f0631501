/// An IPv4 or IPv6 address in 16 bytes; IPv4 is held as `::ffff:a.b.c.d`
/// (RFC 4291 section 2.5.5.2).
///
/// One form for both families keeps every column, table key and comparison
/// the same. Text is RFC 5952 for IPv6 and dotted quads for IPv4.
public struct IPAddress: Hashable, Sendable {
    /// The first eight bytes, as a big-endian number.
    public var high: UInt64
    /// The last eight bytes, as a big-endian number.
    public var low: UInt64

    /// Makes an address from its two halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes an IPv4 address from its 32 bits in host order.
    @inlinable
    public init(v4 bits: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(bits))
    }

    /// Makes an IPv4 address from its four octets.
    @inlinable
    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        self.init(v4: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
    }

    /// `::`, the value of an address that isn't known.
    public static let unspecified = IPAddress(high: 0, low: 0)

    /// Whether this is an IPv4 address.
    @inlinable
    public var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The IPv4 bits in host order; of use only when ``isV4``.
    @inlinable
    public var v4: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// Whether the address is `::` or `0.0.0.0`, which stand for "not known".
    @inlinable
    public var isUnspecified: Bool { high == 0 && (low == 0 || low == 0xFFFF_0000_0000) }

    /// Whether the address reaches only this machine: 127.0.0.0/8 or `::1`.
    public var isLoopback: Bool {
        isV4 ? v4 >> 24 == 127 : high == 0 && low == 1
    }
}

extension IPAddress: Comparable {
    /// The order of the 16 bytes; IPv4 lies at ::ffff:0:0/96.
    @inlinable
    public static func < (a: IPAddress, b: IPAddress) -> Bool {
        (a.high, a.low) < (b.high, b.low)
    }
}

// MARK: - Text

extension IPAddress: CustomStringConvertible {
    /// The address as people write it: `192.0.2.1`, `2001:db8::1`.
    public var description: String {
        isV4 ? Self.dottedQuad(v4) : v6Text
    }

    /// The address as ClickHouse's IPv6 type prints it: `::ffff:192.0.2.1`.
    public var ipv6Description: String {
        isV4 ? "::ffff:" + Self.dottedQuad(v4) : v6Text
    }

    private static func dottedQuad(_ bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    }

    /// The eight 16-bit groups.
    private var groups: [UInt16] {
        [high, low].flatMap { half in
            stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
        }
    }

    /// RFC 5952: lower case, no leading zeros, the longest run of two or more
    /// zero groups (the first of equals) shortened to `::`.
    private var v6Text: String {
        let groups = groups
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }
}

extension IPAddress: LosslessStringConvertible {
    /// Reads `192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1`, with or without
    /// brackets; nil for anything else, zone identifiers included.
    public init?(_ text: String) {
        var characters = text.utf8[...]
        if characters.first == UInt8(ascii: "["), characters.last == UInt8(ascii: "]") {
            characters = characters.dropFirst().dropLast()
        }
        if characters.contains(UInt8(ascii: ":")) {
            self.init(v6Text: characters)
        } else {
            guard let bits = Self.parseDottedQuad(characters) else { return nil }
            self.init(v4: bits)
        }
    }

    private init?(v6Text text: Substring.UTF8View) {
        let colon = UInt8(ascii: ":")
        let parts = text.split(separator: colon, omittingEmptySubsequences: false)
        guard (3...9).contains(parts.count) else { return nil }
        var head: [UInt16] = []
        var tail: [UInt16] = []
        var sawGap = false
        for (index, part) in parts.enumerated() {
            if part.isEmpty {
                // An empty part is one side of "::"; a text that starts or ends with it has two.
                let atStart = index == 0 && parts[1].isEmpty
                let atEnd = index == parts.count - 1 && parts[index - 1].isEmpty
                if atStart || atEnd { continue }
                guard !sawGap, index > 0, index < parts.count - 1 else { return nil }
                sawGap = true
            } else if part.contains(UInt8(ascii: ".")) {
                guard index == parts.count - 1, let bits = Self.parseDottedQuad(part) else { return nil }
                tail += [UInt16(bits >> 16), UInt16(bits & 0xFFFF)]
            } else {
                guard part.count <= 4, part.first != UInt8(ascii: "+"), part.first != UInt8(ascii: "-"),
                    let group = UInt16(Substring(part), radix: 16)
                else { return nil }
                if sawGap { tail.append(group) } else { head.append(group) }
            }
        }
        let filled = head.count + tail.count
        guard sawGap ? filled < 8 : filled == 8 else { return nil }
        let groups = head + Array(repeating: 0, count: 8 - filled) + tail
        self.init(
            high: groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) },
            low: groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) }
        )
    }

    private static func parseDottedQuad(_ text: Substring.UTF8View) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                let octet = UInt8(Substring(part))
            else { return nil }
            bits = bits << 8 | UInt32(octet)
        }
        return bits
    }
}
