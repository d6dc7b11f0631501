import CryptoExtras
import Foundation
import WebAPI

/// What Google says of who pushes: an OpenID Connect ID token, signed (documentation of Pub/Sub, "Authentication for push
/// subscriptions"; RFC 7519).
struct GoogleStatement {
    /// Names the key that signed it.
    let keyID: String
    private let claims: Claims
    private let message: Data
    private let signature: Data

    /// Bytes of the longest one that is looked at; Google's have about one thousand.
    static let mostBytes = 8 << 10
    /// Seconds that clocks may differ.
    private static let leeway = 60.0
    private static let issuers = ["https://accounts.google.com", "accounts.google.com"]

    private struct Head: Decodable {
        var alg: String
        var kid: String
    }

    private struct Claims: Decodable {
        var iss: String
        var aud: String
        var exp: Double
        var iat: Double
        var email: String
        var isVerified: Bool

        enum CodingKeys: String, CodingKey {
            case iss, aud, exp, iat, email
            case isVerified = "email_verified"
        }
    }

    /// Reads one; nothing in it is checked yet.
    ///
    /// - Throws: ``Failure`` when it is none, or signed otherwise than Google does.
    init(_ text: String) throws(Failure) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.mostBytes, parts.count == 3,
            let head: Head = Self.read(parts[0]), let claims: Claims = Self.read(parts[1]),
            let signature = Data(base64URL: parts[2])
        else { throw Failure("it is no ID token of Google's") }
        // A statement can't choose how it is checked.
        guard head.alg == "RS256" else { throw Failure("it isn't signed by RS256, as Google's are") }
        keyID = head.kid
        self.claims = claims
        self.signature = signature
        message = Data("\(parts[0]).\(parts[1])".utf8)
    }

    private static func read<Part: Decodable>(_ text: Substring) -> Part? {
        Data(base64URL: text).flatMap { try? JSONDecoder().decode(Part.self, from: $0) }
    }

    /// Who pushes, and where to; true only once ``check(now:)`` and ``isSigned(by:)`` say so.
    var signer: PushSigner { PushSigner(account: claims.email, audience: claims.aud) }

    /// Checks what it says but for the signature.
    ///
    /// - Throws: ``Failure`` with what is wrong.
    func check(now: Double) throws(Failure) {
        guard Self.issuers.contains(claims.iss) else { throw Failure("its issuer (iss) is not Google") }
        guard claims.isVerified else { throw Failure("its address isn't verified (email_verified)") }
        guard now < claims.exp + Self.leeway else {
            throw Failure("it has ended (exp): is this machine's clock right?")
        }
        guard claims.iat < now + Self.leeway else {
            throw Failure("it is of the future (iat): is this machine's clock right?")
        }
    }

    /// Whether a key has signed it: RS256 (RFC 7518 section 3.3), which leaves no choice of padding.
    func isSigned(by key: _RSA.Signing.PublicKey) -> Bool {
        key.isValidSignature(.init(rawRepresentation: signature), for: message, padding: .insecurePKCS1v1_5)
    }
}

extension Data {
    /// RFC 7515 appendix C; nil for other text.
    init?(base64URL text: Substring) {
        guard !text.utf8.contains(where: { "+/=".utf8.contains($0) }) else { return nil }
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        self.init(base64Encoded: plain + String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4))
    }
}
