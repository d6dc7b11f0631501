import FlowSchema
import NetTypes

extension Filter {
    /// The condition for a WHERE clause over `flows_raw`.
    public var sql: SQLText {
        switch self {
        case .and(let parts): "(\(parts.map(\.sql), separator: " AND "))"
        case .or(let parts): "(\(parts.map(\.sql), separator: " OR "))"
        case .not(let inner): "NOT \(inner.sql)"
        case .match(let match): match.sql
        }
    }
}

extension Filter.Match {
    var sql: SQLText {
        let sides = subject.columns.map { test.sql(on: $0) }
        // Parentheses always: the operators' precedence is then nobody's concern.
        let any: SQLText = "(\(sides, separator: " OR "))"
        return isNegated ? "(NOT \(any))" : any
    }
}

extension Filter.Test {
    fileprivate func sql(on column: FlowColumn) -> SQLText {
        let value = SQLText.value(of: column)
        switch self {
        case .equals(let wanted): return wanted.sql(on: column)
        case .less(let number): return "\(value) < \(number.sql(on: column))"
        case .atMost(let number): return "\(value) <= \(number.sql(on: column))"
        case .greater(let number): return "\(value) > \(number.sql(on: column))"
        case .atLeast(let number): return "\(value) >= \(number.sql(on: column))"
        case .between(.number(let low), .number(let high)):
            return "\(value) BETWEEN \(low.sql(on: column)) AND \(high.sql(on: column))"
        case .between(.address(let low), .address(let high)): return "\(value) BETWEEN \(low) AND \(high)"
        // The parser makes no other ranges; nothing lies in them.
        case .between: return "0"
        case .within(let prefix): return prefix.sql(on: column)
        case .matches(let pattern): return "match(\(Self.text(of: column)), \(string: pattern))"
        case .like(let pattern): return "\(Self.text(of: column)) LIKE \(string: pattern)"
        case .has(let bits): return "bitAnd(\(value), \(bits)) = \(bits)"
        case .oneOf(let values): return Self.oneOf(values, column)
        }
    }

    /// Single values go into one IN; prefixes and unknowns are tests of their own.
    private static func oneOf(_ values: [Filter.Value], _ column: FlowColumn) -> SQLText {
        var single: [SQLText] = []
        var others: [SQLText] = []
        for value in values {
            switch value {
            case .number(let number): single.append(number.sql(on: column))
            case .address(let address): single.append("\(address)")
            case .text(let text): single.append("\(string: text)")
            case .prefix, .unknown, .named: others.append(value.sql(on: column))
            }
        }
        if !single.isEmpty { others.insert("\(SQLText.value(of: column)) IN (\(single, separator: ", "))", at: 0) }
        return "(\(others, separator: " OR "))"
    }

    /// The value as people read it, so that patterns match what they see.
    private static func text(of column: FlowColumn) -> SQLText {
        switch column.field.kind {
        case .address:
            """
            if(\(column) BETWEEN \(IPAddress(v4: 0)) AND \(IPAddress(v4: .max)), \
            substring(toString(\(column)), 8), toString(\(column)))
            """
        case .mac: "lower(MACNumToString(\(column)))"
        default: "toString(\(column))"
        }
    }
}

extension Filter.Value {
    fileprivate func sql(on column: FlowColumn) -> SQLText {
        let value = SQLText.value(of: column)
        switch self {
        case .number(let number): return "\(value) = \(number.sql(on: column))"
        case .address(let address): return "\(value) = \(address)"
        case .text(let text): return "\(value) = \(string: text)"
        case .prefix(let prefix): return prefix.sql(on: column)
        case .unknown:
            switch KeyValue.unknown(column.field.kind) {
            case .number(let number): return "\(value) = \(number)"
            case .address: return "\(value) IN (\(IPAddress.unspecified), \(IPAddress(v4: 0)))"
            case .text(let text): return "\(value) = \(string: text)"
            case nil: return "0"
            }
        case .named(let named): return named.meaning.sql(on: column)
        }
    }
}

extension NamedValue.Meaning {
    fileprivate func sql(on column: FlowColumn) -> SQLText {
        let value = SQLText.value(of: column)
        switch self {
        case .numbers(let numbers): return Self.isOne(of: numbers.map { "\($0)" }, value)
        case .addresses(let addresses): return Self.isOne(of: addresses.map { "\($0)" }, value)
        case .ofExporters(let numbers):
            let pairs: [SQLText] = numbers.map { "(\($0.exporter), \($0.number))" }
            return Self.isOne(of: pairs, "(\(FlowColumn.samplerAddress), \(value))")
        }
    }

    /// Nothing is one of none, and the engine knows no empty list.
    private static func isOne(of values: [SQLText], _ value: SQLText) -> SQLText {
        values.isEmpty ? "0" : "\(value) IN (\(values, separator: ", "))"
    }
}

extension UInt64 {
    /// The number in SQL, as a DateTime for columns that hold times.
    fileprivate func sql(on column: FlowColumn) -> SQLText {
        column.field.kind == .time ? "toDateTime(\(self))" : "\(self)"
    }
}

extension Prefix {
    /// Bounds instead of isIPAddressInRange: four times faster, and prunable by indexes.
    fileprivate func sql(on column: FlowColumn) -> SQLText {
        "\(column) BETWEEN \(first) AND \(last)"
    }
}
