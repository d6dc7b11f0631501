import NetTypes

/// Reads an answer in ClickHouse's RowBinaryWithNamesAndTypes.
///
/// What a server sends is not trusted: each length is checked against what is there, and types nest only so deep.
struct RowBinaryReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The whole answer.
    ///
    /// - Throws: ``StoreError`` when it is cut short or has a type that this version doesn't read, and with code 396 when
    ///   there are more rows than `limit`.
    static func read(_ bytes: [UInt8], limit: Int, elapsed: Double) throws(StoreError) -> QueryResult {
        guard !bytes.isEmpty else { return QueryResult(columns: [], rowCount: 0, elapsed: elapsed) }
        var reader = RowBinaryReader(bytes)
        let count = try reader.length(most: 10_000)
        var names: [String] = []
        var types: [ColumnType] = []
        for _ in 0..<count { names.append(try reader.text()) }
        var texts: [String] = []
        for _ in 0..<count { texts.append(try reader.text()) }
        for text in texts { types.append(try ColumnType(text)) }
        var values = [[ResultValue]](repeating: [], count: count)
        var rows = 0
        while reader.at < bytes.count, count > 0 {
            rows += 1
            guard rows <= limit else {
                throw StoreError(code: 396, message: "the answer has more than \(limit) rows; add a LIMIT")
            }
            for index in 0..<count { values[index].append(try reader.value(types[index])) }
        }
        let columns = (0..<count).map { ResultColumn(name: names[$0], type: texts[$0], values: values[$0]) }
        return QueryResult(columns: columns, rowCount: rows, elapsed: elapsed)
    }

    // MARK: - Values

    private mutating func value(_ type: ColumnType) throws(StoreError) -> ResultValue {
        switch type {
        case .bool: return .bool(try number(UInt8.self) != 0)
        case .uint(let width): return .uint(try unsigned(width))
        case .int(let width): return .int(try signed(width))
        case .float32: return .double(Double(Float(bitPattern: try number(UInt32.self))))
        case .float64: return .double(Double(bitPattern: try number(UInt64.self)))
        case .string: return .string(try text())
        case .fixedString(let count): return .string(String(decoding: try take(count), as: UTF8.self))
        case .date: return .date(UInt64(try number(UInt16.self)))
        case .date32: return .date(UInt64(clamping: Int32(bitPattern: try number(UInt32.self))))
        case .dateTime: return .time(UInt64(try number(UInt32.self)))
        case .dateTime64(let digits):
            let ticks = Int64(bitPattern: try number(UInt64.self))
            let perSecond = (0..<digits).reduce(Int64(1)) { product, _ in product * 10 }
            return ticks % perSecond == 0
                ? .time(UInt64(clamping: ticks / perSecond)) : .double(Double(ticks) / Double(perSecond))
        case .ipv4: return .address(IPAddress(v4: try number(UInt32.self)))
        case .ipv6:
            let (high, low) = (try number(UInt64.self), try number(UInt64.self))
            return .address(IPAddress(high: high.byteSwapped, low: low.byteSwapped))
        case .uuid:
            let (high, low) = (try number(UInt64.self), try number(UInt64.self))
            return .string(Self.uuid(high, low))
        case .enumeration(let width, let names):
            let number = try signed(width)
            return names[Int(number)].map { .string($0) } ?? .int(number)
        case .nothing: return .null
        case .nullable(let inner):
            // Behind the mark of a null there is nothing.
            return try number(UInt8.self) != 0 ? .null : try value(inner)
        case .array(let inner):
            let count = try length(most: bytes.count - at)
            var values: [ResultValue] = []
            for _ in 0..<count { values.append(try value(inner)) }
            return .array(values)
        case .tuple(let inner):
            var values: [ResultValue] = []
            for type in inner { values.append(try value(type)) }
            return .array(values)
        case .map(let key, let item):
            let count = try length(most: bytes.count - at)
            var entries: [ResultValue.MapEntry] = []
            for _ in 0..<count { entries.append(.init(key: try value(key), value: try value(item))) }
            return .map(entries)
        }
    }

    private static func uuid(_ high: UInt64, _ low: UInt64) -> String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let (a, b) = (hex(high), hex(low))
        return "\(a.prefix(8))-\(a.dropFirst(8).prefix(4))-\(a.suffix(4))-\(b.prefix(4))-\(b.suffix(12))"
    }

    // MARK: - Bytes

    private static let cut = StoreError(message: "the server's answer was cut short")

    private mutating func take(_ count: Int) throws(StoreError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - at else { throw Self.cut }
        defer { at += count }
        return bytes[at..<at + count]
    }

    private mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type
    ) throws(StoreError) -> Number {
        var value: Number = 0
        for (index, byte) in try take(MemoryLayout<Number>.size).enumerated() {
            value |= Number(byte) << Number(8 * index)
        }
        return value
    }

    private mutating func unsigned(_ width: Int) throws(StoreError) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in try take(width).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
        return value
    }

    private mutating func signed(_ width: Int) throws(StoreError) -> Int64 {
        let shift = Int64(64 - 8 * width)
        return (Int64(bitPattern: try unsigned(width)) << shift) >> shift
    }

    private mutating func length(most: Int) throws(StoreError) -> Int {
        var value: UInt64 = 0
        for index in 0..<10 {
            guard let byte = try take(1).first else { throw Self.cut }
            value |= UInt64(byte & 0x7F) << UInt64(7 * index)
            if byte < 0x80 {
                guard value <= UInt64(max(0, most)) else { throw Self.cut }
                return Int(value)
            }
        }
        throw Self.cut
    }

    private mutating func text() throws(StoreError) -> String {
        let count = try length(most: bytes.count - at)
        return String(decoding: try take(count), as: UTF8.self)
    }
}

