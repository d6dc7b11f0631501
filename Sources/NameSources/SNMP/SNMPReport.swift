public import NetTypes

/// What has been asked of SNMP agents since the start, and what came of it.
public struct SNMPReport: Sendable {
    /// One agent.
    public struct Agent: Hashable, Sendable {
        /// Which version is spoken: `2c` or `3`.
        public var protocolVersion: String
        /// When the last poll ended, in Unix seconds; nil when none has yet.
        public var asked: UInt64?
        /// When the last poll ended that gave names, in Unix seconds; nil when none did.
        public var answered: UInt64?
        /// Why the last poll gave nothing; nil when it gave names.
        public var problem: SNMPProblem?
        /// What it told the last time that it answered.
        public var device: SNMPDevice?
        /// The report's ``SNMPReport/version`` when that was new.
        public var version = 0

        /// One that hasn't been asked.
        public init(protocolVersion: String) {
            self.protocolVersion = protocolVersion
        }
    }

    /// The agents of exporters that are asked.
    public var agents: [IPAddress: Agent] = [:]
    /// Goes up whenever an agent told something new, or went.
    public var version = 0
    /// Polls that gave names.
    public var polls: UInt64 = 0
    /// Polls that gave nothing, by ``SNMPProblem/word``.
    public var failures: [String: UInt64] = [:]
    /// Questions that were sent; each may be repeated once.
    public var questions: UInt64 = 0
    /// Polls before an agent's turn, since flows came over interfaces that it hadn't told.
    public var extras: UInt64 = 0
    /// Polls that are under way.
    public var open = 0
    /// Exporters within the prefixes that are not asked, since too many are.
    public var leftOut = 0
    /// About what the names take in memory, in bytes.
    public var bytes = 0
    /// Why nobody can be asked; nil when there is no such reason.
    public var problem: String?

    /// Nothing.
    public init() {}
}
