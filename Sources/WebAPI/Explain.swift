import FlowQuery
import FlowSchema
import FlowStore
import NetTypes
import Telemetry

/// The route that explains a selection.
extension WebAPI {
    func explain(_ parameters: Parameters) async throws -> ExplainBody {
        let query = try parameters.explain(now: clock(), oldest: await status.health().store.oldest)
        let explaining = Explaining(query: query) { sql, rows in
            try await ask(sql, rows: rows, parameters)
        }
        let outcome = try await explaining.run()
        let named =
            outcome.answer.causes.flatMap { $0.parts + $0.along.map(\.value) } + outcome.answer.values.map(\.value)
        return ExplainBody(query, outcome, names: try await learntNames(for: named))
    }

    /// Names for values, as other answers have them.
    private func learntNames(for values: [ExplainValue]) async throws -> LearntNames {
        var names = LearntNames(await status.exporters(), await status.names())
        guard let hosts else { return names }
        // Networks are no hosts.
        let addresses = values.filter { $0.networkText == nil }.flatMap { value in
            names.nameless(
                [GroupKey(values: value.values, dimensions: value.subject.dimensions)],
                value.subject.dimensions
            )
        }
        names.hosts = hosts.names(of: Array(Set(addresses)).sorted())
        return names
    }
}

extension Parameters {
    /// Selection, reference, unit and limit.
    ///
    /// What isn't stored can't be compared: a selection up to now ends where all that was received is surely stored,
    /// and a reference begins with the oldest row.
    func explain(now: UInt64, oldest: UInt64?) throws(QueryError) -> ExplainQuery {
        var question = try question(now: now)
        question.detail = .raw
        let range = question.range
        let settled = now - min(now, Self.ingest)
        if range.to > settled, settled > range.from {
            question.range = try TimeRange(from: range.from, to: settled)
        }
        let length = question.range.seconds
        var from = question.range.from - min(question.range.from, length)
        var to = question.range.from
        if let start = self["referenceFrom"] {
            let given = try Self.reference(from: start, to: self["referenceTo"] ?? String(to), now: now)
            (from, to) = (given.from, given.to)
        } else if self["referenceTo"] != nil {
            throw QueryError("say when the reference begins", parameter: "referenceFrom")
        }
        if let oldest, from < oldest { from = oldest }
        guard from < to else {
            throw QueryError("nothing is stored of the time to compare with", parameter: "referenceFrom")
        }
        return try ExplainQuery(
            question,
            reference: try TimeRange(from: from, to: to),
            unit: try choice("unit", default: .bits),
            limit: try integer("limit", default: 8)
        )
    }

    /// Reads the reference; what is wrong with it is told by its own parameters.
    private static func reference(from: String, to: String, now: UInt64) throws(QueryError) -> TimeRange {
        do {
            return try TimeRange(from: from, to: to, now: now)
        } catch {
            var named = error
            named.parameter = error.parameter == "to" ? "referenceTo" : "referenceFrom"
            throw named
        }
    }

    /// Seconds until what was received is surely stored.
    private static let ingest: UInt64 = 3
}
