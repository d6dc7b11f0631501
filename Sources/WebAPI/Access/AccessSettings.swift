import Foundation
public import NetTypes

/// Who may ask, as the configuration says.
public struct AccessSettings: Sendable, Equatable {
    /// People, by name.
    public var users: [String: User] = [:]
    /// Programs, by name.
    public var tokens: [String: Token] = [:]
    /// Who is believed when they say on whose behalf they ask.
    public var proxies = Proxies()
    /// Seconds from a login to the end of its session.
    public var sessionSeconds: UInt64 = 12 * 3600

    /// Nobody is known: everybody may do everything.
    public init() {}

    /// A person.
    public struct User: Sendable, Equatable {
        /// What they may do.
        public var role: Role
        /// Their password; without one they come through a proxy only.
        public var password: PasswordHash?

        /// Describes a user.
        public init(role: Role, password: PasswordHash?) {
            self.role = role
            self.password = password
        }
    }

    /// A program.
    public struct Token: Sendable, Equatable {
        /// What it may do.
        public var role: Role
        /// ``BearerToken/digest(_:)`` of it.
        public var digest: String

        /// Describes a token.
        public init(role: Role, digest: String) {
            self.role = role
            self.digest = digest
        }
    }

    /// Proxies that have asked who somebody is.
    public struct Proxies: Sendable, Equatable {
        /// Where they ask from; what others write into the headers is not looked at.
        public var from: [Prefix] = []
        /// The header with the user's name; nil believes only where a request came from (X-Forwarded-For).
        public var userHeader: String?
        /// The header with the user's role or groups, with commas between them; nil when there is none.
        public var roleHeader: String?
        /// What words of that header mean, besides the names of the roles.
        public var roles: [String: Role] = [:]
        /// The role of a user of whom neither the header nor ``AccessSettings/users`` tells one; nil refuses them.
        public var role: Role? = .viewer

        /// None.
        public init() {}
    }

    /// Whether nobody has to say who they are.
    public var isOpen: Bool {
        !hasPasswords && tokens.isEmpty && (proxies.from.isEmpty || proxies.userHeader == nil)
    }

    /// Whether there is somebody who can log in.
    var hasPasswords: Bool { users.values.contains { $0.password != nil } }
}

extension AccessSettings {
    /// Whether a peer is believed.
    func trusts(_ peer: IPAddress?) -> Bool {
        guard let peer else { return false }
        return proxies.from.contains { $0.contains(peer) }
    }

    /// The role of a user that a trusted proxy names, with what it says in the role's header.
    func role(ofProxied name: String, header: String?) -> Role? {
        let words = (header ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let told = words.compactMap { proxies.roles[$0] ?? Role(rawValue: $0.lowercased()) }.max()
        return told ?? users[name]?.role ?? proxies.role
    }
}
