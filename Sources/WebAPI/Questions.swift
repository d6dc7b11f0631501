import FlowQuery
import FlowSchema
import FlowStore
import NetTypes
import Telemetry

/// The routes that ask the store.
extension WebAPI {
    func graph(_ parameters: Parameters) async throws -> GraphBody {
        let top = try parameters.top(now: clock())
        let options = try parameters.graphOptions(top)
        if !options.spreads, let scan = GraphInOneScan(top, splitsDirection: options.splitsDirection) {
            return try await graph(scan, options, parameters)
        }
        // Without dimensions there is one group, which needs no ranking.
        let ranked = top.dimensions.isEmpty ? nil : try await rank(top, parameters)
        let keys = try ranked?.result.keys(top) ?? []
        var query = GraphQuery(top: top, keys: keys, splitsDirection: options.splitsDirection)
        query.spreads = options.spreads
        let result = try await ask(query.sql, rows: GraphBody.mostRows, parameters)
        let answer = query.answer(try result.graphRows())
        return GraphBody(
            query,
            answer,
            ranked: ranked,
            groups: try ranked?.groups,
            elapsed: result.elapsed + (ranked?.elapsed ?? 0),
            sql: query.sql,
            asides: try await asides(query, options, parameters),
            names: await learntNames(for: answer.series.map(\.key), top.dimensions, top.question.filter)
        )
    }

    private func graph(
        _ scan: GraphInOneScan,
        _ options: GraphOptions,
        _ parameters: Parameters
    ) async throws -> GraphBody {
        let result = try await ask(scan.sql, rows: GraphBody.mostRows, parameters)
        let drawn = try result.graphRows()
        let query = scan.query(ranks: drawn.map(\.rank), keys: try result.keyValues("k0"))
        let answer = query.answer(drawn)
        return GraphBody(
            query,
            answer,
            groups: try result.numbers("groups").first ?? 0,
            elapsed: result.elapsed,
            sql: scan.sql,
            asides: try await asides(query, options, parameters),
            names: await learntNames(for: answer.series.map(\.key), query.top.dimensions, query.top.question.filter)
        )
    }

    func top(_ parameters: Parameters) async throws -> TopBody {
        let query = try parameters.top(now: clock())
        let found = try await best(query, parameters)
        let answer = query.answer(try found.result.topRows(query, survey: found.survey?.result))
        return TopBody(
            query,
            answer,
            found,
            names: await learntNames(for: answer.rows.map(\.key), query.dimensions, query.question.filter)
        )
    }

    /// Names for groups of these dimensions; asks for none where none has any.
    ///
    /// - Parameter filter: what chose the rows.
    func learntNames(
        for keys: [GroupKey],
        _ dimensions: [Dimension],
        _ filter: Filter? = nil
    ) async -> LearntNames {
        guard LearntNames.matter(to: dimensions) else { return LearntNames() }
        var names = LearntNames(await status.exporters(), await status.names())
        if let hosts { names.hosts = hosts.names(of: names.nameless(keys, dimensions)) }
        names.isOfOneExporter = filter?.fixes(.samplerAddress) ?? false
        return names
    }

    /// Asks the store within the limits of one question.
    ///
    /// - Parameter typed: whether values are more than numbers, addresses and texts.
    func ask(_ sql: SQLText, rows: Int, _ parameters: Parameters, typed: Bool = false) async throws -> QueryResult {
        let limits = QueryLimits(
            seconds: options.querySeconds,
            resultRows: rows,
            question: try parameters.questionID(),
            tellsTypes: typed
        )
        return try await store.query(sql.text, limits: limits)
    }
}

/// An answer of the store that doesn't fit the question: a defect of ours, told as such.
struct UnexpectedAnswer: Error {
    var message: String
}

extension QueryResult {
    /// The numbers of a column, which must be there.
    func numbers(_ name: String) throws -> [UInt64] {
        guard let column = self[name] else { throw UnexpectedAnswer(message: "the answer lacks the column \(name)") }
        return try column.values.map { value in
            guard let number = value.unsigned else {
                throw UnexpectedAnswer(message: "\(name) holds what is no whole number")
            }
            return number
        }
    }

    /// The keys of the groups, a row each.
    func keys(_ query: TopQuery) throws -> [[KeyValue]] {
        let columns = try query.dimensions.indices.map { try keyValues("k\($0)") }
        return (0..<rowCount).map { row in columns.map { $0[row] } }
    }

    /// - Parameter survey: has the sums over all groups where the statement was asked without them.
    func topRows(_ query: TopQuery, survey: QueryResult? = nil) throws -> [TopRow] {
        let keys = try self.keys(query)
        let (bytes, packets, flows) = (try numbers("bytes"), try numbers("packets"), try numbers("flows"))
        let groups = try numbers("groups")
        let all = try (survey ?? self).sumsOfAll()
        return (0..<rowCount).map { row in
            let (whole, assumed) = all[survey == nil ? row : 0]
            return TopRow(
                values: keys[row],
                traffic: Traffic(bytes: bytes[row], packets: packets[row], flows: flows[row]),
                groups: groups[row],
                whole: whole,
                assumed: assumed
            )
        }
    }

    private func sumsOfAll() throws -> [(whole: Traffic, assumed: UInt64)] {
        let (bytes, packets) = (try numbers("all_bytes"), try numbers("all_packets"))
        let (flows, assumed) = (try numbers("all_flows"), try numbers("all_assumed"))
        return (0..<rowCount).map { row in
            (Traffic(bytes: bytes[row], packets: packets[row], flows: flows[row]), assumed[row])
        }
    }

    func graphRows() throws -> [GraphRow] {
        let (buckets, ranks, directions) = (try numbers("t"), try numbers("r"), try numbers("direction"))
        let (amounts, flows, assumed) = (try numbers("amount"), try numbers("flows"), try numbers("assumed"))
        // These are there only when asked for.
        let none = [UInt64](repeating: 0, count: rowCount)
        let packets = self["packets"] == nil ? none : try numbers("packets")
        let isSpread = self["apart"] != nil
        let (before, after) = isSpread ? (try numbers("before"), try numbers("after")) : (none, none)
        let apart = isSpread ? try numbers("apart") : none
        return (0..<rowCount).map { row in
            GraphRow(
                bucket: buckets[row],
                rank: Int(clamping: ranks[row]),
                direction: directions[row],
                amount: amounts[row],
                flows: flows[row],
                assumed: assumed[row],
                packets: packets[row],
                outside: Spreading.Outside(before: before[row], after: after[row], apart: apart[row])
            )
        }
    }

    func keyValues(_ name: String) throws -> [KeyValue] {
        guard let column = self[name] else { throw UnexpectedAnswer(message: "the answer lacks the column \(name)") }
        return try column.values.map { value in
            switch value {
            case .address(let address): return .address(address)
            case .string(let text): return .text(text)
            default: break
            }
            guard let number = value.unsigned else {
                throw UnexpectedAnswer(message: "\(name) holds neither a number nor an address nor a text")
            }
            return .number(number)
        }
    }
}
