import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import WebAPI
@testable import netmeta

@Suite struct GoogleStatements {
    /// Of the key in ``ServiceAccounts``.
    static let modulus = """
        wD678SJNbVkC8vfmsh02pkatjmUqHa94vnbuy0DcVNSSYD-yR0qrGuCb4l9j3k3L1S4TLNwJUXA4ucTI4-qZ24cpmYvYYRYarRr2\
        iOl0_vvyhoG3giWev5oX7yOXs9wpKAj0dMbWxlxTt-0Q6wCDE6bHPXEE_alMSAlD6mbL0l9AdDYQ6qaH26oweWtuHJgKjmSxHuvn\
        W4OcL_te300Xy9lsTpDldYTsJUifvp8Hi90lZQ7ClrN0QHEjKt-LLKgDpgYYwGAfBol1e0F1fuQe_SqPwdRri4hZ66p49eaMOB7J\
        Xt7VpoC61lH2H-J5a-hcTkcjkd9GDpi-CKxmwrahbw
        """
    private static let now = 1_800_000_000.0
    private static let signer = PushSigner(
        account: "push@p.iam.gserviceaccount.com",
        audience: "https://flows.example/api/v1/pubsub"
    )
    private static let claims: [String: any Sendable] = [
        "iss": "https://accounts.google.com", "aud": signer.audience, "exp": now + 3600, "iat": now,
        "email": signer.account, "email_verified": true, "sub": "1",
    ]

