import FlowQuery
import FlowStore

/// What a graph can have beside its own lines: the other direction of the same groups, and the same groups earlier.
struct GraphAsides {
    var reverse: (query: GraphQuery, answer: GraphAnswer)?
    var previous: (query: GraphQuery, answer: GraphAnswer)?
    /// Seconds that the store took for them.
    var elapsed = 0.0
}

/// What is asked of a graph besides groups and buckets.
struct GraphOptions {
    var splitsDirection: Bool
    var spreads: Bool
    var reverses: Bool
    /// Seconds back; nil asks for nothing earlier.
    var earlier: UInt64?
}

extension Parameters {
    func graphOptions(_ top: TopQuery) throws(QueryError) -> GraphOptions {
        let splits = try splitsDirection()
        let reverses = try choice("reverse", default: Switch.off) == .on
        guard !(splits && reverses) else {
            throw QueryError("a graph has either in and out or both ways of its groups, not both", parameter: "reverse")
        }
        let spread = try choice("spread", default: Spreading.Choice.off)
        return GraphOptions(
            splitsDirection: splits,
            spreads: spread.spreads(top.buckets),
            reverses: reverses,
            earlier: try seconds("previous")
        )
    }

    private func seconds(_ name: String) throws(QueryError) -> UInt64? {
        guard self[name] != nil else { return nil }
        let seconds = try integer(name, default: 0)
        // A century and more is a slip of the pen, and sums of it could overflow.
        guard (1...0xFFFF_FFFF).contains(seconds) else {
            throw QueryError("how many seconds back: 1 or more", parameter: name)
        }
        return UInt64(seconds)
    }

    private enum Switch: String, CaseIterable {
        case off, on
    }
}

extension WebAPI {
    /// Asks for what was wanted beside a graph, with the groups that the graph found.
    func asides(_ query: GraphQuery, _ options: GraphOptions, _ parameters: Parameters) async throws -> GraphAsides {
        var asides = GraphAsides()
        if options.reverses {
            let other = query.reversed
            let (answer, elapsed) = try await lines(of: other, parameters)
            asides.reverse = (other, answer)
            asides.elapsed += elapsed
        }
        if let seconds = options.earlier, let other = try query.earlier(by: seconds) {
            let (answer, elapsed) = try await lines(of: other, parameters)
            asides.previous = (other, answer)
            asides.elapsed += elapsed
        }
        return asides
    }

    private func lines(of query: GraphQuery, _ parameters: Parameters) async throws -> (GraphAnswer, Double) {
        let result = try await ask(query.sql, rows: GraphBody.mostRows, parameters)
        return (query.answer(try result.graphRows()), result.elapsed)
    }
}

struct SpreadBody: Encodable {
    /// Seconds in which a flow that is going on is usually reported: the end of a range that ends now lacks them.
    var timeout = Spreading.usualTimeout
    var before: UInt64
    var after: UInt64
    var apart: UInt64

    init(_ outside: Spreading.Outside) {
        before = outside.before
        after = outside.after
        apart = outside.apart
    }
}

struct PreviousBody: Encodable {
    /// How far back, in whole buckets.
    var seconds: UInt64
    var from: UInt64
    var to: UInt64
    var series: [GraphBody.SeriesBody]
    var sql: String
}

struct ReverseBody: Encodable {
    var dimensions: [String]
    var series: [GraphBody.SeriesBody]
    var sql: String
}
