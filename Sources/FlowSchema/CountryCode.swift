/// A country's two letters (ISO 3166-1 alpha-2) as a number of 16 bits, which
/// is what lies in memory when ClickHouse's FixedString(2) holds them.
public enum CountryCode {
    /// The number of two letters in whatever case; nil for anything else.
    public static func number(_ text: some StringProtocol) -> UInt16? {
        let letters = text.utf8.map { $0 & 0xDF }
        guard letters.count == 2, letters.allSatisfy({ (0x41...0x5A).contains($0) }) else { return nil }
        return UInt16(letters[0]) | UInt16(letters[1]) << 8
    }

    /// The letters of a number; nil when they are none.
    public static func text(_ number: UInt64) -> String? {
        let bytes = [UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8)]
        guard number <= UInt16.max, bytes.allSatisfy({ (0x41...0x5A).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
