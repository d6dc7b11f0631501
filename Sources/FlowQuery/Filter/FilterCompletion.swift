public import FlowSchema

/// What could be written at a place in a filter.
///
/// It cuts off the text at the place, takes away the word that is being
/// written, and lets the parser say what could follow the rest.
public struct FilterCompletion: Sendable {
    /// Where the word begins that a candidate replaces, in UTF-16 units.
    public let position: Int
    /// How many UTF-16 units it replaces; the word may go on behind the place.
    public let length: Int
    /// What is written of the word, without quotes.
    public let typed: String
    private let expected: [FilterExpectation]
    private let isQuoted: Bool

    /// One way to go on.
    public struct Candidate: Hashable, Sendable {
        /// What it is: `column`, `operator`, `word`, `value` or `flag`.
        public var kind: String
        /// What it is called.
        public var label: String
        /// What that means, in a few words.
        public var detail: String
        /// What is put in the word's place.
        public var insert: String
        /// The part of the traffic, 0 to 1, that the value had lately; nil where that isn't known.
        public var share: Double?
    }

    /// A value that the column had lately.
    public struct SeenValue: Hashable, Sendable {
        /// As the filter language reads it, without quotes.
        public var text: String
        /// What it is called.
        public var detail: String
        /// Its part of the traffic, 0 to 1.
        public var share: Double

        /// Offers a value.
        public init(text: String, detail: String, share: Double) {
            self.text = text
            self.detail = detail
            self.share = share
        }
    }

    /// Candidates that one answer has at most.
    public static let most = 50

    /// Looks at a place.
    ///
    /// - Parameter position: UTF-16 units from the start; beyond the end it is the end.
    /// - Throws: ``QueryError`` when the text is too long.
    public init(_ text: String, at position: Int) throws(QueryError) {
        guard text.utf8.count <= Filter.Limits.textBytes else {
            throw QueryError("the filter is longer than \(Filter.Limits.textBytes) bytes", parameter: "text")
        }
        let bytes = Array(text.utf8)
        let cut = Self.bytes(position, in: text)
        var word = WordAtCursor(Array(bytes[..<cut]))
        word.extend(into: bytes)
        func units(_ count: Int) -> Int { String(decoding: bytes[..<count], as: UTF8.self).utf16.count }
        let start = units(word.range.lowerBound)
        self.position = start
        length = units(word.range.upperBound) - start
        typed = word.text
        isQuoted = word.isQuoted
        guard let tokens = word.before else {
            expected = []
            return
        }
        let before = String(decoding: bytes[..<word.range.lowerBound], as: UTF8.self)
        var parser = FilterParser(text: before, tokens: tokens, isUnfinished: true)
        expected = parser.continuations()
    }

    /// What is expected, in words: `a column`, `an AS number, or a name that is known here`.
    public var hints: [String] { expected.map(\.words) }

    /// The column whose values are asked for; nil when something else is.
    public var valueColumn: FlowColumn? { valueSubject?.columns[0] }

    /// Whether only values are asked for, as behind an operator.
    private var valueSubject: Filter.Subject? {
        for case .value(let subject, _) in expected { return subject }
        return nil
    }

    /// The ways to go on, the likeliest first, at most ``most``.
    ///
    /// - Parameters:
    ///   - names: knows what people call things.
    ///   - seen: values that the column of ``valueColumn`` has.
    public func candidates(names: (any FilterNames)? = nil, seen: [SeenValue] = []) -> [Candidate] {
        var all: [Candidate] = []
        for expectation in expected {
            switch expectation {
            case .column: all += isQuoted ? [] : Self.columns
            case .word(let word): all += isQuoted ? [] : [Self.candidate(word: word)]
            case .symbol(let symbol): all += isQuoted ? [] : [Self.candidate(symbol: symbol)]
            case .value(let subject, let inList):
                all += FilterValues(subject, inList: inList, isQuoted: isQuoted).candidates(names, seen, typed: typed)
            case .prefix: all += isQuoted ? [] : Self.prefixes
            case .flag: all += isQuoted ? [] : Self.flags
            case .pattern: break
            }
        }
        return ranked(all)
    }

    /// Those that begin with what is typed, then those with a word that does, then those that have it anywhere.
    private func ranked(_ all: [Candidate]) -> [Candidate] {
        let wanted = typed.lowercased()
        var classes: [[Candidate]] = [[], [], [], []]
        var seen: Set<String> = []
        for candidate in all where seen.insert(candidate.label + "\u{0}" + candidate.insert).inserted {
            let label = candidate.label.lowercased()
            let detail = candidate.detail.lowercased()
            if label.hasPrefix(wanted) {
                classes[0].append(candidate)
            } else if candidate.kind != "column", detail.hasPrefix(wanted) || detail.contains(" " + wanted) {
                classes[1].append(candidate)
            } else if label.contains(wanted) {
                classes[2].append(candidate)
            } else if candidate.kind == "value", detail.contains(wanted) {
                classes[3].append(candidate)
            }
        }
        // What stands there already needn't be offered.
        let rest = classes.flatMap(\.self).filter {
            $0.kind == "value" || $0.label.lowercased() != wanted || wanted.isEmpty
        }
        return Array(rest.prefix(Self.most))
    }

