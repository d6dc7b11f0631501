import Crypto
import NetTypes
import WebAPI

/// Keys of AWS.
struct AWSKeys: Sendable, Equatable {
    var id: String
    var secret: String
    /// The token of a session, with keys that end.
    var session: String?
    /// When they end, in Unix seconds; nil for those that don't.
    var ends: UInt64?
}

/// Signature Version 4 of AWS (IAM user guide, "Create a signed AWS API request").
struct AWSSignature {
    let keys: AWSKeys
    let region: String
    let service: String

    /// What is signed of a request; all names in lower case.
    struct Request {
        var method: String
        var host: String
        /// With its percent escapes, as it is sent.
        var path: String
        /// Names and values without escapes.
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
    }

    /// The headers that a request is to be sent with, Host left out: its own, and those that sign it.
    ///
    /// - Parameter time: seconds since 1970 UTC.
    func headers(for request: Request, time: UInt64) -> [(name: String, value: String)] {
        let stamp = Self.stamp(time)
        let digest = SHA256.hash(data: request.body).hexadecimal
        var own = request.headers + [("x-amz-content-sha256", digest), ("x-amz-date", stamp)]
        if let session = keys.session { own.append(("x-amz-security-token", session)) }
        let signed = (own + [("host", request.host)]).sorted { $0.name < $1.name }
        let names = signed.map(\.name).joined(separator: ";")
        let canonical = [
            request.method, request.path, Self.query(request.query),
            signed.map { "\($0.name):\($0.value)\n" }.joined(), names, digest,
        ].joined(separator: "\n")
        let scope = "\(stamp.prefix(8))/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(SHA256.hash(data: Array(canonical.utf8)).hexadecimal)"
        let key = [String(stamp.prefix(8)), region, service, "aws4_request"].reduce(Array("AWS4\(keys.secret)".utf8)) {
            Self.authenticate($1, key: $0)
        }
        let signature = Self.authenticate(text, key: key).hexadecimal
        let proof = "AWS4-HMAC-SHA256 Credential=\(keys.id)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        return own + [("authorization", proof)]
    }

    private static func authenticate(_ message: String, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(message.utf8), using: SymmetricKey(data: key)))
    }

    /// The query of an URL, sorted, as it is signed and sent.
    static func query(_ query: [(name: String, value: String)]) -> String {
        query.map { "\(escaped($0.name))=\(escaped($0.value))" }.sorted().joined(separator: "&")
    }

    /// Percent escapes for all but what RFC 3986 calls unreserved; `/` stays in paths.
    static func escaped(_ text: String, keepsSlash: Bool = false) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "/") where keepsSlash: result += "/"
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// `20250615T151000Z`.
    private static func stamp(_ time: UInt64) -> String {
        String(Timestamp.rfc3339(seconds: time).filter { $0 != "-" && $0 != ":" })
    }
}
