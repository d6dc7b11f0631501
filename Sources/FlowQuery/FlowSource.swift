public import FlowSchema

/// Where the rows of an answer come from: the raw rows, a rollup of them, or
/// a rollup for the middle of the range and raw rows for its edges.
///
/// Sums over any of them are the same, to the last unit; that is the rule by
/// which the parts are chosen, and a test asks both.
public struct FlowSource: Hashable, Sendable {
    /// A table, and the seconds of the range that it answers for.
    public struct Part: Hashable, Sendable {
        /// The rollup; nil is the raw rows.
        public var rollup: Rollup?
        /// Unix seconds, included.
        public var from: UInt64
        /// Unix seconds, excluded.
        public var to: UInt64
    }

    /// In the order of time, without gaps: together they are the range.
    public let parts: [Part]
    /// What is asked about.
    let question: Question
    /// The columns that the answer or its conditions need, besides the sums.
    let columns: [FlowColumn]
    /// Whether rollups, which are kept longer, answer only for the time that raw rows are there of: what is taken
    /// together with figures of raw rows must be about the same time.
    private let goesWithRaw: Bool

    /// The part that most of the range comes from.
    private var main: Part? { parts.max { $0.to - $0.from < $1.to - $1.from } }

    /// The table that most of the range comes from.
    public var table: String { main?.rollup?.table ?? ClickHouse.flowsTable }

    /// Whether every row comes from the raw table.
    var isRaw: Bool { parts.count == 1 && parts[0].rollup == nil }

    /// The seconds that one row of ``table`` is about.
    public var resolution: UInt64 { main?.rollup?.resolution ?? 1 }

    /// A rollup is worth its union with the edges from so many of its steps on.
    private static let fewestSteps: UInt64 = 10

    /// Chooses the parts.
    ///
    /// A rollup can answer when it has every column that rows are grouped by
    /// or chosen by, and when no step of it lies across the border of a
    /// bucket or an end of the range.
    ///
    /// - Parameters:
    ///   - columns: what rows are grouped by.
    ///   - step: seconds that the borders of buckets are multiples of, if there are any.
    ///   - goesWithRaw: whether the sums are taken together with those of raw rows.
    init(_ question: Question, groupedBy columns: [FlowColumn], step: UInt64? = nil, goesWithRaw: Bool = false) {
        self.goesWithRaw = goesWithRaw
        let columns = columns.flatMap(\.sources)
        var needed = Set(columns)
        if question.direction != .all { needed.insert(.incoming) }
        // Rows are chosen within the parts, so the columns of the filter needn't come out of them.
        self.columns = Set(columns).sorted { $0.rawValue < $1.rawValue }
        self.question = question
        if let filter = question.filter { needed.formUnion(filter.columns) }
        let usable =
            question.detail == .raw
            ? []
            : Rollup.all.filter { rollup in
                needed.isSubset(of: rollup.dimensions) && (step ?? 0) % rollup.resolution == 0
            }
        // The first subject that fits is the smallest.
        let levels = usable.filter { $0.subject == usable[0].subject }
        let range = question.range
        parts = Self.cover(range.from, range.to, with: levels.reversed()[...])
    }

    /// Takes the coarsest rollup as far as its steps lie within the seconds, and finer ones for the rest.
    private static func cover(_ from: UInt64, _ to: UInt64, with levels: ArraySlice<Rollup>) -> [Part] {
        guard from < to else { return [] }
        guard let coarsest = levels.first else { return [Part(rollup: nil, from: from, to: to)] }
        let step = coarsest.resolution
        let start = (from + step - 1) / step * step
        let end = to / step * step
        guard start < end, (end - start) / step >= fewestSteps else { return cover(from, to, with: levels.dropFirst()) }
        return cover(from, start, with: levels.dropFirst()) + [Part(rollup: coarsest, from: start, to: end)]
            + cover(end, to, with: levels.dropFirst())
    }

    // MARK: - SQL

    /// What stands behind FROM: one table with its conditions, or all parts as one subquery.
    var sql: SQLText {
        guard parts.count > 1 else { return parts.first.map(sql(of:)) ?? "netmeta.flows_raw" }
        let selects: [SQLText] = parts.map { part in
            let isRaw = part.rollup == nil
            let sums: [SQLText] = RollupSum.allCases.map { isRaw ? "\(rawValueOf: $0) AS \($0)" : "\($0)" }
            let values: [SQLText] = ["TimeReceived"] + columns.map { "\($0)" } + sums
            return "SELECT \(values, separator: ", ")\nFROM \(sql(of: part))"
        }
        return "(\n\(selects, separator: "\nUNION ALL\n")\n)"
    }

    private func sql(of part: Part) -> SQLText {
        let isRaw = part.rollup == nil
        var conditions =
            isRaw
            ? question.rawConditions(from: part.from, to: part.to) : question.conditions(from: part.from, to: part.to)
        if goesWithRaw, let rollup = part.rollup {
            conditions.append(
                """
                TimeReceived >= (SELECT toStartOfInterval(min(TimeReceived), INTERVAL \(rollup.resolution) SECOND) \
                FROM netmeta.flows_raw)
                """
            )
        }
        return "netmeta.\(tableOf: part.rollup)\nWHERE \(conditions, separator: "\n    AND ")"
    }

    /// A sum over the rows of ``sql``.
    func sum(_ sum: RollupSum) -> SQLText {
        parts.allSatisfy { $0.rollup == nil } ? "\(rawSumOf: sum)" : "sum(\(sum))"
    }
}

/// Which tables may answer.
public enum DetailChoice: String, CaseIterable, Sendable {
    /// The coarsest that answers exactly.
    case automatic
    /// The raw rows only.
    case raw
}

extension Filter {
    /// The columns of rows that the condition looks at.
    var columns: Set<FlowColumn> {
        switch self {
        case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.columns) }
        case .not(let inner): inner.columns
        case .match(let match):
            Set(match.subject.columns.flatMap(\.sources)).union(match.test.looksAtExporter ? [.samplerAddress] : [])
        }
    }
}

extension Filter.Test {
    /// Whether it has names that mean something with one exporter only.
    fileprivate var looksAtExporter: Bool {
        let values: [Filter.Value] =
            switch self {
            case .equals(let value): [value]
            case .oneOf(let values): values
            default: []
            }
        return values.contains { value in
            if case .named(let named) = value, case .ofExporters = named.meaning { true } else { false }
        }
    }
}
