public import NetTypes

/// Rows of a ``SideTable``, column by column in the layout that the store takes.
public struct TableRows: Sendable {
    /// One value.
    public enum Value: Sendable {
        /// Of a column of numbers or a time; cut to the column's width.
        case number(UInt64)
        case address(IPAddress)
        /// Cut at ``TableRows/mostTextBytes``, without zero bytes.
        case text(String)
        case numbers([UInt32])
        case texts([(name: String, text: String)])
        /// What isn't finite is left out.
        case figures([(name: String, number: Double)])

        /// 1 or 0.
        public static func flag(_ isSet: Bool) -> Value { .number(isSet ? 1 : 0) }
    }

    /// Bytes of one text: what people can read.
    public static let mostTextBytes = 64 << 10

    /// The table.
    public let table: SideTable
    /// Rows so far.
    public private(set) var count = 0
    /// The values of each column, one behind the other, little-endian.
    private var bytes: [[UInt8]]
    /// Where each value ends in columns of varying length, behind a 0.
    private var ends: [[Int32]]

    /// Makes no rows.
    public init(_ table: SideTable) {
        self.table = table
        bytes = table.columns.map { _ in [] }
        ends = table.columns.map { $0.kind.storage == .variable ? [0] : [] }
    }

    /// Whether there are none.
    public var isEmpty: Bool { count == 0 }

    /// Bytes of all values.
    public var byteCount: Int { bytes.reduce(0) { $0 + $1.count } }

    /// Adds a row.
    ///
    /// - Parameter values: one for each column, in the order of the table. One that isn't of the column's kind, which
    ///   is a slip in this program, is stored as zero or empty.
    public mutating func append(_ values: Value...) {
        precondition(values.count == table.columns.count, "a row of \(table.name) has \(table.columns.count) values")
        for (index, value) in values.enumerated() {
            let storage = table.columns[index].kind.storage
            if storage == .variable {
                append(variable: value, to: index)
            } else if storage == .bytes16 {
                var address = IPAddress.unspecified
                if case .address(let value) = value { address = value }
                Self.append(address, to: &bytes[index])
            } else {
                var number: UInt64 = 0
                if case .number(let value) = value { number = value }
                for place in 0..<storage.width {
                    bytes[index].append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(place))))
                }
            }
        }
        count += 1
    }

    /// The values of a column, and where each ends where their length varies.
    public func column(_ index: Int) -> (values: [UInt8], ends: [Int32]?) {
        (bytes[index], table.columns[index].kind.storage == .variable ? ends[index] : nil)
    }

    /// Forgets all rows.
    public mutating func removeAll() { self = TableRows(table) }

    private mutating func append(variable value: Value, to index: Int) {
        switch value {
        case .text(let text): Self.append(text, to: &bytes[index])
        case .numbers(let numbers):
            for number in numbers {
                for place in 0..<4 { bytes[index].append(UInt8(truncatingIfNeeded: number >> (8 * UInt32(place)))) }
            }
        case .texts(let texts):
            for (name, text) in texts { Self.append(pair: name, text, to: &bytes[index]) }
        case .figures(let figures):
            for (name, number) in figures where number.isFinite {
                Self.append(pair: name, "\(number)", to: &bytes[index])
            }
        case .number, .address: break
        }
        ends[index].append(Int32(clamping: bytes[index].count))
    }

    private static func append(pair name: String, _ text: String, to bytes: inout [UInt8]) {
        append(name, to: &bytes)
        bytes.append(0)
        append(text, to: &bytes)
        bytes.append(0)
    }

    /// Zero bytes part names from texts, and mean nothing to people.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        var room = mostTextBytes
        for character in text.unicodeScalars where character != "\0" {
            let encoded = UTF8.encode(character) ?? UTF8.encodedReplacementCharacter
            room -= encoded.count
            guard room >= 0 else { return }
            bytes += encoded
        }
    }

    private static func append(_ address: IPAddress, to bytes: inout [UInt8]) {
        for place in 0..<16 {
            let half = place < 8 ? address.high : address.low
            bytes.append(UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * (place % 8))))
        }
    }
}
