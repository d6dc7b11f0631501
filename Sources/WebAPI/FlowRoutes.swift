import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import Telemetry

/// The routes about raw flows.
extension WebAPI {
    /// A page of rows.
    func flows(_ parameters: Parameters) async throws -> Response {
        var before: FlowCursor?
        if let text = parameters["before"] {
            before = FlowCursor(text)
            guard before != nil else { throw QueryError("this is no place in the list", parameter: "before") }
        }
        let columns = try FlowsQuery.parse(columns: parameters["columns"] ?? "")
        let order = try FlowOrder(parameters["sort"] ?? "")
        let query = try FlowsQuery(
            try parameters.question(now: clock()),
            limit: try parameters.integer("limit", default: 100),
            before: before,
            columns: FlowRows.needed(for: columns),
            order: order
        )
        let result = try await ask(query.sql, rows: query.limit, parameters, typed: true)
        let rows = try FlowRows(result, columns: columns)
        let places = rows.places.map { (second: $0.second, hash: $0.hash) }
        let next = query.next(after: places, key: try result.lastKey())
        let names = await names(for: rows)
        var json = JSONWriter()
        json.object { json in
            json.member("from") { json in json.number(query.question.range.from) }
            json.member("to") { json in json.number(query.question.range.to) }
            json.members(of: rows, names)
            json.member("next") { json in json.optional(next?.description) }
            json.member("statistics") { json in json.statistics(rows: result.rowCount, elapsed: result.elapsed) }
            json.member("sql") { json in json.string(query.sql.text) }
        }
        return .json(bytes: json.bytes)
    }

    /// One row with every field, and where each came from.
    func flow(_ parameters: Parameters) async throws -> Response {
        guard let place = parameters["place"].flatMap(FlowPlace.init) else {
            throw QueryError("say which row: one of the places in a list of flows", parameter: "place")
        }
        let query = FlowRowQuery(place)
        var result = try await ask(query.sql, rows: 1, parameters, typed: true)
        guard result.rowCount == 1 else {
            let message = "there is no such row any more; it may have been older than what is kept"
            return try .json(ErrorBody("not_found", message), status: .notFound)
        }
        result.columns.append(ResultColumn(name: "_hash", type: "UInt64", values: [.uint(place.hash)]))
        let rows = try FlowRows(result, columns: FlowRowQuery.columns)
        let names = await names(for: rows)
        let labels = Dictionary(uniqueKeysWithValues: rows.labels(row: 0, names).map { ($0.column, $0.label) })
        let story = FlowStory(rows, origins: options.origins)
        var json = JSONWriter()
        json.object { json in
            json.member("place") { json in json.string(place.description) }
            json.member("copies") { json in json.value(result["_copies"]?.values.first ?? .uint(1)) }
            json.member("fields") { json in
                json.array(FlowRowQuery.columns) { json, column in
                    json.object { json in
                        json.member("name") { json in json.string(column.name) }
                        json.member("group") { json in json.string(column.field.group.rawValue) }
                        json.member("title") { json in json.string(column.field.group.title) }
                        json.member("kind") { json in json.string(column.field.kind.rawValue) }
                        json.member("unit") { json in json.string(column.field.unit) }
                        json.member("dimension") { json in json.value(.bool(Dimension(column) != nil)) }
                        json.member("documentation") { json in json.string(column.field.documentation) }
                        json.member("value") { json in json.value(rows.value(column, row: 0)) }
                        json.member("label") { json in json.optional(labels[column]) }
                        json.member("source") { json in json.string(story.source(of: column).rawValue) }
                        json.member("origin") { json in json.string(story.words(of: column)) }
                        json.member("sent") { json in json.string(story.presence(of: column).rawValue) }
                    }
                }
            }
            json.member("sql") { json in json.string(query.sql.text) }
        }
        return .json(bytes: json.bytes)
    }

    /// Names for the values of rows; those of hosts are looked for when they aren't known.
    func names(for rows: FlowRows) async -> LearntNames {
        var names = LearntNames(await status.exporters(), await status.names())
        if let hosts { names.hosts = hosts.names(of: rows.nameless(names)) }
        return names
    }
}

extension QueryResult {
    /// The last row's value in the column of the order; nil where rows are in the order of time.
    func lastKey() throws -> KeyValue? {
        guard self["_key"] != nil else { return nil }
        return try keyValues("_key").last
    }
}
