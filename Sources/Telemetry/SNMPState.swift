extension ExporterReport {
    /// What an exporter's SNMP agent told, and how asking it went.
    public struct SNMP: Hashable, Sendable {
        /// Which version is spoken: `2c` or `3`.
        public var version: String
        /// When the last poll ended, in Unix seconds; nil when none has yet.
        public var asked: UInt64?
        /// When the last poll ended that gave names, in Unix seconds; nil when none did.
        public var answered: UInt64?
        /// Why the last poll gave none, and what helps; nil when it gave names.
        public var problem: String?
        /// What the exporter calls itself (sysName).
        public var name: String?
        /// What its interfaces are called, by their SNMP index.
        public var interfaces: [UInt32: String] = [:]
        /// How fast they are, in bit/s, where the agent tells.
        public var speeds: [UInt32: UInt64] = [:]

        /// An agent that hasn't been asked.
        public init(version: String) {
            self.version = version
        }
    }
}

/// Whom SNMP asks, in one picture.
public struct SNMPHealth: Hashable, Sendable {
    /// Exporters whose agents are asked.
    public var agents = 0
    /// Those whose last poll gave names.
    public var answering = 0
    /// Exporters within the prefixes that are not asked, since too many are.
    public var leftOut = 0
    /// Why nobody can be asked; nil when there is no such reason.
    public var problem: String?

    /// Nobody.
    public init() {}
}
