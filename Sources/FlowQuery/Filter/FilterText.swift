import FlowSchema
import NetTypes

extension Filter: CustomStringConvertible {
    /// The filter in its own language; parsing it gives the same tree.
    public var description: String {
        switch self {
        case .and(let parts): parts.map { $0.text(within: .and) }.joined(separator: " and ")
        case .or(let parts): parts.map { $0.text(within: .or) }.joined(separator: " or ")
        case .not(let inner): "not " + inner.text(within: .not)
        case .match(let match): match.description
        }
    }

    private enum Level {
        case or, and, not
    }

    private func text(within level: Level) -> String {
        let needsParentheses =
            switch self {
            case .or: true
            case .and: level != .or
            case .not, .match: false
            }
        return needsParentheses ? "(\(self))" : description
    }
}

extension Filter.Match: CustomStringConvertible {
    /// The test in the filter language.
    public var description: String {
        let name = subject.name
        let not = isNegated ? "not " : ""
        return switch test {
        case .equals(let value): "\(name) \(isNegated ? "!=" : "=") \(text(value))"
        case .less(let number): negatable("\(name) < \(text(.number(number)))")
        case .atMost(let number): negatable("\(name) <= \(text(.number(number)))")
        case .greater(let number): negatable("\(name) > \(text(.number(number)))")
        case .atLeast(let number): negatable("\(name) >= \(text(.number(number)))")
        case .oneOf(let values): "\(name) \(not)in (\(values.map(text).joined(separator: ", ")))"
        case .between(let low, let high): "\(name) \(not)between \(text(low)) and \(text(high))"
        case .within(let prefix): "\(name) \(isNegated ? "!<<" : "<<") \(prefix)"
        case .matches(let pattern): "\(name) \(isNegated ? "!~" : "~") \(Self.quote(pattern))"
        case .like(let pattern): "\(name) \(not)like \(Self.quote(pattern))"
        case .has(let bits): "\(name) \(not)has (\(Self.flags(bits)))"
        }
    }

    /// The language has no sign for "not less"; the parser never makes one.
    private func negatable(_ text: String) -> String {
        isNegated ? "not (\(text))" : text
    }

    private func text(_ value: Filter.Value) -> String {
        switch value {
        case .number(let number): text(number)
        case .address(let address): address.description
        case .text(let text): Self.quote(text)
        case .prefix(let prefix): prefix.description
        case .unknown: "unknown"
        case .named(let named): Self.quote(named.name)
        }
    }

    private func text(_ number: UInt64) -> String {
        let kind = subject.field.kind
        switch kind {
        case .mac: return MACAddress(bits: number).description
        // "unknown" is a word of the language, so numbers that have that name stay numbers.
        case .ipProtocol, .etherType, .flowType, .samplingSource, .encapType, .direction, .incoming, .locality,
            .country:
            let name = ValueNames.name(number, kind: kind)
            return name.flatMap { $0 == "unknown" ? nil : $0 } ?? String(number)
        default: return String(number)
        }
    }

    private static func flags(_ bits: UInt8) -> String {
        ValueNames.tcpFlags.indices.filter { bits >> UInt8($0) & 1 == 1 }.map { ValueNames.tcpFlags[$0] }
            .joined(separator: ", ")
    }

    static func quote(_ string: String) -> String {
        var text = "\""
        for character in string.unicodeScalars {
            if character == "\\" || character == "\"" { text += "\\" }
            text.unicodeScalars.append(character)
        }
        return text + "\""
    }
}
