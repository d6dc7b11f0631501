import FlowQuery
import FlowStore

/// The route of distributions: how a column's values spread over time.
extension WebAPI {
    func values(_ parameters: Parameters) async throws -> ValuesBody {
        let question = try parameters.question(now: clock())
        var query = try ValuesQuery(
            question,
            of: try parameters.choice("column", default: .packetSize),
            unit: try parameters.choice("unit", default: .flows),
            width: try parameters.bucketWidth()
        )
        query.buckets = try parameters.inDays(query.buckets)
        let rows = ValuesQuery.most * (query.subject.bounds.count + 1)
        let result = try await ask(query.sql, rows: rows, parameters)
        return ValuesBody(query, query.answer(try result.valuesRows()), elapsed: result.elapsed)
    }
}

struct ValuesBody: Encodable {
    var from: UInt64
    var to: UInt64
    var bucket: UInt64
    var unit: String
    var column: String
    var columnUnit: String
    var scale: String
    var times: [UInt64]
    var bins: [BinBody]
    /// Place of the bucket, place of the bin, amount; a list of lists since there are thousands.
    var cells: [[UInt64]]
    var unknown: UInt64
    var total: UInt64
    var exact = true
    var assumedSampling: Double
    var statistics: StatisticsBody
    var sql: String

    struct BinBody: Encodable {
        var from: UInt64
        var to: Nullable<UInt64>
        var total: UInt64
    }

    init(_ query: ValuesQuery, _ answer: ValuesAnswer, elapsed: Double) {
        from = query.question.range.from
        to = query.question.range.to
        bucket = query.buckets.width
        unit = query.unit.rawValue
        column = query.subject.rawValue
        columnUnit = query.subject.unit
        scale = query.subject.scale.rawValue
        times = query.buckets.starts
        bins = answer.bins.map { BinBody(from: $0.from, to: Nullable($0.to), total: $0.total) }
        cells = answer.cells.map { [UInt64($0.bucket), UInt64($0.bin), $0.amount] }
        unknown = answer.unknown
        total = answer.total
        assumedSampling = answer.assumedSampling
        statistics = StatisticsBody(rows: answer.flows, elapsed: elapsed, source: query.source)
        sql = query.sql.text
    }
}

extension QueryResult {
    fileprivate func valuesRows() throws -> [ValuesRow] {
        let (buckets, bins) = (try numbers("t"), try numbers("bin"))
        let (amounts, flows, assumed) = (try numbers("amount"), try numbers("flows"), try numbers("assumed"))
        return (0..<rowCount).map { row in
            ValuesRow(
                bucket: buckets[row],
                bin: Int(clamping: bins[row]),
                amount: amounts[row],
                flows: flows[row],
                assumed: assumed[row]
            )
        }
    }
}
