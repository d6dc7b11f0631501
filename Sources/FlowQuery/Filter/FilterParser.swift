import FlowSchema
import NetTypes

extension Filter {
    /// Parses a filter; nil when the text holds nothing but spaces and comments.
    ///
    /// - Parameter names: knows what people call things; without it only names in everybody's use are understood.
    /// - Throws: ``QueryError`` with the place of what isn't understood.
    public static func parse(_ text: String, names: (any FilterNames)? = nil) throws(QueryError) -> Filter? {
        var parser = FilterParser(text: text, tokens: try FilterLexer.tokens(of: text), names: names)
        return try parser.filter()
    }
}

/// A recursive descent over the tokens, one function a rule of Docs/filter.md.
///
/// It notes what it could have gone on with at the token where it is, so that
/// completion knows the grammar from here and from nowhere else.
struct FilterParser {
    typealias Token = FilterLexer.Token

    let text: String
    let names: (any FilterNames)?
    /// Whether the text goes on behind the last token: then values needn't be known, and ranges not go forward.
    let isUnfinished: Bool
    private let tokens: [Token]
    private var index = 0
    private var depth = 0
    private var matches = 0
    /// What could stand where the parser is.
    private var expected: [FilterExpectation] = []

    init(text: String, tokens: [Token], names: (any FilterNames)? = nil, isUnfinished: Bool = false) {
        self.text = text
        self.tokens = tokens
        self.names = names
        self.isUnfinished = isUnfinished
    }

    /// What could follow the tokens; nothing when they are no beginning of a filter.
    mutating func continuations() -> [FilterExpectation] {
        _ = try? or()
        return token.kind == .end ? expected : []
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
        note(.column)
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
        expected += FilterExpectation.symbols(for: subject.field.kind)
        if case .symbol(let symbol) = token.kind, let match = try match(subject, symbol) { return match }
        let kind = subject.field.kind
        let isNegated = takeWord("not")
        if takeWord("in") { return .init(subject, isNegated: isNegated, .oneOf(try list(for: subject))) }
        if try takeWord("between", where: kind.hasRanges, subject) {
            return .init(subject, isNegated: isNegated, try between(subject))
        }
        if try takeWord("like", where: kind.hasText, subject) {
            return .init(subject, isNegated: isNegated, .like(try likePattern()))
        }
        if try takeWord("has", where: kind == .tcpFlags, subject) {
            return .init(subject, isNegated: isNegated, .has(try flags()))
        }
        throw error(
            "expected what to ask of \(subject.name): \(FilterExpectation.operators(for: kind).joined(separator: " "))",
            suggestion: suggestion(among: ["in", "between", "like", "has", "not"])
        )
    }

    /// A test whose operator is a symbol; nil when the symbol is none.
    private mutating func match(_ subject: Filter.Subject, _ symbol: String) throws(QueryError) -> Filter.Match? {
        let kind = subject.field.kind
        switch symbol {
        case "=", "==", "!=", "<>":
            advance()
            let value = try value(for: subject)
            return .init(subject, isNegated: symbol == "!=" || symbol == "<>", .equals(value))
        case "<", "<=", ">", ">=":
            guard kind.ordered else { throw wrongTest(subject) }
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
            guard kind == .address else { throw wrongTest(subject) }
            advance()
            return .init(subject, isNegated: symbol == "!<<", .within(try prefix()))
        case "~", "=~", "!~":
            guard kind.hasText else { throw wrongTest(subject) }
            advance()
            return .init(subject, isNegated: symbol == "!~", .matches(try expression()))
        default: return nil
        }
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
        let start = place
        let low = try value(for: subject)
        guard takeWord("and") else { throw error("expected and, then the upper end") }
        let high = try value(for: subject)
        if isUnfinished { return .between(low, high) }
        switch (low, high) {
        case (.number(let a), .number(let b)) where a <= b: return .between(low, high)
        case (.address(let a), .address(let b)) where a <= b: return .between(low, high)
        default:
            goBack(to: start)
            throw error("this range ends before it starts, or has no ends")
        }
    }

    private mutating func flags() throws(QueryError) -> UInt8 {
        let isList = take("(")
        var bits: UInt8 = 0
        repeat {
            note(.flag)
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

    // MARK: - Tokens

    /// The token where the parser is.
    var token: Token { tokens[index] }

    /// Where the parser is, to come back to when what follows turns out to be wrong.
    var place: Int { index }

    /// Goes back, so that an error tells that place.
    mutating func goBack(to place: Int) { index = place }

    mutating func advance() {
        expected = []
        if index < tokens.count - 1 { index += 1 }
    }

    /// Notes what could stand here, beside what is noted already.
    mutating func note(_ expectation: FilterExpectation) { expected.append(expectation) }

    private func isWord(_ keyword: String) -> Bool {
        if case .word(let word) = token.kind { word.lowercased() == keyword } else { false }
    }

    private mutating func takeWord(_ keyword: String) -> Bool {
        note(.word(keyword))
        guard isWord(keyword) else { return false }
        advance()
        return true
    }

    /// Takes an operator that only some columns know.
    private mutating func takeWord(
        _ keyword: String,
        where isKnown: Bool,
        _ subject: Filter.Subject
    ) throws(QueryError) -> Bool {
        guard isKnown else {
            if isWord(keyword) { throw wrongTest(subject) }
            return false
        }
        return takeWord(keyword)
    }

    private mutating func take(_ symbol: String) -> Bool {
        note(.symbol(symbol))
        guard token.kind == .symbol(symbol) else { return false }
        advance()
        return true
    }

    private mutating func expect(_ symbol: String) throws(QueryError) {
        guard take(symbol) else { throw error("expected \(symbol)") }
    }

    func suggestion(among candidates: [String]) -> String? {
        switch token.kind {
        case .word(let word), .string(let word): NameDistance.nearest(to: word, among: candidates)
        default: nil
        }
    }

    private func wrongTest(_ subject: Filter.Subject) -> QueryError {
        error("\(subject.name) can't be asked that: it is \(subject.field.kind.description)")
    }

    func error(_ message: String, suggestion: String? = nil) -> QueryError {
        .filter(message, in: text, token.range, suggestion: suggestion)
    }
}
