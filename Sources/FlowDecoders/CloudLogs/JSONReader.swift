/// A cursor over one JSON document (RFC 8259) that allocates nothing: names
/// and values are ranges of its bytes.
///
/// It is strict about structure and lenient about what no value of interest
/// depends on; depth is bounded, and no access leaves the bytes.
struct JSONReader: ~Escapable {
    let bytes: Span<UInt8>
    private(set) var position = 0

    /// Objects and arrays within each other; log entries have six.
    static let mostDepth = 32

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// What a value is.
    enum Value: Equatable {
        /// Between its quotes, escapes as they are.
        case string(Range<Int>)
        case number(Range<Int>)
        case object
        case array
        case `true`
        case `false`
        case null
    }

    /// Reads the start of a value; behind `object` and `array` their content follows.
    mutating func readValue() throws(CloudLogError) -> Value {
        skipSpace()
        guard position < bytes.count else { throw .badJSON }
        switch bytes[position] {
        case UInt8(ascii: "{"):
            position += 1
            return .object
        case UInt8(ascii: "["):
            position += 1
            return .array
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .true)
        case UInt8(ascii: "f"): return try readWord("false", .false)
        case UInt8(ascii: "n"): return try readWord("null", .null)
        default:
            let start = position
            while position < bytes.count, Self.isOfNumber(bytes[position]) { position += 1 }
            guard position > start else { throw .badJSON }
            return .number(start..<position)
        }
    }

    /// The name of an object's next member; nil behind the last one.
    ///
    /// - Parameter isFirst: whether none was read yet; false afterwards.
    mutating func readName(_ isFirst: inout Bool) throws(CloudLogError) -> Range<Int>? {
        if try !readSeparator(UInt8(ascii: "}"), &isFirst) { return nil }
        skipSpace()
        let name = try readString()
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw .badJSON }
        position += 1
        return name
    }

    /// Whether an array has another element, which follows.
    mutating func hasElement(_ isFirst: inout Bool) throws(CloudLogError) -> Bool {
        try readSeparator(UInt8(ascii: "]"), &isFirst)
    }

    /// Moves over a value that begins here.
    mutating func skipValue() throws(CloudLogError) {
        try skipRest(of: try readValue())
    }

    /// Moves over the rest of a value whose start was read.
    mutating func skipRest(of value: Value) throws(CloudLogError) {
        guard value == .object || value == .array else { return }
        // Only where strings are and how deep it is matters.
        var depth = 1
        while depth > 0 {
            guard position < bytes.count else { throw .badJSON }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                _ = try readString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            guard depth <= Self.mostDepth else { throw .badJSON }
            position += 1
        }
    }

    private mutating func readSeparator(_ close: UInt8, _ isFirst: inout Bool) throws(CloudLogError) -> Bool {
        skipSpace()
        guard position < bytes.count else { throw .badJSON }
        if bytes[position] == close {
            position += 1
            return false
        }
        if !isFirst {
            guard bytes[position] == UInt8(ascii: ",") else { throw .badJSON }
            position += 1
        }
        isFirst = false
        return true
    }

    private mutating func readString() throws(CloudLogError) -> Range<Int> {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw .badJSON }
        let start = position + 1
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                position = index + 1
                return start..<index
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        throw .badJSON
    }

    private mutating func readWord(_ word: StaticString, _ value: Value) throws(CloudLogError) -> Value {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count, isEqual(position..<end, word) else { throw .badJSON }
        position = end
        return value
    }

    mutating func skipSpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { position += 1 }
    }

    /// Whether those bytes are that text.
    func isEqual(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where unsafe bytes[range.lowerBound + index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// Appends a string's text: escapes resolved (RFC 8259 section 7), a lone surrogate replaced.
    func appendText(_ range: Range<Int>, to text: inout [UInt8]) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < range.upperBound else {
                text.append(byte)
                index += 1
                continue
            }
            index += 2
            switch bytes[index - 1] {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "u"):
                var unit = codeUnit(at: index, range.upperBound) ?? 0xFFFD
                index = min(index + 4, range.upperBound)
                if unit >> 10 == 0x36, index + 1 < range.upperBound, bytes[index] == UInt8(ascii: "\\"),
                    bytes[index + 1] == UInt8(ascii: "u"), let low = codeUnit(at: index + 2, range.upperBound),
                    low >> 10 == 0x37
                {
                    unit = 0x1_0000 + (unit & 0x3FF) << 10 + low & 0x3FF
                    index += 6
                }
                text += String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8
            default: text.append(bytes[index - 1])
            }
        }
    }

    private func codeUnit(at start: Int, _ end: Int) -> UInt32? {
        guard start + 4 <= end else { return nil }
        var value: UInt32 = 0
        for index in start..<(start + 4) {
            guard let digit = ByteText.hexadecimal(bytes[index]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

/// Cuts JSON documents out of a stream of them: one a line, spread over
/// lines, or the elements of an array.
struct JSONDocuments {
    /// What stands at the start of some bytes.
    enum Next: Equatable {
        /// A document.
        case document(Range<Int>)
        /// Bytes of no document, up to the end of a line or of the bytes.
        case junk(Range<Int>)
        /// Nothing but space and separators, or the start of a document that goes on behind the bytes.
        case incomplete(Int)
    }

    /// Looks for the next document.
    ///
    /// - Returns: with `incomplete` how many bytes needn't be seen again.
    static func next(_ bytes: Span<UInt8>, from start: Int) -> Next {
        var index = start
        while index < bytes.count, JSONReader.isSpace(bytes[index]) || isBetween(bytes[index]) { index += 1 }
        guard index < bytes.count else { return .incomplete(index) }
        guard bytes[index] == UInt8(ascii: "{") else {
            // Up to the end of the line, where something readable may begin.
            var end = index
            while end < bytes.count, bytes[end] != 0x0A { end += 1 }
            return .junk(index..<end)
        }
        let first = index
        var depth = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return .document(first..<(index + 1)) }
            default: break
            }
            index += 1
        }
        return .incomplete(first)
    }

    /// What stands around the elements of an array; RFC 7464's record separator.
    static func isBetween(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: ",") || byte == 0x1E
    }
}
