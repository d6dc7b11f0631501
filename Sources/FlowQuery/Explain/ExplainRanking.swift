/// A value that changed, as the first look at all values found it; the sums are those of the seconds that were read.
public struct ExplainFound: Hashable, Sendable {
    /// Which.
    public var value: ExplainValue
    /// Its sum over the first half of the reference, the second, and over the selection.
    var first: Double
    var second: Double
    var selected: Double
}

/// What the first look gives: the values to look at closer, and what is ordinary in their dimensions.
public struct ExplainCandidates: Hashable, Sendable {
    /// The values, the most telling first; ``ExplainScan/overlapSQL(_:)`` takes them.
    public var values: [ExplainValue]
    /// What values of a subject changed from one half of the reference to the other, in units a second.
    var habits: [ExplainSubject: Double]
}

extension ExplainScan {
    /// Values of one subject that are looked at closer.
    private static let perSubject = 6
    /// So many values of a subject may have changed within the reference, as an incident before this one makes some.
    private static let odd = 2

    /// Chooses the values that may be causes.
    public func candidates(_ found: [ExplainFound]) -> ExplainCandidates {
        let half = probe.firstHalfSeconds
        let (all, other) = (probe.referenceSeconds, probe.referenceSeconds - probe.firstHalfSeconds)
        let halves = halfRates
        let (before, after) = totalRates
        var habits: [ExplainSubject: [Double]] = [:]
        var changes: [(value: ExplainValue, change: ExplainChange)] = []
        for one in found {
            if other > 0 {
                let within = Self.change(one.first / half, one.second / other, halves.0, halves.1)
                habits[one.value.subject, default: []].append(abs(within.own))
            }
            let change = Self.change(
                (one.first + one.second) / all,
                one.selected / probe.selectionSeconds,
                before,
                after
            )
            if abs(change.own) >= leastRate { changes.append((one.value, change)) }
        }
        changes = Self.withoutTwins(changes)
        let largest = changes.reduce(0) { max($0, abs($1.change.own)) }
        let difference = max(largest, abs(after - before))
        let ordered = changes.map { ($0.value, $0.change.score(of: difference)) }.sorted { $0.1 > $1.1 }
        var taken: [ExplainSubject: Int] = [:]
        let values = ordered.map(\.0).filter { value in
            taken[value.subject, default: 0] += 1
            return taken[value.subject, default: 0] <= Self.perSubject
        }
        return ExplainCandidates(
            values: Array(values.prefix(Self.mostCandidates)),
            habits: habits.mapValues { changes in
                let sorted = changes.sorted(by: >)
                return sorted.count > Self.odd ? sorted[Self.odd] : 0
            }
        )
    }

    /// A gathered value is worth a closer look when no single one of those that it gathers has this much of its change.
    private static let twin = 0.97

    /// The changes without gathered values that say no more than one that they gather: a port of all protocols that only
    /// one of them changed.
    private static func withoutTwins(
        _ changes: [(value: ExplainValue, change: ExplainChange)]
    ) -> [(value: ExplainValue, change: ExplainChange)] {
        changes.filter { gathered in
            !changes.contains { one in
                gathered.value.subject.gathers(one.value.subject) && gathered.value.values.last == one.value.values.last
                    && one.change.own / gathered.change.own >= twin
            }
        }
    }

    private static func change(_ before: Double, _ after: Double, _ all: Double, _ allAfter: Double) -> ExplainChange {
        ExplainChange(
            before: before,
            after: after,
            restBefore: max(0, all - before),
            restAfter: max(0, allAfter - after)
        )
    }

    /// All traffic in units a second, before and after; exactly, whatever was read.
    var totalRates: (Double, Double) {
        (
            Double(totals.before[query.unit]) / Double(query.reference.seconds),
            Double(totals.after[query.unit]) / Double(query.question.range.seconds)
        )
    }

