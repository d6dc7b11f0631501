import FlowSchema

/// Flows count over their lifetime instead of when they were received, so that
/// a flow of a minute is no spike in a chart of seconds.
///
/// A flow that lived in the seconds `first...last`, n of them, has of its
/// amount A in its first k seconds floor(A k / n). So every piece is a whole
/// number, and the pieces of a flow are together A, to the last unit, however
/// they are cut. A flow itself (A = 1) counts in its last second.
///
/// Rows that were received after the range are read too, as far as their
/// flows reach into it; what of a flow lies outside is told in ``Outside``.
/// Only NetFlow and IPFIX tell lifetimes. A row whose times can't be, because
/// a clock is wrong or an old capture is replayed, counts when it was received.
public enum Spreading {
    /// Seconds that exporters let a flow go on before they report it, unless they are told otherwise: the active
    /// timeout that Docs/exporters.md asks for. Wider buckets gain little from spreading.
    public static let usualTimeout: UInt64 = 60
    /// Seconds from a flow's first packet to the arrival of its row, at most: 30 minutes, the active timeout that many
    /// routers come with, and five minutes for what comes late.
    static let longest: UInt64 = 2100
    /// Seconds that an exporter's clock may be ahead.
    static let ahead: UInt64 = 5

    /// Whether flows are spread.
    public enum Choice: String, CaseIterable, Sendable {
        case off
        case on
        /// Where buckets are shorter than ``Spreading/usualTimeout``.
        case auto

        /// Whether a chart with these buckets spreads; days of a zone hold whole flows but for the few around midnight.
        public func spreads(_ buckets: Buckets) -> Bool {
            switch self {
            case .off: false
            case .on: buckets.areEven
            case .auto: buckets.width < usualTimeout
            }
        }
    }

    /// What belongs to the flows of an answer and is in none of its buckets.
    public struct Outside: Hashable, Sendable {
        /// Bytes, packets or flows before the range.
        public var before: UInt64
        /// The same after it.
        public var after: UInt64
        /// Flows that count when they were received, since their times can't be.
        public var apart: UInt64

        /// Gathers sums.
        public init(before: UInt64 = 0, after: UInt64 = 0, apart: UInt64 = 0) {
            self.before = before
            self.after = after
            self.apart = apart
        }

        static func + (a: Outside, b: Outside) -> Outside {
            Outside(before: a.before &+ b.before, after: a.after &+ b.after, apart: a.apart &+ b.apart)
        }
    }
}

extension GraphQuery {
    /// The statement for flows that are spread: besides the usual columns `before`, `after` and `apart`.
    ///
    /// From the inside out: rows with their lifetimes; those that touch the
    /// range, a row for each bucket of it that they touch; the pieces; sums.
    var spreadSQL: SQLText {
        let range = top.question.range
        let width = top.buckets.width
        let pieces = Piece.all(asksForSize)
        let sums: [SQLText] = pieces.map { "toUInt64(sum(\($0.between))) AS \($0.name)" }
        let parts: [SQLText] = pieces.flatMap { ["\($0.inner)", "\($0.whole)", "\($0.rest)"] }
        let divided: [SQLText] = pieces.flatMap {
            ["\($0.inner)", "intDiv(\($0.inner), n) AS \($0.whole)", "\($0.inner) % n AS \($0.rest)"]
        }
        let whole = Piece.amount
        return """
            SELECT b * \(width) AS t, r, direction, \(sums, separator: ", "), \
            sum(entered) AS flows, sum(entered AND unrated) AS assumed, sum(entered AND isApart) AS apart, \
            toUInt64(sum(entered * \(whole.upTo("lower - begun")))) AS before, \
            toUInt64(sum(entered * (\(whole.inner) - \(whole.upTo("upper + 1 - begun"))))) AS after
            FROM (
            SELECT r, direction, unrated, isApart, begun, n, lower, upper, \(parts, separator: ", "), b, \
            b = intDiv(lower, \(width)) AS entered, \
            greatest(b * \(width), lower) - begun AS k, least((b + 1) * \(width), upper + 1) - begun AS l
            FROM (
            SELECT r, direction, unrated, isApart, begun, toUInt64(ended - begun + 1) AS n, \
            greatest(begun, toUInt64(\(range.from))) AS lower, least(ended, toUInt64(\(range.to - 1))) AS upper, \
            \(divided, separator: ", ")
            FROM (
            \(lifetimes)
            )
            WHERE begun < \(range.to) AND ended >= \(range.from)
            )
            ARRAY JOIN range(intDiv(lower, \(width)), intDiv(upper, \(width)) + 1) AS b
            )
            GROUP BY t, r, direction
            """
    }

    /// Raw rows with their rank and the seconds in which their flows lived.
    private var lifetimes: SQLText {
        let range = top.question.range
        let from = range.from - min(range.from, Spreading.ahead)
        let conditions = top.question.rawConditions(from: from, to: range.to + Spreading.longest)
        let amounts: [SQLText] = Piece.all(asksForSize).map { "\(rawValueOf: $0.sum(top.unit)) AS \($0.inner)" }
        let types: [SQLText] = Self.typesWithLifetimes.map { "\($0.rawValue)" }
        return """
            SELECT \(rank) AS r, \(splitsDirection ? "Incoming" : "0") AS direction, \(amounts, separator: ", "), \
            \(rawValueOf: .assumed) AS unrated, toUInt64(TimeReceived) AS received, \
            toUInt8(FlowType) IN (\(types, separator: ", ")) AS lasts, \
            lasts AND TimeFlowStart <= TimeFlowEnd AND toUInt64(TimeFlowEnd) <= received + \(Spreading.ahead) \
            AND received <= toUInt64(TimeFlowStart) + \(Spreading.longest) AS isSpread, \
            lasts AND NOT isSpread AS isApart, \
            if(isSpread, toUInt64(TimeFlowStart), received) AS begun, if(isSpread, toUInt64(TimeFlowEnd), received) AS ended
            FROM netmeta.flows_raw
            WHERE \(conditions, separator: "\n    AND ")
            """
    }

    private static let typesWithLifetimes: [FlowType] = [
        .netflowV1, .netflowV5, .netflowV7, .netflowV9, .ipfix, .portMirror, .conntrack, .awsVPC, .gcpVPC,
    ]
}

/// An amount that is cut into pieces; its names in the statement, inside others than outside.
private enum Piece {
    case amount, packets

    static func all(_ asksForSize: Bool) -> [Piece] { asksForSize ? [.amount, .packets] : [.amount] }

    var name: SQLText { self == .amount ? "amount" : "packets" }
    var inner: SQLText { self == .amount ? "a" : "p" }
    var whole: SQLText { self == .amount ? "a_second" : "p_second" }
    var rest: SQLText { self == .amount ? "a_rest" : "p_rest" }

    func sum(_ unit: TrafficUnit) -> RollupSum { self == .amount ? unit.sum : .packets }

    /// What the first k seconds have: floor(A k / n), with no product larger than A.
    func upTo(_ k: SQLText) -> SQLText { "(\(whole) * (\(k)) + intDiv(\(rest) * (\(k)), n))" }

    var between: SQLText { "\(upTo("l")) - \(upTo("k"))" }
}
