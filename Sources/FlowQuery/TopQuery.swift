import FlowSchema

/// The groups with most traffic, and what all groups together have: one scan, or two where keys are wide.
public struct TopQuery: Hashable, Sendable {
    /// What is asked about.
    public var question: Question
    /// What rows are grouped by; none gives one group.
    public var dimensions: [Dimension]
    /// What the top is measured in.
    public var unit: TrafficUnit
    /// Groups in the answer.
    public var limit: Int
    /// By what they are chosen.
    public var ranking: Ranking
    /// The buckets that ``Ranking/max`` looks at.
    public var buckets: Buckets

    /// Groups that one question may ask for.
    public static let most = 100

    /// Asks.
    ///
    /// - Throws: ``QueryError`` when `limit` isn't 1 to ``most``.
    public init(
        _ question: Question,
        dimensions: [Dimension],
        unit: TrafficUnit = .bits,
        limit: Int = 8,
        ranking: Ranking = .average,
        buckets: Buckets? = nil
    ) throws(QueryError) {
        guard (1...Self.most).contains(limit) else {
            throw QueryError("limit goes from 1 to \(Self.most)", parameter: "limit")
        }
        self.question = question
        self.dimensions = dimensions
        self.unit = unit
        self.limit = limit
        self.ranking = ranking
        self.buckets = buckets ?? Buckets(range: question.range)
    }

    /// The statement: columns k0..., then ``TopRow``'s numbers, one row a group.
    ///
    /// The sums over all groups come from a rollup that has them; else they
    /// are windows over the grouped rows, so that the share of the rest and
    /// the number of groups need no second scan.
    public var sql: SQLText {
        if hasWideKey { return sqlByHash }
        if isOfAddresses { return sqlByNumber }
        if let whole { return sql(with: whole) }
        let names = SQLText.keyNames(dimensions.count)
        let outer = names + ["bytes", "packets", "flows", "count() OVER () AS groups"] + Self.wholes
        let order: [SQLText] = [ranking == .max ? "peak DESC" : "\(unit.name) DESC"] + names
        return """
            SELECT \(outer, separator: ", ")
            FROM (
            \(ranking == .max ? groupsByPeak : groups(Self.sums(source)))
            )
            ORDER BY \(order, separator: ", ")
            LIMIT \(limit)
            """
    }

    /// The statement's column of what groups are ranked by.
    public var sumColumn: String { unit.name.text }

    /// A rollup that has the sums over all groups, where the groups themselves can only be told apart by raw rows.
    var whole: FlowSource? {
        guard ranking == .average, !dimensions.isEmpty, source.isRaw else { return nil }
        let whole = FlowSource(question, groupedBy: [], goesWithRaw: true)
        return whole.isRaw ? nil : whole
    }

    private func sql(with whole: FlowSource) -> SQLText {
        let names = SQLText.keyNames(dimensions.count)
        let outer = names + ["bytes", "packets", "flows", "count() OVER () AS groups"] + Self.told
        // What nobody asks of a single group needn't be kept for each of them.
        return """
            WITH (
            SELECT (\(Self.sums(whole), separator: ", "))
            FROM \(whole.sql)
            ) AS everything
            SELECT \(outer, separator: ", ")
            FROM (
            \(groups(Self.sums(source).dropLast()))
            )
            ORDER BY \(order, separator: ", ")
            LIMIT \(limit)
            """
    }

    /// The statement for who only wants to know which groups are the best:
    /// columns k0... and `groups`. It reads and keeps one sum instead of four.
    public var rankingSQL: SQLText {
        guard ranking == .average, !hasWideKey else { return sql }
        if isOfAddresses { return rankingByNumber }
        let source = source
        let names = SQLText.keyNames(dimensions.count)
        let inner = SQLText.keyColumns(dimensions) + ["\(source.sum(unit.sum)) AS amount"]
        let order: [SQLText] = ["amount DESC"] + names
        return """
            SELECT \(names, separator: ", "), count() OVER () AS groups
            FROM (
            SELECT \(inner, separator: ", ")
            FROM \(source.sql)
            \(SQLText.groupBy(names))
            )
            ORDER BY \(order, separator: ", ")
            LIMIT \(limit)
            """
    }

    /// Most traffic first; equal groups by their keys, so that answers don't flicker.
    var order: [SQLText] { ["\(unit.name) DESC"] + SQLText.keyNames(dimensions.count) }

    /// The sums over all groups out of ``whole``.
    static let told: [SQLText] = [
        "everything.1 AS all_bytes", "everything.2 AS all_packets", "everything.3 AS all_flows",
        "everything.4 AS all_assumed",
    ]

    /// The sums over all groups, of which each row has a copy.
    static let wholes: [SQLText] = [
        "sum(bytes) OVER () AS all_bytes", "sum(packets) OVER () AS all_packets", "sum(flows) OVER () AS all_flows",
        "sum(assumed) OVER () AS all_assumed",
    ]

    /// Where the rows come from.
    public var source: FlowSource {
        let step = ranking == .max ? buckets.alignment : nil
        return FlowSource(question, groupedBy: dimensions.map(\.column), step: step)
    }

    /// A column for each of the sums.
    ///
    /// - Parameter prefix: what their names begin with.
    static func sums(_ source: FlowSource, prefix: SQLText = "") -> [SQLText] {
        [
            "\(source.sum(.bytes)) AS \(prefix)bytes", "\(source.sum(.packets)) AS \(prefix)packets",
            "\(source.sum(.flows)) AS \(prefix)flows", "\(source.sum(.assumed)) AS \(prefix)assumed",
        ]
    }

