import Foundation
import Synchronization

/// The sessions of people who logged in. They are in a file, too, so that an update of the server logs nobody out.
///
/// The file and the memory hold digests: who reads them can't use the sessions.
final class SessionBook: Sendable {
    /// A login that holds.
    struct Session: Codable, Hashable, Sendable {
        var user: String
        /// Digest of the password's hash: a new password ends the sessions that the old one began.
        var password: String
        /// Unix seconds, of its begin and its end.
        var began: UInt64
        var ends: UInt64
    }

    /// By the digest of the cookie's value.
    private let sessions: Mutex<[String: Session]>
    private let path: String?

    /// Sessions of all, and of one user; beyond them the oldest ends.
    static let most = 2000
    static let mostOfUser = 50
    private static let largestFile = 4 << 20

    /// Reads the file.
    ///
    /// - Parameter path: nil keeps them in memory only.
    /// - Throws: ``PrivateFileError`` when it can't be read; without it people have to log in again.
    init(path: String?, now: UInt64) throws(PrivateFileError) {
        self.path = path
        var known: [String: Session] = [:]
        if let path, let data = try PrivateFile.read(path, most: Self.largestFile) {
            guard let read = try? JSONDecoder().decode([String: Session].self, from: data) else {
                throw PrivateFileError("\(path) can't be understood")
            }
            known = read.filter { $0.value.ends > now }
        }
        sessions = Mutex(known)
    }

    /// None, in memory only.
    init() {
        path = nil
        sessions = Mutex([:])
    }

    /// Begins a session; blocks while the file is written.
    ///
    /// - Returns: the cookie's value, and what went wrong with the file.
    func begin(_ session: Session, now: UInt64) -> (cookie: String, problem: PrivateFileError?) {
        let cookie = BearerToken.make()
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.ends > now }
            Self.makeRoom(in: &sessions, below: Self.mostOfUser) { $0.user == session.user }
            Self.makeRoom(in: &sessions, below: Self.most) { _ in true }
            sessions[BearerToken.digest(cookie)] = session
        }
        return (cookie, save())
    }

    /// The session of a cookie; nil when there is none, or it has ended.
    func session(_ cookie: String, now: UInt64) -> Session? {
        sessions.withLock { $0[BearerToken.digest(cookie)] }.flatMap { $0.ends > now ? $0 : nil }
    }

    /// Ends a session; blocks while the file is written.
    func end(_ cookie: String) -> PrivateFileError? {
        let ended = sessions.withLock { $0.removeValue(forKey: BearerToken.digest(cookie)) }
        return ended == nil ? nil : save()
    }

    private static func makeRoom(
        in sessions: inout [String: Session],
        below most: Int,
        of which: (Session) -> Bool
    ) {
        let those = sessions.filter { which($0.value) }
        for (digest, _) in those.sorted(by: { $0.value.began < $1.value.began }).prefix(max(0, those.count + 1 - most))
        {
            sessions[digest] = nil
        }
    }

    /// Under the lock, so that an older state never overwrites a newer one.
    private func save() -> PrivateFileError? {
        guard let path else { return nil }
        return sessions.withLock { sessions in
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            do {
                try PrivateFile.write(Array(try encoder.encode(sessions)), to: path)
                return nil
            } catch {
                return error as? PrivateFileError ?? PrivateFileError("\(error)")
            }
        }
    }
}
