import FlowQuery
import FlowStore
import HTTPTypes
import Hummingbird
import NIOCore

/// The routes whose answers are rows: raw flows and people's SQL.
extension WebAPI {
    func flows(_ parameters: Parameters) async throws -> Response {
        var before: FlowCursor?
        if let text = parameters["before"] {
            before = FlowCursor(text)
            guard before != nil else { throw QueryError("this is no place in the list", parameter: "before") }
        }
        let query = try FlowsQuery(
            try parameters.question(now: clock()),
            limit: try parameters.integer("limit", default: 100),
            before: before
        )
        let result = try await ask(query.sql, rows: query.limit, parameters)
        let places = zip(try result.numbers("TimeReceived"), try result.numbers("_hash")).map { (second: $0, hash: $1) }
        let columns = result.columns.filter { $0.name != "_hash" }
        var json = JSONWriter()
        json.object { json in
            json.member("columns") { json in json.strings(columns.map(\.name)) }
            json.member("rows") { json in json.rows(columns, count: result.rowCount) }
            json.member("next") { json in json.optional(query.next(after: places)?.description) }
            json.member("statistics") { json in json.statistics(rows: result.rowCount, elapsed: result.elapsed) }
            json.member("sql") { json in json.string(query.sql.text) }
        }
        return .json(bytes: json.bytes)
    }

    /// People's SQL: the engine parses it first, and the gate decides by what it names.
    func query(_ request: Request, _ parameters: Parameters) async throws -> Response {
        var format: ResultFormat?
        if let name = parameters["format"] {
            format = ResultFormat(name: name)
            guard format != nil else { throw QueryError("there is no format of that name", parameter: "format") }
        }
        let text = try await sql(of: request, parameters)
        if !access.isOpen { access.note(.sql, by: caller, text) }
        let result = try await PeoplesSQL.run(
            text,
            on: store,
            seconds: options.querySeconds,
            rows: options.sqlRows,
            question: try parameters.questionID()
        )
        if let format { return .text(format.text(of: result), type: format.mediaType) }
        var json = JSONWriter()
        json.object { json in
            json.member("meta") { json in
                json.array(result.columns) { json, column in
                    json.object { json in
                        json.member("name") { json in json.string(column.name) }
                        json.member("type") { json in json.string(column.type) }
                    }
                }
            }
            json.member("data") { json in json.rows(result.columns, count: result.rowCount) }
            json.member("rows") { json in json.number(result.rowCount) }
            json.member("statistics") { json in json.statistics(rows: result.rowCount, elapsed: result.elapsed) }
        }
        return .json(bytes: json.bytes)
    }

    private func sql(of request: Request, _ parameters: Parameters) async throws -> String {
        guard request.method == .post else {
            guard let sql = parameters["sql"] else { throw QueryError("there is no statement", parameter: "sql") }
            return sql
        }
        let body = try await request.body.collect(upTo: options.bodyBytes)
        let bytes = Array(body.readableBytesView)
        guard let sql = String(validating: bytes, as: UTF8.self) else {
            throw QueryError("the statement is not UTF-8", parameter: "sql")
        }
        return sql
    }
}

extension JSONWriter {
    /// Rows as objects, with the columns in the order of the statement.
    mutating func rows(_ columns: [ResultColumn], count: Int) {
        array(0..<count) { json, row in
            json.object { json in
                for column in columns { json.member(column.name) { json in json.value(column.values[row]) } }
            }
        }
    }

    mutating func statistics(rows: Int, elapsed: Double) {
        object { json in
            json.member("rows") { json in json.number(rows) }
            json.member("elapsed") { json in json.number(elapsed) }
            json.member("source") { json in json.string("flows_raw") }
            json.member("resolution") { json in json.number(1) }
        }
    }
}
