import Foundation
import Testing

/// The grammar that Docs/filter.md publishes, read from there.
struct FilterGrammar {
    indirect enum Node {
        case rule(String)
        case literal(String)
        case sequence([Node])
        case choice([Node])
        case maybe(Node)
        case any(Node)
    }

    let rules: [String: Node]

    /// What the rules leave to the text around them.
    static let terminals: Set<String> = ["word", "string"]

    init(document: String) throws {
        let start = try #require(document.range(of: "```ebnf\n"))
        let end = try #require(document.range(of: "\n```", range: start.upperBound..<document.endIndex))
        var rules: [String: Node] = [:]
        // A line that begins with a space goes on with the rule before it.
        let text = document[start.upperBound..<end.lowerBound].replacing(/\n +/, with: " ")
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: "=", maxSplits: 1)
            var parser = EBNFParser(String(try #require(halves.last)))
            rules[String(halves[0]).trimmingCharacters(in: .whitespaces)] = try parser.choice()
        }
        self.rules = rules
    }

    static func published() throws -> FilterGrammar { try FilterGrammar(document: try document()) }

    /// Docs/filter.md.
    static func document() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("Docs/filter.md"), encoding: .utf8)
    }

    // MARK: - Walking

    /// Pieces of a random sentence: literals as they are, and the names of terminals and of rules that are one, in < >.
    func sentence(_ rule: String, depth: Int, using random: inout SeededRandom) throws -> [String] {
        let node = try #require(rules[rule], "no rule \(rule)")
        if case .rule(let name) = node, Self.terminals.contains(name) { return ["<\(rule)>"] }
        if case .choice(let nodes) = node, nodes.allSatisfy(isTerminal) { return ["<\(rule)>"] }
        return try expand(node, depth: depth, using: &random)
    }

    private func isTerminal(_ node: Node) -> Bool {
        if case .rule(let name) = node { Self.terminals.contains(name) } else { false }
    }

    private func expand(_ node: Node, depth: Int, using random: inout SeededRandom) throws -> [String] {
        switch node {
        case .literal(let text): return [text]
        case .rule(let name):
            return Self.terminals.contains(name) ? ["<\(name)>"] : try sentence(name, depth: depth - 1, using: &random)
        case .sequence(let nodes): return try nodes.flatMap { try expand($0, depth: depth, using: &random) }
        case .choice(let nodes):
            // Deep in, the last way is taken: it is the one that doesn't come back to where it began.
            let index = depth > 0 ? Int.random(in: 0..<nodes.count, using: &random) : nodes.count - 1
            return try expand(nodes[index], depth: depth, using: &random)
        case .maybe(let node): return Bool.random(using: &random) ? try expand(node, depth: depth, using: &random) : []
        case .any(let node):
            let most = depth > 0 ? 2 : 0
            return try (0..<Int.random(in: 0...most, using: &random)).flatMap { _ in
                try expand(node, depth: depth, using: &random)
            }
        }
    }

    // MARK: - Recognising

    /// Whether the tokens are a sentence of the rule.
    func derives(_ tokens: [String], from rule: String) -> Bool {
        ends(.rule(rule), tokens, at: 0).contains(tokens.count)
    }

    private func ends(_ node: Node, _ tokens: [String], at start: Int) -> Set<Int> {
        switch node {
        case .literal(let text):
            return start < tokens.count && tokens[start].lowercased() == text ? [start + 1] : []
        case .rule(let name):
            guard Self.terminals.contains(name) else {
                return rules[name].map { ends($0, tokens, at: start) } ?? []
            }
            return start < tokens.count && Self.kind(tokens[start]) == name ? [start + 1] : []
        case .sequence(let nodes):
            return nodes.reduce([start]) { places, node in
                places.reduce(into: []) { $0.formUnion(ends(node, tokens, at: $1)) }
            }
        case .choice(let nodes): return nodes.reduce(into: []) { $0.formUnion(ends($1, tokens, at: start)) }
        case .maybe(let node): return ends(node, tokens, at: start).union([start])
        case .any(let node):
            var all: Set<Int> = [start]
            var new = all
            while !new.isEmpty {
                new = new.reduce(into: Set<Int>()) { $0.formUnion(ends(node, tokens, at: $1)) }.subtracting(all)
                all.formUnion(new)
            }
            return all
        }
    }

    private static func kind(_ token: String) -> String {
        if token.hasPrefix("\"") || token.hasPrefix("'") { return "string" }
        return token.first.map { $0.isLetter || $0.isNumber || ":/.-_".contains($0) } == true ? "word" : "symbol"
    }

    /// The tokens of a filter as it is printed.
    static func tokens(_ text: String) -> [String] {
        text.matches(of: /"(?:\\["\\]|[^"\\]|\\)*"|!<<|<<|!=|<=|>=|!~|[<>=~(),+]|[A-Za-z0-9_.:\/\-]+/).map {
            String($0.0)
        }
    }
}

/// Reads the right side of a rule: names, "literals", [ ], { }, ( ) and |.
private struct EBNFParser {
    private let tokens: [String]
    private var index = 0

    init(_ text: String) {
        tokens = text.matches(of: /"[^"]*"|[a-z]+|[\[\]{}()|]/).map { String($0.0) }
    }

    mutating func choice() throws -> FilterGrammar.Node {
        var ways = [try sequence()]
        while index < tokens.count, tokens[index] == "|" {
            index += 1
            ways.append(try sequence())
        }
        return ways.count == 1 ? ways[0] : .choice(ways)
    }

    private mutating func sequence() throws -> FilterGrammar.Node {
        var nodes: [FilterGrammar.Node] = []
        while index < tokens.count, !["|", ")", "]", "}"].contains(tokens[index]) {
            let token = tokens[index]
            index += 1
            switch token {
            case "(":
                nodes.append(try choice())
                index += 1
            case "[":
                nodes.append(.maybe(try choice()))
                index += 1
            case "{":
                nodes.append(.any(try choice()))
                index += 1
            case _ where token.hasPrefix("\""): nodes.append(.literal(String(token.dropFirst().dropLast())))
            default: nodes.append(.rule(token))
            }
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }
}