    /// A statement that the test's own key signs.
    private static func text(
        head: [String: String] = ["alg": "RS256", "kid": "k", "typ": "JWT"],
        _ changes: [String: any Sendable] = [:],
        signature: (Data) throws -> Data = sign
    ) throws -> String {
        let parts = try [head as [String: any Sendable], claims.merging(changes) { $1 }].map { part in
            base64URL(try JSONSerialization.data(withJSONObject: part))
        }
        let text = parts.joined(separator: ".")
        return "\(text).\(base64URL(try signature(Data(text.utf8))))"
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func sign(_ message: Data) throws -> Data {
        try _RSA.Signing.PrivateKey(pemRepresentation: ServiceAccounts.key)
            .signature(for: message, padding: .insecurePKCS1v1_5).rawRepresentation
    }

    /// The key as Google publishes its own.
    private static func key() throws -> _RSA.Signing.PublicKey {
        let set = #"{"keys": [{"kty": "RSA", "kid": "k", "n": "\#(modulus)", "e": "AQAB"}]}"#
        return try #require(GoogleKeys.keys(in: Data(set.utf8))["k"])
    }

    /// Signed by Python's cryptography.
    @Test func sayWhoPushesWhere() throws {
        let content = """
            eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.eyJhdWQiOiJodHRwczovL2Zsb3dzLmV4YW1wbGUvYXBpL3YxL\
            3B1YnN1YiIsImF6cCI6IjEiLCJlbWFpbCI6InB1c2hAcC5pYW0uZ3NlcnZpY2VhY2NvdW50LmNvbSIsImVtYWlsX3ZlcmlmaWVkI\
            jp0cnVlLCJleHAiOjE4MDAwMDM2MDAsImlhdCI6MTgwMDAwMDAwMCwiaXNzIjoiaHR0cHM6Ly9hY2NvdW50cy5nb29nbGUuY29tI\
            iwic3ViIjoiMSJ9
            """
        let signature = """
            Wem4_SI-QXSxXW-A0dxbHBO_JzaZK5f-lmv-ykDISrWKsRch28wZ7QewKNwUSedVLGGnT-jx8GU8QCtmI1MRhy3IKpgvkwy0iVTo\
            DscTNYOQ7ET1kNUVtY339i_aP9IIoDVQKCMaf2_MbkLHDbAQtG-J22xR6C9vL2y6ZDkNL-JJJwkjCya1i043rxPPN-REw3CwfBrn\
            CaYEYMh--Tg6LVUKzg4J9u-yT8cTDOf0G8lZFHi6mx-IJRAd4rpQu-HAr3OKuEKWOEsAzvBSsK0gCgxVPPZBVmd-tXKCx9W2ooyl\
            juDTIVxwai0wkfrHXjQ8lHPy_dGPmGYXUNDexlaGVw
            """
        let statement = try GoogleStatement("\(content).\(signature)")
        try statement.check(now: Self.now)
        #expect(statement.keyID == "k" && statement.signer == Self.signer)
        #expect(statement.isSigned(by: try Self.key()))
        // Clocks differ a little.
        try statement.check(now: Self.now + 3630)
        try statement.check(now: Self.now - 30)
    }

    @Test(
        arguments: [
            ("iss", "https://accounts.example"), ("email_verified", false), ("exp", now - 61), ("iat", now + 61),
        ] as [(String, any Sendable)]
    )
    func areGooglesAndOfNow(name: String, value: any Sendable) throws {
        let statement = try GoogleStatement(Self.text([name: value]))
        let failure = #expect(throws: Failure.self) { try statement.check(now: Self.now) }
        #expect(failure?.description.contains(name) == true)
    }

    @Test func areSignedByTheKeyAndAsTheyAre() throws {
        let key = try Self.key()
        func isSigned(_ text: String) throws -> Bool { try GoogleStatement(text).isSigned(by: key) }
        let good = try Self.text()
        #expect(try isSigned(good))
        let other = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let wrong: [(Data) throws -> Data] = [
            { try other.signature(for: $0, padding: .insecurePKCS1v1_5).rawRepresentation },
            // By the right key, but of another message, otherwise padded, or of another digest.
            { try Self.sign($0.dropLast()) },
            {
                try _RSA.Signing.PrivateKey(pemRepresentation: ServiceAccounts.key).signature(for: $0).rawRepresentation
            },
            {
                try _RSA.Signing.PrivateKey(pemRepresentation: ServiceAccounts.key)
                    .signature(for: SHA512.hash(data: $0), padding: .insecurePKCS1v1_5).rawRepresentation
            },
            // The public key as the secret of HS256.
            { Data(HMAC<SHA256>.authenticationCode(for: $0, using: .init(data: Data(key.pemRepresentation.utf8)))) },
            { _ in Data() }, { _ in Data(count: 256) }, { _ in Data(repeating: 0xFF, count: 256) },
        ]
        for signature in wrong { #expect(try !isSigned(Self.text(signature: signature))) }
        // What another statement was signed for.
        let changed = try Self.text(["aud": "https://other.example"])
        let parts = changed.split(separator: ".")[..<2] + good.split(separator: ".")[2...]
        #expect(try !isSigned(parts.joined(separator: ".")))
    }

    @Test func areReadOnlyWhenTheyAreSome() throws {
        let good = try Self.text()
        for text in [
            "", "..", "a.b.c", good + ".x", String(good.dropFirst()), good + "=",
            good + String(repeating: "A", count: GoogleStatement.mostBytes),
            try Self.text(["aud": ["a", "b"]]), try Self.text(["exp": "soon"]), try Self.text(["email": 1]),
            try Self.text(head: ["alg": "none", "kid": "k"], signature: { _ in Data() }),
            try Self.text(
                head: ["alg": "HS256", "kid": "k"],
                signature: { message in
                    let secret = SymmetricKey(data: Data(try Self.key().pemRepresentation.utf8))
                    return Data(HMAC<SHA256>.authenticationCode(for: message, using: secret))
                }
            ),
            try Self.text(head: ["alg": "RS256"]), try Self.text(head: ["alg": "rs256", "kid": "k"]),
        ] {
            #expect(throws: Failure.self) { try GoogleStatement(text) }
        }
    }

    @Test func areTakenOfWhomASubscriptionWants() async throws {
        // No keys can be had there: whoever isn't wanted isn't asked about.
        let statements = PushStatements(["s": Self.signer], keysAt: "ftp://keys.example/certs")
        let current: [String: any Sendable] = [
            "exp": Date().timeIntervalSince1970 + 60, "iat": Date().timeIntervalSince1970,
        ]
        for (name, value) in [("aud", "https://other.example"), ("email", "other@p.iam.gserviceaccount.com")] {
            let text = try Self.text(current.merging([name: value]) { $1 })
            let refusal = await #expect(throws: ImportRefusal.self) { try await statements.verify(text) }
            #expect(refusal?.code == .notSigned && refusal?.message.contains("pushAccount") == true)
        }
        let text = try Self.text(current)
        let refusal = await #expect(throws: ImportRefusal.self) { try await statements.verify(text) }
        #expect(refusal?.code == .failed && refusal?.message.contains("keys.example/certs") == true)
    }

    @Test func openTheirOwnSubscriptionOnly() {
        let statements = PushStatements(["signed": Self.signer], keysAt: GoogleKeys.place)
        func isTaken(_ subscription: String, _ signer: PushSigner?, hasToken: Bool) -> Bool {
            let delivery = PubSubDelivery(
                subscription: subscription,
                id: "1",
                data: nil,
                attributes: [:],
                signer: signer,
                hasToken: hasToken
            )
            return (try? statements.check(delivery)) != nil
        }
        let other = PushSigner(account: Self.signer.account, audience: "https://other.example")
        #expect(isTaken("signed", Self.signer, hasToken: false) && isTaken("signed", Self.signer, hasToken: true))
        #expect(!isTaken("signed", nil, hasToken: true) && !isTaken("signed", other, hasToken: true))
        #expect(isTaken("open", nil, hasToken: true) && !isTaken("open", Self.signer, hasToken: false))
    }
}

@Suite struct PublishedKeys {
    @Test func areThoseForRS256() {
        let own = #""n": "\#(GoogleStatements.modulus)", "e": "AQAB""#
        let text = #"""
            {"keys": [{"kty": "RSA", "kid": "a", "use": "sig", "alg": "RS256", \#(own)}, {"kty": "RSA", "kid": "b", \#(own)},
            {"kty": "RSA", "kid": "c", "use": "enc", \#(own)}, {"kty": "RSA", "kid": "d", "alg": "RS512", \#(own)},
            {"kty": "EC", "kid": "e"}, {"kty": "RSA", \#(own)}, {"kty": "RSA", "kid": "f", "n": "?", "e": "AQAB"}]}
            """#
        #expect(Set(GoogleKeys.keys(in: Data(text.utf8)).keys) == ["a", "b"])
        #expect(GoogleKeys.keys(in: Data("[]".utf8)).isEmpty)
    }

    @Test(
        arguments: [
            (["public", "max-age=20000", "must-revalidate"], 20_000), ([], 3600), (["max-age=0"], 300),
            (["max-age=99999999"], 86_400), (["max-age=x"], 3600),
        ] as [([Substring], UInt64)]
    )
    func areKeptAsLongAsGoogleSays(words: [Substring], seconds: UInt64) {
        #expect(GoogleKeys.life(words) == seconds)
    }
}
