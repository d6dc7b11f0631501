/// What a line of JSON says, as a tree; what isn't there reads as nothing.
///
/// Numbers are kept in thousandths, since scamper's times have three places behind the point and no number of its has
/// more. A member that isn't text, a number, a list or an object reads as nothing too.
struct WartsValue {
    private enum Content {
        case nothing
        case number(Int64)
        case text(String)
        case list([WartsValue])
        case members([(name: String, value: WartsValue)])
    }

    private var content = Content.nothing

    /// A value can be two bytes in the file and takes fifty in memory; scamper's longest lines have some 100,000.
    private static let mostValues = 1 << 19
    /// Objects and lists within each other; those of tracelb have nine.
    private static let mostDepth = 16
    /// Names and texts: what is longer is cut, as in warts.
    private static let mostTextBytes = 256

    /// - Throws: ``CloudLogError``, also when something else follows.
    init(_ line: [UInt8]) throws(CloudLogError) {
        var reader = JSONReader(line.span)
        reader.skipSpace()
        // An empty line says nothing.
        guard reader.position < line.count else { return }
        var left = Self.mostValues
        self = try Self.read(&reader, Self.mostDepth, &left)
        reader.skipSpace()
        guard reader.position == line.count else { throw .badJSON }
    }

    private init(_ content: Content) {
        self.content = content
    }

    subscript(name: String) -> WartsValue {
        guard case .members(let members) = content else { return WartsValue(.nothing) }
        return members.first { $0.name == name }?.value ?? WartsValue(.nothing)
    }

    var isThere: Bool {
        if case .nothing = content { false } else { true }
    }

    var text: String? {
        if case .text(let text) = content { text } else { nil }
    }

    var elements: [WartsValue] {
        if case .list(let elements) = content { elements } else { [] }
    }

    /// A number, times a thousand.
    var thousandths: Int64 {
        if case .number(let number) = content { number } else { 0 }
    }

    // MARK: - Reading

    /// - Parameters:
    ///   - depth: how many objects and lists may begin within each other.
    ///   - left: how many values there may still be.
    private static func read(
        _ reader: inout JSONReader,
        _ depth: Int,
        _ left: inout Int
    ) throws(CloudLogError) -> WartsValue {
        guard left > 0 else { throw .tooLong }
        left -= 1
        switch try reader.readValue() {
        case .string(let range): return WartsValue(.text(text(reader, range)))
        case .number(let range): return WartsValue(.number(try thousandths(reader, range)))
        case .object:
            guard depth > 0 else { throw .badJSON }
            var members: [(name: String, value: WartsValue)] = []
            var isFirst = true
            while let range = try reader.readName(&isFirst) {
                let name = text(reader, range)
                members.append((name, try read(&reader, depth - 1, &left)))
            }
            return WartsValue(.members(members))
        case .array:
            guard depth > 0 else { throw .badJSON }
            var elements: [WartsValue] = []
            var isFirst = true
            while try reader.hasElement(&isFirst) { elements.append(try read(&reader, depth - 1, &left)) }
            return WartsValue(.list(elements))
        case .true, .false, .null: return WartsValue(.nothing)
        }
    }

    private static func text(_ reader: JSONReader, _ range: Range<Int>) -> String {
        var bytes: [UInt8] = []
        reader.appendText(range.lowerBound..<min(range.upperBound, range.lowerBound + mostTextBytes), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Digits with up to three behind the point; more are cut, and an exponent is none of scamper's.
    private static func thousandths(
        _ reader: JSONReader,
        _ range: Range<Int>
    ) throws(CloudLogError) -> Int64 {
        let isNegative = reader.bytes[range.lowerBound] == UInt8(ascii: "-")
        let digits = isNegative ? range.lowerBound + 1..<range.upperBound : range
        var point = digits.lowerBound
        while point < digits.upperBound, reader.bytes[point] != UInt8(ascii: ".") { point += 1 }
        // Fourteen digits times a thousand are far from the end of 64 bits.
        guard point - digits.lowerBound <= 14 else { throw .badNumber }
        var number: Int64 = 0
        for place in digits.lowerBound..<min(digits.upperBound, point + 4) where place != point {
            let digit = reader.bytes[place] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .badNumber }
            number = number * 10 + Int64(digit)
        }
        for _ in max(0, min(digits.upperBound, point + 4) - point - 1)..<3 { number *= 10 }
        return isNegative ? -number : number
    }
}
