public import FlowSchema

/// The rows that came within a few seconds: a fair choice of them, and how many there were.
public struct FlowTailQuery: Hashable, Sendable {
    /// The seconds, and which rows.
    public let question: Question
    /// The columns of the answer, besides `_hash` and `_matched`.
    public let columns: [FlowColumn]
    /// Rows that are shown.
    public let limit: Int

    /// Rows that can be shown of one look.
    public static let most = 200

    /// Asks.
    ///
    /// - Throws: ``QueryError`` when `limit` isn't 1 to ``most``.
    public init(_ question: Question, columns: [FlowColumn], limit: Int = 50) throws(QueryError) {
        guard (1...Self.most).contains(limit) else {
            throw QueryError("limit goes from 1 to \(Self.most)", parameter: "limit")
        }
        self.question = question
        self.columns = columns
        self.limit = limit
    }

    /// The statement: the chosen rows, newest first, with the row's hash as `_hash` and in each row as `_matched` how
    /// many there were. No rows when there were none.
    ///
    /// The rows are chosen by a hash of few columns, so that neither an
    /// exporter nor an interface is shown more often than it sends; the rest
    /// of the columns is read for the chosen ones alone.
    public var sql: SQLText {
        let conditions: [SQLText] = question.conditions
        let chance: SQLText = "cityHash64(TimeReceived, SrcAddr, DstAddr, SrcPort, DstPort, Bytes, SequenceNum)"
        let selected: [SQLText] = columns.map(\.selected) + ["\(SQLText.rowHash) AS _hash"]
        return """
            SELECT \(selected, separator: ", "),
                (SELECT count() FROM netmeta.flows_raw WHERE \(conditions, separator: " AND ")) AS _matched
            FROM netmeta.flows_raw
            WHERE \(conditions, separator: "\n    AND ")
                AND \(chance) <= (
                    SELECT max(c) FROM (
                        SELECT \(chance) AS c FROM netmeta.flows_raw
                        WHERE \(conditions, separator: "\n                AND ")
                        ORDER BY c LIMIT \(limit)))
            ORDER BY TimeReceived DESC, _hash DESC
            LIMIT \(limit)
            """
    }
}
