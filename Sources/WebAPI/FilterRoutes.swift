import FlowQuery
import FlowSchema
import FlowStore
import Hummingbird

/// What can be written at a place in a filter.
struct CompletionBody: Encodable {
    /// Where the word begins that a candidate replaces, in UTF-16 units.
    var position: Int
    /// How many it replaces.
    var length: Int
    /// What is expected there, in words.
    var expected: [String]
    var candidates: [CandidateBody]
    /// The time that the shares of candidates are of, in words; null where none has one.
    var period: Nullable<String>

    struct CandidateBody: Encodable {
        var kind: String
        var label: String
        var detail: String
        var insert: String
        var share: Nullable<Double>
    }
}

/// What a filter says, or what is wrong with it.
struct CheckBody: Encodable {
    /// The filter as it is printed; "" for one that selects everything.
    var canonical: Nullable<String>
    var error: Nullable<ErrorBody.Details>
}

/// The routes about the text of filters.
extension WebAPI {
    func complete(_ parameters: Parameters) async throws -> Response {
        let text = parameters["text"] ?? ""
        let position = try parameters.integer("position", default: text.utf16.count)
        guard position >= 0 else { throw QueryError("a place is 0 or more", parameter: "position") }
        let completion = try FilterCompletion(text, at: position)
        var seen = SeenValues.Values()
        if let dimension = completion.valueColumn.flatMap(Dimension.init) {
            seen = await self.seen.values(of: dimension.column) { try await seenValues(of: dimension) }
        }
        let candidates = completion.candidates(names: await knownNames(), seen: seen.values)
        let hasShares = candidates.contains { $0.share != nil }
        return try .json(
            CompletionBody(
                position: completion.position,
                length: completion.length,
                expected: completion.hints,
                candidates: candidates.map {
                    .init(
                        kind: $0.kind,
                        label: $0.label,
                        detail: $0.detail,
                        insert: $0.insert,
                        share: Nullable($0.share)
                    )
                },
                period: Nullable(hasShares ? seen.period : nil)
            )
        )
    }

    func check(_ parameters: Parameters) async throws -> Response {
        let text = parameters["text"] ?? ""
        var canonical: String?
        var problem: ErrorBody.Details?
        do throws(QueryError) {
            canonical = try Filter.parse(text, names: await knownNames())?.description ?? ""
        } catch {
            problem = ErrorBody(error).error
            problem?.parameter = "text"
        }
        return try .json(CheckBody(canonical: Nullable(canonical), error: Nullable(problem)))
    }

    /// Asks for the last hour where a rollup knows it, and for a part of it where raw rows have to be read.
    private func seenValues(of dimension: Dimension) async throws -> SeenValues.Values {
        let now = clock()
        func most(ofLast seconds: UInt64) throws -> TopQuery {
            let range = try TimeRange(from: now - min(now, seconds), to: now)
            return try TopQuery(Question(range: range), dimensions: [dimension], limit: SeenValues.most)
        }
        var query = try most(ofLast: 3600)
        var period = "the last hour"
        if query.source.resolution == 1 {
            query = try most(ofLast: 300)
            period = "the last 5 minutes"
        }
        let limits = QueryLimits(seconds: SeenValues.seconds, resultRows: TopQuery.most, tellsTypes: false)
        let answer = query.answer(try await store.query(query.sql.text, limits: limits).topRows(query))
        let names = await learntNames(for: answer.rows.map(\.key), [dimension])
        let values = answer.rows.compactMap { row -> FilterCompletion.SeenValue? in
            guard row.key.kind == .value, let text = row.key.texts([dimension]).first else { return nil }
            let label = names.labels(row.key, [dimension]).first ?? ""
            // `443 https` is `https` beside 443.
            let name = label.hasPrefix(text + " ") ? String(label.dropFirst(text.count + 1)) : label
            return .init(text: text, detail: name == text ? "" : name, share: row.share)
        }
        return SeenValues.Values(values: values, period: period)
    }
}
