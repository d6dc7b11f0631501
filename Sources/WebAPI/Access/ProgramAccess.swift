import Crypto
import Foundation
import HTTPTypes
import Synchronization

/// What a program shows who can't log in as a browser does: a name and a password.
struct ProgramCredentials: Equatable {
    var user: String
    var password: String
}

/// Passwords that were found right a moment ago.
///
/// A data source sends its password with every question, and hashing it takes some tenths of a second on purpose. What
/// is kept is a digest with a key of chance, in memory only.
final class KnownPasswords: Sendable {
    private let key = [UInt8].random(32)
    private let until = Mutex<[String: UInt64]>([:])

    /// Seconds that a password is taken without being hashed again.
    private static let seconds: UInt64 = 300
    /// Passwords that are remembered.
    private static let most = 1000

    func contains(_ password: String, _ hash: PasswordHash, now: UInt64) -> Bool {
        until.withLock { until in until[digest(password, hash)].map { now < $0 } ?? false }
    }

    func remember(_ password: String, _ hash: PasswordHash, now: UInt64) {
        until.withLock { until in
            if until.count >= Self.most { until = until.filter { $0.value > now } }
            if until.count < Self.most { until[digest(password, hash)] = now + Self.seconds }
        }
    }

    private func digest(_ password: String, _ hash: PasswordHash) -> String {
        SHA256.hash(data: key + Array(hash.text.utf8) + [0] + Array(password.utf8)).hexadecimal
    }
}

extension AccessControl {
    /// Who makes a request of a program: by a bearer token, by the word of a trusted proxy, or by a name and a password,
    /// which may be a token's as well. A browser's session doesn't count: its cookie goes to every port of a host.
    ///
    /// - Throws: ``AccessRefusal`` when nobody is known, or the proof is wrong.
    func program(_ facts: RequestFacts, _ credentials: ProgramCredentials?) async throws(AccessRefusal) -> Caller {
        var facts = facts
        facts.headers[.cookie] = nil
        // Basic was read into the credentials.
        if facts.bearer == nil { facts.headers[.authorization] = nil }
        if isOpen || facts.bearer != nil { return try caller(facts, needing: .viewer) }
        guard let credentials, !credentials.password.isEmpty else { return try caller(facts, needing: .viewer) }
        let settings = settings
        let address = facts.client(settings)
        let digest = BearerToken.digest(credentials.password)
        if let (name, token) = settings.tokens.first(where: { $0.value.digest == digest }),
            ["", "default", name].contains(credentials.user)
        {
            return Caller(name: name, role: token.role, proof: .token, address: address)
        }
        return try await person(credentials, settings, facts)
    }

    private func person(
        _ credentials: ProgramCredentials,
        _ settings: AccessSettings,
        _ facts: RequestFacts
    ) async throws(AccessRefusal) -> Caller {
        let address = facts.client(settings)
        let known = settings.users[credentials.user]
        let now = clock()
        if let known, let hash = known.password, passwords.contains(credentials.password, hash, now: now) {
            return Caller(name: credentials.user, role: known.role, proof: .token, address: address)
        }
        if let wait = limits.withLock({ $0.take(address, now: now) }) {
            throw AccessRefusal(
                reason: .tooManyTries,
                message: "too many logins from this address; try again in \(wait) seconds",
                retryAfter: wait
            )
        }
        guard credentials.password.utf8.count <= PasswordHash.mostBytes,
            let isRight = await checks.matches(credentials.password, known?.password ?? .ofNobody)
        else {
            throw AccessRefusal(
                reason: .tooManyTries,
                message: "too many logins at this moment; try again in a few seconds",
                retryAfter: 5
            )
        }
        guard isRight, let known, let hash = known.password else {
            throw AccessRefusal(reason: .unauthorized, message: "this user and this password don't belong together")
        }
        limits.withLock { $0.giveBack(address) }
        passwords.remember(credentials.password, hash, now: now)
        return Caller(name: credentials.user, role: known.role, proof: .token, address: address)
    }
}
