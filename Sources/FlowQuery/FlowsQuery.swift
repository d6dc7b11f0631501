public import FlowSchema

/// Raw rows, newest first, a page at a time.
///
/// Rows have no number of their own, so a page ends at a place (second, hash
/// of the row) and how many rows of that place it showed: rows that arrive
/// meanwhile neither repeat nor hide others.
public struct FlowsQuery: Hashable, Sendable {
    /// What is asked about.
    public var question: Question
    /// Rows a page.
    public var limit: Int
    /// Where the page before ended.
    public var before: FlowCursor?

    /// Rows that one page may have.
    public static let most = 1000

    /// The columns of the answer, without the hash at the end.
    public static let columns = FlowColumn.allCases.filter(\.isStored)

    /// Asks.
    ///
    /// - Throws: ``QueryError`` when `limit` isn't 1 to ``most``.
    public init(_ question: Question, limit: Int = 100, before: FlowCursor? = nil) throws(QueryError) {
        guard (1...Self.most).contains(limit) else {
            throw QueryError("limit goes from 1 to \(Self.most)", parameter: "limit")
        }
        self.question = question
        self.limit = limit
        self.before = before
    }

    /// The statement: all stored columns, then the row's hash as `_hash`.
    ///
    /// The subquery reads times only and finds the second where the page
    /// ends; all columns are read for the few seconds of the page alone.
    public var sql: SQLText {
        let conditions = question.conditions
        var rows = conditions
        var older = conditions
        if let before {
            // The rest of the page's last second comes on top of a page from the seconds before it.
            rows.append("TimeReceived <= toDateTime(\(before.second))")
            rows.append("(TimeReceived < toDateTime(\(before.second)) OR _hash <= \(before.hash))")
            older.append("TimeReceived < toDateTime(\(before.second))")
        }
        // Where no country is known, a text without letters and not one of two zero bytes.
        let columns = Self.columns.map { column -> SQLText in
            column.field.kind == .country ? "toString(\(column)) AS \(column)" : "\(column)"
        }
        let values = Self.columns.map { SQLText.value(of: $0) }
        return """
            SELECT \(columns, separator: ", "), cityHash64(\(values, separator: ", ")) AS _hash
            FROM netmeta.flows_raw
            WHERE \(rows, separator: "\n    AND ")
                AND TimeReceived >= (
                    SELECT min(t) FROM (
                        SELECT TimeReceived AS t FROM netmeta.flows_raw
                        WHERE \(older, separator: "\n                AND ")
                        ORDER BY t DESC LIMIT \(limit)))
            ORDER BY TimeReceived DESC, _hash DESC
            LIMIT \(limit) OFFSET \(before?.shown ?? 0)
            """
    }

    /// Where the page with these places (second and hash of each row, in order) ends; nil when it is the last one.
    public func next(after places: [(second: UInt64, hash: UInt64)]) -> FlowCursor? {
        guard places.count == limit, let last = places.last else { return nil }
        let shown = places.count { $0 == last }
        // A page that is one place from top to bottom goes on counting where the page before stopped.
        let continues = before.map { $0.second == last.second && $0.hash == last.hash } ?? false
        return FlowCursor(
            second: last.second,
            hash: last.hash,
            shown: UInt64(shown) &+ (continues ? before?.shown ?? 0 : 0)
        )
    }
}

/// The end of a page of ``FlowsQuery``.
public struct FlowCursor: Hashable, Sendable {
    /// TimeReceived of the last row.
    public var second: UInt64
    /// The last row's hash.
    public var hash: UInt64
    /// Rows of that second and hash that were shown.
    public var shown: UInt64

    /// Marks a place.
    public init(second: UInt64, hash: UInt64, shown: UInt64) {
        self.second = second
        self.hash = hash
        self.shown = shown
    }
}

extension FlowCursor: LosslessStringConvertible {
    /// Three numbers; callers give it back as it is.
    public var description: String {
        "\(second)-\(String(hash, radix: 16))-\(shown)"
    }

    /// Reads what ``description`` wrote; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let second = UInt32(parts[0]), let hash = UInt64(parts[1], radix: 16),
            let shown = UInt32(parts[2])
        else { return nil }
        self.init(second: UInt64(second), hash: hash, shown: UInt64(shown))
    }
}
