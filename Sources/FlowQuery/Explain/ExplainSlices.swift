/// Selection and reference, each cut into some slices of equal length: how much a figure differs from slice to slice
/// tells what of a difference is ordinary.
///
/// Where there are too many rows, only some whole seconds are read. They are
/// chosen by the fractional part of the second times the golden ratio, which
/// spreads them evenly over any slice and never falls into step with what
/// happens every minute; Swift counts them as the engine does.
public struct ExplainSlices: Hashable, Sendable {
    /// What the selection is compared with.
    public let reference: TimeRange
    /// What is explained.
    public let selection: TimeRange
    /// One of so many seconds is read; 1 reads all.
    public let every: UInt64
    /// Slices of the reference, which come first.
    public let referenceCount: Int
    /// Slices of both.
    public let count: Int
    /// Seconds that are read of each slice.
    public let seconds: [UInt64]
    private let referenceWidth: UInt64
    private let selectionWidth: UInt64

    /// Slices that a time has when it has as many seconds: enough to tell a spread.
    private static let most: UInt64 = 12
    /// 2^32 divided by the golden ratio.
    private static let step: UInt64 = 2_654_435_769
    private static let turn: UInt64 = 1 << 32

    init(_ query: ExplainQuery, every: UInt64) {
        reference = query.reference
        selection = query.question.range
        self.every = max(1, every)
        referenceWidth = Self.width(reference)
        selectionWidth = Self.width(selection)
        let bound = Self.turn / self.every
        let slices = [(reference, referenceWidth), (selection, selectionWidth)].map { range, width in
            stride(from: range.from, to: range.to, by: UInt64.Stride(width)).map { start -> UInt64 in
                let end = min(start + width, range.to)
                guard every > 1 else { return end - start }
                return (start..<end).reduce(0) { $0 + (($1 * Self.step) % Self.turn < bound ? 1 : 0) }
            }
        }
        referenceCount = slices[0].count
        count = slices[0].count + slices[1].count
        seconds = slices[0] + slices[1]
    }

    private static func width(_ range: TimeRange) -> UInt64 {
        max(1, (range.seconds + most - 1) / most)
    }

    /// Where the second half of the reference begins; its end when it can't be cut.
    var middle: UInt64 {
        referenceCount < 2 ? reference.to : reference.from + UInt64(referenceCount / 2) * referenceWidth
    }

    /// Seconds read of the reference, of its halves, and of the selection.
    var referenceSeconds: Double { Double(seconds.prefix(referenceCount).reduce(0, +)) }
    var firstHalfSeconds: Double {
        Double(seconds.prefix(referenceCount < 2 ? referenceCount : referenceCount / 2).reduce(0, +))
    }
    var selectionSeconds: Double { Double(seconds.dropFirst(referenceCount).reduce(0, +)) }

    /// The slice that a row lies in.
    var sql: SQLText {
        """
        toUInt16(if(\(isSelected), \(referenceCount) + intDiv(toUInt32(TimeReceived) - \(selection.from), \
        \(selectionWidth)), intDiv(toUInt32(TimeReceived) - \(reference.from), \(referenceWidth))))
        """
    }

    /// Whether a row lies in the selection; all others lie in the reference.
    var isSelected: SQLText {
        "TimeReceived >= toDateTime(\(selection.from)) AND TimeReceived < toDateTime(\(selection.to))"
    }

    /// The condition that keeps the seconds that are read.
    var conditions: [SQLText] {
        guard every > 1 else { return [] }
        let bound = Self.turn / every
        return ["bitAnd(toUInt64(toUInt32(TimeReceived)) * \(Self.step), \(Self.turn - 1)) < \(bound)"]
    }
}
