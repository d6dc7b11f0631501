import FlowSchema

/// The statements that look at rows, each made of what the one before it found.
///
/// 1. ``presenceSQL``: which columns differ at all;
/// 2. ``valuesSQL(_:)``: every value of every subject, in one reading of the rows; only those come back that changed
///    by more than a little, or did so within the reference;
/// 3. ``overlapSQL(_:)``: how the values that changed most lie over each other, and how each went from slice to slice.
///
/// The first two only find what is worth a closer look, and of many rows need but some seconds for that: a value with
/// a hundredth of the traffic has thousands of rows there. All figures come from the third.
public struct ExplainScan: Hashable, Sendable {
    /// What is asked.
    public let query: ExplainQuery
    /// The sums over either time, of every second.
    public let totals: ExplainTotals
    /// How time is cut, and which seconds are read for figures.
    public let slices: ExplainSlices
    /// The seconds that are read to find what is worth a closer look.
    let probe: ExplainSlices

    /// Rows of which all are read; of more there are as many whole seconds as hold ``sampledRows``.
    public static let exactRows: UInt64 = 3_000_000
    private static let sampledRows: UInt64 = 2_000_000
    /// Rows that are enough to find what changed.
    private static let probedRows: UInt64 = 500_000
    /// Seconds that are read of either time, at least.
    private static let fewestSeconds: UInt64 = 60
    /// Subjects that one statement groups by.
    private static let subjectsAtOnce = 40
    /// Values of one subject that come back.
    private static let valuesPerSubject = 40
    /// A value that changed by less, as a part of all traffic, is never named.
    static let leastChange = 0.01

    /// Prepares the statements.
    public init(_ query: ExplainQuery, _ totals: ExplainTotals) {
        self.query = query
        self.totals = totals
        let wanted = totals.rows > Self.exactRows ? (totals.rows + Self.sampledRows - 1) / Self.sampledRows : 1
        let most = max(1, min(query.reference.seconds, query.question.range.seconds) / Self.fewestSeconds)
        slices = ExplainSlices(query, every: min(wanted, most))
        probe = ExplainSlices(query, every: min((totals.rows + Self.probedRows - 1) / Self.probedRows, most))
    }

    // MARK: - Presence

    /// The statement: one row, a column `p0`, `p1` and so on for each column that may be empty: 1 where values differ.
    public var presenceSQL: SQLText {
        let columns: [SQLText] = ExplainSubject.doubtful.enumerated().map { index, column in
            "min(\(column)) != max(\(column)) AS p\(index)"
        }
        return """
            SELECT \(columns, separator: ", ")
            FROM netmeta.flows_raw
            WHERE \(query.rows(probe), separator: "\n    AND ")
            """
    }

    /// Columns in the answer of ``presenceSQL``.
    public static var presenceCount: Int { ExplainSubject.doubtful.count }

    /// The subjects to compare, in bundles for ``valuesSQL(_:)``.
    ///
    /// - Parameter differs: what ``presenceSQL`` answered.
    public func subjects(_ differs: [Bool]) -> [[ExplainSubject]] {
        let empty = Set(zip(ExplainSubject.doubtful, differs).filter { !$1 }.map { $0.0 })
        let subjects = ExplainSubject.stored.filter { !empty.contains($0.column) }
        return stride(from: 0, to: subjects.count, by: Self.subjectsAtOnce).map { start in
            Array(subjects[start..<min(start + Self.subjectsAtOnce, subjects.count)])
        }
    }

    /// The statement: a row for each table behind a dictionary that has any rows, by its `name`.
    public var classesSQL: SQLText {
        "SELECT name FROM system.tables WHERE database = 'netmeta' AND endsWith(name, '_source') AND total_rows > 0"
    }

    /// The subjects that dictionaries tell, in bundles for ``valuesSQL(_:)``: each of subjects that are told of the same
    /// columns, so that only the groups of these are looked up, and not each row.
    ///
    /// - Parameter tables: what ``classesSQL`` answered.
    public func classes(_ tables: [String]) -> [[ExplainSubject]] {
        let dictionaries = tables.map { "'\(ClickHouse.database).\($0.dropLast("_source".count))'" }
        let told = ExplainSubject.derived.filter { subject in
            dictionaries.contains { subject.column.derivation?.expression.contains($0) ?? false }
        }
        return Dictionary(grouping: told, by: \.column.sources).values.sorted {
            $0[0].column.rawValue < $1[0].column.rawValue
        }
    }

