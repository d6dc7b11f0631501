import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// The forms in which rows are downloaded.
enum ExportFormat: String, CaseIterable {
    case csv, json

    var mediaType: String { self == .csv ? "text/csv; charset=utf-8" : "application/json" }
}

/// Rows as a file, written while they are read: neither the server nor the browser ever holds all of them.
extension WebAPI {
    /// Rows that a file has unless fewer are asked for.
    static let exportRows = 1_000_000
    /// Rows that are read at a time.
    private static let exportPage = 5000

    func export(_ parameters: Parameters) async throws -> Response {
        let format: ExportFormat = try parameters.choice("format", default: .csv)
        let columns = try FlowsQuery.parse(columns: parameters["columns"] ?? "")
        let limit = try parameters.integer("limit", default: Self.exportRows)
        guard (1...Self.exportRows).contains(limit) else {
            throw QueryError("limit goes from 1 to \(Self.exportRows)", parameter: "limit")
        }
        let question = try parameters.question(now: clock())
        guard let slot = exports.take() else {
            throw TooMany(message: "\(exports.most) downloads are under way, which is as many as the server serves")
        }
        let pager = FlowPager(
            question,
            columns: FlowRows.needed(for: columns),
            order: try FlowOrder(parameters["sort"] ?? ""),
            limit: limit,
            pageRows: Self.exportPage
        )
        var file = FlowFile(format, columns: columns, question: question, pager: pager)
        // What is wrong with the question is told by the status, so the first page comes before it.
        let start = try await file.read(from: self)
        let name = "netmeta-flows-\(question.range.from)-\(question.range.to).\(format.rawValue)"
        let opened = file
        return Response(
            status: .ok,
            headers: [
                .contentType: format.mediaType, .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ],
            body: ResponseBody { writer in
                // Its place is taken as long as this closure is there.
                _ = slot
                var file = opened
                var part: ByteBuffer? = start
                while let bytes = part {
                    try await writer.write(bytes)
                    part = try await file.read(from: self)
                }
                try await writer.finish(nil)
            }
        )
    }
}

/// A file of rows in the making.
private struct FlowFile {
    private let format: ExportFormat
    private let columns: [FlowColumn]
    private let question: Question
    private var pager: FlowPager
    private var isBegun = false
    private var isEnded = false

    init(_ format: ExportFormat, columns: [FlowColumn], question: Question, pager: FlowPager) {
        self.format = format
        self.columns = columns
        self.question = question
        self.pager = pager
    }

    /// The next bytes of the file; nil behind its end.
    ///
    /// - Throws: what the store does, so that the connection breaks off: a file that is not whole must not look so.
    mutating func read(from api: WebAPI) async throws -> ByteBuffer? {
        guard !isEnded else { return nil }
        // A server that stops doesn't wait for the end of a download.
        if Task.isShuttingDownGracefully { throw CancellationError() }
        var bytes = ByteBuffer()
        if !isBegun {
            isBegun = true
            bytes.writeString(head)
        }
        if let query = try pager.next() {
            let limits = QueryLimits(seconds: api.options.querySeconds, resultRows: query.limit)
            let result = try await api.store.query(query.sql.text, limits: limits)
            let rows = try FlowRows(result, columns: columns)
            let isFirst = pager.given == 0
            let places = rows.places.map { (second: $0.second, hash: $0.hash) }
            let count = pager.take(places, key: try result.lastKey())
            for row in 0..<count { write(rows, row, to: &bytes, isFirst: isFirst && row == 0) }
        } else {
            isEnded = true
            bytes.writeString(foot)
        }
        return bytes
    }

    private var head: String {
        switch format {
        case .csv: columns.map(\.name).joined(separator: ",") + "\n"
        case .json:
            """
            {"from":\(question.range.from),"to":\(question.range.to),\
            "columns":[\(columns.map { "\"\($0.name)\"" }.joined(separator: ","))],"rows":[
            """
        }
    }

    /// Says whether there are more rows than the file has.
    private var foot: String {
        switch format {
        case .csv:
            pager.isCut
                ? "# cut: these are the first \(pager.given) rows, there are more; narrow the range or the filter\n"
                : ""
        case .json: "\n],\"count\":\(pager.given),\"cut\":\(pager.isCut)}\n"
        }
    }

    private func write(_ rows: FlowRows, _ row: Int, to bytes: inout ByteBuffer, isFirst: Bool) {
        switch format {
        case .csv:
            for (index, column) in columns.enumerated() {
                if index > 0 { bytes.writeString(",") }
                bytes.writeString(rows.value(column, row: row).csvCell)
            }
            bytes.writeString("\n")
        case .json:
            bytes.writeString(isFirst ? "\n" : ",\n")
            var json = JSONWriter()
            json.row(rows, row)
            bytes.writeBytes(json.bytes)
        }
    }
}

extension ResultValue {
    /// A cell of a CSV file (RFC 4180): the text that JSON has, in quotes where it must be.
    fileprivate var csvCell: String {
        var json = JSONWriter()
        json.value(self)
        switch self {
        case .string(let text): return CSVCell.text(text)
        // They need no escapes.
        case .address, .time, .date: return String(decoding: json.bytes.dropFirst().dropLast(), as: UTF8.self)
        case .null: return ""
        default: return CSVCell.quoted(String(decoding: json.bytes, as: UTF8.self))
        }
    }
}
