import FlowQuery
import FlowStore

/// Asks the store what a selection is explained with, one statement after the other.
struct Explaining {
    let query: ExplainQuery
    /// Asks one statement whose answer has at most so many rows.
    let ask: (SQLText, Int) async throws -> QueryResult

    /// What was found, and how.
    struct Outcome {
        var totals: ExplainTotals
        var slices: ExplainSlices
        var answer: ExplainAnswer
        /// Those of the first causes.
        var signs: [ExplainSigns] = []
        /// Subjects that were compared.
        var subjects: [ExplainSubject] = []
        /// The statements, in the order that they were asked in.
        var steps: [Step] = []
    }

    /// One statement.
    struct Step {
        var name: String
        var sql: SQLText
        /// Seconds in the store.
        var elapsed: Double
    }

    func run() async throws -> Outcome {
        var steps: [Step] = []
        func step(_ name: String, _ sql: SQLText, _ rows: Int) async throws -> QueryResult {
            let result = try await ask(sql, rows)
            steps.append(Step(name: name, sql: sql, elapsed: result.elapsed))
            return result
        }
        let sums = try await step("totals", query.totalsSQL, 1000)
        let scan = ExplainScan(query, query.totals(try sums.explainTotals()))
        let presence = try await step("columns", scan.presenceSQL, 1)
        let tables = try await step("classes", scan.classesSQL, 100)
        let bundles =
            scan.subjects(try presence.flags(ExplainScan.presenceCount))
            + scan.classes(
                try tables.keyValues("name").compactMap { if case .text(let name) = $0 { name } else { nil } }
            )
        var found: [ExplainFound] = []
        for bundle in bundles {
            let rows = try await step("values", scan.valuesSQL(bundle), ExplainScan.mostValues)
            found += scan.values(try rows.explainValues(ExplainScan.keyCount(bundle)), of: bundle)
        }
        let candidates = scan.candidates(found)
        var overlaps: [ExplainOverlap] = []
        if !candidates.values.isEmpty {
            let rows = try await step("overlaps", scan.overlapSQL(candidates.values), ExplainScan.mostOverlaps)
            overlaps = try rows.explainOverlaps()
        }
        let answer = scan.answer(candidates, overlaps)
        var signs: [ExplainSigns] = []
        if let sql = scan.signsSQL(answer.causes) {
            let row = try await step("signs", sql, 1)
            let count = ExplainScan.signsCount(answer.causes)
            signs = scan.signs(try (0..<count).flatMap { try row.numbers("c\($0)") }, causes: answer.causes)
        }
        return Outcome(
            totals: scan.totals,
            slices: scan.slices,
            answer: answer,
            signs: signs,
            subjects: bundles.flatMap { $0 },
            steps: steps
        )
    }
}

extension QueryResult {
    fileprivate func explainTotals() throws -> [(slice: UInt64, traffic: Traffic, assumed: UInt64)] {
        let (slices, bytes, packets) = (try numbers("slice"), try numbers("bytes"), try numbers("packets"))
        let (flows, assumed) = (try numbers("flows"), try numbers("assumed"))
        return (0..<rowCount).map { row in
            (slices[row], Traffic(bytes: bytes[row], packets: packets[row], flows: flows[row]), assumed[row])
        }
    }

    /// The columns `p0`... of the one row; without rows nothing differs.
    fileprivate func flags(_ count: Int) throws -> [Bool] {
        try (0..<count).map { try numbers("p\($0)").first == 1 }
    }

    fileprivate func explainValues(_ count: Int) throws -> [ExplainScan.ValueRow] {
        let keys = try (0..<count).map { try keyValues("k\($0)") }
        let (missing, sums) = (try numbers("missing"), try ["a1", "a2", "b"].map { try numbers($0) })
        return (0..<rowCount).map { row in
            ExplainScan.ValueRow(missing: missing[row], keys: keys.map { $0[row] }, sums: sums.map { $0[row] })
        }
    }

    fileprivate func explainOverlaps() throws -> [ExplainOverlap] {
        let (masks, slices, amounts) = (try numbers("mask"), try numbers("slice"), try numbers("amount"))
        guard let squares = self["squares"]?.values else {
            throw UnexpectedAnswer(message: "the answer lacks the column squares")
        }
        return (0..<rowCount).map { row in
            ExplainOverlap(
                mask: masks[row],
                slice: Int(clamping: slices[row]),
                amount: Double(amounts[row]),
                squares: squares[row].number ?? 0
            )
        }
    }
}
