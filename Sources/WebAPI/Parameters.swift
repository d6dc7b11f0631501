import FlowQuery
import Foundation
import Hummingbird

/// The parameters of a request, as the questions of FlowQuery want them.
struct Parameters {
    private let values: [String: String]
    /// Knows what people call things, for filters that need it.
    var names: (any FilterNames)?

    /// Reads the query string; `+` is a space, as browsers write it.
    ///
    /// - Throws: ``QueryError`` for an unknown or repeated parameter, or a bad escape.
    init(_ request: Request, allowed endpoint: Endpoint) throws(QueryError) {
        var values: [String: String] = [:]
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(halves[0]), let value = Self.decode(halves.count > 1 ? halves[1] : "") else {
                throw QueryError("the query string has a broken % escape")
            }
            guard endpoint.parameters.contains(name) else {
                let known = endpoint.parameters.joined(separator: ", ")
                throw QueryError(
                    "there is no parameter of that name here\(known.isEmpty ? "" : ": there are \(known)")",
                    parameter: String(name.prefix(40))
                )
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw QueryError("the parameter is there twice", parameter: name)
            }
        }
        self.values = values
    }

    private static func decode(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }

    /// The text of a parameter, nil when it is missing or empty.
    subscript(name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The same text for the same question, whoever asks it.
    var key: String {
        values.filter { $0.key != "id" && !$0.value.isEmpty }.sorted { $0.key < $1.key }
            .map { "\($0.key.count):\($0.key)=\($0.value.utf8.count):\($0.value)" }.joined(separator: "&")
    }

    /// Whether the filter is one that can't be understood without names that only the server knows.
    var needsNames: Bool {
        guard let text = self["filter"] else { return false }
        do { _ = try Filter.parse(text) } catch { return true }
        return false
    }

    /// The id under which the question is watched and cancelled, if the client chose one.
    func questionID() throws(QueryError) -> String? {
        guard let id = self["id"] else { return nil }
        let isPlain = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, Self.idLengths.contains(id.utf8.count) else {
            throw QueryError("an id has 8 to 64 letters (A-Z, a-z), digits and hyphens", parameter: "id")
        }
        return id
    }

    /// Long enough that two clients choose different ones, short enough to be kept.
    private static let idLengths = 8...64

    func integer(_ name: String, default value: Int) throws(QueryError) -> Int {
        guard let text = self[name] else { return value }
        guard let number = Int(text) else { throw QueryError("this is no whole number", parameter: name) }
        return number
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        default value: Choice
    ) throws(QueryError) -> Choice
    where Choice.RawValue == String {
        guard let text = self[name] else { return value }
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError("choose one of: \(all)", parameter: name)
        }
        return choice
    }

    /// Range, filter, direction and detail.
    func question(now: UInt64) throws(QueryError) -> Question {
        let range = try TimeRange(from: self["from"] ?? "-1h", to: self["to"] ?? "now", now: now)
        return Question(
            range: range,
            filter: try Filter.parse(self["filter"] ?? "", names: names),
            direction: try choice("direction", default: .all),
            detail: try choice("detail", default: .automatic)
        )
    }

    /// What graph and top have in common.
    func top(now: UInt64) throws(QueryError) -> TopQuery {
        let question = try question(now: now)
        var buckets = Buckets(range: question.range)
        if let width = try bucketWidth() { buckets = try Buckets(range: question.range, width: width) }
        buckets = try inDays(buckets)
        return try TopQuery(
            question,
            dimensions: try Dimension.parse(list: self["dimensions"] ?? ""),
            unit: try choice("unit", default: .bits),
            limit: try integer("limit", default: 8),
            ranking: try choice("by", default: .average),
            buckets: buckets
        )
    }

    /// Seconds of a bucket, if the client chose them.
    func bucketWidth() throws(QueryError) -> UInt64? {
        guard self["bucket"] != nil else { return nil }
        return UInt64(max(0, try integer("bucket", default: 0)))
    }

    /// Days as the client's zone has them, if it told one.
    func inDays(_ buckets: Buckets) throws(QueryError) -> Buckets {
        guard let name = self["zone"] else { return buckets }
        guard name.utf8.allSatisfy(Self.isOfZone), let zone = TimeZone(identifier: name) else {
            throw QueryError("no such zone is known; zones are called like Europe/Berlin, or UTC", parameter: "zone")
        }
        guard buckets.isWholeDays else { return buckets }
        let earlier = min(max(0, try integer("previous", default: 0)), Self.longestWayBack)
        let days = ZoneDays(covering: buckets.range, earlier: UInt64(earlier)) { time in
            zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time)))
        }
        return buckets.inDays(days)
    }

    /// Ten years, in seconds: what is compared with earlier days of a zone isn't longer ago.
    private static let longestWayBack = 3652 * 86400

    /// What names of zones are made of; no dot, so that none leads out of the folder that they are read from.
    private static func isOfZone(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "_"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }

    /// Whether directions are split.
    func splitsDirection() throws(QueryError) -> Bool {
        guard let text = self["split"] else { return false }
        guard text == "direction" else { throw QueryError("choose one of: direction", parameter: "split") }
        return true
    }
}
