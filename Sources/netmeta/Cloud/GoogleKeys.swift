import AsyncHTTPClient
import CryptoExtras
import Foundation
import NIOCore
import NIOHTTP1

/// The public keys that Google signs statements with, as it publishes them (RFC 7517).
///
/// They are kept as long as Google says, asked for again shortly before that, and when a statement names one that isn't
/// among them, at most twice a minute.
struct GoogleKeys: Sendable {
    /// Where Google publishes them.
    static let place = "https://www.googleapis.com/oauth2/v3/certs"

    private let url: String
    private let held = Held(early: 60, pause: 30)

    private typealias Key = _RSA.Signing.PublicKey
    private typealias Held = Renewed<[String: Key]>

    init(url: String) { self.url = url }

    /// The key of a name; nil when Google has none.
    ///
    /// - Throws: ``Failure`` when Google can't be asked.
    func key(_ name: String) async throws -> _RSA.Signing.PublicKey? {
        let keys = try await held.value(suits: { $0[name] != nil }) { try await ask() }
        return keys[name]
    }

    private func ask() async throws -> Held.Term {
        do {
            // Counted from before the question, so that the end isn't later than Google's.
            let now = UInt64(max(0, Date().timeIntervalSince1970))
            let reply = try await CloudHTTP(patience: .seconds(10), most: 1 << 18).answer(
                to: HTTPClientRequest(url: url)
            )
            guard reply.status == .ok else { throw Failure("status \(reply.status.code)") }
            let keys = Self.keys(in: Data(reply.body.readableBytesView))
            guard !keys.isEmpty else { throw Failure("the answer holds no key of RSA") }
            return (keys, now + Self.life(reply.headers[canonicalForm: "cache-control"]))
        } catch {
            if error is CancellationError { throw error }
            throw Failure("the keys that Google signs with can't be had from \(url): \(error)")
        }
    }

    /// The keys for RS256 of a JSON Web Key Set, by their names.
    static func keys(in data: Data) -> [String: _RSA.Signing.PublicKey] {
        let set = try? JSONDecoder().decode(KeySet.self, from: data)
        let keys = (set?.keys ?? []).compactMap { key -> (String, Key)? in
            guard key.kty == "RSA", key.alg ?? "RS256" == "RS256", key.use ?? "sig" == "sig", let name = key.kid,
                let modulus = key.n.flatMap({ Data(base64URL: $0[...]) }),
                let exponent = key.e.flatMap({ Data(base64URL: $0[...]) }),
                let made = try? Key(n: modulus, e: exponent)
            else { return nil }
            return (name, made)
        }
        return Dictionary(keys, uniquingKeysWith: { first, _ in first })
    }

    private struct KeySet: Decodable {
        var keys: [Published]

        struct Published: Decodable {
            var kty: String
            var kid: String?
            var alg: String?
            var use: String?
            var n: String?
            var e: String?
        }
    }

    /// Seconds that an answer may be kept (RFC 9111 section 5.2.2.1): an hour where it doesn't say so, and from five minutes
    /// to a day.
    ///
    /// - Parameter words: of Cache-Control.
    static func life(_ words: [Substring]) -> UInt64 {
        let words = words.map { $0.lowercased().filter { $0 != " " } }
        let told = words.lazy.compactMap { $0.hasPrefix("max-age=") ? UInt64($0.dropFirst(8)) : nil }.first
        return min(max(told ?? 3600, 300), 86_400)
    }
}