    /// The UTF-8 byte of a place in UTF-16 units.
    private static func bytes(_ position: Int, in text: String) -> Int {
        let units = text.utf16
        var index =
            units.index(units.startIndex, offsetBy: max(0, position), limitedBy: units.endIndex) ?? units.endIndex
        // Half a surrogate pair is no place.
        while index.samePosition(in: text.unicodeScalars) == nil, index > units.startIndex {
            index = units.index(before: index)
        }
        return text.utf8.distance(from: text.startIndex, to: index)
    }
}

// MARK: - What the language itself offers

extension FilterCompletion {
    /// Columns that most questions are about come first.
    private static let usual: [String] = [
        "SrcAddr", "DstAddr", "Addr", "SrcAS", "DstAS", "AS", "SrcPort", "DstPort", "Port", "Proto", "InIf", "OutIf",
        "If", "SamplerAddress", "SrcCountry", "DstCountry", "Country", "TCPFlags", "EType", "Bytes", "Packets",
    ]

    private static let columns: [Candidate] = {
        let single = FlowColumn.queryable.filter(\.isComparable).map { ($0.name, $0.field.documentation) }
        let pairs = Filter.Pair.allCases.map { pair in
            (pair.rawValue, "Either end: \(pair.columns.map(\.name).joined(separator: " or ")).")
        }
        let all = single + pairs
        let first = usual.compactMap { name in all.first { $0.0 == name } }
        return (first + all.filter { !usual.contains($0.0) }).map { name, words in
            Candidate(kind: "column", label: name, detail: words, insert: name + " ")
        }
    }()

    private static func candidate(word: String) -> Candidate {
        let (detail, insert) =
            switch word {
            case "and": ("both", "and ")
            case "or": ("one of both", "or ")
            case "not": ("the opposite", "not ")
            case "in": ("one of a list", "in (")
            case "between": ("from one value to another, both included", "between ")
            case "like": ("the whole text, with % and _", "like \"")
            case "has": ("all of these flags", "has ")
            default: ("", word + " ")
            }
        let isOperator = ["in", "between", "like", "has"].contains(word)
        return Candidate(kind: isOperator ? "operator" : "word", label: word, detail: detail, insert: insert)
    }

    private static func candidate(symbol: String) -> Candidate {
        let (detail, insert) =
            switch symbol {
            case "=": ("is", "= ")
            case "!=": ("is not", "!= ")
            case "<": ("less than", "< ")
            case "<=": ("at most", "<= ")
            case ">": ("more than", "> ")
            case ">=": ("at least", ">= ")
            case "<<": ("within a prefix", "<< ")
            case "!<<": ("not within a prefix", "!<< ")
            case "~": ("matches a regular expression", "~ \"")
            case "!~": ("doesn't match a regular expression", "!~ \"")
            case "(": ("what belongs together", "(")
            case ")": ("the end of what belongs together", ") ")
            case ",": ("another value", ", ")
            case "+": ("another flag", "+")
            default: ("", symbol)
            }
        let isOperator = !["(", ")", ",", "+"].contains(symbol)
        return Candidate(kind: isOperator ? "operator" : "word", label: symbol, detail: detail, insert: insert)
    }

    private static let prefixes: [Candidate] = [
        ("10.0.0.0/8", "private (RFC 1918)"), ("172.16.0.0/12", "private (RFC 1918)"),
        ("192.168.0.0/16", "private (RFC 1918)"), ("100.64.0.0/10", "shared by providers (RFC 6598)"),
        ("169.254.0.0/16", "link-local (RFC 3927)"), ("224.0.0.0/4", "multicast (RFC 5771)"),
        ("0.0.0.0/0", "all of IPv4"), ("fc00::/7", "unique local (RFC 4193)"), ("fe80::/10", "link-local (RFC 4291)"),
        ("ff00::/8", "multicast (RFC 4291)"), ("2000::/3", "global unicast (RFC 4291)"),
    ].map { Candidate(kind: "value", label: $0, detail: $1, insert: $0 + " ") }

    private static let flags: [Candidate] = ValueNames.tcpFlags.map {
        Candidate(kind: "flag", label: $0, detail: "TCP flag", insert: $0)
    }
}
