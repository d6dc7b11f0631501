import FlowQuery
import FlowStore
import Hummingbird
import NetTypes

/// The route of traceroutes and pings: all pairs of monitor and destination, or everything about one.
extension WebAPI {
    func traces(_ parameters: Parameters) async throws -> Response {
        let (range, own) = try tracedPair(parameters)
        let queries = TraceQueries(range: range)
        guard let own else { return try await pairs(queries, parameters) }
        return try await pair(queries, own.monitor, own.destination, parameters)
    }

    /// The range, and the pair that is asked for; nil where all are.
    func tracedPair(
        _ parameters: Parameters
    ) throws -> (range: TimeRange, pair: (monitor: String, destination: IPAddress)?) {
        let range = try TimeRange(from: parameters["from"] ?? "-24h", to: parameters["to"] ?? "now", now: clock())
        guard let text = parameters["destination"] else {
            guard parameters["monitor"] == nil else {
                throw QueryError("say whose way to where: destination is missing", parameter: "destination")
            }
            return (range, nil)
        }
        guard let destination = IPAddress(text) else {
            throw QueryError("this is no address", parameter: "destination")
        }
        return (range, (parameters["monitor"] ?? "", destination))
    }

    private func pairs(_ queries: TraceQueries, _ parameters: Parameters) async throws -> Response {
        let traces = try await ask(queries.pairs, rows: TraceQueries.mostPairs, parameters)
        let pings = try await ask(queries.pingPairs, rows: TraceQueries.mostPairs, parameters)
        var json = JSONWriter()
        json.object { json in
            json.member("from") { json in json.number(queries.range.from) }
            json.member("to") { json in json.number(queries.range.to) }
            json.member("traces") { json in json.rows(of: traces, Self.pairNames) }
            json.member("pings") { json in json.rows(of: pings, Self.pingPairNames) }
        }
        return .json(bytes: json.bytes)
    }

    private func pair(
        _ queries: TraceQueries,
        _ monitor: String,
        _ destination: IPAddress,
        _ parameters: Parameters
    ) async throws -> Response {
        let most = TraceQueries.mostPoints
        let traces = try await ask(queries.traces(monitor, destination), rows: most + 1, parameters)
        let hops = try await ask(queries.hops(monitor, destination), rows: TraceQueries.mostHops, parameters)
        let losses = try await ask(queries.losses(monitor, destination), rows: 256, parameters)
        let paths = try await ask(queries.paths(monitor, destination), rows: TraceQueries.mostPaths, parameters)
        let samples = paths["sample"]?.values.compactMap(\.unsigned) ?? []
        let ways =
            samples.isEmpty
            ? nil
            : try await ask(
                queries.ways(samples, monitor, destination),
                rows: TraceQueries.mostPaths * 256,
                parameters
            )
        let pings = try await ask(queries.pings(monitor, destination), rows: most + 1, parameters)
        var json = JSONWriter()
        json.object { json in
            json.member("from") { json in json.number(queries.range.from) }
            json.member("to") { json in json.number(queries.range.to) }
            json.member("monitor") { json in json.string(monitor) }
            json.member("destination") { json in json.string("\(destination)") }
            json.member("traces") { json in json.rows(of: traces, Self.traceNames, most: most) }
            json.member("hops") { json in json.rows(of: hops, Self.hopNames) }
            json.member("losses") { json in json.rows(of: losses, Self.lossNames) }
            json.member("paths") { json in
                json.array(0..<paths.rowCount) { json, row in
                    json.object { json in
                        json.members(of: paths, row: row, Self.pathNames)
                        json.member("hops") { json in json.way(ways, of: paths["sample"]?.values[row]) }
                    }
                }
            }
            json.member("pings") { json in json.rows(of: pings, Self.pingNames, most: most) }
            json.member("cut") { json in json.value(.bool(traces.rowCount > most || pings.rowCount > most)) }
        }
        return .json(bytes: json.bytes)
    }

    // MARK: - Names of columns in answers

    private static let pairNames: KeyValuePairs = [
        "Monitor": "monitor", "Dst": "destination", "traces": "traces", "reached": "reached", "paths": "paths",
        "last": "last", "lastRTT": "lastRtt", "medianRTT": "medianRtt", "path": "asPath", "dstAS": "as",
    ]
    private static let pingPairNames: KeyValuePairs = [
        "Monitor": "monitor", "Dst": "destination", "sent": "sent", "received": "received", "last": "last",
        "medianRTT": "medianRtt", "dstAS": "as",
    ]
    private static let traceNames: KeyValuePairs = [
        "time": "time", "Method": "method", "Src": "source", "RTT": "rtt", "Reached": "reached",
        "StopReason": "stopReason", "HopCount": "hopCount", "PathHash": "path", "ASPath": "asPath",
    ]
    private static let lossNames: KeyValuePairs = ["ttl": "ttl", "asked": "asked", "answered": "answered"]
    private static let hopNames: KeyValuePairs = [
        "TTL": "ttl", "Addr": "address", "asn": "as", "traces": "traces", "least": "leastRtt", "median": "medianRtt",
        "most": "mostRtt", "labels": "labels", "quotedTTL": "quotedTtl",
    ]
    private static let pathNames: KeyValuePairs = [
        "PathHash": "path", "traces": "traces", "first": "first", "last": "last", "path": "asPath",
        "medianRTT": "medianRtt",
    ]
    private static let pingNames: KeyValuePairs = [
        "time": "time", "Method": "method", "Sent": "sent", "Received": "received", "MinRTT": "leastRtt",
        "AvgRTT": "averageRtt", "MaxRTT": "mostRtt",
    ]
}

extension JSONWriter {
    /// Rows as objects.
    ///
    /// - Parameters:
    ///   - names: what the columns are called in the answer.
    ///   - most: rows that are written; there may be one more, which says that there are more.
    mutating func rows(
        of result: QueryResult,
        _ names: KeyValuePairs<String, String>,
        most: Int = .max
    ) {
        array(0..<min(result.rowCount, most)) { json, row in
            json.object { json in json.members(of: result, row: row, names) }
        }
    }

    /// Some columns of a row as members of an object.
    mutating func members(of result: QueryResult, row: Int, _ names: KeyValuePairs<String, String>) {
        for (column, name) in names {
            guard let value = result[column]?.values[row] else { continue }
            member(name) { json in
                // Hashes don't fit into the numbers of browsers.
                if column == "PathHash" || column == "shape" {
                    json.string(String(value.unsigned ?? 0, radix: 36))
                } else {
                    json.value(value)
                }
            }
        }
    }

    /// The hops of the trace that stands for a path.
    fileprivate mutating func way(_ ways: QueryResult?, of trace: ResultValue?) {
        let rows = ways.map { ways in (0..<ways.rowCount).filter { ways["TraceId"]?.values[$0] == trace } } ?? []
        array(rows) { json, row in
            json.object { json in
                guard let ways else { return }
                json.members(of: ways, row: row, ["TTL": "ttl", "addr": "address", "asn": "as"])
            }
        }
    }
}
