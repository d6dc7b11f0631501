import FlowQuery
import Foundation
import Testing

/// Fixtures/sql-gate/cases.txt holds statements with the trees that ClickHouse 26.9 gave for them.
struct GateTests {
    struct Case: CustomTestStringConvertible {
        var verdict: String
        var sql: String
        var tree: [String]
        var testDescription: String { "\(verdict): \(sql)" }
    }

    static let cases: [Case] = {
        let file = URL(filePath: #filePath).resolvingSymlinksInPath()
            .appending(path: "../../Fixtures/sql-gate/cases.txt").standardized
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "== ").dropFirst().map { part in
            let halves = part.components(separatedBy: "\n--tree--\n")
            let head = halves[0].components(separatedBy: "\n")
            return Case(
                verdict: head[0],
                sql: head.dropFirst().joined(separator: "\n"),
                tree: halves[1].components(separatedBy: "\n").filter { !$0.isEmpty }
            )
        }
    }()

    @Test func casesAreThere() {
        #expect(Self.cases.count { $0.verdict == "allowed" } > 15)
        #expect(Self.cases.count { $0.verdict == "refused" } > 60)
        #expect(Self.cases.count { $0.verdict == "text" } > 10)
    }

    @Test(arguments: cases) func verdict(_ example: Case) throws {
        switch example.verdict {
        case "allowed":
            _ = try SQLGate.statement(example.sql)
            _ = try SQLGate.check(tree: example.tree)
        case "refused":
            _ = try SQLGate.statement(example.sql)
            #expect(throws: QueryError.self) { try SQLGate.check(tree: example.tree) }
        default:
            #expect(throws: QueryError.self) { try SQLGate.statement(example.sql) }
        }
    }

    @Test func cutsWhatSurroundsTheStatement() throws {
        #expect(try SQLGate.statement(" \n SELECT 1 ;\n; ").sql == "SELECT 1")
        #expect(try SQLGate.statement("SELECT 1").explain == "EXPLAIN AST SELECT 1")
    }

    @Test func tellsTheFormat() throws {
        let tree = [
            "SelectWithUnionQuery (children 2)", " ExpressionList (children 1)", "  SelectQuery (children 1)",
            "   ExpressionList (children 1)", "    Literal UInt64_1", " Identifier JSONCompact",
        ]
        #expect(try SQLGate.check(tree: tree).format == "JSONCompact")
        #expect(throws: QueryError.self) { try SQLGate.check(tree: []) }
        #expect(throws: QueryError.self) { try SQLGate.check(tree: ["InsertQuery"]) }
    }

    @Test func aStatementHasALimit() {
        #expect(throws: QueryError.self) {
            try SQLGate.statement("SELECT " + String(repeating: "1+", count: SQLGate.textBytes) + "1")
        }
        #expect(throws: QueryError.self) { try SQLGate.statement("SELECT 1\0") }
    }

    /// Whatever lines a tree has, the gate answers.
    @Test func noTreeTraps() {
        var random = SeededRandom(seed: 7)
        let pieces = [
            "Function", "file", "sum", "(alias", "(children 1)", "Identifier", " ", "  ", "system.users", "Set",
        ]
        for _ in 0..<2000 {
            let lines = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                (0..<Int.random(in: 0...5, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                    .joined(separator: " ")
            }
            _ = try? SQLGate.check(tree: ["SelectWithUnionQuery"] + lines)
        }
    }
}
