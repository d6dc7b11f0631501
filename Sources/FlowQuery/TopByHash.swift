import FlowSchema

extension TopQuery {
    /// Bytes of a group's key up to which the engine groups by the key itself. Two addresses are more: their table
    /// of 14 million groups went to the disk and took twice as long as both scans by hash.
    private static let widestKey = 24

    /// Whether keys are so wide that groups are found by their hashes.
    var hasWideKey: Bool {
        ranking == .average && dimensions.reduce(0) { $0 + $1.column.storage.width } > Self.widestKey
    }

    /// The statement for wide keys, such as both addresses and both ports:
    /// two scans, but a fraction of the memory and time, because there are
    /// about as many groups as rows.
    ///
    /// The first scan keeps a hash and one sum a group, and finds the best.
    /// The second tells these apart by their keys; it reads little else where
    /// a rollup has the sums over all groups, and adds up all others as one
    /// where none has. Sums are exact; two groups in a hundred million share a
    /// hash with a chance of 1 in 4000, and are then counted as one in `groups`.
    var sqlByHash: SQLText {
        let source = source
        let names = SQLText.keyNames(dimensions.count)
        let keys = dimensions.map(\.keyExpression)
        let hash: SQLText = "cityHash64(\(keys, separator: ", "))"
        // An amount and a hash in one number: the engine keeps the least of numbers several times faster than of tuples.
        let best: SQLText = """
            SELECT (arrayMap(group -> toUInt64(group), \
            groupArraySorted(\(limit))(bitShiftLeft(toUInt128(bitNot(amount)), 64) + h)), count())
            FROM (
            SELECT \(hash) AS h, \(source.sum(unit.sum)) AS amount
            FROM \(source.sql)
            GROUP BY h
            )
            """
        // A subquery makes a set; an array would be looked through for every row.
        let isBest: SQLText = "\(hash) IN (SELECT arrayJoin(best.1))"
        if let whole {
            return """
                WITH (
                \(best)
                ) AS best, (
                SELECT (\(Self.sums(whole), separator: ", "))
                FROM \(whole.sql)
                ) AS everything
                SELECT \(SQLText.keyColumns(dimensions) + Self.sums(source).dropLast(), separator: ", "), \
                best.2 AS groups, \(Self.told, separator: ", ")
                FROM \(source.sql)
                    AND \(isBest)
                GROUP BY \(names, separator: ", ")
                ORDER BY \(order, separator: ", ")
                LIMIT \(limit)
                """
        }
        let columns: [SQLText] = zip(keys, names).map { "if(shown, \($0), defaultValueOfArgumentType(\($0))) AS \($1)" }
        let inner = ["\(isBest) AS shown"] + columns + Self.sums(source)
        return """
            WITH (
            \(best)
            ) AS best
            SELECT \(names, separator: ", "), bytes, packets, flows, best.2 AS groups, \
            \(Self.wholes, separator: ", ")
            FROM (
            SELECT \(inner, separator: ", ")
            FROM \(source.sql)
            \(SQLText.groupBy(["shown"] + names))
            )
            ORDER BY \(["shown DESC"] + order, separator: ", ")
            LIMIT \(limit)
            """
    }
}
