import FlowQuery
import FlowSchema
import FlowStore
import NetTypes

/// Nil members are written as null: the contract names them all.
struct Nullable<Value: Encodable>: Encodable {
    var value: Value?

    init(_ value: Value?) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

struct StatisticsBody: Encodable {
    /// Rows that matched.
    var rows: UInt64
    /// Seconds in the store.
    var elapsed: Double
    /// The table that most of the range was answered from.
    var source: String
    /// The seconds that one row of it is about.
    var resolution: UInt64

    init(rows: UInt64, elapsed: Double, source: FlowSource) {
        self.rows = rows
        self.elapsed = elapsed
        self.source = source.table
        resolution = source.resolution
    }
}

// MARK: - Schema

struct SchemaBody: Encodable {
    var version: String
    var columns: [Column]
    var units = TrafficUnit.allCases.map(\.rawValue)

    struct Column: Encodable {
        var name: String
        var number: Int
        var type: String
        var kind: String
        var unit: String
        var group: String
        var dimension: Bool
        var mirror: Nullable<String>
        var documentation: String
    }
}

extension WebAPI {
    func schemaBody() -> SchemaBody {
        SchemaBody(
            version: options.version,
            columns: FlowColumn.queryable.map { column in
                let field = column.field
                return SchemaBody.Column(
                    name: field.name,
                    number: field.number,
                    type: column.clickHouseType,
                    kind: field.kind.rawValue,
                    unit: field.unit,
                    group: field.group.rawValue,
                    dimension: Dimension(column) != nil,
                    mirror: Nullable(field.mirror?.name),
                    documentation: field.documentation
                )
            }
        )
    }
}

// MARK: - Graph

struct GraphBody: Encodable {
    var from: UInt64
    var to: UInt64
    var bucket: UInt64
    var unit: String
    var dimensions: [String]
    var times: [UInt64]
    var series: [SeriesBody]
    var groups: UInt64
    var groupsExact: Bool
    var shown: Int
    var exact = true
    var assumedSampling: Double
    var statistics: StatisticsBody
    var sql: String
    var rankingSql: Nullable<String>
    var surveySql: Nullable<String>
    var spread: Nullable<SpreadBody>
    var reverse: Nullable<ReverseBody>
    var previous: Nullable<PreviousBody>

    /// Rows that the statement behind a graph can have at most.
    static let mostRows = (TopQuery.most + 1) * SeriesDirection.allCases.count * Buckets.most

    struct SeriesBody: Encodable {
        var key: [String]
        var labels: [String]
        var kind: String
        var direction: Nullable<String>
        var values: [Double]
        var last: Double
        var average: Double
        var peak: Double
        var p95: Double
        var total: UInt64
        var share: Double
    }

    init(
        _ query: GraphQuery,
        _ answer: GraphAnswer,
        ranked: BestGroups? = nil,
        groups: UInt64?,
        elapsed: Double,
        sql: SQLText,
        asides: GraphAsides = GraphAsides(),
        names: LearntNames
    ) {
        let top = query.top
        from = top.question.range.from
        to = top.question.range.to
        bucket = top.buckets.width
        unit = top.unit.rawValue
        dimensions = top.dimensions.map(\.column.name)
        times = top.buckets.starts
        series = answer.series.map { SeriesBody($0, top.dimensions, names) }
        // Without dimensions there is one group if there is anything.
        self.groups = groups ?? (top.dimensions.isEmpty && answer.flows > 0 ? 1 : 0)
        groupsExact = ranked?.countsGroups ?? true
        shown = top.dimensions.isEmpty ? Int(self.groups) : query.keys.count
        assumedSampling = answer.assumedSampling
        statistics = StatisticsBody(rows: answer.flows, elapsed: elapsed + asides.elapsed, source: query.source)
        self.sql = sql.text
        rankingSql = Nullable(ranked?.sql.text)
        surveySql = Nullable(ranked?.survey?.sql.text)
        spread = Nullable(query.spreads ? SpreadBody(answer.outside) : nil)
        reverse = Nullable(
            asides.reverse.map { query, answer in
                ReverseBody(
                    dimensions: query.top.dimensions.map(\.column.name),
                    series: answer.series.map { SeriesBody($0, query.top.dimensions, names) },
                    sql: query.sql.text
                )
            }
        )
        previous = Nullable(
            asides.previous.map { query, answer in
                let range = query.top.question.range
                return PreviousBody(
                    seconds: top.question.range.from - range.from,
                    from: range.from,
                    to: range.to,
                    series: answer.series.map { SeriesBody($0, top.dimensions, names) },
                    sql: query.sql.text
                )
            }
        )
    }
}

extension GraphBody.SeriesBody {
    init(_ series: Series, _ dimensions: [Dimension], _ names: LearntNames) {
        self.init(
            key: series.key.texts(dimensions),
            labels: names.labels(series.key, dimensions),
            kind: series.key.kind.rawValue,
            direction: Nullable(series.direction?.rawValue),
            values: series.values,
            last: series.last,
            average: series.average,
            peak: series.peak,
            p95: series.p95,
            total: series.total,
            share: series.share
        )
    }
}

// MARK: - Top

struct TopBody: Encodable {
    var from: UInt64
    var to: UInt64
    var unit: String
    var dimensions: [String]
    var rows: [RowBody]
    var groups: UInt64
    var groupsExact: Bool
    var shown: Int
    var total: TrafficBody
    var exact = true
    var assumedSampling: Double
    var statistics: StatisticsBody
    var sql: String
    var surveySql: Nullable<String>

    struct RowBody: Encodable {
        var key: [String]
        var labels: [String]
        var kind: String
        var bytes: UInt64
        var packets: UInt64
        var flows: UInt64
        var rate: Double
        var share: Double
    }

    struct TrafficBody: Encodable {
        var bytes: UInt64
        var packets: UInt64
        var flows: UInt64
    }

    init(_ query: TopQuery, _ answer: TopAnswer, _ found: BestGroups, names: LearntNames) {
        from = query.question.range.from
        to = query.question.range.to
        unit = query.unit.rawValue
        dimensions = query.dimensions.map(\.column.name)
        rows = answer.rows.map { row in
            RowBody(
                key: row.key.texts(query.dimensions),
                labels: names.labels(row.key, query.dimensions),
                kind: row.key.kind.rawValue,
                bytes: row.traffic.bytes,
                packets: row.traffic.packets,
                flows: row.traffic.flows,
                rate: row.rate,
                share: row.share
            )
        }
        groups = answer.groups
        groupsExact = found.countsGroups
        shown = answer.shown
        total = TrafficBody(bytes: answer.total.bytes, packets: answer.total.packets, flows: answer.total.flows)
        assumedSampling = answer.assumedSampling
        statistics = StatisticsBody(rows: answer.total.flows, elapsed: found.elapsed, source: query.source)
        sql = found.sql.text
        surveySql = Nullable(found.survey?.sql.text)
    }
}
