/// An IEEE 802 MAC address in the low 48 bits, as NetMeta's SrcMac and DstMac hold it.
public struct MACAddress: Hashable, Sendable {
    /// The address as a number, most significant octet first.
    public let bits: UInt64

    /// Makes an address from the low 48 bits of a number.
    public init(bits: UInt64) {
        self.bits = bits & 0xFFFF_FFFF_FFFF
    }
}

extension MACAddress: LosslessStringConvertible {
    /// `00:11:22:aa:bb:cc`.
    public var description: String {
        stride(from: 40, through: 0, by: -8).map { shift in
            let octet = UInt8(truncatingIfNeeded: bits >> UInt64(shift))
            return (octet < 16 ? "0" : "") + String(octet, radix: 16)
        }.joined(separator: ":")
    }

    /// Reads six octets in hexadecimal with `:` or `-` between them, or
    /// Cisco's three groups with `.`; nil for anything else.
    public init?(_ text: String) {
        let isCisco = text.contains(".")
        let parts = text.split(omittingEmptySubsequences: false) { isCisco ? $0 == "." : $0 == ":" || $0 == "-" }
        let digits = isCisco ? 4 : 2
        guard parts.count == 12 / digits, parts.allSatisfy({ $0.count == digits && $0.allSatisfy(\.isHexDigit) }),
            let bits = UInt64(parts.joined(), radix: 16)
        else { return nil }
        self.init(bits: bits)
    }
}
