/// Decides whether SQL that a person wrote may run.
///
/// `readonly` alone doesn't keep a statement from reading files of the host
/// (`SELECT file('/etc/hostname')` works with readonly = 1), so everything
/// that a statement names must stand on a list here. What it names is told by
/// the engine itself: the caller runs ``Statement/explain``, which parses and
/// runs nothing, and gives the tree to ``check(tree:)``.
///
/// The tree is text, and quoted names in it can hold line breaks. Each rule
/// therefore looks at lines for themselves: forged lines can add names that
/// are refused, but can't take away the line of a node that is there.
public enum SQLGate {
    /// A statement that passed the checks of its text.
    public struct Statement: Hashable, Sendable {
        /// The SQL without spaces and semicolons around it.
        public let sql: String
        /// The statement whose answer goes to ``SQLGate/check(tree:)``, line by line.
        public var explain: String { "EXPLAIN AST " + sql }
    }

    /// What the tree tells about a statement that may run.
    public struct Approval: Hashable, Sendable {
        /// The format that the statement asks for with FORMAT.
        public var format: String?
    }

    /// Bytes of SQL that a person may send.
    public static let textBytes = 65536

    /// Checks the text: one statement, and one that reads.
    ///
    /// A semicolon is refused wherever it stands, because telling one within
    /// quotes from one between statements would take a second parser that
    /// agrees with the engine's in every detail.
    ///
    /// - Throws: ``QueryError`` that says what to change.
    public static func statement(_ text: String) throws(QueryError) -> Statement {
        guard text.utf8.count <= textBytes else { throw refusal("the statement is longer than \(textBytes) bytes") }
        guard !text.utf8.contains(0) else { throw refusal("the statement has a zero byte") }
        var body = text.unicodeScalars[...]
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { [" ", "\n", "\r", "\t"].contains(scalar) }
        while let last = body.last, isSpace(last) || last == ";" { body.removeLast() }
        while let first = body.first, isSpace(first) { body.removeFirst() }
        guard !body.isEmpty else { throw refusal("the statement is empty") }
        guard !body.contains(";") else {
            throw refusal("one statement at a time, without semicolons (write char(59) for one in a string)")
        }
        let sql = String(body)
        let word = firstWord(of: sql)
        guard ["select", "with", "from", "("].contains(word) else {
            throw refusal("only statements that read are allowed: SELECT or WITH, not \(word.prefix(20).uppercased())")
        }
        return Statement(sql: sql)
    }

    /// Checks everything that the statement names.
    ///
    /// - Parameter tree: the answer to ``Statement/explain``, a line an element.
    /// - Throws: ``QueryError`` that names what isn't allowed.
    public static func check(tree lines: [String]) throws(QueryError) -> Approval {
        guard lines.first?.hasPrefix("SelectWithUnionQuery") == true else {
            throw refusal("only SELECT statements are allowed")
        }
        var approval = Approval()
        // The kind of the node on each level above the line, to see what a function stands under.
        var path: [Substring] = []
        for line in lines.flatMap({ $0.split(separator: "\n") }) {
            let level = line.prefix { $0 == " " }.count
            let node = Node(line.dropFirst(level))
            guard level <= path.count else { throw refusal("names with line breaks are not allowed") }
            path.removeSubrange(level...)
            let parent = path.last
            path.append(node.kind)
            if level == 1, node.kind != "ExpressionList" {
                try checkEnding(node, &approval)
            } else {
                try check(node, below: parent)
            }
        }
        return approval
    }

    /// What may follow a statement: FORMAT.
    private static func checkEnding(_ node: Node, _ approval: inout Approval) throws(QueryError) {
        switch node.kind {
        case "Identifier": approval.format = String(node.name)
        case "Literal": throw refusal("INTO OUTFILE is not allowed")
        case "Set": throw settingsRefusal
        // UNION and INTERSECT put their parts on another level, never here.
        default: throw refusal("\(node.kind) is not allowed here")
        }
    }

    private static func check(_ node: Node, below parent: Substring?) throws(QueryError) {
        switch node.kind {
        case "Function":
            if parent == "TableExpression" {
                guard tableFunctions.contains(node.name.lowercased()) else {
                    throw refusal("the table function \(node.name) is not allowed")
                }
            } else {
                guard isAllowed(function: node.name.lowercased()) else {
                    throw refusal("the function \(node.name) is not allowed")
                }
            }
        case "TableIdentifier":
            guard isAllowed(table: node.name) else {
                throw refusal("the table \(node.name) is not allowed: only those of netmeta, and some of system")
            }
        case "Identifier":
            // The right side of IN can be a table, told as a plain identifier.
            guard isAllowed(identifier: node.name) else { throw refusal("the name \(node.name) is not allowed") }
        case "Set": throw settingsRefusal
        case "ColumnsApplyTransformer": throw refusal("APPLY is not allowed")
        default:
            guard harmlessNodes.contains(node.kind) else { throw refusal("\(node.kind.prefix(60)) is not allowed") }
        }
    }

    /// A line of the tree: `Function sum (alias x) (children 1)`.
    private struct Node {
        var kind: Substring
        var name: Substring

        init(_ text: Substring) {
            kind = text.prefix { $0 != " " }
            let rest = text.dropFirst(kind.count + 1)
            var end = rest.startIndex
            while end < rest.endIndex, !rest[end...].hasPrefix(" (alias "), !rest[end...].hasPrefix(" (children ") {
                end = rest.index(after: end)
            }
            name = rest[..<end]
        }
    }

    // MARK: - Names

    private static func isAllowed(function name: String) -> Bool {
        if scalarFunctions.contains(name) || ourFunctions.contains(name) { return true }
        // Dictionaries are made by the schema alone, so reading one reaches nothing else.
        if name.hasPrefix("dictget") || name == "dicthas" { return true }
        // sumIf, quantilesMergeOrNull: an aggregate with combinators behind it.
        var base = name[...]
        for _ in 0...6 {
            if aggregateFunctions.contains(String(base)) { return true }
            guard let combinator = combinators.first(where: { base.hasSuffix($0) && base.count > $0.count }) else {
                return false
            }
            base = base.dropLast(combinator.count)
        }
        return false
    }

    static func isAllowed(table name: Substring) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy(isPlain) else { return false }
        switch parts.count {
        case 1: return true
        case 2: return parts[0] == "netmeta" || (parts[0] == "system" && systemTables.contains(String(parts[1])))
        default: return false
        }
    }

    private static func isAllowed(identifier name: Substring) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        switch parts.first?.lowercased() {
        case "system": return parts.count == 1 || systemTables.contains(String(parts[1]))
        case "default", "information_schema": return parts.count == 1
        // Paths are tables in databases of the kind that chDB starts with.
        default: return !name.contains("/")
        }
    }

    private static func isPlain(_ part: Substring) -> Bool {
        !part.isEmpty
            && part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The first word in lower case, or `(`, behind comments.
    private static func firstWord(of sql: String) -> String {
        var rest = sql.utf8[...]
        while true {
            rest = rest.drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
            if rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != 0x0A }
            } else if rest.starts(with: "/*".utf8) {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.starts(with: "*/".utf8) { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else if rest.first == UInt8(ascii: "(") {
                return "("
            } else {
                let word = rest.prefix { ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "z") }
                return String(Substring(word)).lowercased()
            }
        }
    }

    private static let settingsRefusal = refusal(
        "SETTINGS are not allowed here: the SQL endpoint takes them at the very end of a statement, as name = literal"
    )

    private static func refusal(_ message: String) -> QueryError {
        QueryError(message, parameter: "sql")
    }
}
