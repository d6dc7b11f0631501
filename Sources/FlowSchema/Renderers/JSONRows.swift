import NetTypes

/// Renders rows of a batch as JSON: keys are column names, addresses are
/// text, times RFC 3339 in UTC with the part below the second where it is known.
public struct JSONRows {
    /// Renders what the columns hold.
    public init() {}

    /// One row as an object, with `_source` at the end when its origin is known.
    public func object(_ batch: FlowBatch, row: Int, origin: RowOrigin?) -> String {
        var text = "{"
        for column in ClickHouse.columns where has(batch, column, row) {
            if text.utf8.count > 1 { text += "," }
            text += "\"\(column.name)\":\(value(batch, column, row))"
        }
        if let origin {
            text += ",\"_source\":{\"exporter\":\"\(origin.exporter.address)\",\"port\":\(origin.exporter.port),"
            text += "\"domain\":\(origin.domain),\"template\":\(origin.template)}"
        }
        return text + "}"
    }

    /// Whether the column stands there: details when the record has them, what is computed at ingest when it was.
    private func has(_ batch: FlowBatch, _ column: FlowColumn, _ row: Int) -> Bool {
        if column.isEnriched { return batch.number(column, row: row) != UInt64(column.fillByte) }
        return !column.isDetail || batch.hasValue(column, row: row)
    }

    /// One value as JSON.
    func value(_ batch: FlowBatch, _ column: FlowColumn, _ row: Int) -> String {
        let kind = column.field.kind
        if kind == .address { return "\"\(batch.address(column, row: row))\"" }
        let number = batch.number(column, row: row)
        switch kind {
        case .time:
            let rest: FlowColumn? =
                switch column {
                case .timeFlowStart: .timeFlowStartNs
                case .timeFlowEnd: .timeFlowEndNs
                default: nil
                }
            let nanoseconds = rest.map { UInt32(truncatingIfNeeded: batch.number($0, row: row)) } ?? 0
            return "\"\(Timestamp.rfc3339(seconds: number, nanoseconds: min(nanoseconds, 999_999_999)))\""
        case .mac: return "\"\(MACAddress(bits: number))\""
        case .flowType: return "\"\((FlowType(rawValue: UInt8(truncatingIfNeeded: number)) ?? .unknown).name)\""
        case .samplingSource:
            return "\"\((SamplingSource(rawValue: UInt8(truncatingIfNeeded: number)) ?? .unknown).name)\""
        case .locality: return "\"\((Locality(rawValue: UInt8(truncatingIfNeeded: number)) ?? .unknown).name)\""
        case .encapType: return "\"\((EncapType(rawValue: UInt8(truncatingIfNeeded: number)) ?? .none).name)\""
        case .country: return "\"\(CountryCode.text(number) ?? "")\""
        case .numbers, .strings, .text: return variable(batch, column, row)
        default: return String(number)
        }
    }

    /// A list as an array, texts by name as an object.
    private func variable(_ batch: FlowBatch, _ column: FlowColumn, _ row: Int) -> String {
        let bytes = batch.variable(column)?.value(row: row) ?? []
        if column.field.kind == .text { return Self.quoted(String(decoding: bytes, as: UTF8.self)) }
        if column.field.kind == .numbers {
            return "[" + VariableValue.numbers(bytes).map(String.init).joined(separator: ",") + "]"
        }
        let members = VariableValue.texts(bytes).map { "\(Self.quoted($0.name)):\(Self.quoted($0.text))" }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "\"") { result, scalar in
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        } + "\""
    }
}
