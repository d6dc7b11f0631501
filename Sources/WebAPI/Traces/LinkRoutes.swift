import FlowQuery
import FlowStore
import Hummingbird
import NetTypes

/// The route of parallel ways: all pairs between whom they were looked for, or the links of one.
extension WebAPI {
    func traceLinks(_ parameters: Parameters) async throws -> Response {
        let (range, pair) = try tracedPair(parameters)
        let queries = LinkQueries(range: range)
        guard let pair else {
            let pairs = try await ask(queries.pairs, rows: LinkQueries.mostPairs, parameters)
            var json = JSONWriter()
            json.object { json in
                json.member("from") { json in json.number(range.from) }
                json.member("to") { json in json.number(range.to) }
                json.member("pairs") { json in json.rows(of: pairs, Self.linkPairNames) }
            }
            return .json(bytes: json.bytes)
        }
        let (monitor, destination) = pair
        let most = LinkQueries.mostShapes
        let shapes = try await ask(queries.shapes(monitor, destination), rows: most + 1, parameters)
        let told = Array((shapes["shape"]?.values ?? []).compactMap(\.unsigned).prefix(most))
        let links =
            told.isEmpty
            ? nil
            : try await ask(
                queries.links(of: told, monitor, destination),
                rows: LinkQueries.mostLinks + 1,
                parameters
            )
        var json = JSONWriter()
        json.object { json in
            json.member("from") { json in json.number(range.from) }
            json.member("to") { json in json.number(range.to) }
            json.member("monitor") { json in json.string(monitor) }
            json.member("destination") { json in json.string("\(destination)") }
            json.member("shapes") { json in
                json.array(told.indices) { json, row in
                    json.object { json in
                        json.members(of: shapes, row: row, Self.shapeNames)
                        json.member("hops") { json in json.links(links, of: told[row]) }
                    }
                }
            }
            json.member("cut") { json in
                json.value(.bool(shapes.rowCount > most || (links?.rowCount ?? 0) > LinkQueries.mostLinks))
            }
        }
        return .json(bytes: json.bytes)
    }

    private static let linkPairNames: KeyValuePairs = [
        "Monitor": "monitor", "Dst": "destination", "traces": "traces", "width": "width", "last": "last",
    ]
    private static let shapeNames: KeyValuePairs = [
        "shape": "shape", "kind": "method", "traces": "traces", "first": "first", "last": "last",
        "nodeCount": "nodes", "linkCount": "links",
    ]
}

extension JSONWriter {
    /// The links of one shape.
    fileprivate mutating func links(_ links: QueryResult?, of shape: UInt64) {
        let shapes = (links?["shape"]?.values ?? []).prefix(LinkQueries.mostLinks)
        array(shapes.indices.filter { shapes[$0].unsigned == shape }) { json, row in
            json.object { json in
                guard let links else { return }
                json.members(of: links, row: row, ["FromAddr": "from", "fromAS": "fromAs", "Hop": "hop", "ttl": "ttl"])
                json.member("address") { json in
                    // What nothing answered has the address that nobody has.
                    let address = links["Addr"]?.values[row] ?? .null
                    json.value(address == .address(.unspecified) ? .null : address)
                }
                json.members(
                    of: links,
                    row: row,
                    [
                        "addrAS": "as", "probes": "probes", "least": "leastRtt", "median": "medianRtt",
                        "labels": "labels",
                    ]
                )
            }
        }
    }
}
