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

    /// ``sql`` of addresses. The sums over all groups cost less here than to ask a rollup for them.
    var sqlByNumber: SQLText {
        let columns: [SQLText] = ["\(bestNumbers) AS bests", "count() AS groups"] + Self.allSums
        return """
            SELECT \(numberedColumns + ["groups"] + Self.allNames, separator: ", ")
            FROM (
            SELECT \(columns, separator: ", ")
            FROM (
            \(groups(Self.sums(source)))
            )
            )
            ARRAY JOIN bests AS best
            """
    }

    /// The best groups as numbers, two a group: what it is ranked by and its address in both, another sum in each.
    var bestNumbers: SQLText {
        let number: SQLText = "bitShiftLeft(\(Self.ranked(by: unit.name)), 64)"
        let best: [SQLText] = otherSums.map { "groupArraySorted(\(limit))(\(number) + \($0))" }
        return "arrayZip(\(best, separator: ", "))"
    }

    /// Key and sums out of `best`, one of ``bestNumbers``.
    var numberedColumns: [SQLText] {
        let sums = Self.names.map { name -> SQLText in
            guard let index = otherSums.firstIndex(of: name) else {
                return "bitNot(toUInt64(bitShiftRight(best.1, 192))) AS \(name)"
            }
            return "toUInt64(best.\(index + 1)) AS \(name)"
        }
        return ["toIPv6(toUInt128(bitShiftRight(best.1, 64))) AS k0"] + sums
    }

    private var otherSums: [SQLText] { Self.names.filter { $0 != unit.name } }

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
    static func ranked(by sum: SQLText) -> SQLText {
        "bitShiftLeft(toUInt256(bitNot(\(sum))), 128) + toUInt128(k0)"
    }

    private static let names: [SQLText] = ["bytes", "packets", "flows"]
    private static let allNames: [SQLText] = ["all_bytes", "all_packets", "all_flows", "all_assumed"]
    private static let allSums: [SQLText] = [
        "sum(bytes) AS all_bytes", "sum(packets) AS all_packets", "sum(flows) AS all_flows",
        "sum(assumed) AS all_assumed",
    ]
}
