import FlowStore
import NetTypes

/// Writes JSON (RFC 8259) into bytes, members in the order they are given.
///
/// Rows of answers are written with it: their columns are known at run time
/// only, and there can be many of them.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        nest("{", "}", members)
    }

    mutating func array<Elements: Sequence>(_ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void)
    {
        nest("[", "]") { json in
            for element in elements {
                json.separate()
                write(&json, element)
            }
        }
    }

    mutating func member(_ name: String, _ value: (inout JSONWriter) -> Void) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
        value(&self)
        needsComma = true
    }

    mutating func strings(_ strings: [String]) {
        array(strings) { json, string in json.string(string) }
    }

    mutating func string(_ string: String) {
        quote(string)
    }

    mutating func optional(_ string: String?) {
        if let string { quote(string) } else { null() }
    }

    mutating func null() {
        bytes += "null".utf8
    }

    mutating func number(_ number: some FixedWidthInteger) {
        bytes += String(number).utf8
    }

    /// JSON has no word for what isn't finite, so that is null.
    mutating func number(_ number: Double) {
        if number.isFinite { bytes += "\(number)".utf8 } else { null() }
    }

    mutating func value(_ value: ResultValue) {
        switch value {
        case .null: null()
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .int(let value): number(value)
        case .uint(let value): number(value)
        case .double(let value): number(value)
        case .string(let value): quote(value)
        case .address(let address): quote(address.description)
        case .time(let seconds): quote(Timestamp.rfc3339(seconds: seconds))
        case .date(let days): quote(String(Timestamp.rfc3339(seconds: days * 86400).prefix(10)))
        case .array(let values): array(values) { json, value in json.value(value) }
        case .map(let entries):
            object { json in
                for entry in entries { json.member(Self.name(entry.key)) { json in json.value(entry.value) } }
            }
        }
    }

    /// Members are named by strings alone.
    private static func name(_ key: ResultValue) -> String {
        switch key {
        case .string(let text): text
        case .int(let number): String(number)
        case .uint(let number), .time(let number), .date(let number): String(number)
        case .address(let address): address.description
        case .bool(let value): String(value)
        case .double(let number): "\(number)"
        case .null, .array, .map: ""
        }
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func nest(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        let outer = needsComma
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = outer
    }

    private mutating func quote(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += #"\n"#.utf8
            case 0x0D: bytes += #"\r"#.utf8
            case 0x09: bytes += #"\t"#.utf8
            case 0..<0x20: bytes += (#"\u00"# + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
