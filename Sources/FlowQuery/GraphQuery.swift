import FlowSchema

/// Traffic over time, of the groups that ``TopQuery`` found and of all others together.
///
/// The groups are written into the statement as values, so that ranking and
/// drawing are two scans, never three, and the same groups are drawn that
/// were ranked. Where a rollup has the traffic of all groups together, only
/// the rows of these groups are read, and the others are what is left of it.
public struct GraphQuery: Hashable, Sendable {
    /// How the groups were chosen.
    public var top: TopQuery
    /// The groups to tell apart, best first.
    public var keys: [[KeyValue]]
    /// Whether ingress, egress and unknown direction are series of their own.
    public var splitsDirection: Bool
    /// Whether flows count over their lifetime instead of when they were received, see ``Spreading``.
    public var spreads = false
    /// Whether rank 0 is told apart by whoever asks, see ``GraphInOneScan``.
    private let isRanked: Bool

    /// Asks for a chart of these groups.
    public init(top: TopQuery, keys: [[KeyValue]], splitsDirection: Bool = false) {
        self.init(top: top, keys: keys, splitsDirection: splitsDirection, isRanked: false)
    }

    init(top: TopQuery, keys: [[KeyValue]], splitsDirection: Bool, isRanked: Bool) {
        self.top = top
        self.keys = keys
        self.splitsDirection = splitsDirection
        self.isRanked = isRanked
    }

    /// Where the rows come from.
    public var source: FlowSource {
        let columns = top.dimensions.map(\.column) + directions
        var question = top.question
        // What is summed already has no lifetimes.
        if spreads { question.detail = .raw }
        return FlowSource(question, groupedBy: columns, step: top.buckets.alignment)
    }

    /// The statement: bucket `t`, rank `r` (1... in ``keys``, 0 for Other),
    /// `direction` (0 when not split), `amount`, `flows`, `assumed`; `packets`
    /// where sizes are asked for; where flows are spread the columns of ``Spreading``.
    public var sql: SQLText {
        if spreads { return spreadSQL }
        guard let whole else { return "\(select(["\(rank) AS r"], from: source))\nGROUP BY t, r, direction" }
        // Each row needs a hash table to tell its key, but only each group of them a rank.
        let names = SQLText.keyNames(top.dimensions.count)
        return """
            SELECT t, \(rank(names)) AS r, direction, sum(amount) AS amount, sum(flows) AS flows, \
            sum(assumed) AS assumed\(asksForSize ? ", sum(packets) AS packets" : "")
            FROM (
            \(select(SQLText.keyColumns(top.dimensions), from: source))
                AND \(hasKey)
            GROUP BY t, \(names, separator: ", "), direction
            )
            GROUP BY t, r, direction
            UNION ALL
            \(select(["0 AS r"], from: whole))
            GROUP BY t, r, direction
            """
    }

    private func select(_ keys: [SQLText], from source: FlowSource) -> SQLText {
        """
        SELECT \(top.buckets.sql) AS t, \(keys, separator: ", "), \
        \(splitsDirection ? "Incoming" : "0") AS direction, \
        \(source.sum(top.unit.sum)) AS amount, \(source.sum(.flows)) AS flows, \
        \(source.sum(.assumed)) AS assumed\(asksForSize ? ", \(source.sum(.packets)) AS packets" : "")
        FROM \(source.sql)
        """
    }

    /// A rollup that has the traffic of all groups together, where the groups themselves can only be told apart
    /// by raw rows. Rank 0 of the answer is then all of it, and not only the others.
    private var whole: FlowSource? {
        guard !isRanked, !spreads, !keys.isEmpty, !top.dimensions.isEmpty, source.isRaw else { return nil }
        let whole = FlowSource(top.question, groupedBy: directions, step: top.buckets.alignment, goesWithRaw: true)
        return whole.table == source.table ? nil : whole
    }

    /// Whether a mean is asked for, which needs what to divide by.
    var asksForSize: Bool { top.unit.measure == .mean }

    private var directions: [FlowColumn] { splitsDirection ? [.incoming] : [] }

