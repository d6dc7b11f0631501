public import FlowSchema
import NetTypes

/// Which row it is: rows have no number of their own, so it is the second in which it was received and the hash of
/// all stored columns. Rows that are equal in all of them have the same.
public struct FlowPlace: Hashable, Sendable {
    /// TimeReceived.
    public var second: UInt64
    /// The hash of the row.
    public var hash: UInt64

    /// Marks a place.
    public init(second: UInt64, hash: UInt64) {
        self.second = second
        self.hash = hash
    }
}

extension FlowPlace: LosslessStringConvertible {
    /// `1795413600-1f`: the second, and the hash in hexadecimal digits.
    public var description: String { "\(second)-\(String(hash, radix: 16))" }

    /// Reads what ``description`` wrote; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let second = UInt32(parts[0]), parts[1].first != "+",
            let hash = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(second: UInt64(second), hash: hash)
    }
}

/// The end of a page of ``FlowsQuery``.
public struct FlowCursor: Hashable, Sendable {
    /// TimeReceived of the last row.
    public var second: UInt64
    /// The last row's hash.
    public var hash: UInt64
    /// Rows of that second and hash that were shown.
    public var shown: UInt64
    /// The last row's value in the column that the rows are ordered by; nil in the order of time.
    public var key: KeyValue?

    /// Marks a place.
    public init(second: UInt64, hash: UInt64, shown: UInt64, key: KeyValue? = nil) {
        self.second = second
        self.hash = hash
        self.shown = shown
        self.key = key
    }
}

extension FlowCursor: LosslessStringConvertible {
    /// Three numbers and perhaps a value; callers give it back as it is.
    public var description: String {
        let place = "\(second)-\(String(hash, radix: 16))-\(shown)"
        return switch key {
        case nil: place
        case .number(let number): "\(place)-n\(number)"
        case .address(let address): "\(place)-a\(address)"
        case .text(let text): "\(place)-t\(Self.hexadecimal(text))"
        }
    }

    /// Reads what ``description`` wrote; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3 || parts.count == 4, let second = UInt32(parts[0]),
            let hash = UInt64(parts[1], radix: 16), let shown = UInt32(parts[2])
        else { return nil }
        var key: KeyValue?
        if parts.count == 4 {
            key = Self.key(parts[3])
            guard key != nil else { return nil }
        }
        self.init(second: UInt64(second), hash: hash, shown: UInt64(shown), key: key)
    }

    private static func key(_ text: Substring) -> KeyValue? {
        let value = String(text.dropFirst())
        return switch text.first {
        case "n": UInt64(value).map(KeyValue.number)
        case "a": IPAddress(value).map(KeyValue.address)
        case "t": decode(hexadecimal: value).map(KeyValue.text)
        default: nil
        }
    }

    /// As digits, since a text may hold anything.
    private static func hexadecimal(_ text: String) -> String {
        text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func decode(hexadecimal digits: String) -> String? {
        let digits = Array(digits.utf8)
        guard digits.count % 2 == 0, digits.count <= 2 * mostKeyBytes else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let pair = String(validating: digits[index...index + 1], as: UTF8.self), pair.first != "+",
                let byte = UInt8(pair, radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Names and classes are shorter; what is longer was not made here.
    private static let mostKeyBytes = 4096
}

/// By which column rows are ordered, and which way. Rows that are equal there are in the order of time, the same way.
public struct FlowOrder: Hashable, Sendable {
    /// The column.
    public let column: FlowColumn
    /// Whether the largest come first.
    public let isDescending: Bool

    /// Newest first.
    public static let newest = FlowOrder(verified: .timeReceived, isDescending: true)

    private init(verified column: FlowColumn, isDescending: Bool) {
        self.column = column
        self.isDescending = isDescending
    }

    /// An order; nil for a column whose values have none: lists, and texts by name.
    public init?(_ column: FlowColumn, isDescending: Bool) {
        guard Self.isPossible(column) else { return nil }
        self.init(verified: column, isDescending: isDescending)
    }

    /// Whether rows can be ordered by a column.
    public static func isPossible(_ column: FlowColumn) -> Bool {
        guard column.isStored || column.isDerived else { return false }
        return switch column.field.kind {
        case .numbers, .strings, .subsecond: false
        default: true
        }
    }

    /// Reads a column's name, with a hyphen in front for descending; "" is newest first.
    ///
    /// - Throws: ``QueryError`` for anything else.
    public init(_ text: String) throws(QueryError) {
        guard !text.isEmpty else {
            self = .newest
            return
        }
        let isDescending = text.hasPrefix("-")
        let name = String(isDescending ? text.dropFirst() : text[...])
        guard let column = FlowColumn.named(name), let order = FlowOrder(column, isDescending: isDescending) else {
            let names = FlowColumn.queryable.filter(Self.isPossible).map(\.name)
            throw QueryError(
                "rows can't be ordered by \(name.prefix(40))",
                parameter: "sort",
                suggestion: NameDistance.nearest(to: name, among: names)
            )
        }
        self = order
    }

    /// Whether it is the order of time, for which the second is all of the key.
    var isByTime: Bool { column == .timeReceived }

    /// Whether a value can be one of the column's.
    func fits(_ key: KeyValue?) -> Bool {
        switch key {
        case nil: isByTime
        case .address: column.field.kind == .address
        case .text: [.text, .boundary].contains(column.field.kind)
        case .number: !isByTime && ![.address, .text, .boundary].contains(column.field.kind)
        }
    }
}
