import FlowQuery
import FlowStore
import HTTPTypes

/// A failure as ClickHouse tells it over HTTP: a number that programs branch on, and one line for people.
struct SQLException: Error, Equatable {
    /// ClickHouse's code (`SELECT errorCodeToName(n)`).
    var code: Int
    /// What happened and what to do.
    var message: String

    /// The name behind the message, for the codes that are ours to give; the engine's messages bring theirs.
    private static let names: [Int: String] = [
        36: "BAD_ARGUMENTS", 62: "SYNTAX_ERROR", 73: "UNKNOWN_FORMAT", 81: "UNKNOWN_DATABASE", 115: "UNKNOWN_SETTING",
        159: "TIMEOUT_EXCEEDED", 164: "READONLY", 202: "TOO_MANY_SIMULTANEOUS_QUERIES", 210: "NETWORK_ERROR",
        394: "QUERY_WAS_CANCELLED", 396: "TOO_MANY_ROWS_OR_BYTES", 497: "ACCESS_DENIED", 516: "AUTHENTICATION_FAILED",
        48: "NOT_IMPLEMENTED", 457: "BAD_QUERY_PARAMETER", 472: "READONLY_SETTING", 519: "TOO_MANY_LOGINS",
        1000: "POCO_EXCEPTION", 1002: "UNKNOWN_EXCEPTION",
    ]

    init(_ code: Int, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What the gate refuses.
    init(_ refusal: QueryError) { self.init(497, refusal.message) }

    /// What the store refuses; one that is away tells no code.
    init(_ error: StoreError) { self.init(error.code == 0 ? 210 : error.code, error.message) }

    /// `Code: 60. DB::Exception: Unknown table ... (UNKNOWN_TABLE) (version 26.9.2.1)`.
    func text(version: String) -> String {
        let isNamed = message.contains { $0 == ")" } && message.hasSuffix(")") && message.contains("(")
        let name = isNamed && Self.hasName(message) ? "" : Self.names[code].map { " (\($0))" } ?? ""
        return "Code: \(code). DB::Exception: \(message)\(name) (version \(version))\n"
    }

    /// Whether a message ends in `(SOME_NAME)`.
    private static func hasName(_ message: String) -> Bool {
        guard let open = message.lastIndex(of: "(") else { return false }
        let name = message[message.index(after: open)...].dropLast()
        return name.count > 2 && name.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
    }

    /// The status that ClickHouse gives such a code.
    var status: HTTPResponse.Status {
        switch code {
        case 194: .unauthorized
        case 192, 193, 497, 516, 164: .forbidden
        case 6, 25, 26, 27, 36, 38, 41, 42, 43, 44, 53, 62, 69, 70, 72, 117, 167, 168, 179, 184, 215, 223, 321, 456,
            457:
            .badRequest
        case 46, 47, 50, 56, 60, 63, 73, 78, 81, 115: .notFound
        case 161: .contentTooLarge
        case 159: .requestTimeout
        case 48: .notImplemented
        case 202, 439, 210: .serviceUnavailable
        case 519: .tooManyRequests
        default: .internalServerError
        }
    }
}
