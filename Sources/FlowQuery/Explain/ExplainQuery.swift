import FlowSchema

/// What changed between a selection and its reference: the values, or pairs of them, that account for the difference.
///
/// It takes some statements in turn, each made of the answers before it:
/// ``totalsSQL`` says how many rows there are and so whether every second can
/// be read; an ``ExplainScan`` does the rest.
public struct ExplainQuery: Hashable, Sendable {
    /// What is asked about; its range is the selection.
    public let question: Question
    /// What the selection is compared with.
    public let reference: TimeRange
    /// What is measured.
    public let unit: TrafficUnit
    /// Causes in the answer.
    public let limit: Int

    /// Causes that one question may ask for.
    public static let most = 20
    /// Days that selection and reference may have.
    private static let mostDays: UInt64 = 31

    /// Asks.
    ///
    /// - Parameter reference: nil is the time of the same length right before the selection.
    /// - Throws: ``QueryError`` when both overlap, one is longer than a month, or `limit` isn't 1 to ``most``.
    public init(
        _ question: Question,
        reference: TimeRange? = nil,
        unit: TrafficUnit = .bits,
        limit: Int = 8
    ) throws(QueryError) {
        guard (1...Self.most).contains(limit) else {
            throw QueryError("limit goes from 1 to \(Self.most)", parameter: "limit")
        }
        let selection = question.range
        let before = selection.from - min(selection.from, selection.seconds)
        let reference = if let reference { reference } else { try TimeRange(from: before, to: selection.from) }
        guard reference.to <= selection.from || selection.to <= reference.from else {
            throw QueryError("the reference overlaps the selection", parameter: "referenceTo")
        }
        for (range, name) in [(selection, "from"), (reference, "referenceFrom")]
        where range.seconds > Self.mostDays * 86400 {
            throw QueryError("at most \(Self.mostDays) days can be explained", parameter: name)
        }
        self.question = question
        self.reference = reference
        self.unit = unit
        self.limit = limit
    }

    /// The statement of the sums: `slice` of ``ExplainSlices`` over every second, `bytes`, `packets`, `flows`, `assumed`.
    public var totalsSQL: SQLText {
        let slices = ExplainSlices(self, every: 1)
        let sums: [SQLText] = [
            "\(rawSumOf: .bytes) AS bytes", "\(rawSumOf: .packets) AS packets", "\(rawSumOf: .flows) AS flows",
            "\(rawSumOf: .assumed) AS assumed",
        ]
        return """
            SELECT \(slices.sql) AS slice, \(sums, separator: ", ")
            FROM netmeta.flows_raw
            WHERE \(rows(slices), separator: "\n    AND ")
            GROUP BY slice
            """
    }

    /// The conditions on rows of either time.
    func rows(_ slices: ExplainSlices) -> [SQLText] {
        let times: [SQLText] = [reference, question.range].map { range in
            let (first, last) = (range.from / 3600 * 3600, (range.to - 1) / 3600 * 3600)
            // The hour says the engine where rows lie, see Question.rawConditions.
            return """
                (toStartOfHour(TimeReceived) BETWEEN toDateTime(\(first)) AND toDateTime(\(last)) \
                AND TimeReceived >= toDateTime(\(range.from)) AND TimeReceived < toDateTime(\(range.to)))
                """
        }
        return ["(\(times, separator: " OR "))"] + slices.conditions + question.rowConditions
    }
}

/// The sums over either time.
public struct ExplainTotals: Hashable, Sendable {
    /// Of the reference.
    public var before = Traffic()
    /// Of the selection.
    public var after = Traffic()
    /// Rows whose sampling rate nobody told.
    public var assumed: UInt64 = 0
    /// The traffic of each slice, those of the reference first.
    public var slices: [Traffic]

    /// Rows of both times.
    public var rows: UInt64 { before.flows &+ after.flows }
}

extension ExplainQuery {
    /// The sums, from the rows of ``totalsSQL``.
    public func totals(_ rows: [(slice: UInt64, traffic: Traffic, assumed: UInt64)]) -> ExplainTotals {
        let slices = ExplainSlices(self, every: 1)
        var totals = ExplainTotals(slices: Array(repeating: Traffic(), count: slices.count))
        for row in rows {
            guard let slice = Int(exactly: row.slice), totals.slices.indices.contains(slice) else { continue }
            totals.slices[slice] = totals.slices[slice] + row.traffic
            totals.assumed &+= row.assumed
            if slice < slices.referenceCount {
                totals.before = totals.before + row.traffic
            } else {
                totals.after = totals.after + row.traffic
            }
        }
        return totals
    }
}

extension Question {
    /// The conditions on rows, without those on their time.
    var rowConditions: [SQLText] {
        // The first two of the conditions are about time.
        Array(conditions(from: range.from, to: range.to).dropFirst(2))
    }
}
