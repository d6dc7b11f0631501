import ArgumentParser
import FlowQuery
import FlowSchema
import Foundation
import NetTypes
import WebAPI

/// `netmeta flows`: raw rows, newest first.
struct Flows: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show raw flows, newest first.",
        discussion: """
            `netmeta flows --filter 'SrcAddr = 192.0.2.1' --last 1h --columns TimeReceived,DstAddr,DstPort,Bytes`. \
            Asks the server that has the data folder open or, when none runs, opens the folder itself. The columns \
            are in Docs/schema.md, the filter language in Docs/filter.md. Bytes and packets are as reported, not \
            scaled by SamplingRate.
            """
    )

    /// How rows are printed.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, ndjson, csv
    }

    @OptionGroup
    var question: FlowQuestion

    @Option(help: "Columns of flows_raw with commas between them, or all.")
    var columns = """
        TimeReceived,SamplerAddress,InIf,OutIf,Proto,SrcAddr,SrcPort,DstAddr,DstPort,Bytes,Packets,SamplingRate
        """

    @Option(help: "Rows that are shown, 1 to 100000.")
    var limit = 100

    @Option(help: "table has names where the column has such; ndjson and csv have values as in the API.")
    var format = Format.table

    private static let most = 100_000

    func run() async throws {
        guard (1...Self.most).contains(limit) else { throw UsageError("--limit goes from 1 to \(Self.most)") }
        let columns = try chosenColumns()
        let start = try question.start()
        let now = UnixClock.now()
        // Pages are about one range, whatever the time when they are asked for.
        guard let from = TimeRange.instant(start, now: now) else { throw UsageError("--last is no length of time") }
        let source = try question.source()
        defer { source.close() }
        var output = OutputBuffer(descriptor: STDOUT_FILENO)
        var printer = FlowPrinter(format: format, columns: columns)
        var left = limit
        var before = ""
        repeat {
            let page = try FlowsPage(
                try await source.get(
                    "flows",
                    [
                        ("from", "\(from)"), ("to", "\(now)"), ("filter", question.filter),
                        ("columns", columns.map(\.name).joined(separator: ",")),
                        ("limit", "\(min(left, FlowsQuery.most))"), ("before", before),
                    ]
                )
            )
            for row in page.rows { try output.write(printer.line(row)) }
            left -= page.rows.count
            before = page.rows.isEmpty ? "" : page.next ?? ""
        } while left > 0 && !before.isEmpty
        try output.write(printer.end)
        try output.flush()
    }

    private func chosenColumns() throws(UsageError) -> [FlowColumn] {
        if columns.lowercased() == "all" { return FlowsQuery.columns }
        var chosen: [FlowColumn] = []
        for part in columns.split(separator: ",") {
            let name = part.trimmingCharacters(in: .whitespaces)
            guard let column = FlowColumn.named(name), column.isStored else {
                let nearest = nearest(to: name, among: FlowsQuery.columns.map(\.name))
                let hint = nearest.map { "; did you mean \($0)?" } ?? ""
                throw UsageError("--columns: \(name.prefix(40)) is no column of flows_raw\(hint)")
            }
            chosen.append(column)
        }
        guard !chosen.isEmpty else { throw UsageError("--columns: there is none") }
        return chosen
    }
}

/// One page of the API's answer.
private struct FlowsPage {
    var rows: [[String: Any]]
    var next: String?

    init(_ bytes: Data) throws {
        guard let answer = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any],
            let rows = answer["rows"] as? [[String: Any]]
        else { throw Failure("the server is of another version: its answer can't be read") }
        self.rows = rows
        next = answer["next"] as? String
    }
}

/// Prints rows; a table is printed at the end, when the widths are known.
private struct FlowPrinter {
    let format: Flows.Format
    let columns: [FlowColumn]
    private var table: TextTable
    private var hasHead = false

    init(format: Flows.Format, columns: [FlowColumn]) {
        self.format = format
        self.columns = columns
        table = TextTable(columns.map { .init($0.name, isRight: Self.isNumber($0)) })
    }

    private static func isNumber(_ column: FlowColumn) -> Bool {
        switch column.field.kind {
        case .counter, .number, .interface, .asn, .subsecond: true
        default: false
        }
    }

    mutating func line(_ row: [String: Any]) -> String {
        switch format {
        case .table:
            table.add(columns.map { Self.label($0, row[$0.name]) })
            return ""
        case .csv:
            let head = hasHead ? "" : CSVLine.text(columns.map(\.name))
            hasHead = true
            return head + CSVLine.text(columns.map { Self.plain(row[$0.name]) })
        case .ndjson:
            let members = columns.map { "\(Self.json($0.name)):\(Self.json(row[$0.name]))" }
            return "{\(members.joined(separator: ","))}\n"
        }
    }

    var end: String {
        switch format {
        case .table: table.text
        case .csv: hasHead ? "" : CSVLine.text(columns.map(\.name))
        case .ndjson: ""
        }
    }

    private static func label(_ column: FlowColumn, _ value: Any?) -> String {
        // Enums come as their names already.
        guard let number = value as? NSNumber, let dimension = Dimension(column) else { return plain(value) }
        switch column.field.kind {
        case .ipProtocol, .etherType, .tcpFlags, .port, .direction, .incoming:
            return dimension.label(.number(number.uint64Value))
        default: return plain(value)
        }
    }

    private static func plain(_ value: Any?) -> String {
        switch value {
        case let text as String: text
        case let number as NSNumber: number.stringValue
        case nil, is NSNull: ""
        default: json(value)
        }
    }

    private static func json(_ value: Any?) -> String {
        guard let value,
            let bytes = try? JSONSerialization.data(
                withJSONObject: value,
                options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
            )
        else { return "null" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
