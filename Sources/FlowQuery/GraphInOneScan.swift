import FlowSchema

/// A chart of a column with few values in one scan: the groups are ranked from the same sums that are drawn.
///
/// Only for columns of one byte, such as `Proto`, `TCPFlags` or `IPTTL`: 256
/// groups a bucket are sorted in no time, while those of 65,536 ports would
/// fill the memory.
public struct GraphInOneScan: Hashable, Sendable {
    private let top: TopQuery
    private let splitsDirection: Bool

    /// Asks; nil when the question isn't one for a single scan.
    public init?(_ top: TopQuery, splitsDirection: Bool) {
        guard top.ranking == .average, top.unit.measure != .mean, top.dimensions.count == 1,
            top.dimensions[0].column.storage.width == 1
        else {
            return nil
        }
        self.top = top
        self.splitsDirection = splitsDirection
    }

    /// The statement: the columns of ``GraphQuery/sql``, and with each the key `k0` of its group (any one's for
    /// rank 0) and how many `groups` there are.
    public var sql: SQLText {
        let source = GraphQuery(top: top, keys: [], splitsDirection: splitsDirection).source
        return """
            SELECT t, if(place <= \(top.limit), place, 0) AS r, direction, any(k0) AS k0, sum(amount) AS amount, \
            sum(flows) AS flows, sum(assumed) AS assumed, any(most) AS groups
            FROM (
            SELECT *, max(place) OVER () AS most
            FROM (
            SELECT *, dense_rank() OVER (ORDER BY total DESC, k0) AS place
            FROM (
            SELECT *, sum(amount) OVER (PARTITION BY k0) AS total
            FROM (
            SELECT \(top.buckets.sql) AS t, \(top.dimensions[0].keyExpression) AS k0, \
            \(splitsDirection ? "Incoming" : "0") AS direction, \(source.sum(top.unit.sum)) AS amount, \
            \(source.sum(.flows)) AS flows, \(source.sum(.assumed)) AS assumed
            FROM \(source.sql)
            GROUP BY t, k0, direction
            ))))
            GROUP BY t, r, direction
            """
    }

    /// The chart of the groups that the statement found.
    ///
    /// - Parameters:
    ///   - ranks: the answer's column `r`.
    ///   - keys: its column `k0`.
    public func query(ranks: [Int], keys: [KeyValue]) -> GraphQuery {
        var best: [[KeyValue]] = Array(repeating: [], count: ranks.max() ?? 0)
        for (rank, key) in zip(ranks, keys) where best.indices.contains(rank - 1) { best[rank - 1] = [key] }
        return GraphQuery(top: top, keys: best, splitsDirection: splitsDirection, isRanked: true)
    }
}
