public import NetTypes

/// How the SNMP agent of an exporter is asked.
public struct SNMPAgentSettings: Hashable, Sendable {
    /// The versions of the protocol that are spoken.
    public enum Version: String, Sendable, CaseIterable {
        /// Community in the clear (RFC 1901).
        case community = "2c"
        /// Users (RFC 3414).
        case users = "3"
        /// The agent isn't asked.
        case off
    }

    /// How messages prove who sent them.
    public enum Authentication: String, Sendable, CaseIterable {
        /// RFC 3414; weak, for what has nothing else.
        case md5, sha
        /// RFC 7860.
        case sha224, sha256, sha384, sha512
    }

    /// How messages are hidden from others.
    public enum Privacy: String, Sendable, CaseIterable {
        /// RFC 3414; weak, for what has nothing else.
        case des
        /// RFC 3826.
        case aes
        /// draft-blumenthal-aes-usm-04, as net-snmp has it.
        case aes192, aes256
    }

    /// A protocol with the password for it.
    public struct Key<Protocol: Hashable & Sendable>: Hashable, Sendable {
        /// What is done with the password.
        public var proto: Protocol
        /// The password.
        public var password: Secret

        /// Joins the two.
        public init(_ proto: Protocol, password: Secret) {
            self.proto = proto
            self.password = password
        }
    }

    /// Which version is spoken.
    public var version = Version.community
    /// Version 2c: the word that lets one read.
    public var community: Secret?
    /// Version 3: who asks.
    public var user = ""
    /// Version 3: nil sends messages that prove nothing.
    public var authentication: Key<Authentication>?
    /// Version 3: nil sends messages in the clear.
    public var privacy: Key<Privacy>?
    /// The agent's UDP port.
    public var port: UInt16 = 161
    /// Seconds from one poll to the next.
    public var interval: UInt32 = 300

    /// Version 2c without a community, which asks nobody.
    public init() {}

    /// Whether the agent is asked.
    public var isOn: Bool {
        switch version {
        case .community: community != nil
        case .users: !user.isEmpty
        case .off: false
        }
    }
}

/// Whose agents are asked: nobody's, unless a prefix says so.
public struct SNMPSettings: Hashable, Sendable {
    /// Settings by the exporters' prefix; the longest counts.
    public var prefixes: [Prefix: SNMPAgentSettings]

    /// Asks the agents of exporters within the prefixes.
    public init(_ prefixes: [Prefix: SNMPAgentSettings] = [:]) {
        self.prefixes = prefixes
    }

    /// Whether anybody is asked.
    public var isOn: Bool { prefixes.values.contains(where: \.isOn) }

    /// How an exporter's agent is asked; nil when it isn't.
    public func agent(of exporter: IPAddress) -> SNMPAgentSettings? {
        let longest = prefixes.filter { $0.key.contains(exporter) }.max { $0.key.bits < $1.key.bits }
        return longest.flatMap { $0.value.isOn ? $0.value : nil }
    }
}
