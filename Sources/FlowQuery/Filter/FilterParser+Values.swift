import FlowSchema
import NetTypes

/// Values, patterns and prefixes, read by what the column holds.
extension FilterParser {
    mutating func value(for subject: Filter.Subject, inList: Bool = false) throws(QueryError) -> Filter.Value {
        note(.value(subject, inList: inList))
        let (word, isQuoted) = try wordOrString()
        let kind = subject.field.kind
        // What is printed in quotes must be read again.
        guard word.utf8.count <= Filter.Limits.patternBytes else {
            throw error("this value is longer than \(Filter.Limits.patternBytes) bytes")
        }
        if !isQuoted, word.lowercased() == "unknown", KeyValue.unknown(kind) != nil {
            advance()
            return .unknown
        }
        if kind == .address, !inList, let prefix = Prefix(word), prefix.bits < 128 || word.contains("/") {
            throw error("this is a prefix: write \(subject.name) << \(prefix)")
        }
        if let value = Self.plainValue(word, kind) {
            if case .number(let number) = value { try check(number, fits: subject) }
            advance()
            return value
        }
        if let value = names?.value(named: word, in: subject.columns[0]) {
            guard value.count <= Filter.Limits.namedValues else {
                throw error("more than \(Filter.Limits.namedValues) are called \(word.prefix(40)): name some by number")
            }
            advance()
            return .named(value)
        }
        guard isUnfinished else {
            throw error(
                "\(word.prefix(40)) is no value of \(subject.name), which is \(kind.description)",
                suggestion: suggestion(among: ValueNames.all(kind)) ?? knownName(like: word, in: subject)
            )
        }
        advance()
        return .unknown
    }

    /// What a word means by itself in a column of that kind.
    private static func plainValue(_ word: String, _ kind: FieldKind) -> Filter.Value? {
        switch kind {
        case .address: Prefix(word).map { $0.bits == 128 ? .address($0.first) : .prefix($0) }
        case .mac: (MACAddress(word)?.bits ?? digits(word)).map(Filter.Value.number)
        case .tcpFlags: (digits(word) ?? flagBits(word)).map(Filter.Value.number)
        case .time: TimeRange.instant(word, now: 0).flatMap { word.hasPrefix("-") || word == "now" ? nil : .number($0) }
        case .text: .text(word)
        case .boundary: InterfaceBoundary.allCases.first { $0.name == word.lowercased() }.map { .text($0.name) }
        case .asn: digits(word.lowercased().hasPrefix("as") ? String(word.dropFirst(2)) : word).map(Filter.Value.number)
        default: (digits(word) ?? ValueNames.number(word, kind: kind)).map(Filter.Value.number)
        }
    }

    /// A name that is known here and is nearly this one.
    private func knownName(like word: String, in subject: Filter.Subject) -> String? {
        guard let names else { return nil }
        // Whose first letters are right is found among thousands of names without comparing all of them.
        let some = names.names(in: subject.columns[0], like: String(word.prefix(2)), limit: 2000)
        return suggestion(among: some.flatMap { [$0.text, $0.detail] })
    }

    mutating func number(for subject: Filter.Subject) throws(QueryError) -> UInt64 {
        let start = place
        let value = try value(for: subject)
        if case .number(let number) = value { return number }
        if isUnfinished { return 0 }
        goBack(to: start)
        if case .unknown = value {
            throw error("unknown is neither less nor greater than anything: use = or !=")
        }
        throw error("a name is neither less nor greater than anything: use = or !=, or a number")
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

    mutating func prefix() throws(QueryError) -> Prefix {
        note(.prefix)
        let (word, _) = try wordOrString()
        guard let prefix = Prefix(word) ?? (isUnfinished ? Prefix("::/0") : nil) else {
            throw error("expected a prefix like 192.0.2.0/24 or 2001:db8::/32")
        }
        advance()
        return prefix
    }

    // MARK: - Patterns

    /// A regular expression that the engine can compile, as far as its syntax tells.
    mutating func expression() throws(QueryError) -> String {
        note(.pattern)
        guard case .string(let string) = token.kind else { throw error("expected a pattern in quotes") }
        if let problem = ExpressionCheck.problem(in: string) { throw patternError(problem.message, at: problem.bytes) }
        advance()
        return string
    }

    /// A pattern of `%` and `_`.
    mutating func likePattern() throws(QueryError) -> String {
        note(.pattern)
        guard case .string(let string) = token.kind else { throw error("expected a pattern in quotes") }
        // A backslash takes the next character's special meaning, or stands for itself; at the end it can do neither.
        if string.utf8.reversed().prefix(while: { $0 == UInt8(ascii: "\\") }).count % 2 == 1 {
            let count = string.utf8.count
            throw patternError("a pattern can't end with a single \\: write \\\\", at: count - 1..<count)
        }
        advance()
        return string
    }

    /// An error within a string: its bytes are found again behind the quote and the backslashes that fell away.
    private func patternError(_ message: String, at bytes: Range<Int>) -> QueryError {
        let written = Array(text.utf8)[token.range]
        let quote = written.first
        var places: [Int] = []
        var index = written.startIndex + 1
        while index < written.endIndex - 1 {
            places.append(index)
            let isEscape =
                written[index] == UInt8(ascii: "\\") && index + 1 < written.endIndex - 1
                && (written[index + 1] == UInt8(ascii: "\\") || written[index + 1] == quote)
            index += isEscape ? 2 : 1
        }
        places.append(index)
        let last = places.count - 1
        let range = places[min(bytes.lowerBound, last)]..<places[min(bytes.upperBound, last)]
        return .filter(message, in: text, range)
    }

    // MARK: - Words

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

    private static func flagBits(_ word: String) -> UInt64? {
        ValueNames.tcpFlags.firstIndex(of: word.uppercased()).map { 1 << UInt64($0) }
    }
}

extension FieldKind {
    /// What values of that kind are, in words for errors and hints.
    var description: String {
        switch self {
        case .time: "a time: Unix seconds or \"2026-11-23T06:00:00Z\""
        case .address: "an address, or the name of an exporter or host that has one"
        case .asn: "an AS number, or a name that is known here"
        case .mac: "a MAC address"
        case .port: "a port number or service name"
        case .ipProtocol: "a protocol number or name"
        case .etherType: "an Ethertype: 0x0800 or IPv4"
        case .interface: "an interface's number, or a name that is known here"
        case .direction: "ingress, egress or unknown"
        case .incoming: "yes, no or unknown"
        case .locality: "in, out, internal, transit or unknown"
        case .flowType: "the name of a flow protocol"
        case .samplingSource: "record, options, configuration or unknown"
        case .encapType: "a kind of tunnel such as VXLAN"
        case .tcpFlags: "a number or a flag; use has for several flags"
        case .country: "a country such as DE or Germany, or unknown"
        case .text: "a text such as \"Example\", or unknown"
        case .boundary: "external, internal or undefined"
        case .subsecond, .counter, .number, .numbers, .strings: "a number"
        }
    }
}
