import FlowSchema

/// What could stand at a place in a filter.
enum FilterExpectation: Hashable {
    /// The name of a column, or of a pair.
    case column
    /// A word of the language.
    case word(String)
    /// An operator, a bracket or a comma.
    case symbol(String)
    /// A value of a column.
    case value(Filter.Subject, inList: Bool)
    /// A prefix of addresses.
    case prefix
    /// A pattern in quotes.
    case pattern
    /// The name of a TCP flag.
    case flag

    /// The operators that are symbols and that columns of that kind know.
    static func symbols(for kind: FieldKind) -> [FilterExpectation] {
        var symbols = ["=", "!="]
        if kind.ordered { symbols += ["<", "<=", ">", ">="] }
        if kind == .address { symbols += ["<<", "!<<"] }
        if kind.hasText { symbols += ["~", "!~"] }
        return symbols.map(Self.symbol)
    }

    /// All operators of columns of that kind, for errors.
    static func operators(for kind: FieldKind) -> [String] {
        let symbols = symbols(for: kind).compactMap { if case .symbol(let text) = $0 { text } else { nil } }
        return symbols + ["in"] + (kind.hasRanges ? ["between"] : []) + (kind.hasText ? ["like"] : [])
            + (kind == .tcpFlags ? ["has"] : [])
    }

    /// What it is, for people.
    var words: String {
        switch self {
        case .column: "a column"
        case .word(let word): word
        case .symbol(let symbol): symbol
        case .value(let subject, _): subject.field.kind.description
        case .prefix: "a prefix like 192.0.2.0/24 or 2001:db8::/32"
        case .pattern: "a pattern in quotes"
        case .flag: "a TCP flag"
        }
    }
}