    /// Whether a row has one of the keys.
    private var hasKey: SQLText {
        let columns = top.dimensions.map(\.keyExpression)
        if columns.count == 1 {
            let all: [SQLText] = keys.map { $0[0].sql }
            return "\(columns[0]) IN (\(all, separator: ", "))"
        }
        let tuples: [SQLText] = keys.map { "(\($0.map(\.sql), separator: ", "))" }
        return "(\(columns, separator: ", ")) IN (\(tuples, separator: ", "))"
    }

    /// Which of the keys a row has. One dimension maps through a hash table.
    /// Several first ask for membership, which is a hash table too, because
    /// comparing every row with every key is slow.
    var rank: SQLText {
        let dimensions = top.dimensions
        guard !dimensions.isEmpty else { return "1" }
        guard !keys.isEmpty else { return "0" }
        return "if(\(hasKey), \(rank(dimensions.map(\.keyExpression))), 0)"
    }

    private func rank(_ columns: [SQLText]) -> SQLText {
        let branches: [SQLText] = keys.enumerated().map { index, values in
            let tests: [SQLText] = zip(columns, values).map { "\($0) = \($1.sql)" }
            return "\(tests, separator: " AND "), \(index + 1)"
        }
        return "multiIf(\(branches, separator: ", "), 0)"
    }
}

/// One row of ``GraphQuery``'s answer.
public struct GraphRow: Hashable, Sendable {
    /// Column `t`, in Unix seconds.
    public var bucket: UInt64
    /// Column `r`.
    public var rank: Int
    /// Column `direction`.
    public var direction: UInt64
    /// Column `amount`: bytes, packets or flows.
    public var amount: UInt64
    /// Column `flows`.
    public var flows: UInt64
    /// Column `assumed`.
    public var assumed: UInt64
    /// Column `packets`, where sizes are asked for.
    public var packets: UInt64
    /// Columns `before`, `after` and `apart`, where flows are spread.
    public var outside: Spreading.Outside

    /// Gathers a row.
    public init(
        bucket: UInt64,
        rank: Int,
        direction: UInt64,
        amount: UInt64,
        flows: UInt64,
        assumed: UInt64,
        packets: UInt64 = 0,
        outside: Spreading.Outside = .init()
    ) {
        self.bucket = bucket
        self.rank = rank
        self.direction = direction
        self.amount = amount
        self.flows = flows
        self.assumed = assumed
        self.packets = packets
        self.outside = outside
    }
}

/// A line of a chart, complete: one value a bucket, 0 where there was nothing.
public struct Series: Hashable, Sendable {
    /// Which group.
    public var key: GroupKey
    /// Which direction, when directions are split.
    public var direction: SeriesDirection?
    /// Units a second, one a bucket; of totals the sum, of sizes the mean of the bucket (0 where no packet is).
    public var values: [Double]
    /// Bytes, packets or flows over the range, exactly.
    public var total: UInt64
    /// Units a second over the range; of totals what a bucket has on average, of sizes the mean of all packets.
    public var average: Double
    /// The largest of ``values``.
    public var peak: Double
    /// The 95th percentile of ``values``, by nearest rank as transit is billed.
    public var p95: Double
    /// The last of ``values``.
    public var last: Double
    /// The part of all, 0 to 1.
    public var share: Double
}

/// The answer to ``GraphQuery``.
public struct GraphAnswer: Hashable, Sendable {
    /// The lines, largest total first, Other last.
    public var series: [Series]
    /// Rows that matched.
    public var flows: UInt64
    /// The share (0 to 1) of flows whose sampling rate nobody told.
    public var assumedSampling: Double
    /// What is in no bucket, where flows are spread.
    public var outside: Spreading.Outside
}

extension GraphQuery {
    /// Makes the lines from the statement's rows: gaps are filled with 0.
    public func answer(_ rows: [GraphRow]) -> GraphAnswer {
        var sums: [SeriesID: Sums] = [:]
        for row in rows {
            guard let index = top.buckets.index(of: row.bucket) else { continue }
            let direction = splitsDirection ? SeriesDirection(incoming: row.direction) : nil
            let id = SeriesID(rank: (0...keys.count + 1).contains(row.rank) ? row.rank : 0, direction: direction)
            sums[id, default: Sums(buckets: top.buckets.count)].add(row, at: index)
        }
        if whole != nil { Self.takeRest(of: &sums) }
        let whole = sums.values.lazy.flatMap(\.amounts).reduce(0, &+)
        let series = sums.map { id, sums in
            makeSeries(key: key(rank: id.rank), direction: id.direction, sums, whole: whole)
        }
        let flows = sums.values.reduce(0) { $0 &+ $1.flows }
        let assumed = sums.values.reduce(0) { $0 &+ $1.assumed }
        return GraphAnswer(
            series: series.sorted(by: Self.precedes),
            flows: flows,
            assumedSampling: Double(assumed).share(of: Double(flows)),
            outside: rows.reduce(Spreading.Outside()) { $0 + $1.outside }
        )
    }

