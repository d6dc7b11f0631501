public import FlowSchema

/// Raw rows, a page at a time, newest first or in the order of a column.
///
/// Rows have no number of their own, so a page ends at a place (value of the
/// column, second, hash of the row) and how many rows of that place it showed:
/// rows that arrive meanwhile neither repeat nor hide others.
public struct FlowsQuery: Hashable, Sendable {
    /// What is asked about.
    public let question: Question
    /// Rows a page.
    public let limit: Int
    /// Where the page before ended.
    public let before: FlowCursor?
    /// The columns of the answer, besides `_hash` and, in the order of a column, `_key`.
    public let columns: [FlowColumn]
    /// What comes first.
    public let order: FlowOrder

    /// Rows that one page may have.
    public static let most = 1000

    /// The columns that rows hold, which an answer has unless others are asked for.
    public static let columns = FlowColumn.allCases.filter(\.isStored)

    /// Asks.
    ///
    /// - Parameter most: rows that a page may have here.
    /// - Throws: ``QueryError`` when `limit` isn't 1 to `most`, or `before` is of another order.
    public init(
        _ question: Question,
        limit: Int = 100,
        before: FlowCursor? = nil,
        columns: [FlowColumn] = Self.columns,
        order: FlowOrder = .newest,
        most: Int = Self.most
    ) throws(QueryError) {
        guard (1...most).contains(limit) else {
            throw QueryError("limit goes from 1 to \(most)", parameter: "limit")
        }
        if let before, !order.fits(before.key) {
            throw QueryError("this is no place in a list of this order", parameter: "before")
        }
        self.question = question
        self.limit = limit
        self.before = before
        self.columns = columns
        self.order = order
    }

    /// Reads column names with commas between them, none twice; "" gives all that rows hold.
    ///
    /// - Throws: ``QueryError`` for a name that no column has.
    public static func parse(columns list: String) throws(QueryError) -> [FlowColumn] {
        guard list.utf8.count <= 4000 else { throw QueryError("too long", parameter: "columns") }
        var columns: [FlowColumn] = []
        for part in list.split(separator: ",", omittingEmptySubsequences: true) {
            let name = String(part.drop { $0 == " " }.prefix { $0 != " " })
            guard let column = FlowColumn.named(name), column.isStored || column.isDerived else {
                throw QueryError(
                    "there is no column \(name.prefix(40))",
                    parameter: "columns",
                    suggestion: NameDistance.nearest(to: name, among: FlowColumn.queryable.map(\.name))
                )
            }
            guard !columns.contains(column) else {
                throw QueryError("\(column.name) is there twice", parameter: "columns")
            }
            columns.append(column)
        }
        return columns.isEmpty ? Self.columns : columns
    }

    /// The statement: the columns, then the row's hash as `_hash`, and as `_key` what it is ordered by unless that is
    /// the time.
    ///
    /// The subquery reads what rows are chosen and ordered by and finds the
    /// place where the page ends; all columns, which the hash needs, are read
    /// for the few rows that lie before it.
    public var sql: SQLText {
        let conditions = question.conditions
        var rows = conditions
        var older = conditions
        if let before {
            // The rest of the last place comes on top of a page from behind it.
            let place = place(of: before)
            rows.append(reaches(place))
            rows.append("(\(isBehind(place)) OR _hash \(order.isDescending ? "<=" : ">=") \(before.hash))")
            older.append(isBehind(place))
        }
        let direction: SQLText = order.isDescending ? "DESC" : "ASC"
        let edge: SQLText = order.isDescending ? "min" : "max"
        let key: SQLText = order.isByTime ? "" : "\(orderKey) \(direction), "
        let selected: [SQLText] =
            columns.map(\.selected) + ["\(SQLText.rowHash) AS _hash"] + (order.isByTime ? [] : ["\(orderKey) AS _key"])
        let bound: SQLText = """
            (
                    SELECT \(edge)(place) FROM (
                        SELECT \(rowPlace) AS place FROM netmeta.flows_raw
                        WHERE \(older, separator: "\n                AND ")
                        ORDER BY place \(direction) LIMIT \(limit)))
            """
        var isBefore: SQLText = "\(rowPlace) \(order.isDescending ? ">=" : "<=") \(bound)"
        // Behind the last place there may be no row at all: then the smallest of none is 0, which lets the rest of it
        // pass, but the largest of none is 0 as well.
        if let before, !order.isDescending { isBefore = "(\(rowPlace) <= \(place(of: before)) OR \(isBefore))" }
        return """
            SELECT \(selected, separator: ", ")
            FROM netmeta.flows_raw
            WHERE \(rows, separator: "\n    AND ")
                AND \(isBefore)
            ORDER BY \(key)TimeReceived \(direction), _hash \(direction)
            LIMIT \(limit) OFFSET \(before?.shown ?? 0)
            """
    }

    /// Where the page with these places (second and hash of each row, in order) ends; nil when it is the last one.
    ///
    /// - Parameter key: the last row's value in the column that they are ordered by; nil in the order of time.
    public func next(after places: [(second: UInt64, hash: UInt64)], key: KeyValue? = nil) -> FlowCursor? {
        guard places.count == limit, let last = places.last else { return nil }
        // Equal hashes of a second are equal rows, so their key is the same.
        let shown = places.count { $0 == last }
        // A page that is one place from top to bottom goes on counting where the page before stopped.
        let continues = before.map { $0.second == last.second && $0.hash == last.hash } ?? false
        return FlowCursor(
            second: last.second,
            hash: last.hash,
            shown: UInt64(shown) &+ (continues ? before?.shown ?? 0 : 0),
            key: key
        )
    }

    // MARK: - Places

    /// What rows are ordered by, as a number, an address or a text.
    private var orderKey: SQLText { SQLText.value(of: order.column) }

    /// A row's place but for the hash.
    private var rowPlace: SQLText { order.isByTime ? "TimeReceived" : "(\(orderKey), TimeReceived)" }

    private func place(of cursor: FlowCursor) -> SQLText {
        let second: SQLText = "toDateTime(\(cursor.second))"
        return cursor.key.map { "(\($0.sql), \(second))" } ?? second
    }

    /// Whether a row is at a place or behind it.
    private func reaches(_ place: SQLText) -> SQLText { "\(rowPlace) \(order.isDescending ? "<=" : ">=") \(place)" }

    private func isBehind(_ place: SQLText) -> SQLText { "\(rowPlace) \(order.isDescending ? "<" : ">") \(place)" }
}

extension FlowColumn {
    /// The column in the list behind SELECT, under its name.
    var selected: SQLText {
        // Where no country is known, a text without letters and not one of two zero bytes.
        if field.kind == .country { return "toString(\(self)) AS \(name: self)" }
        return isDerived ? "\(self) AS \(name: self)" : "\(self)"
    }
}

extension SQLText {
    /// The hash of all that a row holds.
    static let rowHash: SQLText =
        "cityHash64(\(FlowsQuery.columns.map { SQLText.value(of: $0) }, separator: ", "))"
}
