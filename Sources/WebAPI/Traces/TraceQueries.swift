import FlowQuery
import NetTypes

/// What is asked of the tables of traceroutes and pings.
struct TraceQueries {
    /// Pairs of an answer at most.
    static let mostPairs = 500
    /// Traces, and pings, of one pair at most: a day of one every half minute.
    static let mostPoints = 3000
    /// Addresses of one pair's hops at most.
    static let mostHops = 1000
    /// Ways of one pair that are told hop by hop.
    static let mostPaths = 20

    let range: TimeRange

    // A trace that wasn't reached ends early: its hops are a part of some way, and no way of their own. Only where nothing
    // was reached do all count.

    /// Who measured the way to whom, those with most measurements first.
    var pairs: SQLText {
        """
        SELECT Monitor, Dst, count() AS traces, sum(Reached) AS reached,
            if(reached > 0, uniqExactIf(PathHash, Reached > 0), uniqExact(PathHash)) AS paths,
            toUInt64(max(Time)) AS last, argMax(RTT, Time) AS lastRTT, quantileExactIf(0.5)(RTT, RTT > 0) AS medianRTT,
            argMax(ASPath, (Reached, Time)) AS path, any(DstAS) AS dstAS
        FROM traces WHERE \(range.ofMeasurements) GROUP BY Monitor, Dst ORDER BY traces DESC, Dst, Monitor LIMIT \(Self.mostPairs)
        """
    }

    /// The same of pings.
    var pingPairs: SQLText {
        """
        SELECT Monitor, Dst, sum(Sent) AS sent, sum(Received) AS received, toUInt64(max(Time)) AS last,
            quantileExactIf(0.5)(AvgRTT, Received > 0) AS medianRTT, any(DstAS) AS dstAS
        FROM pings WHERE \(range.ofMeasurements) GROUP BY Monitor, Dst ORDER BY sent DESC, Dst, Monitor LIMIT \(Self.mostPairs)
        """
    }

    /// The traces of a pair, the newest first.
    func traces(_ monitor: String, _ destination: IPAddress) -> SQLText {
        """
        SELECT toUInt64(Time) AS time, TraceId, Method, Src, RTT, Reached, StopReason, HopCount, FirstHop, PathHash, ASPath
        FROM traces WHERE \(range.ofMeasurements(monitor, destination)) ORDER BY Time DESC, TraceId LIMIT \(Self.mostPoints + 1)
        """
    }

    /// What answered at each TTL, the most frequent first.
    func hops(_ monitor: String, _ destination: IPAddress) -> SQLText {
        """
        SELECT TTL, Addr, any(HopAS) AS asn, uniqExact(TraceId) AS traces, min(RTT) AS least,
            quantileExact(0.5)(RTT) AS median, max(RTT) AS most, groupUniqArrayIf(4)(MPLS, notEmpty(MPLS)) AS labels,
            max(QuotedTTL) AS quotedTTL
        FROM trace_hops WHERE \(range.ofMeasurements(monitor, destination)) GROUP BY TTL, Addr ORDER BY TTL, traces DESC, Addr
        LIMIT \(Self.mostHops)
        """
    }

    /// In how many traces each TTL was asked, and in how many something answered there.
    func losses(_ monitor: String, _ destination: IPAddress) -> SQLText {
        """
        SELECT ttl, count() AS asked, countIf(has(answered, ttl)) AS answered FROM (
            SELECT TraceId, arrayJoin(range(toUInt8(FirstHop), toUInt8(least(HopCount, 254)) + 1)) AS ttl FROM traces
            WHERE \(range.ofMeasurements(monitor, destination))
        ) AS probed LEFT JOIN (
            SELECT TraceId, groupUniqArray(TTL) AS answered FROM trace_hops WHERE \(range.ofMeasurements(monitor, destination)) GROUP BY TraceId
        ) AS replied USING TraceId GROUP BY ttl ORDER BY ttl
        """
    }

    /// The different ways, the most frequent first, each with one trace that went there.
    func paths(_ monitor: String, _ destination: IPAddress) -> SQLText {
        """
        SELECT PathHash, count() AS traces, toUInt64(min(Time)) AS first, toUInt64(max(Time)) AS last,
            argMax(TraceId, Time) AS sample, argMax(ASPath, Time) AS path, quantileExactIf(0.5)(RTT, RTT > 0) AS medianRTT
        FROM traces
        WHERE \(range.ofMeasurements(monitor, destination))
            AND Reached = (SELECT max(Reached) FROM traces WHERE \(range.ofMeasurements(monitor, destination)))
        GROUP BY PathHash ORDER BY traces DESC, PathHash
        LIMIT \(Self.mostPaths)
        """
    }

    /// The first answer at each TTL of some traces.
    func ways(_ traces: [UInt64], _ monitor: String, _ destination: IPAddress) -> SQLText {
        let ids = traces.map { "\($0)" as SQLText }
        return """
            SELECT TraceId, TTL, argMin(Addr, Attempt) AS addr, argMin(HopAS, Attempt) AS asn FROM trace_hops
            WHERE \(range.ofMeasurements(monitor, destination)) AND TraceId IN (\(ids, separator: ", "))
            GROUP BY TraceId, TTL ORDER BY TraceId, TTL LIMIT \(Self.mostPaths * 256)
            """
    }

    /// The pings of a pair, the newest first.
    func pings(_ monitor: String, _ destination: IPAddress) -> SQLText {
        """
        SELECT toUInt64(Time) AS time, Method, Sent, Received, MinRTT, AvgRTT, MaxRTT
        FROM pings WHERE \(range.ofMeasurements(monitor, destination)) ORDER BY Time DESC LIMIT \(Self.mostPoints + 1)
        """
    }
}
