import NetTypes
import WireFormat

extension WireReader {
    /// Reads the `bytes` of an address that are there; what is behind `length` bits is cleared.
    ///
    /// - Parameter bits: 32 for IPv4, 128 for IPv6.
    mutating func readPrefix(bits: Int, length: UInt8, bytes: Int) throws(DecodeError) -> Prefix {
        guard Int(length) <= bits else { throw .badLength }
        var number: UInt128 = 0
        for _ in 0..<bytes { number = number << 8 | UInt128(try read(UInt8.self)) }
        number <<= UInt128(bits - bytes * 8)
        if bits == 32 {
            return Prefix(IPAddress(v4: UInt32(truncatingIfNeeded: number)), bits: Int(length) + 96)
        }
        let first = IPAddress(high: UInt64(truncatingIfNeeded: number >> 64), low: UInt64(truncatingIfNeeded: number))
        return Prefix(first, bits: Int(length))
    }

    /// Reads a prefix as NLRI have it: its length, and as many bytes as that needs (RFC 4271 section 4.3).
    mutating func readNLRI(bits: Int) throws(DecodeError) -> Prefix {
        let length = try read(UInt8.self)
        return try readPrefix(bits: bits, length: length, bytes: (Int(length) + 7) / 8)
    }

    /// Reads an address of either family.
    mutating func readAddress(bits: Int) throws(DecodeError) -> IPAddress {
        try readPrefix(bits: bits, length: UInt8(bits), bytes: bits / 8).first
    }
}