/// A type as ClickHouse writes it, as far as answers have it.
indirect enum ColumnType: Sendable {
    case bool, float32, float64, string, date, date32, dateTime, ipv4, ipv6, uuid, nothing
    /// Bytes.
    case uint(Int), int(Int), fixedString(Int)
    /// Digits behind the point.
    case dateTime64(Int)
    case enumeration(Int, [Int: String])
    case nullable(ColumnType), array(ColumnType), map(ColumnType, ColumnType)
    case tuple([ColumnType])

    private static let simple: [Substring: ColumnType] = [
        "Bool": .bool, "Float32": .float32, "Float64": .float64, "String": .string, "Date": .date, "Date32": .date32,
        "DateTime": .dateTime, "IPv4": .ipv4, "IPv6": .ipv6, "UUID": .uuid, "Nothing": .nothing,
        "UInt8": .uint(1), "UInt16": .uint(2), "UInt32": .uint(4), "UInt64": .uint(8),
        "Int8": .int(1), "Int16": .int(2), "Int32": .int(4), "Int64": .int(8),
    ]

    init(_ text: String) throws(StoreError) { self = try Self.parse(text[...], depth: 0) }

    private static func parse(_ text: Substring, depth: Int) throws(StoreError) -> ColumnType {
        if let type = simple[text] { return type }
        let unknown = StoreError(message: "answers of type \(text.prefix(60)) are not read by this version")
        guard depth < 20, let open = text.firstIndex(of: "("), text.last == ")" else { throw unknown }
        let name = text[..<open]
        let inside = text[text.index(after: open)...].dropLast()
        if name.hasPrefix("Interval") { return .int(8) }
        switch name {
        case "LowCardinality": return try parse(inside, depth: depth + 1)
        case "Nullable": return .nullable(try parse(inside, depth: depth + 1))
        case "Array": return .array(try parse(inside, depth: depth + 1))
        case "DateTime": return .dateTime
        case "DateTime64":
            guard let digits = Int(inside.prefix { $0.isNumber }), digits <= 9 else { throw unknown }
            return .dateTime64(digits)
        case "FixedString":
            guard let count = Int(inside), count > 0 else { throw unknown }
            return .fixedString(count)
        case "Enum8": return .enumeration(1, EnumNames.table(inside))
        case "Enum16": return .enumeration(2, EnumNames.table(inside))
        case "Map":
            let parts = split(inside)
            guard parts.count == 2 else { throw unknown }
            return .map(try parse(parts[0], depth: depth + 1), try parse(parts[1], depth: depth + 1))
        case "Tuple":
            var types: [ColumnType] = []
            for part in split(inside) {
                // Elements may have names: `Tuple(a UInt8)`.
                let words = part.split(separator: " ", maxSplits: 1)
                let isNamed = words.count == 2 && !words[0].contains("(")
                types.append(try parse(isNamed ? words[1] : part, depth: depth + 1))
            }
            return .tuple(types)
        case "SimpleAggregateFunction":
            guard let type = split(inside).last else { throw unknown }
            return try parse(type, depth: depth + 1)
        default: throw unknown
        }
    }

    /// Parts between commas that stand in no parentheses and quotes.
    private static func split(_ text: Substring) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var isQuoted = false
        var start = text.startIndex
        for index in text.indices {
            switch text[index] {
            case "'": isQuoted.toggle()
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted: depth -= 1
            case "," where !isQuoted && depth == 0:
                parts.append(text[start..<index].trimmed)
                start = text.index(after: index)
            default: break
            }
        }
        parts.append(text[start...].trimmed)
        return parts
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
