public import FlowSchema
public import NetTypes

/// A column that people group by: its key in SQL, its text, and what stands for "not known".
public struct Dimension: Hashable, Sendable {
    /// The column.
    public let column: FlowColumn

    /// Dimensions that one question may have.
    public static let most = 6

    /// The dimension of a column; nil for a column that nobody groups by.
    public init?(_ column: FlowColumn) {
        guard column.field.isDimension, column.isStored || column.isDerived else { return nil }
        self.column = column
    }

    /// Reads column names with commas between them, none twice, at most ``most``; "" gives none.
    public static func parse(list: String) throws(QueryError) -> [Dimension] {
        guard list.utf8.count <= 1000 else { throw QueryError("too long", parameter: "dimensions") }
        var dimensions: [Dimension] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: true) {
            let name = String(part.drop { $0 == " " }.prefix { $0 != " " })
            guard let dimension = FlowColumn.named(name).flatMap(Dimension.init) else {
                let names = FlowColumn.queryable.filter { Dimension($0) != nil }.map(\.name)
                throw QueryError(
                    "\(name.prefix(40)) is no dimension",
                    parameter: "dimensions",
                    suggestion: NameDistance.nearest(to: name, among: names)
                )
            }
            guard !dimensions.contains(dimension) else {
                throw QueryError("\(dimension.column.name) is there twice", parameter: "dimensions")
            }
            dimensions.append(dimension)
        }
        guard dimensions.count <= most else {
            throw QueryError("at most \(most) dimensions", parameter: "dimensions")
        }
        return dimensions
    }

    /// The expression that rows are grouped by: the column, as a number where ClickHouse has an Enum8.
    public var keyExpression: SQLText { SQLText.value(of: column) }

    /// What the column holds when nobody told the value; nil when every value means something.
    public var unknown: KeyValue? { KeyValue.unknown(column.field.kind) }

    /// Whether the value means "not known".
    public func isUnknown(_ value: KeyValue) -> Bool {
        switch value {
        case .address(let address): address.isUnspecified
        case .number, .text: value == unknown
        }
    }

    /// The value as the filter language reads it: `13335`, `192.0.2.1`, `00:11:22:aa:bb:cc`.
    public func text(_ value: KeyValue) -> String {
        switch value {
        case .address(let address): address.description
        case .text(let text): text
        case .number(let number):
            switch column.field.kind {
            case .mac: MACAddress(bits: number).description
            case .country: CountryCode.text(number) ?? String(number)
            default: String(number)
            }
        }
    }

    /// The value as people read it: `AS13335`, `443 https`, `TCP`, `unknown`.
    public func label(_ value: KeyValue) -> String {
        guard !isUnknown(value) else { return "unknown" }
        let plain = text(value)
        guard case .number(let number) = value else { return plain }
        let kind = column.field.kind
        switch kind {
        case .asn: return "AS\(plain)"
        case .interface: return "if \(plain)"
        case .port: return ValueNames.name(number, kind: kind).map { "\(plain) \($0)" } ?? plain
        case .ipProtocol, .flowType, .samplingSource, .encapType, .direction, .incoming, .locality:
            return ValueNames.name(number, kind: kind) ?? plain
        case .etherType: return ValueNames.name(number, kind: kind) ?? Self.hexadecimal(number)
        case .tcpFlags: return ValueNames.tcpFlags(number) ?? "none"
        default: return plain
        }
    }

    /// The value that an answer gives as text where rows hold a number: of Enum8 columns the name, of countries the
    /// letters, without any where none is known.
    public func key(named name: String) -> KeyValue {
        switch column.field.kind {
        case .flowType, .samplingSource, .encapType, .locality, .country:
            ValueNames.number(name, kind: column.field.kind).map(KeyValue.number) ?? unknown ?? .text(name)
        default: .text(name)
        }
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// A value that rows are grouped by.
public enum KeyValue: Hashable, Sendable {
    case number(UInt64)
    case address(IPAddress)
    case text(String)

    /// The value that stands for "not known" in columns of that kind.
    static func unknown(_ kind: FieldKind) -> KeyValue? {
        switch kind {
        case .asn, .interface, .mac, .port, .ipProtocol, .etherType, .flowType, .samplingSource,
            .encapType, .locality, .country:
            .number(0)
        case .direction, .incoming: .number(255)
        case .address: .address(.unspecified)
        case .text: .text("")
        case .boundary: .text(InterfaceBoundary.undefined.name)
        case .time, .subsecond, .counter, .number, .tcpFlags, .numbers, .strings: nil
        }
    }

    /// The value in SQL, comparable with ``Dimension/keyExpression``.
    var sql: SQLText {
        switch self {
        case .number(let number): "\(number)"
        case .address(let address): "\(address)"
        case .text(let text): "\(string: text)"
        }
    }
}

extension SQLText {
    /// A column as a number, an address or a text; the Enum8 columns and countries compare and arrive as their numbers.
    static func value(of column: FlowColumn) -> SQLText {
        switch column.field.kind {
        case .flowType, .samplingSource, .encapType, .locality: "toUInt8(\(column))"
        case .country: "reinterpretAsUInt16(\(column))"
        default: "\(column)"
        }
    }
}
