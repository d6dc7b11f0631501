import FlowQuery
import FlowStore
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What a request to the SQL endpoint asks for, read from its URL, headers and body as ClickHouse reads them.
struct SQLRequest {
    /// The statement as it came, with SETTINGS and FORMAT.
    var text: String
    /// The statement without them.
    var statement: String
    /// The answer's format.
    var format: String
    /// How the answer is compressed; nil doesn't.
    var compression: ResultCompression?
    /// Whether the answer comes in ClickHouse's own compressed blocks (`compress=1`).
    var usesBlocks = false
    /// Values of `{name:Type}`.
    var parameters: [String: String] = [:]
    /// Settings for the engine.
    var settings: [String: String] = [:]
    /// Conditions that reads of tables get besides (`additional_table_filters`).
    var filters: [TableFilter] = []
    /// What the statement may use.
    var limits: QueryLimits
    /// The client's name for the query, or one of ours.
    var id: String
    /// Whether the answer begins only when the statement has ended.
    var waitsForEnd = false
    /// Whether headers tell how far the statement is.
    var tellsProgress = false

    /// Bytes that a body may have, before and after it was inflated.
    static let bodyBytes = 1 << 20
    /// Parameters that a statement may have.
    private static let mostParameters = 200

    init(
        query: [(name: String, value: String)],
        headers: HTTPFields,
        body: String,
        seconds: Int
    ) throws {
        var values: [String: String] = [:]
        limits = QueryLimits(seconds: seconds, isPersons: true)
        for (name, value) in query {
            // Of several the last counts, as with ClickHouse.
            values[name] = value
        }
        let statement = values["query"] ?? ""
        text = statement.isEmpty ? body : body.isEmpty ? statement : statement + "\n" + body
        guard text.contains(where: { !$0.isWhitespace && $0 != ";" }) else { throw SQLException(62, "Empty query") }
        let ending = SQLGate.splitEnding(text)
        self.statement = ending.sql
        format = try Self.format(values["default_format"] ?? headers[.clickHouse("Format")] ?? SQLFormats.standard)
        if let name = ending.format { format = try Self.format(name) }
        id = try Self.queryID(values["query_id"] ?? headers[.clickHouse("Query-Id")] ?? "")
        try Self.check(database: values["database"] ?? headers[.clickHouse("Database")] ?? "")
        waitsForEnd = Self.truth(values["wait_end_of_query"])
        tellsProgress = Self.truth(values["send_progress_in_http_headers"])
        usesBlocks = Self.truth(values["compress"])
        if Self.truth(values["decompress"]) {
            throw SQLException(
                48,
                "decompress=1 is not known here; send the statement plain, or with Content-Encoding: gzip"
            )
        }
        if !usesBlocks, values["enable_http_compression"].map(Self.truth) ?? true {
            compression = Self.compression(headers[.acceptEncoding] ?? "")
        }
        for (name, value) in values where !Self.ownNames.contains(name) { try take(name, value) }
        // Those in the statement are nearer to it, and stronger.
        for setting in ending.settings { try take(setting.name, setting.value) }
        limits.question = id
    }

    private mutating func take(_ name: String, _ value: String) throws {
        if name.hasPrefix("param_") {
            let bare = String(name.dropFirst(6))
            guard Self.isName(bare), parameters.count < Self.mostParameters else {
                throw SQLException(
                    457,
                    "\(name.prefix(70)) is no name of a parameter, or there are more than \(Self.mostParameters)"
                )
            }
            parameters[bare] = value
            return
        }
        if name == "additional_table_filters" {
            filters = try TableFilter.read(value)
            return
        }
        switch try SQLSettings.verdict(name, value, seconds: limits.seconds) {
        case .ignored: break
        case .applied(let value):
            switch name {
            case "max_execution_time": limits.seconds = Int(value) ?? limits.seconds
            case "max_memory_usage": limits.memory = min(limits.memory, Int(value) ?? limits.memory)
            default: settings[name] = value
            }
        case .refused:
            guard Self.isName(name) else { throw SQLException(115, "there is no setting of that name") }
            throw SQLException(164, "Cannot modify '\(name)' setting in readonly mode")
        }
    }

    /// Read above, or by who asks who it is.
    private static let ownNames: Set<String> = [
        "query", "default_format", "query_id", "database", "user", "password", "wait_end_of_query", "compress",
        "decompress", "send_progress_in_http_headers", "enable_http_compression",
    ]

    static func format(_ name: String) throws(SQLException) -> String {
        guard let format = SQLFormats.named(name) else {
            throw SQLException(73, "Unknown format \(name.prefix(60)), or one that is not for answers here")
        }
        return format
    }

    /// Only our database can be the one of unqualified names; `default` stands for it.
    private static func check(database: String) throws(SQLException) {
        guard ["", "default", "netmeta"].contains(database) else {
            throw SQLException(
                81,
                "Database \(database.prefix(60)) does not exist or may not be used; netmeta is the one to ask for"
            )
        }
    }

    private static func queryID(_ id: String) throws(SQLException) -> String {
        guard !id.isEmpty else { return UUID().uuidString.lowercased() }
        guard id.utf8.count <= 128, id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SQLException(36, "a query_id has at most 128 characters of ASCII and no spaces")
        }
        return id
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    private static func truth(_ value: String?) -> Bool { value == "1" || value == "true" }

    /// The first of the client's encodings that there is (RFC 9110 section 12.5.3), by our order of liking.
    private static func compression(_ accepted: String) -> ResultCompression? {
        let wanted = accepted.split(separator: ",").compactMap { part -> String? in
            let pieces = part.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
            guard let name = pieces.first, !pieces.dropFirst().contains(where: { ["q=0", "q=0.0"].contains($0) }) else {
                return nil
            }
            return name
        }
        return [.zstd, .lz4, .gzip, .br, .deflate].first { wanted.contains($0.rawValue) }
    }
}

// MARK: - Reading

extension SQLRequest {
    /// Names and values of a query string; `+` is a space.
    static func query(_ text: String) throws(SQLException) -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        for pair in text.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(halves[0]), let value = decode(halves.count > 1 ? halves[1] : "") else {
                throw SQLException(36, "the query string has a broken % escape, or is not UTF-8")
            }
            result.append((name, value))
        }
        return result
    }

    private static func decode(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }

    /// The body as text, inflated where the client says so.
    static func body(_ bytes: ByteBuffer, headers: HTTPFields) throws(SQLException) -> String {
        if headers[.contentType]?.lowercased().hasPrefix("multipart/") == true {
            throw SQLException(
                48,
                "external data (multipart/form-data) is not taken: send the statement as the body, and param_x in the URL"
            )
        }
        var text = Array(bytes.readableBytesView)
        switch headers[.contentEncoding]?.lowercased() ?? "identity" {
        case "identity": break
        case "gzip":
            guard let inflated = Gzip.inflate(text, most: bodyBytes) else {
                throw SQLException(36, "the body is not gzip, or is larger than \(bodyBytes) bytes")
            }
            text = inflated
        default: throw SQLException(48, "the body's Content-Encoding is not known here; send it plain or with gzip")
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw SQLException(36, "the statement is not UTF-8")
        }
        return string
    }
}

extension HTTPField.Name {
    /// `X-ClickHouse-` and a word.
    static func clickHouse(_ word: String) -> Self {
        // Letters and hyphens are always a name.
        Self("X-ClickHouse-\(word)") ?? .accept
    }
}
