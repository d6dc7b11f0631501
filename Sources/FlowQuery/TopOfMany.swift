import FlowSchema

/// The best of very many addresses, in two scans that keep next to nothing.
///
/// A hash divides the addresses into 65,536 shards. The first scan sums shards, which fit the processor's cache; the
/// second groups only the addresses of the largest ones. No address has more than its shard, so when the last of the
/// best has more than every shard that wasn't grouped, these are the best of all, to the last unit. Where they aren't,
/// ``isProven(_:bound:)`` says so, and ``TopQuery`` has to be asked.
///
/// How many addresses there are is an estimate: one shard of 64 is grouped for it, whatever it has.
public struct TopOfMany: Hashable, Sendable {
    private let top: TopQuery

    /// Of so many shards one is grouped to count addresses; of a million it finds 15,600, give or take 0.8 %.
    private static let sampled = 64
    /// So many of the largest shards are grouped.
    private static let grouped = 256
    private static let shards = 65_536

    /// Asks; nil when the question isn't one of addresses in raw rows.
    public init?(_ top: TopQuery) {
        guard top.isOfAddresses, top.source.isRaw else { return nil }
        self.top = top
    }

    /// The statement: the columns of ``TopQuery/sql`` without the sums over all groups, and `bound`: the most that a
    /// shard has of those that weren't chosen.
    public var sql: SQLText {
        """
        \(largest)
        SELECT \(top.numberedColumns, separator: ", "), \(counts)
        FROM (
        SELECT \(top.bestNumbers) AS bests, \(sample) AS sample
        FROM (
        \(groups(TopQuery.sums(top.source).dropLast()))
        )
        )
        ARRAY JOIN bests AS best
        """
    }

    /// The statement for who only wants to know which groups are the best: columns k0, `amount`, `groups` and `bound`.
    public var rankingSQL: SQLText {
        """
        \(largest)
        SELECT toIPv6(toUInt128(best)) AS k0, bitNot(toUInt64(bitShiftRight(best, 128))) AS amount, \(counts)
        FROM (
        SELECT groupArraySorted(\(top.limit))(\(TopQuery.ranked(by: "amount"))) AS bests, \(sample) AS sample
        FROM (
        \(groups(["\(top.source.sum(top.unit.sum)) AS amount"]))
        )
        )
        ARRAY JOIN bests AS best
        """
    }

    /// Whether groups with these amounts, as many as were found, are the best.
    ///
    /// - Parameter bound: column `bound` of the statement, the same in every row.
    public func isProven(_ amounts: [UInt64], bound: UInt64?) -> Bool {
        guard let bound, amounts.count == top.limit, let least = amounts.min() else { return false }
        return least > bound
    }

    /// Which shards are grouped, and the most that any other has. It isn't worth a second scan when the shards differ
    /// by less than what their best addresses would have to have.
    private var largest: SQLText {
        """
        WITH (
        SELECT (
            groupArrayIf(shard, place <= \(Self.grouped)),
            maxIf(amount, place > \(Self.grouped)),
            maxIf(amount, place = \(top.limit)) > maxIf(amount, place > \(Self.grouped)) + intDiv(sum(amount), \(Self.shards))
        )
        FROM (
        SELECT shard, amount, row_number() OVER (ORDER BY amount DESC, shard) AS place
        FROM (
        SELECT \(Self.shard(of: key)) AS shard, \(top.source.sum(top.unit.sum)) AS amount
        FROM \(top.source.sql)
        GROUP BY shard
        )
        )
        ) AS shards
        """
    }

    private func groups(_ sums: some Collection<SQLText>) -> SQLText {
        """
        SELECT \(SQLText.keyColumns(top.dimensions) + sums, separator: ", ")
        FROM \(top.source.sql)
            AND shards.3
            AND (\(Self.shard(of: key)) IN (SELECT arrayJoin(shards.1)) OR \(Self.isSampled(key)))
        GROUP BY k0
        """
    }

    private var key: SQLText { top.dimensions[0].keyExpression }
    private var sample: SQLText { "countIf(\(Self.isSampled("k0")))" }
    private var counts: SQLText { "sample * \(Self.sampled) AS groups, shards.2 AS bound" }

    private static func shard(of key: SQLText) -> SQLText { "toUInt16(cityHash64(\(key)))" }
    private static func isSampled(_ key: SQLText) -> SQLText { "\(shard(of: key)) % \(sampled) = 0" }
}

/// What is asked before the best of addresses of very many rows are: the sums over all of them, and whether they are
/// so many that ``TopOfMany`` is worth its second scan.
public struct AddressSurvey: Hashable, Sendable {
    private let top: TopQuery
    private let whole: FlowSource

    /// Fewer rows than this are grouped sooner than they are read twice.
    private static let fewestRows: UInt64 = 30_000_000
    /// Rows that are looked at.
    private static let sampled = 1_000_000
    /// Of a network that has so many addresses in the sample a table of all of them is small.
    private static let fewestAddresses: UInt64 = 150_000

    /// Surveys; nil when the question isn't one of addresses in raw rows of which a rollup has the sums, or when there
    /// are too few rows for it.
    ///
    /// - Parameter rows: how many raw rows about are in its range.
    public init?(_ top: TopQuery, rows: UInt64) {
        guard rows >= Self.fewestRows, top.isOfAddresses, let whole = top.whole else { return nil }
        self.top = top
        self.whole = whole
    }

    /// The statement: ``TopQuery``'s sums over all groups, and `addresses`, about how many different ones a sample has;
    /// one row.
    public var sql: SQLText {
        """
        WITH (
        SELECT uniqCombined(k0)
        FROM (
        SELECT \(top.dimensions[0].keyExpression) AS k0
        FROM \(top.source.sql)
        LIMIT \(Self.sampled)
        )
        ) AS addresses
        SELECT \(TopQuery.sums(whole, prefix: "all_"), separator: ", "), addresses
        FROM \(whole.sql)
        """
    }

    /// Whether two scans are quicker, by what the statement found.
    public static func favoursShards(flows: UInt64, addresses: UInt64) -> Bool {
        flows >= fewestRows && addresses >= fewestAddresses
    }
}