    // MARK: - Values

    /// The statement: `missing` (which keys the row has not, the first key in the highest bit), the keys `k0`..., and
    /// the sums `a1` and `a2` over the halves of the reference and `b` over the selection.
    public func valuesSQL(_ subjects: [ExplainSubject]) -> SQLText {
        let keys = Self.keys(of: subjects)
        let names: [SQLText] = keys.indices.map { "k\($0)" }
        let columns: [SQLText] = zip(keys, names).map { "\($0.expression) AS \($1)" }
        let sets: [SQLText] = subjects.map { subject in
            let own: [SQLText] = subject.atoms.compactMap { keys.firstIndex(of: $0) }.map { "k\($0)" }
            return "(\(own, separator: ", "))"
        }
        let (change, ordinary) = differences
        return """
            SELECT grouping(\(names, separator: ", ")) AS missing, \(names, separator: ", "), \
            sum(early) AS a1, sum(late) AS a2, sum(selected) AS b
            FROM (
            \(amounts(columns, of: subjects))
            )
            GROUP BY GROUPING SETS (\(sets, separator: ", "))
            HAVING \(change) >= \(leastRate) OR \(ordinary) >= \(leastRate / 2)
            ORDER BY greatest(\(change), \(ordinary)) DESC
            LIMIT \(Self.valuesPerSubject) BY missing
            """
    }

    /// What each row, or group of rows, has in the halves of the reference and in the selection.
    private func amounts(_ columns: [SQLText], of subjects: [ExplainSubject]) -> SQLText {
        guard subjects.allSatisfy(\.column.isDerived), let sources = subjects.first?.column.sources else {
            return amounts(columns)
        }
        let names: [SQLText] = sources.map { "\($0)" }
        return """
            SELECT \(columns, separator: ", "), early, late, selected
            FROM (
            SELECT \(names, separator: ", "), sum(early) AS early, sum(late) AS late, sum(selected) AS selected
            FROM (
            \(amounts(names))
            )
            GROUP BY \(names, separator: ", ")
            )
            """
    }

    private func amounts(_ columns: [SQLText]) -> SQLText {
        let isFirst: SQLText = "TimeReceived < toDateTime(\(probe.middle))"
        return """
            SELECT \(columns, separator: ", "), \(probe.isSelected) AS s, \(rawValueOf: query.unit.sum) AS amount, \
            if(s, amount, 0) AS selected, if(NOT s AND \(isFirst), amount, 0) AS early, \
            if(NOT s AND NOT \(isFirst), amount, 0) AS late
            FROM netmeta.flows_raw
            WHERE \(query.rows(probe), separator: "\n    AND ")
            """
    }

    /// Rows that an answer of ``valuesSQL(_:)`` may have.
    public static var mostValues: Int { valuesPerSubject * subjectsAtOnce }

    /// The change from the reference to the selection, and that from its one half to the other, in units a second.
    private var differences: (SQLText, SQLText) {
        let (before, after) = (probe.referenceSeconds, probe.selectionSeconds)
        let first = probe.firstHalfSeconds
        let change: SQLText = "abs(b / \(after) - (a1 + a2) / \(before))"
        guard before > first else { return (change, "0") }
        return (change, "abs(a2 / \(before - first) - a1 / \(first))")
    }

    /// Units a second by which a value must have changed at least.
    var leastRate: Double {
        let before = Double(totals.before[query.unit]) / Double(query.reference.seconds)
        let after = Double(totals.after[query.unit]) / Double(query.question.range.seconds)
        return max(before, after, .leastNormalMagnitude) * Self.leastChange
    }