    /// All traffic in the halves of the reference.
    private var halfRates: (Double, Double) {
        let exact = ExplainSlices(query, every: 1)
        let count = exact.referenceCount < 2 ? exact.referenceCount : exact.referenceCount / 2
        func rate(_ slices: Range<Int>) -> Double {
            let seconds = exact.seconds[slices].reduce(0, +)
            return seconds == 0 ? 0 : slices.reduce(0) { $0 + Double(totals.slices[$1][query.unit]) } / Double(seconds)
        }
        return (rate(0..<count), rate(count..<exact.referenceCount))
    }
}

/// One row of the answer of ``ExplainScan/overlapSQL(_:)``.
public struct ExplainOverlap: Hashable, Sendable {
    /// Which of the values the rows have, a bit each.
    public var mask: UInt64
    /// The slice.
    public var slice: Int
    /// Bytes, packets or flows.
    public var amount: Double
    /// The sum of the rows' squared amounts.
    public var squares: Double

    /// Gathers a row.
    public init(mask: UInt64, slice: Int, amount: Double, squares: Double) {
        self.mask = mask
        self.slice = slice
        self.amount = amount
        self.squares = squares
    }
}

/// Finds the causes among values of which it is known how they lie over each other.
///
/// The best account of the difference is taken first: the value that has most
/// of it with least traffic that didn't change, be it at one end, at either
/// end, or together with another value. Its rows are then taken out of both
/// times, so that what merely went along with it (the protocol of an attack,
/// the network of its victim) has no change left, and the next best is taken
/// of what remains.
struct ExplainRanking {
    let scan: ExplainScan
    let candidates: ExplainCandidates
    private let judge: ExplainJudge
    private let masks: [(mask: UInt64, sums: ExplainSums)]
    private let terms: [Term]

    /// Values that may stand together in a cause.
    private static let paired = 20
    /// A cause accounts for this part of the difference, at least.
    private static let leastShare = 0.05
    /// Two values account for it better than one by this score, or they aren't named together.
    private static let pairGain = 0.04
    /// Causes whose scores differ by less are alike, and the one that tells a person more is named.
    private static let alike = 0.03

    /// A condition on masks.
    struct Term {
        enum Kind { case value, either, pair }
        var kind: Kind
        /// Places among the candidates.
        var places: [Int]

        func holds(_ mask: UInt64) -> Bool {
            switch kind {
            case .value: mask >> UInt64(places[0]) & 1 == 1
            case .either: places.contains { mask >> UInt64($0) & 1 == 1 }
            case .pair: places.allSatisfy { mask >> UInt64($0) & 1 == 1 }
            }
        }
    }

    init(_ scan: ExplainScan, _ candidates: ExplainCandidates, _ overlaps: [ExplainOverlap]) {
        self.scan = scan
        self.candidates = candidates
        judge = ExplainJudge(slices: scan.slices)
        var masks: [UInt64: ExplainSums] = [:]
        for row in overlaps where scan.slices.seconds.indices.contains(row.slice) {
            var sums = masks[row.mask] ?? ExplainSums(count: scan.slices.count)
            sums.amounts[row.slice] += row.amount
            if row.slice < scan.slices.referenceCount {
                sums.squares.before += row.squares
            } else {
                sums.squares.after += row.squares
            }
            masks[row.mask] = sums
        }
        self.masks = masks.map { ($0.key, $0.value) }.sorted { $0.mask < $1.mask }
        terms = Self.terms(candidates.values)
    }

    private static func terms(_ values: [ExplainValue]) -> [Term] {
        var terms = values.indices.map { Term(kind: .value, places: [$0]) }
        for (first, value) in values.enumerated() {
            for second in values.indices.dropFirst(first + 1) {
                let other = values[second]
                if other.subject == value.subject.mirror, other.values == value.values {
                    terms.append(Term(kind: .either, places: [first, second]))
                } else if second < paired, other.subject.column != value.subject.column {
                    terms.append(Term(kind: .pair, places: [first, second]))
                }
            }
        }
        return terms
    }

    /// The sums of what a term chooses of some masks.
    private func sums(_ term: Term?, among masks: [(mask: UInt64, sums: ExplainSums)]) -> ExplainSums {
        masks.reduce(into: ExplainSums(count: scan.slices.count)) { sums, one in
            if term?.holds(one.mask) ?? true { sums += one.sums }
        }
    }

