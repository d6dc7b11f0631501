import FlowQuery
import FlowStore
import HTTPTypes
import Hummingbird
import NIOCore

/// The route whose answers are rows of people's SQL.
extension WebAPI {
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
