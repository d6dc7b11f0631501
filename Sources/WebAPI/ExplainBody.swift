import FlowQuery
import FlowSchema

/// The answer about what changed.
struct ExplainBody: Encodable {
    var from: UInt64
    var to: UInt64
    var referenceFrom: UInt64
    var referenceTo: UInt64
    var unit: String
    var before: Double
    var after: Double
    /// Whether all traffic together differs by more than it ordinarily does.
    var changed: Bool
    /// What shares are parts of, in units a second.
    var difference: Double
    var causes: [CauseBody]
    var rest: RatesBody
    var values: [ValueBody]
    /// All traffic in each unit, so that a change that shows better in another is found.
    var totals: [String: RatesBody]
    var compared: [String]
    /// Whether every second was read.
    var exact: Bool
    /// One of so many seconds was read.
    var every: UInt64
    var assumedSampling: Double
    var statistics: StatisticsOfSteps
    var sql: String

    struct RatesBody: Encodable {
        var before: Double
        var after: Double
    }

    struct PartBody: Encodable {
        var dimensions: [String]
        var key: [String]
        var labels: [String]
        /// Whether addresses of a network are meant.
        var network: Bool
    }

    struct CauseBody: Encodable {
        var parts: [PartBody]
        var either: Bool
        var before: Double
        var after: Double
        var share: Double
        var along: [AlongBody]
        var signs: Nullable<SignsBody>
        var filter: String
    }

    struct AlongBody: Encodable {
        var part: PartBody
        var either: Bool
        var share: Double
        var filter: String
    }

    struct SignsBody: Encodable {
        var before: SideBody
        var after: SideBody
    }

    struct SideBody: Encodable {
        var distinct: [String: UInt64]
        var bytes: UInt64
        var packets: UInt64
        var flows: UInt64
    }

    struct ValueBody: Encodable {
        var part: PartBody
        var before: Double
        var after: Double
        var share: Double
        var filter: String
    }

    struct StatisticsOfSteps: Encodable {
        var rows: UInt64
        var elapsed: Double
        var steps: [StepBody]
    }

    struct StepBody: Encodable {
        var name: String
        var elapsed: Double
    }

    init(_ query: ExplainQuery, _ outcome: Explaining.Outcome, names: LearntNames) {
        let (answer, totals, slices) = (outcome.answer, outcome.totals, outcome.slices)
        let range = query.question.range
        from = range.from
        to = range.to
        referenceFrom = query.reference.from
        referenceTo = query.reference.to
        unit = query.unit.rawValue
        before = answer.before
        after = answer.after
        changed = answer.isReal
        difference = answer.difference
        causes = answer.causes.enumerated().map { index, cause in
            CauseBody(
                parts: cause.parts.map { PartBody($0, names) },
                either: cause.isEither,
                before: cause.change.before,
                after: cause.change.after,
                share: cause.change.share,
                along: cause.along.map {
                    AlongBody(
                        part: PartBody($0.value, names),
                        either: $0.isEither,
                        share: $0.share,
                        filter: $0.filter.description
                    )
                },
                signs: Nullable(outcome.signs.indices.contains(index) ? SignsBody(outcome.signs[index]) : nil),
                filter: cause.filter.description
            )
        }
        rest = RatesBody(before: answer.rest.before, after: answer.rest.after)
        values = answer.values.map {
            ValueBody(
                part: PartBody($0.value, names),
                before: $0.change.before,
                after: $0.change.after,
                share: $0.change.share,
                filter: $0.value.filter.description
            )
        }
        self.totals = Dictionary(
            uniqueKeysWithValues: TrafficUnit.allCases.map { unit in
                let seconds = (Double(query.reference.seconds), Double(range.seconds))
                let rates = RatesBody(
                    before: Double(totals.before[unit]) * unit.factor / seconds.0,
                    after: Double(totals.after[unit]) * unit.factor / seconds.1
                )
                return (unit.rawValue, rates)
            }
        )
        compared = outcome.subjects.map { $0.isNetwork ? "\($0.column.name) network" : $0.column.name }
            .reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        exact = slices.every == 1
        every = slices.every
        assumedSampling = totals.rows == 0 ? 0 : Double(totals.assumed) / Double(totals.rows)
        statistics = StatisticsOfSteps(
            rows: totals.rows,
            elapsed: outcome.steps.reduce(0) { $0 + $1.elapsed },
            steps: outcome.steps.map { StepBody(name: $0.name, elapsed: $0.elapsed) }
        )
        sql = outcome.steps.map(\.sql.text).joined(separator: ";\n\n")
    }
}

extension ExplainBody.PartBody {
    init(_ value: ExplainValue, _ names: LearntNames) {
        let dimensions = value.subject.dimensions
        self.dimensions = dimensions.map(\.column.name)
        key = value.texts
        labels = names.labels(GroupKey(values: value.values, dimensions: dimensions), dimensions)
        network = value.subject.isNetwork
        // A network has no name, but a length.
        if let text = value.networkText { labels[labels.count - 1] = text }
    }
}

extension ExplainBody.SignsBody {
    init(_ signs: ExplainSigns) {
        before = ExplainBody.SideBody(signs.before)
        after = ExplainBody.SideBody(signs.after)
    }
}

extension ExplainBody.SideBody {
    init(_ side: ExplainSigns.Side) {
        distinct = Dictionary(uniqueKeysWithValues: zip(ExplainSigns.counted.map(\.name), side.distinct))
        bytes = side.traffic.bytes
        packets = side.traffic.packets
        flows = side.traffic.flows
    }
}
