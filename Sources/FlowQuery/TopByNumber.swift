import FlowSchema

/// The best of millions of addresses, as numbers.
///
/// Where there are that many groups, counting them by a window costs a third
/// of the whole question: the engine copies all of them through one thread.
/// Aggregates count and choose on all threads, and keep the least of numbers
/// several times faster than of tuples. So what a group has goes into one
/// number, best first: the complement of what it is ranked by, its address,
/// and one more sum.
extension TopQuery {
    /// Whether this form answers: an address fits a number of 256 bits with two sums.
    var isOfAddresses: Bool {
        ranking == .average && dimensions.count == 1 && dimensions[0].column.field.kind == .address
    }

    /// ``sql`` of addresses.
    var sqlByNumber: SQLText {
        let whole = whole
        let others = Self.names.filter { $0 != unit.name }
        let number: SQLText = "bitShiftLeft(\(Self.ranked(by: unit.name)), 64)"
        let best: [SQLText] = others.map { "groupArraySorted(\(limit))(\(number) + \($0))" }
        let sums = Self.names.map { name -> SQLText in
            guard let index = others.firstIndex(of: name) else {
                return "bitNot(toUInt64(bitShiftRight(best.1, 192))) AS \(name)"
            }
            return "toUInt64(best.\(index + 1)) AS \(name)"
        }
        let columns: [SQLText] =
            ["arrayZip(\(best, separator: ", ")) AS bests", "count() AS groups"] + (whole == nil ? Self.allSums : [])
        let statement: SQLText = """
            SELECT toIPv6(toUInt128(bitShiftRight(best.1, 64))) AS k0, \(sums, separator: ", "), groups, \
            \(whole == nil ? Self.allNames : Self.told, separator: ", ")
            FROM (
            SELECT \(columns, separator: ", ")
            FROM (
            \(groups(Self.sums(source).dropLast(whole == nil ? 0 : 1)))
            )
            )
            ARRAY JOIN bests AS best
            """
        guard let whole else { return statement }
        return """
            WITH (
            SELECT (\(Self.sums(whole), separator: ", "))
            FROM \(whole.sql)
            ) AS everything
            \(statement)
            """
    }

    /// ``rankingSQL`` of addresses.
    var rankingByNumber: SQLText {
        """
        SELECT toIPv6(toUInt128(best)) AS k0, groups
        FROM (
        SELECT groupArraySorted(\(limit))(\(Self.ranked(by: "amount"))) AS bests, count() AS groups
        FROM (
        \(groups(["\(source.sum(unit.sum)) AS amount"]))
        )
        )
        ARRAY JOIN bests AS best
        """
    }

    /// The more a group has the less is the number; equal ones go by their addresses.
    private static func ranked(by sum: SQLText) -> SQLText {
        "bitShiftLeft(toUInt256(bitNot(\(sum))), 128) + toUInt128(k0)"
    }

    private static let names: [SQLText] = ["bytes", "packets", "flows"]
    private static let allNames: [SQLText] = ["all_bytes", "all_packets", "all_flows", "all_assumed"]
    private static let allSums: [SQLText] = [
        "sum(bytes) AS all_bytes", "sum(packets) AS all_packets", "sum(flows) AS all_flows",
        "sum(assumed) AS all_assumed",
    ]
}
