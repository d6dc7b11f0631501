/// An address prefix: `192.0.2.0/24`, `2001:db8::/32`.
///
/// The length counts bits of the 16-byte form, so an IPv4 `/24` is held as
/// `/120`; ``length`` and the text give back what the family means.
public struct Prefix: Hashable, Sendable {
    /// The first address of the prefix; the bits after ``bits`` are zero.
    public let first: IPAddress
    /// Leading bits that are fixed, 0 to 128, of the 16-byte form.
    public let bits: Int

    /// Makes the prefix of `bits` leading bits (0 to 128) that holds `address`.
    public init(_ address: IPAddress, bits: Int) {
        precondition((0...128).contains(bits))
        self.bits = bits
        let (high, low) = Self.mask(bits)
        first = IPAddress(high: address.high & high, low: address.low & low)
    }

    /// The last address of the prefix.
    public var last: IPAddress {
        let (high, low) = Self.mask(bits)
        return IPAddress(high: first.high | ~high, low: first.low | ~low)
    }

    /// The length as people write it: 0 to 32 for IPv4, 0 to 128 for IPv6.
    public var length: Int { isV4 ? bits - 96 : bits }

    /// Whether this is a prefix of IPv4 addresses.
    public var isV4: Bool { bits >= 96 && first.isV4 }

    /// Whether the address lies in the prefix.
    public func contains(_ address: IPAddress) -> Bool {
        let (high, low) = Self.mask(bits)
        return address.high & high == first.high && address.low & low == first.low
    }

    private static func mask(_ bits: Int) -> (high: UInt64, low: UInt64) {
        // Swift's smart shifts give 0 when all bits are shifted out.
        (~0 << UInt64(max(0, 64 - bits)), ~0 << UInt64(min(64, 128 - bits)))
    }
}

extension Prefix: Comparable {
    /// The order of the first addresses; of equals the wider prefix comes first.
    public static func < (a: Prefix, b: Prefix) -> Bool {
        (a.first, a.bits) < (b.first, b.bits)
    }
}

extension Prefix: LosslessStringConvertible {
    /// `192.0.2.0/24`, `2001:db8::/32`.
    public var description: String { "\(first)/\(length)" }

    /// Reads an address with or without a length; bits behind the length are
    /// cleared. Nil when the text is neither.
    public init?(_ text: String) {
        guard let slash = text.firstIndex(of: "/") else {
            guard let address = IPAddress(text) else { return nil }
            self.init(address, bits: 128)
            return
        }
        let digits = text[text.index(after: slash)...]
        guard let address = IPAddress(String(text[..<slash])), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(digits), length <= (address.isV4 ? 32 : 128)
        else { return nil }
        self.init(address, bits: address.isV4 ? length + 96 : length)
    }
}