    /// What a term did, judged among some masks.
    private struct Judged {
        var term: Term
        var sums: ExplainSums
        var change: ExplainChange
        var score = 0.0
    }

    /// The terms whose change is real among some masks.
    private func real(_ terms: [Term], among masks: [(mask: UInt64, sums: ExplainSums)]) -> [Judged] {
        let whole = sums(nil, among: masks)
        return terms.compactMap { term in
            let part = sums(term, among: masks)
            let change = judge.change(part, in: whole)
            guard abs(change.own) >= scan.leastRate else { return nil }
            let habit = term.places.map { candidates.habits[candidates.values[$0].subject] ?? 0 }.min() ?? 0
            guard judge.isReal(change, part, in: whole, habit: habit) else { return nil }
            return Judged(term: term, sums: part, change: change)
        }
    }

    /// The answer: causes, and beside them all values that changed.
    func answer() -> ExplainAnswer {
        let whole = sums(nil, among: masks)
        let first = real(terms, among: masks)
        let (before, after) = scan.totalRates
        let isReal = judge.isReal(exact(whole))
        let total = isReal ? abs(after - before) : 0
        let difference = max(total, first.reduce(0) { max($0, abs($1.change.own)) })
        var causes: [(best: Judged, among: [(mask: UInt64, sums: ExplainSums)])] = []
        var left = masks
        while causes.count < scan.query.limit, let best = best(among: left, of: difference) {
            causes.append((best, left))
            left = left.filter { !best.term.holds($0.mask) }
        }
        // What remains of a value may have changed by more than all of it did, as when the part that another cause took
        // moved the other way. Shares are parts of the largest.
        let largest = causes.reduce(difference) { max($0, abs($1.best.change.own)) }
        var answer = ExplainAnswer(
            before: before * scan.query.unit.factor,
            after: after * scan.query.unit.factor,
            isReal: isReal,
            difference: largest * scan.query.unit.factor
        )
        answer.causes = causes.map { cause($0.best, among: $0.among, of: largest) }
        answer.rest = rates(sums(nil, among: left), of: whole)
        answer.values = first.filter { $0.term.kind == .value }
            .sorted { abs($0.change.own) > abs($1.change.own) }
            .map { judged in
                let place = judged.term.places[0]
                return ExplainAnswer.Value(
                    value: candidates.values[place],
                    change: figures(judged.change, of: largest)
                )
            }
        return answer
    }

    /// All traffic with the sums of every second, whatever was read.
    private func exact(_ whole: ExplainSums) -> ExplainSums {
        var sums = ExplainSums(count: scan.slices.count)
        sums.squares = whole.squares
        let exact = ExplainSlices(scan.query, every: 1)
        for (index, slice) in scan.totals.slices.enumerated() where sums.amounts.indices.contains(index) {
            let seconds = Double(max(1, exact.seconds[index]))
            sums.amounts[index] = Double(slice[scan.query.unit]) / seconds * Double(scan.slices.seconds[index])
        }
        return sums
    }

    private func best(among masks: [(mask: UInt64, sums: ExplainSums)], of difference: Double) -> Judged? {
        let judged = real(terms, among: masks).filter { abs($0.change.own) >= Self.leastShare * difference }
            .map { judged in
                var judged = judged
                judged.score = judged.change.score(of: difference)
                return judged
            }
        let singles = judged.filter { $0.term.kind != .pair }
        let scores = Dictionary(
            singles.flatMap { single in single.term.places.map { ($0, single.score) } },
            uniquingKeysWith: max
        )
        let worthwhile = judged.filter { one in
            guard one.term.kind == .pair else { return true }
            return one.score > Self.pairGain + (one.term.places.map { scores[$0] ?? 0 }.max() ?? 0)
        }
        guard let best = worthwhile.max(by: { $0.score < $1.score }) else { return nil }
        let alike = worthwhile.filter { one in
            one.score > best.score - Self.alike && one.change.own * best.change.own > 0
        }
        return alike.min { rank($0) < rank($1) }
    }

