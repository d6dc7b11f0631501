import FlowSchema
import NetTypes

extension Filter {
    /// Parses a filter; nil when the text holds nothing but spaces and comments.
    ///
    /// - Throws: ``QueryError`` with the place of what isn't understood.
    public static func parse(_ text: String) throws(QueryError) -> Filter? {
        var parser = FilterParser(text: text, tokens: try FilterLexer.tokens(of: text))
        return try parser.filter()
    }
}

/// A recursive descent over the tokens, one function a rule of Docs/filter.md.
struct FilterParser {
    typealias Token = FilterLexer.Token

    private let text: String
    private let tokens: [Token]
    private var index = 0
    private var depth = 0
    private var matches = 0

    init(text: String, tokens: [Token]) {
        self.text = text
        self.tokens = tokens
    }

    fileprivate mutating func filter() throws(QueryError) -> Filter? {
        if token.kind == .end { return nil }
        let filter = try or()
        guard token.kind == .end else {
            if token.kind == .symbol(")") { throw error("this parenthesis closes nothing") }
            throw error("expected and, or, or the end", suggestion: suggestion(among: ["and", "or"]))
        }
        return filter
    }

    private mutating func or() throws(QueryError) -> Filter {
        var parts = [try and()]
        while takeWord("or") { parts.append(try and()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func and() throws(QueryError) -> Filter {
        var parts = [try not()]
        while takeWord("and") { parts.append(try not()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func not() throws(QueryError) -> Filter {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Filter.Limits.depth else {
            throw error("more than \(Filter.Limits.depth) parentheses and nots within each other")
        }
        if takeWord("not") { return .not(try not()) }
        guard take("(") else { return .match(try match()) }
        let inner = try or()
        try expect(")")
        return inner
    }

    // MARK: - One test

    private mutating func match() throws(QueryError) -> Filter.Match {
        matches += 1
        guard matches <= Filter.Limits.matches else { throw error("more than \(Filter.Limits.matches) tests") }
        let subject = try subject()
        let start = token
        if case .symbol(let symbol) = start.kind {
            switch symbol {
            case "=", "==", "!=", "<>":
                advance()
                let value = try value(for: subject)
                return .init(subject, isNegated: symbol == "!=" || symbol == "<>", .equals(value))
            case "<", "<=", ">", ">=":
                guard subject.field.kind.ordered else { throw wrongTest(subject) }
                advance()
                let number = try number(for: subject)
                let test: Filter.Test =
                    switch symbol {
                    case "<": .less(number)
                    case "<=": .atMost(number)
                    case ">": .greater(number)
                    default: .atLeast(number)
                    }
                return .init(subject, test)
            case "<<", "!<<":
                guard subject.field.kind == .address else { throw wrongTest(subject) }
                advance()
                return .init(subject, isNegated: symbol == "!<<", .within(try prefix()))
            case "~", "=~", "!~":
                guard subject.field.kind.hasText else { throw wrongTest(subject) }
                advance()
                return .init(subject, isNegated: symbol == "!~", .matches(try pattern()))
            default: break
            }
        }
        let isNegated = takeWord("not")
        if takeWord("in") { return .init(subject, isNegated: isNegated, .oneOf(try list(for: subject))) }
        if isWord("between") {
            guard subject.field.kind.hasRanges else { throw wrongTest(subject) }
            advance()
            return .init(subject, isNegated: isNegated, try between(subject))
        }
        if isWord("like") {
            guard subject.field.kind.hasText else { throw wrongTest(subject) }
            advance()
            return .init(subject, isNegated: isNegated, .like(try pattern()))
        }
        if isWord("has") {
            guard subject.field.kind == .tcpFlags else { throw wrongTest(subject) }
            advance()
            return .init(subject, isNegated: isNegated, .has(try flags()))
        }
        throw error(
            "expected what to ask of \(subject.name): = != < <= > >= in between << ~ like has",
            suggestion: suggestion(among: ["in", "between", "like", "has", "not"])
        )
    }

    private mutating func subject() throws(QueryError) -> Filter.Subject {
        guard case .word(let name) = token.kind else { throw error("expected the name of a column") }
        let pair = Filter.Pair.allCases.first { $0.rawValue.lowercased() == name.lowercased() }
        if let subject = pair.map(Filter.Subject.either) ?? FlowColumn.named(name).map(Filter.Subject.column),
            subject.columns.allSatisfy(\.isComparable)
        {
            advance()
            return subject
        }
        let names = FlowColumn.queryable.filter(\.isComparable).map(\.name) + Filter.Pair.allCases.map(\.rawValue)
        throw error("\(name.prefix(40)) is no column", suggestion: suggestion(among: names))
    }

    private mutating func list(for subject: Filter.Subject) throws(QueryError) -> [Filter.Value] {
        try expect("(")
        var values: [Filter.Value] = []
        repeat {
            guard values.count < Filter.Limits.listValues else {
                throw error("more than \(Filter.Limits.listValues) values in a list")
            }
            values.append(try value(for: subject, inList: true))
        } while take(",")
        try expect(")")
        return values
    }

    private mutating func between(_ subject: Filter.Subject) throws(QueryError) -> Filter.Test {
        let start = index
        let low = try value(for: subject)
        guard takeWord("and") else { throw error("expected and, then the upper end") }
        let high = try value(for: subject)
        switch (low, high) {
        case (.number(let a), .number(let b)) where a <= b: return .between(low, high)
        case (.address(let a), .address(let b)) where a <= b: return .between(low, high)
        default:
            index = start
            throw error("this range ends before it starts, or has no ends")
        }
    }

    private mutating func flags() throws(QueryError) -> UInt8 {
        let isList = take("(")
        var bits: UInt8 = 0
        repeat {
            guard case .word(let name) = token.kind,
                let bit = ValueNames.tcpFlags.firstIndex(of: name.uppercased())
            else {
                throw error("expected a TCP flag", suggestion: suggestion(among: ValueNames.tcpFlags))
            }
            bits |= 1 << UInt8(bit)
            advance()
        } while take("+") || (isList && take(","))
        if isList { try expect(")") }
        return bits
    }

    // MARK: - Values

    private mutating func value(for subject: Filter.Subject, inList: Bool = false) throws(QueryError) -> Filter.Value {
        let (word, isQuoted) = try wordOrString()
        let kind = subject.field.kind
        if !isQuoted, word.lowercased() == "unknown", KeyValue.unknown(kind) != nil {
            advance()
            return .unknown
        }
        let value: Filter.Value?
        switch kind {
        case .address:
            let prefix = Prefix(word)
            if let prefix, prefix.bits < 128 || word.contains("/"), !inList {
                throw error("this is a prefix: write \(subject.name) << \(prefix)")
            }
            value = prefix.map { $0.bits == 128 ? .address($0.first) : .prefix($0) }
        case .mac:
            value = (MACAddress(word)?.bits ?? Self.digits(word)).map(Filter.Value.number)
        case .tcpFlags:
            value = (Self.digits(word) ?? flagBits(word)).map(Filter.Value.number)
        case .time:
            value = TimeRange.instant(word, now: 0).flatMap { word.hasPrefix("-") || word == "now" ? nil : .number($0) }
        case .text:
            value = .text(word)
        case .boundary:
            value = InterfaceBoundary.allCases.first { $0.name == word.lowercased() }.map { .text($0.name) }
        case .asn:
            let digits = word.lowercased().hasPrefix("as") ? String(word.dropFirst(2)) : word
            value = Self.digits(digits).map(Filter.Value.number)
        default:
            value = (Self.digits(word) ?? ValueNames.number(word, kind: kind)).map(Filter.Value.number)
        }
        guard let value else {
            throw error(
                "\(word.prefix(40)) is no value of \(subject.name), which is \(Self.describe(kind))",
                suggestion: suggestion(among: ValueNames.all(kind))
            )
        }
        if case .number(let number) = value { try check(number, fits: subject) }
        advance()
        return value
    }

    private mutating func number(for subject: Filter.Subject) throws(QueryError) -> UInt64 {
        let start = index
        if case .number(let number) = try value(for: subject) { return number }
        index = start
        throw error("unknown is neither less nor greater than anything: use = or !=")
    }

    private func check(_ number: UInt64, fits subject: Filter.Subject) throws(QueryError) {
        let most: UInt64 =
            switch subject.columns[0].storage {
            case .uint8: 0xFF
            case .uint16: 0xFFFF
            case .uint32: 0xFFFF_FFFF
            case .uint64, .bytes16, .variable: .max
            }
        guard number <= most else { throw error("\(subject.name) is at most \(most)") }
    }

    private mutating func prefix() throws(QueryError) -> Prefix {
        let (word, _) = try wordOrString()
        guard let prefix = Prefix(word) else { throw error("expected a prefix like 192.0.2.0/24 or 2001:db8::/32") }
        advance()
        return prefix
    }

    private mutating func pattern() throws(QueryError) -> String {
        guard case .string(let string) = token.kind else { throw error("expected a pattern in quotes") }
        advance()
        return string
    }

    private func wordOrString() throws(QueryError) -> (String, isQuoted: Bool) {
        switch token.kind {
        case .word(let word): return (word, false)
        case .string(let string): return (string, true)
        default: throw error("expected a value")
        }
    }

    /// Decimal digits, or hexadecimal ones after 0x; nil when it is too big for 64 bits as well.
    private static func digits(_ word: String) -> UInt64? {
        let isHex = word.lowercased().hasPrefix("0x")
        let digits = isHex ? word.dropFirst(2) : word[...]
        guard let first = digits.first, first.isHexDigit else { return nil }
        return UInt64(digits, radix: isHex ? 16 : 10)
    }

    private func flagBits(_ word: String) -> UInt64? {
        ValueNames.tcpFlags.firstIndex(of: word.uppercased()).map { 1 << UInt64($0) }
    }

    private static func describe(_ kind: FieldKind) -> String {
        switch kind {
        case .time: "a time: Unix seconds or \"2026-11-23T06:00:00Z\""
        case .address: "an address"
        case .asn: "an AS number"
        case .mac: "a MAC address"
        case .port: "a port number or service name"
        case .ipProtocol: "a protocol number or name"
        case .etherType: "an Ethertype: 0x0800 or IPv4"
        case .direction: "ingress, egress or unknown"
        case .incoming: "yes, no or unknown"
        case .locality: "in, out, internal, transit or unknown"
        case .flowType: "the name of a flow protocol"
        case .samplingSource: "record, options, configuration or unknown"
        case .encapType: "a kind of tunnel such as VXLAN"
        case .tcpFlags: "a number or a flag; use has for several flags"
        case .country: "a country's two letters such as DE, or unknown"
        case .text: "a text such as \"Example\", or unknown"
        case .boundary: "external, internal or undefined"
        case .subsecond, .counter, .number, .interface, .numbers, .strings: "a number"
        }
    }

    // MARK: - Tokens

    private var token: Token { tokens[index] }

    private mutating func advance() {
        if index < tokens.count - 1 { index += 1 }
    }

    private func isWord(_ keyword: String) -> Bool {
        if case .word(let word) = token.kind { word.lowercased() == keyword } else { false }
    }

    private mutating func takeWord(_ keyword: String) -> Bool {
        guard isWord(keyword) else { return false }
        advance()
        return true
    }

    private mutating func take(_ symbol: String) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(QueryError) {
        guard take(symbol) else { throw error("expected \(symbol)") }
    }

    private func suggestion(among candidates: [String]) -> String? {
        switch token.kind {
        case .word(let word), .string(let word): NameDistance.nearest(to: word, among: candidates)
        default: nil
        }
    }

    private func wrongTest(_ subject: Filter.Subject) -> QueryError {
        error("\(subject.name) can't be asked that: it is \(Self.describe(subject.field.kind))")
    }

    private func error(_ message: String, suggestion: String? = nil) -> QueryError {
        .filter(message, in: text, token.range, suggestion: suggestion)
    }
}
