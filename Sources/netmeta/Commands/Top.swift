import ArgumentParser
import FlowQuery
import Foundation
import NetTypes

/// `netmeta top`: who and what has most traffic, live in a terminal or as one table.
struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who and what has most traffic.",
        discussion: """
            In a terminal the table is drawn anew every two seconds, and keys change what is asked. With --once, in a \
            pipe, or with another format it is printed once: the groups with most traffic, and what all others have \
            together: `netmeta top --by SrcAS,DstPort --filter 'Proto = UDP' --last 1h`. Asks the server that has the data \
            folder open or, when none runs, opens the folder itself. The columns are in Docs/schema.md, the filter \
            language in Docs/filter.md. Rates and volumes are scaled by the sampling rate.
            """
    )

    /// How the answer is printed.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table, json, csv
    }

    @Option(help: "Columns that flows are grouped by, at most five, with commas between them.")
    var by = "SrcAddr"

    @OptionGroup
    var question: FlowQuestion

    @Option(help: "By what groups are ranked: bit/s, packet/s or flow/s; bits, packets and flows are read too.")
    var unit = "bit/s"

    @Option(help: "Groups that are shown, 1 to 100.")
    var limit = 10

    @Option(help: "table; json is the API's answer; csv has the values that filters read, beside what they are called.")
    var format = Format.table

    @Flag(help: "Print one table and end, in a terminal too.")
    var once = false

    func run() async throws {
        let units = ["bits": "bit/s", "packets": "packet/s", "flows": "flow/s"]
        let start = try question.start()
        let source = try question.source()
        defer { source.close() }
        if Terminal.isThere, !once, format == .table {
            var live = LiveTop(
                by: by,
                filter: question.filter,
                unit: units[unit] ?? unit,
                last: question.last,
                source: source
            )
            return try await live.run()
        }
        let bytes = try await source.get(
            "top",
            [
                ("from", start), ("to", "now"), ("dimensions", by), ("filter", question.filter),
                ("unit", units[unit] ?? unit), ("limit", "\(limit)"),
            ]
        )
        var output = OutputBuffer(descriptor: STDOUT_FILENO)
        switch format {
        case .json: try output.write(String(decoding: bytes, as: UTF8.self) + "\n")
        case .table: try output.write(try TopAnswerBody(bytes).table)
        case .csv: try output.write(try TopAnswerBody(bytes).csv)
        }
        try output.flush()
    }
}

/// The API's answer, as far as it is printed.
struct TopAnswerBody: Decodable {
    var from: UInt64
    var to: UInt64
    var unit: String
    var dimensions: [String]
    var rows: [Row]
    var groups: UInt64
    var groupsExact: Bool
    var shown: Int
    var total: Traffic
    var assumedSampling: Double

    struct Traffic: Decodable {
        var bytes: UInt64
        var packets: UInt64
        var flows: UInt64
    }

    struct Row: Decodable {
        var key: [String]
        var labels: [String]
        var kind: String
        var bytes: UInt64
        var packets: UInt64
        var flows: UInt64
        var rate: Double
        var share: Double
    }

    init(_ bytes: Data) throws {
        do {
            self = try JSONDecoder().decode(Self.self, from: bytes)
        } catch {
            throw Failure("the server is of another version: its answer can't be read")
        }
    }

    var table: String {
        var table = TextTable(
            dimensions.map { .init($0) }
                + [unit, "share", "bytes", "packets", "flows"].map { .init($0, isRight: true) }
        )
        for row in rows {
            // Other has one label for all dimensions.
            let labels = dimensions.indices.map { $0 < row.labels.count ? row.labels[$0] : "" }
            let figures = [
                SINumber.text(row.rate), Self.percent(row.share), SINumber.text(Double(row.bytes)),
                SINumber.text(Double(row.packets)), SINumber.text(Double(row.flows)),
            ]
            table.add(labels + figures)
        }
        let sums = "\(SINumber.text(Double(total.bytes)))B in \(total.flows) flows"
        var text = "\(Timestamp.rfc3339(seconds: from)) to \(Timestamp.rfc3339(seconds: to)): "
        text += "\(shown) of \(groupsExact ? "" : "about ")\(groups) groups, \(sums) altogether\n"
        if assumedSampling > 0 {
            text += "the sampling rate of \(Self.percent(assumedSampling)) of the flows is unknown, and taken as 1\n"
        }
        return text + table.text
    }

    var csv: String {
        let names = dimensions.flatMap { [$0, "\($0)Label"] } + ["kind", "rate", "share", "bytes", "packets", "flows"]
        var text = CSVLine.text(names)
        for row in rows {
            let keys = dimensions.indices.flatMap { index in
                [index < row.key.count ? row.key[index] : "", index < row.labels.count ? row.labels[index] : ""]
            }
            let figures = [row.kind, "\(row.rate)", "\(row.share)", "\(row.bytes)", "\(row.packets)", "\(row.flows)"]
            text += CSVLine.text(keys + figures)
        }
        return text
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }
}