    func groups(_ sums: [SQLText]) -> SQLText {
        let columns = SQLText.keyColumns(dimensions) + sums
        return """
            SELECT \(columns, separator: ", ")
            FROM \(source.sql)
            \(SQLText.groupBy(SQLText.keyNames(dimensions.count)))
            """
    }

    private var groupsByPeak: SQLText {
        let names = SQLText.keyNames(dimensions.count)
        let source = source
        let inner = SQLText.keyColumns(dimensions) + ["\(buckets.sql) AS t"] + Self.sums(source)
        let outer: [SQLText] =
            names + [
                "max(b.\(unit.name)) AS peak", "sum(b.bytes) AS bytes", "sum(b.packets) AS packets",
                "sum(b.flows) AS flows", "sum(b.assumed) AS assumed",
            ]
        return """
            SELECT \(outer, separator: ", ")
            FROM (
            SELECT \(inner, separator: ", ")
            FROM \(source.sql)
            \(SQLText.groupBy(names + ["t"]))
            ) AS b
            \(SQLText.groupBy(names))
            """
    }
}

/// One row of ``TopQuery``'s answer.
public struct TopRow: Hashable, Sendable {
    /// A value a dimension.
    public var values: [KeyValue]
    /// Column `bytes`, `packets`, `flows`.
    public var traffic: Traffic
    /// Column `groups`: how many there are, by ``TopOfMany`` about how many.
    public var groups: UInt64
    /// Columns `all_...`: the same for all groups.
    public var whole: Traffic
    /// Column `all_assumed`: flows of all groups whose sampling rate nobody told.
    public var assumed: UInt64

    /// Gathers a row.
    public init(values: [KeyValue], traffic: Traffic, groups: UInt64, whole: Traffic, assumed: UInt64) {
        self.values = values
        self.traffic = traffic
        self.groups = groups
        self.whole = whole
        self.assumed = assumed
    }
}

/// The answer to ``TopQuery``.
public struct TopAnswer: Hashable, Sendable {
    /// The groups, most traffic first; Other last.
    public var rows: [Row]
    /// How many groups there are; about how many where ``TopOfMany`` found them.
    public var groups: UInt64
    /// Groups that aren't in Other.
    public var shown: Int
    /// All traffic that the question is about.
    public var total: Traffic
    /// The share (0 to 1) of flows whose sampling rate nobody told.
    public var assumedSampling: Double

    /// One group.
    public struct Row: Hashable, Sendable {
        /// Which.
        public var key: GroupKey
        /// Its sums.
        public var traffic: Traffic
        /// Units a second, on average over the range; of totals the total, of sizes the mean.
        public var rate: Double
        /// Its part of all, 0 to 1.
        public var share: Double
    }
}

extension TopQuery {
    /// Makes the answer from the statement's rows, adding what is left over as Other.
    public func answer(_ found: [TopRow]) -> TopAnswer {
        let whole = found.first?.whole ?? Traffic()
        let groups = found.first?.groups ?? 0
        var rows = found.map { row(GroupKey(values: $0.values, dimensions: dimensions), $0.traffic, of: whole) }
        rows.sort { $0.traffic[unit] > $1.traffic[unit] }
        if groups > UInt64(rows.count) {
            rows.append(row(.other, whole - found.reduce(Traffic()) { $0 + $1.traffic }, of: whole))
        }
        return TopAnswer(
            rows: rows,
            groups: groups,
            shown: found.count,
            total: whole,
            assumedSampling: Double(found.first?.assumed ?? 0).share(of: Double(whole.flows))
        )
    }

    /// Units a second over the range; of totals the total, of sizes the mean.
    private func rate(_ traffic: Traffic) -> Double {
        let amount = Double(traffic[unit])
        return switch unit.measure {
        case .rate: amount * unit.factor / Double(question.range.seconds)
        case .total: amount
        case .mean: amount.share(of: Double(traffic.packets))
        }
    }

    private func row(_ key: GroupKey, _ traffic: Traffic, of whole: Traffic) -> TopAnswer.Row {
        let amount = Double(traffic[unit])
        return TopAnswer.Row(
            key: key,
            traffic: traffic,
            rate: rate(traffic),
            share: amount.share(of: Double(whole[unit]))
        )
    }
}

extension Double {
    /// The part of a whole, 0 when there is nothing.
    func share(of whole: Double) -> Double {
        whole > 0 ? self / whole : 0
    }
}

extension SQLText {
    private static let names: [SQLText] = ["k0", "k1", "k2", "k3", "k4", "k5"]

    /// `k0`, `k1`, ...
    static func keyNames(_ count: Int) -> [SQLText] {
        Array(names.prefix(count))
    }

    /// `SrcAS AS k0`, ...
    static func keyColumns(_ dimensions: [Dimension]) -> [SQLText] {
        zip(dimensions, names).map { "\($0.keyExpression) AS \($1)" }
    }

    /// A GROUP BY clause, or none (and then an aggregate without rows would
    /// still give a row, which HAVING takes away).
    static func groupBy(_ names: [SQLText]) -> SQLText {
        names.isEmpty ? "HAVING count() > 0" : "GROUP BY \(names, separator: ", ")"
    }
}
