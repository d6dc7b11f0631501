/// A field of a protocol that a column can be told in.
public struct FieldOrigin: Hashable, Sendable {
    /// The field's number as its protocol gives it: `8`, `9/12232` for an enterprise's own, `0/1003` in sFlow.
    public var number: String
    /// The field's name in its protocol.
    public var name: String
    /// 4 or 6 when the field holds addresses of that IP version alone.
    public var ipVersion: UInt8?

    /// Names a field.
    public init(number: String, name: String, ipVersion: UInt8? = nil) {
        self.number = number
        self.name = name
        self.ipVersion = ipVersion
    }
}

/// Which fields of which protocol a column can be told in.
///
/// Rows don't keep their templates, so this is as much as can be said of
/// where a value came from; and where a protocol has no field for a column,
/// an exporter that speaks it can't have sent it.
public struct FieldOrigins: Sendable {
    private let fields: [FlowType: [FlowColumn: [FieldOrigin]]]

    /// Gathers fields; the likeliest stand first.
    public init(_ fields: [FlowType: [FlowColumn: [FieldOrigin]]]) {
        self.fields = fields
    }

    /// Whether anything is known about a protocol.
    public func knows(_ type: FlowType) -> Bool { fields[type] != nil }

    /// The fields of a protocol for a column; empty when it has none.
    public subscript(type: FlowType, column: FlowColumn) -> [FieldOrigin] { fields[type]?[column] ?? [] }
}
