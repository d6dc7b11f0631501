/// One line of comma-separated values (RFC 4180, without line breaks in quotes).
enum CSVLine {
    /// The line's fields, without quotes and the blanks around them; nil when a quote doesn't end.
    static func fields(_ line: String) -> [String]? {
        let bytes = Array(line.utf8)
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && index < bytes.count && bytes[index] == byte:
                field.append(byte)
                index += 1
            case UInt8(ascii: "\""):
                isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                fields.append(LineSplitter.text(field[...]))
                field.removeAll(keepingCapacity: true)
            default:
                field.append(byte)
            }
        }
        fields.append(LineSplitter.text(field[...]))
        return isQuoted ? nil : fields
    }

    /// An AS number as `64500` or `AS64500`; 0 when nothing is there, nil when it is something else.
    static func asn(_ text: some StringProtocol) -> UInt32? {
        var digits = text.utf8[...]
        if digits.isEmpty { return 0 }
        if let first = digits.first, first | 0x20 == UInt8(ascii: "a"), let second = digits.dropFirst().first,
            second | 0x20 == UInt8(ascii: "s")
        {
            digits = digits.dropFirst(2)
        }
        guard !digits.isEmpty, digits.count <= 10, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt32(exactly: digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - 0x30) })
    }

    /// A country as two capital letters; nothing for `ZZ`, which registries
    /// write where there is none, and for what isn't a country's code.
    static func country(_ text: some StringProtocol) -> String {
        let letters = text.utf8.map { $0 & 0xDF }
        guard letters.count == 2, letters.allSatisfy({ (0x41...0x5A).contains($0) }) else { return "" }
        let code = String(decoding: letters, as: UTF8.self)
        return code == "ZZ" ? "" : code
    }
}
