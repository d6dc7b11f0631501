/// A SELECT with WITH TOTALS as one that gives the totals alone, as its only row.
///
/// Grouped by nothing the same aggregates are the totals, and keys have the values that ClickHouse gives them there. So
/// the keys become a grouping set beside an empty one, of which only the row of the empty one is kept: a key of our own
/// tells it apart.
struct TotalsStatement {
    /// The statement for the totals.
    let sql: String

    /// Rewrites a statement.
    ///
    /// - Parameter statement: as the engine's `formatQuery` writes it: each clause of the outermost SELECT begins a line,
    ///   and everything within one is further in.
    /// - Throws: ``StoreError`` 48 with the way out for what would change the totals and isn't reproduced.
    init(_ statement: String) throws(StoreError) {
        let lines = statement.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.lastIndex(where: { $0 == "GROUP BY" || $0.hasPrefix("GROUP BY ") }) else {
            throw Self.refusal("where GROUP BY isn't in the outermost SELECT")
        }
        let end = lines[(start + 1)...].firstIndex { !$0.hasPrefix(" ") } ?? lines.endIndex
        guard lines[end - 1] == "    WITH TOTALS" else { throw Self.refusal("beside ROLLUP, CUBE and GROUPING SETS") }
        var keys = lines[start..<(end - 1)]
        keys[start] = keys[start].dropFirst("GROUP BY".count)
        let text = keys.joined(separator: "\n")
        guard !["    WITH ROLLUP", "    WITH CUBE", "    GROUPING SETS"].contains(where: text.contains),
            !text.hasPrefix(" GROUPING SETS")
        else {
            throw Self.refusal("beside ROLLUP, CUBE and GROUPING SETS")
        }
        guard text != " ALL" else { throw Self.refusal("with GROUP BY ALL: name the keys") }
        // What is behind chooses and orders rows, of which the totals aren't one; these choose what is summed up.
        for line in lines[end...] where !Self.mayFollow.contains(where: line.hasPrefix) {
            throw Self.refusal("with \(line.prefix { $0 != " " })")
        }
        guard !lines[..<start].contains(where: { $0.contains(" OVER ") || $0.contains("arrayJoin(") }) else {
            throw Self.refusal("with window functions and arrayJoin")
        }
        sql = """
            \(lines[..<start].joined(separator: "\n"))
            GROUP BY GROUPING SETS ((\(text), \(Self.key)), ())
            HAVING grouping(\(Self.key)) = 1
            """
    }

    private static let mayFollow = [" ", "ORDER BY", "LIMIT", "OFFSET", "FETCH", "INTERPOLATE"]

    /// A key that is in the set of keys and not in the empty one. A bare number would stand for a column.
    private static let key = "materialize(1)"

    /// The error for totals that can't be given.
    static func refusal(_ what: String) -> StoreError {
        StoreError(
            code: 48,
            message: "WITH TOTALS \(what) is not in answers of the embedded store: ask for the totals with a second "
                + "statement, or as a row of GROUP BY GROUPING SETS"
        )
    }
}
