import FlowQuery
import FlowStore
import Telemetry

/// The best groups of a question, and what they were found by.
struct BestGroups {
    /// What the store said.
    var result: QueryResult
    /// The statement that found them.
    var sql: SQLText
    /// What was asked before, and what was said to it, where ``TopOfMany`` found them.
    var survey: (result: QueryResult, sql: SQLText)?
    /// Seconds that the store took for all of it.
    var elapsed: Double

    /// Whether ``groups`` is a count and no estimate.
    var countsGroups: Bool { survey == nil }

    var groups: UInt64 {
        get throws { try result.numbers("groups").first ?? 0 }
    }
}

extension WebAPI {
    /// The groups with all of their sums.
    func best(_ top: TopQuery, _ parameters: Parameters) async throws -> BestGroups {
        if let best = try await bestOfMany(top, parameters, \.sql, amount: top.sumColumn) { return best }
        return try await found(top.sql, parameters)
    }

    /// Which groups are the best, for who needs to know no more.
    func rank(_ top: TopQuery, _ parameters: Parameters) async throws -> BestGroups {
        if let best = try await bestOfMany(top, parameters, \.rankingSQL, amount: "amount") { return best }
        return try await found(top.rankingSQL, parameters)
    }

    /// The best of very many addresses; nil where another way is quicker, or where there is no proof that they are.
    ///
    /// - Parameter amount: the column that groups are ranked by.
    private func bestOfMany(
        _ top: TopQuery,
        _ parameters: Parameters,
        _ sql: KeyPath<TopOfMany, SQLText>,
        amount: String
    ) async throws -> BestGroups? {
        guard let many = TopOfMany(top) else { return nil }
        let stored = await status.health().store
        guard let survey = AddressSurvey(top, rows: stored.rows(in: top.question.range)) else { return nil }
        let told = try await ask(survey.sql, rows: 1, parameters)
        guard
            AddressSurvey.favoursShards(
                flows: try told.numbers("all_flows").first ?? 0,
                addresses: try told.numbers("addresses").first ?? 0
            )
        else { return nil }
        var best = try await found(many[keyPath: sql], parameters)
        let (amounts, bound) = (try best.result.numbers(amount), try best.result.numbers("bound").first)
        guard many.isProven(amounts, bound: bound) else { return nil }
        best.survey = (told, survey.sql)
        best.elapsed += told.elapsed
        return best
    }

    private func found(_ sql: SQLText, _ parameters: Parameters) async throws -> BestGroups {
        let result = try await ask(sql, rows: TopQuery.most, parameters)
        return BestGroups(result: result, sql: sql, elapsed: result.elapsed)
    }
}

extension StoreReport {
    /// About how many raw rows a range has, if they came evenly.
    func rows(in range: TimeRange) -> UInt64 {
        guard let oldest, let newest, newest > oldest else { return rows }
        let (from, to) = (max(range.from, oldest), min(range.to, newest))
        guard from < to else { return 0 }
        return UInt64(Double(rows) * Double(to - from) / Double(newest - oldest))
    }
}