    /// Makes rank 0, which is all traffic, what is left when the ranked groups are taken out of it.
    ///
    /// Rows that came between the two reads may be in the groups and not yet in the whole: then nothing is left.
    private static func takeRest(of sums: inout [SeriesID: Sums]) {
        for (id, group) in sums where id.rank != 0 {
            sums[SeriesID(rank: 0, direction: id.direction)]?.take(group)
        }
        for (id, rest) in sums where id.rank == 0 && rest.flows == 0 { sums[id] = nil }
    }

    /// What belongs to one line.
    private struct Sums {
        var amounts: [UInt64]
        var packets: [UInt64]
        var flows: UInt64 = 0
        var assumed: UInt64 = 0

        init(buckets: Int) {
            amounts = Array(repeating: 0, count: buckets)
            packets = amounts
        }

        mutating func add(_ row: GraphRow, at index: Int) {
            amounts[index] &+= row.amount
            packets[index] &+= row.packets
            flows &+= row.flows
            assumed &+= row.assumed
        }

        mutating func take(_ part: Sums) {
            for index in amounts.indices {
                amounts[index] -= min(amounts[index], part.amounts[index])
                packets[index] -= min(packets[index], part.packets[index])
            }
            flows -= min(flows, part.flows)
            assumed -= min(assumed, part.assumed)
        }
    }

    private struct SeriesID: Hashable {
        var rank: Int
        var direction: SeriesDirection?
    }

    private func key(rank: Int) -> GroupKey {
        if top.dimensions.isEmpty { return GroupKey(values: [], kind: .value) }
        guard rank > 0, rank <= keys.count else { return .other }
        return GroupKey(values: keys[rank - 1], dimensions: top.dimensions)
    }

    private func makeSeries(key: GroupKey, direction: SeriesDirection?, _ sums: Sums, whole: UInt64) -> Series {
        let amounts = sums.amounts
        let values = amounts.indices.map { value(of: sums, at: $0) }
        // An average of sizes over time is over the buckets that have packets.
        let sorted = (asksForSize ? values.filter { $0 > 0 } : values).sorted()
        let total = amounts.reduce(0, &+)
        return Series(
            key: key,
            direction: direction,
            values: values,
            total: total,
            average: average(total, packets: sums.packets.reduce(0, &+)),
            peak: sorted.last ?? 0,
            p95: sorted.isEmpty ? 0 : sorted[(sorted.count * 95 + 99) / 100 - 1],
            last: values.last ?? 0,
            share: Double(total).share(of: Double(whole))
        )
    }

    private func value(of sums: Sums, at index: Int) -> Double {
        let amount = Double(sums.amounts[index])
        return switch top.unit.measure {
        case .rate: amount * top.unit.factor / Double(top.buckets.coveredSeconds(at: index))
        case .total: amount
        case .mean: amount.share(of: Double(sums.packets[index]))
        }
    }

    private func average(_ total: UInt64, packets: UInt64) -> Double {
        let seconds = Double(top.question.range.seconds)
        return switch top.unit.measure {
        case .rate: Double(total) * top.unit.factor / seconds
        case .total: Double(total) * Double(top.buckets.width) / seconds
        case .mean: Double(total).share(of: Double(packets))
        }
    }

    /// Other last, then by total; equal totals keep one order so that answers don't flicker.
    private static func precedes(_ a: Series, _ b: Series) -> Bool {
        if (a.key.kind == .other) != (b.key.kind == .other) { return b.key.kind == .other }
        if a.total != b.total { return a.total > b.total }
        return "\(a.key.values) \(a.direction?.rawValue ?? "")" < "\(b.key.values) \(b.direction?.rawValue ?? "")"
    }
}