    /// The order among terms that account for it alike: fewer conditions, then what tells more, then the better score.
    private func rank(_ judged: Judged) -> (Int, Int, Double) {
        let ranks = judged.term.places.map { candidates.values[$0].subject.rank }
        let isPair = judged.term.kind == .pair
        return (isPair ? 1 : 0, isPair ? ranks.reduce(0, +) : ranks.min() ?? 0, -judged.score)
    }

    // MARK: - Causes

    /// A value goes along with a cause when this much of the change has it,
    private static let along = 0.7
    /// and so much more of the change than of all traffic.
    private static let lift = 0.3
    private static let mostAlong = 6
    /// From this rank on, columns are empty more often than not.
    private static let rarelyTold = 8

    private func cause(
        _ judged: Judged,
        among masks: [(mask: UInt64, sums: ExplainSums)],
        of difference: Double
    ) -> ExplainCause {
        let own = masks.filter { judged.term.holds($0.mask) }
        let whole = rates(sums(nil, among: masks))
        let change = rates(judged.sums)
        let others = terms.filter { $0.kind != .pair && Set($0.places).isDisjoint(with: judged.term.places) }
        let along = others.compactMap { term -> (term: Term, share: Double)? in
            let inside = rates(sums(term, among: own))
            let share = (inside.after - inside.before) / (change.after - change.before)
            let all = rates(sums(term, among: masks))
            let usual = max(all.before.share(of: whole.before), 0)
            return share >= Self.along && share - usual >= Self.lift ? (term, min(1, share)) : nil
        }
        // Either end has what one end has, and is named alone.
        let either = along.filter { $0.term.kind == .either }.flatMap(\.term.places)
        let addresses = (along.map(\.term) + [judged.term]).flatMap { $0.places.map { candidates.values[$0] } }
        let named = along.filter { $0.term.kind == .either || !either.contains($0.term.places[0]) }
            .filter { !isEmpty($0.term) }
            .filter { item in !addresses.contains { candidates.values[item.term.places[0]].isNetwork(of: $0) } }
            .sorted { (rank($0.term), -$0.share) < (rank($1.term), -$1.share) }
        return ExplainCause(
            parts: parts(judged.term),
            isEither: judged.term.kind == .either,
            change: figures(judged.change, of: difference),
            along: named.prefix(Self.mostAlong).map { item in
                ExplainCause.Along(
                    value: candidates.values[item.term.places[0]],
                    isEither: item.term.kind == .either,
                    share: item.share
                )
            }
        )
    }

    /// Whether it only says that nobody told something that few ever tell.
    private func isEmpty(_ term: Term) -> Bool {
        let value = candidates.values[term.places[0]]
        guard let dimension = value.subject.dimensions.last, let last = value.values.last else { return false }
        return value.subject.rank >= Self.rarelyTold && (dimension.isUnknown(last) || last == .number(0))
    }

    private func rank(_ term: Term) -> Int {
        candidates.values[term.places[0]].subject.rank
    }

    private func parts(_ term: Term) -> [ExplainValue] {
        let places = term.kind == .either ? [term.places[0]] : term.places
        return places.map { candidates.values[$0] }.sorted { $0.subject.rank < $1.subject.rank }
    }

    private func rates(_ sums: ExplainSums) -> (before: Double, after: Double) { judge.rates(sums) }

    private func rates(_ sums: ExplainSums, of whole: ExplainSums) -> ExplainAnswer.Rates {
        let (rest, all) = (rates(sums), rates(whole))
        let (before, after) = scan.totalRates
        let factor = scan.query.unit.factor
        // Of the whole, which is known exactly, even where only some seconds were read.
        return ExplainAnswer.Rates(
            before: rest.before.share(of: all.before) * before * factor,
            after: rest.after.share(of: all.after) * after * factor
        )
    }

    private func figures(_ change: ExplainChange, of difference: Double) -> ExplainAnswer.Change {
        let factor = scan.query.unit.factor
        return ExplainAnswer.Change(
            before: change.before * factor,
            after: change.after * factor,
            share: abs(change.own).share(of: difference)
        )
    }
}
