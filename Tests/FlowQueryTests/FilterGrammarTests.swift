import FlowQuery
import FlowSchema
import Testing

/// The parser, and the grammar that Docs/filter.md publishes.
struct FilterGrammarTests {
    /// Every sentence that the grammar makes is a filter, once its columns and values fit together.
    @Test func sentencesOfTheGrammarAreFilters() throws {
        let grammar = try FilterGrammar.published()
        var random = SeededRandom(seed: 11)
        var operators: Set<String> = []
        for _ in 0..<3000 {
            let pieces = try grammar.sentence("filter", depth: 12, using: &random)
            let tokens = try Self.fill(pieces, using: &random)
            let text = tokens.joined(separator: " ")
            #expect(throws: Never.self, "\(text)") { try Filter.parse(text) }
            #expect(grammar.derives(tokens, from: "filter"), "\(text)")
            operators.formUnion(pieces)
        }
        for symbol in ["=", "==", "!=", "<>", "<", "<=", ">", ">=", "<<", "!<<", "~", "=~", "!~", "in", "like", "has"] {
            #expect(operators.contains(symbol), "the walk never came to \(symbol)")
        }
    }

    /// What the parser takes, the grammar derives: tokens in whatever order, near enough to a filter to be one often.
    @Test func filtersAreSentencesOfTheGrammar() throws {
        let grammar = try FilterGrammar.published()
        var random = SeededRandom(seed: 12)
        var taken = 0
        let strangers = [
            "(", ")", ",", "+", "and", "or", "not", "in", "has", "=", "<<", "~", "SYN", "80", "\"a\"", "SrcAS",
        ]
        for _ in 0..<3000 {
            var tokens = try Self.fill(try grammar.sentence("filter", depth: 7, using: &random), using: &random)
            if !tokens.isEmpty {
                let place = Int.random(in: 0..<tokens.count, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: tokens.remove(at: place)
                case 1: tokens.insert(strangers.randomElement(using: &random) ?? "(", at: place)
                case 2: tokens[place] = strangers.randomElement(using: &random) ?? "("
                default: tokens.swapAt(place, Int.random(in: 0..<tokens.count, using: &random))
                }
            }
            let text = tokens.joined(separator: " ")
            guard (try? Filter.parse(text)) != nil else { continue }
            taken += 1
            #expect(grammar.derives(tokens, from: "filter"), "\(text)")
        }
        #expect(taken > 100, "too few filters were left to say anything")
    }

    @Test func printedFiltersAreSentencesOfTheGrammar() throws {
        let grammar = try FilterGrammar.published()
        var source = RandomFilter(random: SeededRandom(seed: 13))
        for _ in 0..<300 {
            let text = source.filter(depth: 2).description
            #expect(grammar.derives(FilterGrammar.tokens(text), from: "filter"), "\(text)")
        }
    }

    @Test func examplesOfTheDocumentAreFilters() throws {
        let examples = try FilterExamples.published()
        #expect(examples.count >= 15)
        for example in examples {
            #expect(throws: Never.self, "\(example)") { try Filter.parse(example, names: SomeNames()) }
        }
    }

    /// Columns of the document's table of pairs are those of the language.
    @Test func pairsOfTheDocument() throws {
        let document = try FilterGrammar.document()
        for pair in Filter.Pair.allCases { #expect(document.contains("`\(pair.rawValue)`"), "\(pair)") }
        // Whatever has another end can be asked for by one name.
        let paired = Set(Filter.Pair.allCases.flatMap(\.columns))
        for column in FlowColumn.queryable where column.isComparable && column.field.mirror != nil {
            #expect(paired.contains(column), "\(column)")
        }
        for pair in Filter.Pair.allCases { #expect(pair.columns[0].field.mirror == pair.columns[1], "\(pair)") }
    }

    // MARK: - Columns and values that fit

    /// Puts a column before each operator that knows it, and values behind that it has.
    static func fill(_ pieces: [String], using random: inout SeededRandom) throws -> [String] {
        var tokens: [String] = []
        var column = ""
        var low = 0
        for (index, piece) in pieces.enumerated() {
            switch piece {
            case "<column>":
                low = 0
                column = Self.column(for: pieces[(index + 1)...], using: &random)
                tokens.append(column)
            case "<value>":
                // The upper end of a range isn't below the lower one.
                low += Int.random(in: 1...9, using: &random)
                tokens.append(column.contains("Addr") ? "192.0.2.\(low % 200)" : "\(low % 60000)")
            case "<prefix>": tokens.append(Bool.random(using: &random) ? "10.0.0.0/8" : "\"2001:db8::/32\"")
            case "<string>": tokens.append(Bool.random(using: &random) ? "'a%b'" : "\"^1[0-9]\"")
            case "<flag>": tokens.append(["SYN", "ack", "FIN"].randomElement(using: &random) ?? "RST")
            default: tokens.append(Bool.random(using: &random) ? piece : piece.uppercased())
            }
        }
        return tokens
    }

    private static func column(for rest: ArraySlice<String>, using random: inout SeededRandom) -> String {
        let operation = rest.first { $0 != "not" } ?? "="
        let columns: [String] =
            switch operation {
            case "<", "<=", ">", ">=": ["SrcAS", "Port", "Bytes", "InIf", "As"]
            case "between": ["DstAS", "Packets", "Addr", "SrcAddr"]
            case "<<", "!<<": ["Addr", "nexthop", "SamplerAddress"]
            case "~", "=~", "!~", "like": ["Addr", "SrcPort", "SrcMac", "FlowType", "ExporterRole"]
            case "has": ["TCPFlags"]
            default: ["SrcAS", "Addr", "dstport", "Bytes", "SrcVlan", "NetRole"]
            }
        return columns.randomElement(using: &random) ?? "SrcAS"
    }
}

/// The examples of Docs/filter.md: blocks of the language `filter`, one on each line that isn't a comment alone.
enum FilterExamples {
    static func published() throws -> [String] {
        try FilterGrammar.document().matches(of: /```filter\n((?s:.*?))```/).flatMap { match in
            match.1.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("--") }
        }
    }
}