    private static func keys(of subjects: [ExplainSubject]) -> [ExplainSubject.Atom] {
        subjects.flatMap(\.atoms).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// How many columns `k0`... an answer of ``valuesSQL(_:)`` has.
    public static func keyCount(_ subjects: [ExplainSubject]) -> Int { keys(of: subjects).count }

    /// One row of the answer of ``valuesSQL(_:)``.
    public struct ValueRow: Hashable, Sendable {
        /// Column `missing`.
        public var missing: UInt64
        /// Columns `k0`...
        public var keys: [KeyValue]
        /// Columns `a1`, `a2` and `b`.
        public var sums: [UInt64]

        /// Gathers a row.
        public init(missing: UInt64, keys: [KeyValue], sums: [UInt64]) {
            self.missing = missing
            self.keys = keys
            self.sums = sums
        }
    }

    /// The values in the rows of ``valuesSQL(_:)``.
    public func values(_ rows: [ValueRow], of subjects: [ExplainSubject]) -> [ExplainFound] {
        let keys = Self.keys(of: subjects)
        let all: UInt64 = (1 << UInt64(keys.count)) - 1
        let places = subjects.map { $0.atoms.compactMap { keys.firstIndex(of: $0) } }
        let subjectOf = Dictionary(
            zip(places, subjects.indices).map { places, index in
                (places.reduce(all) { $0 & ~(1 << UInt64(keys.count - 1 - $1)) }, index)
            },
            uniquingKeysWith: { first, _ in first }
        )
        return rows.compactMap { row in
            guard let index = subjectOf[row.missing], row.sums.count == 3, row.keys.count == keys.count else {
                return nil
            }
            return ExplainFound(
                value: ExplainValue(subjects[index], places[index].map { row.keys[$0] }),
                first: Double(row.sums[0]),
                second: Double(row.sums[1]),
                selected: Double(row.sums[2])
            )
        }
    }

    // MARK: - Overlaps

    /// Values that can be told apart in ``overlapSQL(_:)``.
    static let mostCandidates = 48

    /// The statement: `mask` (bit i for the i-th of the values), `slice`, `amount` and `squares` (of the rows' amounts).
    public func overlapSQL(_ values: [ExplainValue]) -> SQLText {
        let bits: [SQLText] = values.enumerated().map { index, value in
            "toUInt64(\(value.subject.filter(value.values).sql)) * \(UInt64(1) << UInt64(index))"
        }
        return """
            SELECT mask, slice, sum(x) AS amount, sum(toFloat64(x) * x) AS squares
            FROM (
            SELECT \(bits, separator: " + ") AS mask, \(slices.sql) AS slice, \(rawValueOf: query.unit.sum) AS x
            FROM netmeta.flows_raw
            WHERE \(query.rows(slices), separator: "\n    AND ")
            )
            GROUP BY mask, slice
            """
    }

    /// Rows that an answer of ``overlapSQL(_:)`` may have.
    public static let mostOverlaps = 500_000

    // MARK: - Signs

    /// Causes whose signs are asked for.
    static let mostSigns = 5

    /// The statement: one row, with the columns `c0`, `c1` and so on that ``signs(_:causes:)`` takes; nil without causes.
    public func signsSQL(_ causes: [ExplainCause]) -> SQLText? {
        let filters: [SQLText] = causes.prefix(Self.mostSigns).map(\.filter.sql)
        guard !filters.isEmpty else { return nil }
        let counted: [SQLText] = ExplainSigns.counted.map { column in
            column.field.kind == .port ? "(Proto, \(column))" : "\(column)"
        }
        let columns: [SQLText] = filters.flatMap { filter -> [SQLText] in
            let sides: [SQLText] = ["\(filter) AND NOT s", "\(filter) AND s"]
            return sides.flatMap { side -> [SQLText] in
                counted.map { "uniqExactIf(\($0), \(side))" }
                    + [RollupSum.bytes, .packets, .flows].map { "sumIf(\(rawValueOf: $0), \(side))" }
            }
        }
        let named: [SQLText] = columns.enumerated().map { "\($1) AS c\($0)" }
        return """
            SELECT \(named, separator: ", ")
            FROM (
            SELECT *, \(slices.isSelected) AS s
            FROM netmeta.flows_raw
            WHERE \(query.rows(slices), separator: "\n    AND ")
                AND (\(filters, separator: " OR "))
            )
            """
    }

    /// How many columns the answer of ``signsSQL(_:)`` has.
    public static func signsCount(_ causes: [ExplainCause]) -> Int {
        min(causes.count, mostSigns) * 2 * ExplainSigns.width
    }
}
