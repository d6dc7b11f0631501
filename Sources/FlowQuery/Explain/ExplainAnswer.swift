public import FlowSchema

/// What accounts for the difference of a selection and its reference.
public struct ExplainAnswer: Hashable, Sendable {
    /// All traffic in the reference, in units a second; exact.
    public var before: Double
    /// All traffic in the selection, in units a second; exact.
    public var after: Double
    /// Whether all traffic together differs by more than it ordinarily does.
    public var isReal: Bool
    /// What shares are parts of, in units a second: the difference of all traffic, or the largest change of a value
    /// where changes cancel each other.
    public var difference: Double
    /// What accounts for it, the best account first. No row is in two of them.
    public var causes: [ExplainCause] = []
    /// What is left without the causes.
    public var rest = Rates(before: 0, after: 0)
    /// Every value whose change is more than ordinary, the largest first; these overlap.
    public var values: [Value] = []

    /// Units a second, before and after.
    public struct Rates: Hashable, Sendable {
        /// In the reference.
        public var before: Double
        /// In the selection.
        public var after: Double
    }

    /// How something changed.
    public struct Change: Hashable, Sendable {
        /// Units a second in the reference.
        public var before: Double
        /// Units a second in the selection.
        public var after: Double
        /// The part of the difference that it accounts for, 0 to 1.
        public var share: Double
    }

    /// A value that changed.
    public struct Value: Hashable, Sendable {
        /// Which.
        public var value: ExplainValue
        /// How.
        public var change: Change
    }
}

/// One account of the difference: a value, or two together.
public struct ExplainCause: Hashable, Sendable {
    /// The value, or two values that its rows have at once.
    public var parts: [ExplainValue]
    /// Whether the value may be at either end.
    public var isEither: Bool
    /// How its traffic changed.
    public var change: ExplainAnswer.Change
    /// Values that the same change has, though not all traffic.
    public var along: [Along]

    /// A value that goes along with a cause.
    public struct Along: Hashable, Sendable {
        /// Which.
        public var value: ExplainValue
        /// Whether it may be at either end.
        public var isEither: Bool
        /// The part of the cause's change that has it, 0 to 1.
        public var share: Double

        /// The condition that chooses its rows.
        public var filter: Filter { ExplainCause.filter(value, isEither: isEither) }
    }

    /// The condition that chooses its rows.
    public var filter: Filter {
        let filters = parts.map { Self.filter($0, isEither: isEither) }
        let flat = filters.flatMap { filter -> [Filter] in if case .and(let parts) = filter { parts } else { [filter] }
        }
        // Two parts may both say the exporter or the protocol.
        let once = flat.reduce(into: [Filter]()) { if !$0.contains($1) { $0.append($1) } }
        return once.count == 1 ? once[0] : .and(once)
    }

    static func filter(_ value: ExplainValue, isEither: Bool) -> Filter {
        (isEither ? value.subject.eitherFilter(value.values) : nil) ?? value.subject.filter(value.values)
    }
}

/// What kind of traffic a cause is: how many ends and ports it has, and how large its packets and flows are.
public struct ExplainSigns: Hashable, Sendable {
    /// The columns whose distinct values are counted; ports with their protocol.
    public static let counted: [FlowColumn] = [.srcAddr, .dstAddr, .srcPort, .dstPort]
    /// Figures of one time.
    static let width = counted.count + 3

    /// In the reference.
    public var before: Side
    /// In the selection.
    public var after: Side

    /// The figures of one time.
    public struct Side: Hashable, Sendable {
        /// Distinct values of ``ExplainSigns/counted``.
        public var distinct: [UInt64]
        /// The traffic.
        public var traffic: Traffic
    }
}

extension ExplainScan {
    /// The answer, from what ``overlapSQL(_:)`` gave.
    public func answer(_ candidates: ExplainCandidates, _ overlaps: [ExplainOverlap]) -> ExplainAnswer {
        ExplainRanking(self, candidates, overlaps).answer()
    }

    /// What the first causes are like, from the one row of ``signsSQL(_:)``.
    public func signs(_ numbers: [UInt64], causes: [ExplainCause]) -> [ExplainSigns] {
        let width = ExplainSigns.width
        let count = ExplainSigns.counted.count
        return (0..<min(numbers.count / (2 * width), causes.count)).map { index in
            func side(_ place: Int) -> ExplainSigns.Side {
                let part = Array(numbers[(2 * index + place) * width..<(2 * index + place + 1) * width])
                return ExplainSigns.Side(
                    distinct: Array(part[..<count]),
                    traffic: Traffic(bytes: part[count], packets: part[count + 1], flows: part[count + 2])
                )
            }
            return ExplainSigns(before: side(0), after: side(1))
        }
    }
}
