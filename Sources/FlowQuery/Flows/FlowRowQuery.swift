public import FlowSchema

/// One row with all that is known of it.
public struct FlowRowQuery: Hashable, Sendable {
    /// The row.
    public let place: FlowPlace

    /// The columns of the answer: those that rows hold, then those that dictionaries tell.
    public static let columns = FlowColumn.queryable

    /// Asks for the row at a place.
    public init(_ place: FlowPlace) {
        self.place = place
    }

    /// The statement: no row, or one with all columns and as `_copies` how many rows are equal to it.
    public var sql: SQLText {
        let conditions: [SQLText] = [
            // Rows lie by the hour, which the engine doesn't conclude from the second.
            "toStartOfHour(TimeReceived) = toDateTime(\(place.second / 3600 * 3600))",
            "TimeReceived = toDateTime(\(place.second))", "\(SQLText.rowHash) = \(place.hash)",
        ]
        return """
            SELECT \(Self.columns.map(\.selected), separator: ", "), count() OVER () AS _copies
            FROM netmeta.flows_raw
            WHERE \(conditions, separator: "\n    AND ")
            LIMIT 1
            """
    }
}
