/// What some rows carry, slice by slice.
struct ExplainSums {
    /// Bytes, packets or flows of each slice, those of the reference first.
    var amounts: [Double]
    /// The sums of the rows' squared amounts, of the reference and of the selection.
    var squares = (before: 0.0, after: 0.0)

    init(count: Int) {
        amounts = Array(repeating: 0, count: count)
    }

    static func += (sums: inout ExplainSums, other: ExplainSums) {
        for index in sums.amounts.indices { sums.amounts[index] += other.amounts[index] }
        sums.squares.before += other.squares.before
        sums.squares.after += other.squares.after
    }

    static func - (whole: ExplainSums, part: ExplainSums) -> ExplainSums {
        var rest = whole
        for index in rest.amounts.indices { rest.amounts[index] -= part.amounts[index] }
        rest.squares.before = max(0, rest.squares.before - part.squares.before)
        rest.squares.after = max(0, rest.squares.after - part.squares.after)
        return rest
    }
}

/// How a part of the traffic went from the reference to the selection, beside all the rest.
struct ExplainChange {
    /// Units a second.
    var before: Double
    var after: Double
    /// What of the change is the part's own: without that by which all the rest grew or fell alike. It is never more
    /// than the change, and 0 when the rest moved the same way further.
    var own: Double

    /// The part of its traffic that the change is, 0 to 1: 1 for what is new or gone.
    var purity: Double { abs(own).share(of: max(before, after)) }

    init(before: Double, after: Double, restBefore: Double, restAfter: Double) {
        self.before = before
        self.after = after
        // Without a rest, nothing tells what is the part's own.
        guard restBefore > 0 else {
            own = restAfter > 0 ? after - before : 0
            return
        }
        let difference = after - before
        let beyond = after - before * (restAfter / restBefore)
        own = difference * beyond > 0 ? (difference < 0 ? -1 : 1) * min(abs(difference), abs(beyond)) : 0
    }

    /// How well the part accounts for a difference: much of it, with little traffic that didn't change.
    func score(of difference: Double) -> Double {
        let recall = min(1, abs(own).share(of: difference))
        return recall + purity > 0 ? 2 * recall * purity / (recall + purity) : 0
    }
}

/// What is ordinary, and what isn't: the figures of slices beside each other.
///
/// A change is real when three things hold:
/// - chance: it is many times what the number and size of its rows, or its differences from slice to slice, make likely;
/// - own habit: it is more than the part changed from one half of the reference to the other;
/// - others' habit: it is twice what other values of that dimension changed between these halves.
struct ExplainJudge {
    let slices: ExplainSlices

    /// Standard errors of a sum of random rows. Hundreds of thousands of values are looked at, and the largest of so
    /// many is 4.7 off by chance.
    private static let errors = 5.5
    /// Standard errors by slices, of which there are few, so that they are told less well.
    private static let sliceErrors = 7.0
    /// How many times as large as between the halves of the reference.
    private static let ownHabit = 1.5
    private static let othersHabit = 2.0

    /// Units a second over the reference and the selection.
    func rates(_ sums: ExplainSums) -> (before: Double, after: Double) {
        let before = sums.amounts.prefix(slices.referenceCount).reduce(0, +)
        let after = sums.amounts.dropFirst(slices.referenceCount).reduce(0, +)
        return (before / max(1, slices.referenceSeconds), after / max(1, slices.selectionSeconds))
    }

    func change(_ part: ExplainSums, in whole: ExplainSums) -> ExplainChange {
        let (own, rest) = (rates(part), rates(whole - part))
        return ExplainChange(before: own.before, after: own.after, restBefore: rest.before, restAfter: rest.after)
    }

    /// Whether a change is more than ordinary.
    ///
    /// - Parameter habit: what other values of the dimension changed within the reference, in units a second.
    func isReal(_ change: ExplainChange, _ part: ExplainSums, in whole: ExplainSums, habit: Double) -> Bool {
        guard abs(change.own) > Self.othersHabit * habit else { return false }
        let rest = whole - part
        let deviations = deviations(part, rest)
        return abs(change.own) > Self.ownHabit * abs(halves(deviations))
            && (abs(change.own) > Self.errors * chance(part, rest)
                || abs(change.own) > Self.sliceErrors * spread(deviations))
    }

    /// The standard error of the change when rows come at random: that of a sum of random values is the root of the sum
    /// of their squares.
    private func chance(_ part: ExplainSums, _ rest: ExplainSums) -> Double {
        let (before, after) = (max(1, slices.referenceSeconds), max(1, slices.selectionSeconds))
        func variance(_ sums: ExplainSums, growth: Double) -> Double {
            sums.squares.after / (after * after) + growth * growth * sums.squares.before / (before * before)
        }
        let restRates = rates(rest)
        let growth = restRates.before > 0 ? restRates.after / restRates.before : 1
        let ratio = restRates.before > 0 ? rates(part).before / restRates.before : 0
        return (variance(part, growth: growth) + ratio * ratio * variance(rest, growth: growth)).squareRoot()
    }

    /// What each slice has beyond what the rest would make of the part's rate before, in units a second.
    private func deviations(_ part: ExplainSums, _ rest: ExplainSums) -> [Double?] {
        let (before, restBefore) = (rates(part).before, rates(rest).before)
        return slices.seconds.indices.map { index in
            let seconds = Double(slices.seconds[index])
            guard seconds > 0 else { return nil }
            let expected = restBefore > 0 ? before * (rest.amounts[index] / seconds) / restBefore : before
            return part.amounts[index] / seconds - expected
        }
    }

    /// The difference of the reference's halves.
    private func halves(_ deviations: [Double?]) -> Double {
        let reference = deviations.prefix(slices.referenceCount)
        let half = slices.referenceCount / 2
        guard half > 0 else { return 0 }
        return Self.mean(reference.dropFirst(half)) - Self.mean(reference.prefix(half))
    }

    /// The standard error of the change by the spread of the slices; endless when there are too few.
    private func spread(_ deviations: [Double?]) -> Double {
        let sides = [deviations.prefix(slices.referenceCount), deviations.dropFirst(slices.referenceCount)]
        return sides.reduce(0) { sum, side in
            let values = side.compactMap { $0 }
            guard values.count > 3 else { return .infinity }
            let mean = Self.mean(side)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return sum + squares / Double(values.count * (values.count - 1))
        }.squareRoot()
    }

    private static func mean(_ values: ArraySlice<Double?>) -> Double {
        let known = values.compactMap { $0 }
        return known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
    }

    /// Whether all traffic together differs by more than it does from slice to slice.
    func isReal(_ whole: ExplainSums) -> Bool {
        let levels: [Double?] = slices.seconds.indices.map { index in
            let seconds = Double(slices.seconds[index])
            return seconds > 0 ? whole.amounts[index] / seconds : nil
        }
        let (before, after) = rates(whole)
        let difference = abs(after - before)
        var error = spread(levels)
        if error.isInfinite {
            // Of too few slices the rows must tell, whose squares only the overlaps know.
            guard whole.squares.before + whole.squares.after > 0 else { return false }
            error = chance(whole, ExplainSums(count: whole.amounts.count)) * 1.5
        }
        return difference > 0 && difference > 4 * error && difference > 1.5 * abs(halves(levels))
    }
}
