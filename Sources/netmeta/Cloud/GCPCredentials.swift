import AsyncHTTPClient
import CryptoExtras
import Foundation
import NIOCore
import NIOHTTP1

/// Where tokens of Google Cloud come from: a service account's key, or the
/// metadata server of the machine.
struct GCPCredentials: Sendable {
    private let file: String?
    private let environment: [String: String]
    private let held = Renewed<String>(early: Self.early)

    /// What a token is good for: reading objects, and taking messages.
    private static let scopes = [
        "https://www.googleapis.com/auth/devstorage.read_only", "https://www.googleapis.com/auth/pubsub",
    ]
    /// Seconds before its end that a token is asked for again.
    private static let early: UInt64 = 120
    /// Seconds that a token is asked for; Google gives no longer ones.
    private static let life: UInt64 = 3600

    /// What stands for a key's file where the metadata server is to be asked, whatever the environment says.
    static let metadata = "metadata"

    /// - Parameter file: a key; nil takes that of GOOGLE_APPLICATION_CREDENTIALS, else the metadata server.
    init(file: String?, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let named = file ?? environment["GOOGLE_APPLICATION_CREDENTIALS"].flatMap { $0.isEmpty ? nil : $0 }
        self.file = named == Self.metadata ? nil : named
        self.environment = environment
    }

    /// A token that is good for some minutes yet.
    ///
    /// - Throws: ``Failure`` that says why there is none.
    func token() async throws -> String {
        try await held.value {
            // Counted from before the question, so that the end isn't later than Google's.
            let now = UInt64(max(0, Date().timeIntervalSince1970))
            let answer =
                if let file { try await exchange(try ServiceAccountKey(reading: file), now) } else {
                    try await ofMachine()
                }
            return (answer.token, now + answer.seconds)
        }
    }

    /// Forgets a token that a service has refused.
    func forget(_ token: String) async { await held.forget(token) }

    private struct Answer: Decodable {
        var token: String
        var seconds: UInt64

        enum CodingKeys: String, CodingKey {
            case token = "access_token"
            case seconds = "expires_in"
        }
    }

    /// Shows a signed statement and gets a token for it (RFC 7523 section 2.1).
    private func exchange(_ key: ServiceAccountKey, _ now: UInt64) async throws -> Answer {
        let assertion = try key.assertion(scopes: Self.scopes, now: now, seconds: Self.life)
        var request = HTTPClientRequest(url: key.tokenURL)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
        let form = AWSSignature.query([
            (name: "grant_type", value: "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            (name: "assertion", value: assertion),
        ])
        request.body = .bytes(Array(form.utf8))
        let problem = "Google takes the key of \(key.email) for no token"
        return try Self.token(try await answer(request, patience: .seconds(20), problem), problem)
    }

    /// The token of the service account that this machine or pod runs as.
    private func ofMachine() async throws -> Answer {
        let host =
            environment["GCE_METADATA_HOST"].flatMap { $0.isEmpty ? nil : $0 } ?? "metadata.google.internal"
        var request = HTTPClientRequest(
            url: "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token"
        )
        request.headers.add(name: "metadata-flavor", value: "Google")
        let problem = """
            no Google credentials: none in credentials of the source or in GOOGLE_APPLICATION_CREDENTIALS, and the \
            metadata server \(host) gives none
            """
        let answer = try await answer(request, patience: .seconds(3), problem)
        // Any server answers, such as a gateway's page of login: Google's says that it is one.
        guard answer.headers.first(name: "metadata-flavor") == "Google" else {
            throw Failure("\(problem): what answers there is no metadata server (without Metadata-Flavor: Google)")
        }
        return try Self.token(answer, problem)
    }

    private func answer(_ request: HTTPClientRequest, patience: Duration, _ problem: String) async throws -> CloudReply
    {
        do {
            return try await CloudHTTP(patience: patience, most: 1 << 16).answer(to: request)
        } catch {
            if error is CancellationError { throw error }
            throw Failure("\(problem): \(error)")
        }
    }

    private static func token(_ reply: CloudReply, _ problem: String) throws -> Answer {
        guard reply.status == .ok else {
            throw Failure("\(problem): status \(reply.status.code), \(String(buffer: reply.body).prefix(300))")
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(reply.body.readableBytesView)),
            !answer.token.isEmpty, answer.token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Failure("\(problem): the answer is no token")
        }
        return answer
    }
}

/// The key of a service account, in the form of the file that Google gives out.
struct ServiceAccountKey: Sendable {
    let email: String
    let tokenURL: String
    private let keyID: String
    private let key: _RSA.Signing.PrivateKey

    private struct Content: Decodable {
        var type: String
        var email: String?
        var key: String?
        var keyID: String?
        var tokenURL: String?

        enum CodingKeys: String, CodingKey {
            case type
            case email = "client_email"
            case key = "private_key"
            case keyID = "private_key_id"
            case tokenURL = "token_uri"
        }
    }

    /// Reads a file.
    ///
    /// - Throws: ``Failure`` that names the file, and nothing of what is in it.
    init(reading path: String) throws {
        let text: String
        do {
            text = try readText(path)
        } catch {
            throw Failure("cannot read the credentials: \(error)")
        }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(text.utf8)) else {
            throw Failure("\(path) is no JSON file with credentials of Google Cloud")
        }
        guard content.type == "service_account", let email = content.email, let pem = content.key else {
            let type = content.type.prefix(40)
            throw Failure("\(path) holds no key of a service account, but \(type), which is not read")
        }
        do {
            key = try _RSA.Signing.PrivateKey(pemRepresentation: pem)
        } catch {
            throw Failure("\(path): private_key is no RSA key in PEM, of 2048 bits or more")
        }
        self.email = email
        tokenURL = content.tokenURL ?? "https://oauth2.googleapis.com/token"
        keyID = content.keyID ?? ""
    }

    /// A statement of who asks, signed: a JSON Web Token (RFC 7519).
    func assertion(scopes: [String], now: UInt64, seconds: UInt64) throws -> String {
        let head: [String: any Sendable] = ["alg": "RS256", "typ": "JWT", "kid": keyID]
        let claims: [String: any Sendable] = [
            "iss": email, "scope": scopes.joined(separator: " "), "aud": tokenURL, "iat": now, "exp": now + seconds,
        ]
        let parts = try [head, claims].map { part in
            Self.base64URL(try JSONSerialization.data(withJSONObject: part, options: .sortedKeys))
        }
        let text = parts.joined(separator: ".")
        // RS256 (RFC 7518 section 3.3) leaves no choice of padding.
        let signature = try key.signature(for: Array(text.utf8), padding: .insecurePKCS1v1_5)
        return "\(text).\(Self.base64URL(signature.rawRepresentation))"
    }

    /// RFC 7515 appendix C.
    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
