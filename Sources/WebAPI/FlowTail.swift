import FlowQuery
import FlowSchema
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Telemetry

/// New flows as they are stored, one look a second.
///
/// They are read from the store: there the filter language is one, names and
/// masked addresses are what everybody sees, and the newest seconds lie in the
/// newest parts, so that a look reads little. The price is that rows come
/// some seconds late.
extension WebAPI {
    /// Seconds after which a stream ends; whoever still watches asks anew.
    private static let tailSeconds = 3600

    func tail(_ parameters: Parameters) async throws -> Response {
        let columns = try FlowsQuery.parse(columns: parameters["columns"] ?? "")
        let seconds = try parameters.integer("seconds", default: Self.tailSeconds)
        guard (1...Self.tailSeconds).contains(seconds) else {
            throw QueryError("seconds goes from 1 to \(Self.tailSeconds)", parameter: "seconds")
        }
        var watch = FlowWatch(
            columns: columns,
            filter: try Filter.parse(parameters["filter"] ?? ""),
            limit: try parameters.integer("limit", default: 50)
        )
        guard let slot = tails.take() else {
            throw TooMany(
                message: "\(tails.most) live tails are watched, which is as many as the server serves; end another"
            )
        }
        let end = ContinuousClock.now + .seconds(seconds)
        // What is wrong with the question is told by the status, so the first look comes before it.
        let first = try await watch.look(from: self)
        let begun = watch
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                // Its place is taken as long as this closure is there.
                _ = slot
                var watch = begun
                var line = first
                var due = ContinuousClock.now
                while true {
                    // Where nobody reads any more, this throws.
                    try await writer.write(ByteBuffer(bytes: line))
                    due = max(due + .seconds(1), .now + FlowWatch.leastPause)
                    guard due < end, !Task.isShuttingDownGracefully else { break }
                    try await Task.sleep(until: due, clock: .continuous)
                    line = await watch.lookAgain(from: self)
                }
                try await writer.finish(nil)
            }
        )
    }
}

/// Who watches new flows: what was asked for, and up to where it was shown.
struct FlowWatch {
    private let columns: [FlowColumn]
    private let filter: Filter?
    private let limit: Int
    /// The second that is shown next.
    private var next: UInt64?

    /// Time that the store has for others between two looks, however long they take.
    static let leastPause = Duration.milliseconds(300)
    /// Seconds after which all that was received in one is stored, unless storing lags.
    private static let settling: UInt64 = 3
    /// Seconds that one look goes through at the most; of a longer pause the rest is left out, and that is said.
    private static let mostSeconds: UInt64 = 10

    init(columns: [FlowColumn], filter: Filter?, limit: Int) {
        self.columns = columns
        self.filter = filter
        self.limit = limit
    }

    /// Up to which second rows are surely there.
    static func settled(now: UInt64, lag: Double?) -> UInt64 {
        // The newest stored row came so long ago; others of its second, and of the one before, may be on their way.
        let late = UInt64(max(0, min(lag ?? 0, 86_400)).rounded(.up))
        return now - min(now, max(settling, late + 2))
    }

    /// The seconds to look at, and how many were left out before them; nil when there is nothing new yet.
    mutating func advance(to settled: UInt64) -> (seconds: Range<UInt64>, leftOut: UInt64)? {
        let start = next ?? (settled - min(settled, 1))
        guard start < settled else { return nil }
        let from = max(start, settled - min(settled, Self.mostSeconds))
        next = settled
        return (from..<settled, from - start)
    }

    /// A look, as a line of JSON.
    mutating func look(from api: WebAPI) async throws -> [UInt8] {
        let now = api.clock()
        let settled = Self.settled(now: now, lag: await api.status.health().lag)
        let before = next
        guard let (seconds, leftOut) = advance(to: settled) else {
            return Self.line { json in json.member("behind") { json in json.number(now - min(now, settled)) } }
        }
        do {
            return try await look(seconds, leftOut: leftOut, behind: now - min(now, settled), api)
        } catch {
            // What could not be read is read with the next look.
            next = before ?? seconds.lowerBound
            throw error
        }
    }

    /// A further look; what goes wrong is told in the line, and the next may go well.
    mutating func lookAgain(from api: WebAPI) async -> [UInt8] {
        do {
            return try await look(from: api)
        } catch {
            let message = (error as? StoreError)?.message ?? "the server failed; its log says why"
            return Self.line { json in json.member("problem") { json in json.string(message) } }
        }
    }

    private func look(
        _ seconds: Range<UInt64>,
        leftOut: UInt64,
        behind: UInt64,
        _ api: WebAPI
    ) async throws -> [UInt8] {
        let range = try TimeRange(from: seconds.lowerBound, to: seconds.upperBound)
        let query = try FlowTailQuery(
            Question(range: range, filter: filter),
            columns: FlowRows.needed(for: columns),
            limit: limit
        )
        let limits = QueryLimits(seconds: min(api.options.querySeconds, 10), resultRows: query.limit)
        let result = try await api.store.query(query.sql.text, limits: limits)
        let rows = try FlowRows(result, columns: columns)
        let names = await api.names(for: rows)
        return Self.line { json in
            json.member("from") { json in json.number(range.from) }
            json.member("to") { json in json.number(range.to) }
            json.member("behind") { json in json.number(behind) }
            json.member("leftOutSeconds") { json in json.number(leftOut) }
            json.member("matched") { json in json.value(result["_matched"]?.values.first ?? .uint(0)) }
            json.members(of: rows, names)
        }
    }

    private static func line(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object(members)
        return json.bytes + [UInt8(ascii: "\n")]
    }
}
