import FlowQuery
import NetTypes

/// What is asked of the links that tracelb found between hops, where a network has parallel ways.
///
/// Measurements that found the same links are one shape, as traces of the same hops are one way.
struct LinkQueries {
    /// Pairs of an answer at most.
    static let mostPairs = 500
    /// Shapes of one pair that are told.
    static let mostShapes = 6
    /// Links of one pair at most; a wide one has some hundred.
    static let mostLinks = 3000

    let range: TimeRange

    /// Between whom parallel ways were looked for, those with most ways beside each other first.
    var pairs: SQLText {
        """
        SELECT Monitor, Dst, uniqExact(id) AS traces, max(beside) AS width, toUInt64(max(at)) AS last
        FROM (
            SELECT Monitor, Dst, TraceId AS id, max(Time) AS at, uniqExactIf(Addr, TTL > 0) AS beside
            FROM trace_links WHERE \(range.ofMeasurements) GROUP BY Monitor, Dst, TraceId, TTL
        ) GROUP BY Monitor, Dst ORDER BY width DESC, Dst, Monitor LIMIT \(Self.mostPairs)
        """
    }

    /// The shape of each measurement of a pair.
    private func measured(_ monitor: String, _ destination: IPAddress) -> SQLText {
        """
        SELECT TraceId AS id, any(Method) AS method, max(Time) AS at, any(Nodes) AS nodes, any(Links) AS links,
            cityHash64(method, arraySort(groupUniqArray((FromAddr, Hop, Addr)))) AS shape
        FROM trace_links WHERE \(range.ofMeasurements(monitor, destination)) GROUP BY TraceId
        """
    }

    /// The different shapes of a pair, the most frequent first; one more than are told.
    func shapes(_ monitor: String, _ destination: IPAddress) -> SQLText {
        """
        SELECT shape, any(method) AS kind, count() AS traces, toUInt64(min(at)) AS first, toUInt64(max(at)) AS last,
            any(nodes) AS nodeCount, any(links) AS linkCount
        FROM (\(measured(monitor, destination))) GROUP BY shape ORDER BY traces DESC, last DESC, shape
        LIMIT \(Self.mostShapes + 1)
        """
    }

    /// The links of some shapes, over all measurements of each.
    func links(of shapes: [UInt64], _ monitor: String, _ destination: IPAddress) -> SQLText {
        let numbers = shapes.map { "\($0)" as SQLText }
        return """
            SELECT shape, FromAddr, Hop, Addr, max(TTL) AS ttl, sum(Probes) AS probes, any(FromAS) AS fromAS,
                any(AddrAS) AS addrAS, minIf(MinRTT, MinRTT > 0) AS least, quantileExactIf(0.5)(MinRTT, MinRTT > 0) AS median,
                groupUniqArrayIf(4)(MPLS, notEmpty(MPLS)) AS labels
            FROM trace_links INNER JOIN (\(measured(monitor, destination))) AS shaped ON TraceId = shaped.id
            WHERE \(range.ofMeasurements(monitor, destination)) AND shape IN (\(numbers, separator: ", "))
            GROUP BY shape, FromAddr, Hop, Addr ORDER BY shape, ttl, FromAddr, Hop, probes DESC, Addr
            LIMIT \(Self.mostLinks + 1)
            """
    }
}
