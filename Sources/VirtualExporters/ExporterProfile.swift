public import NetTypes

/// The facts about one virtual router or switch.
public struct ExporterProfile: Sendable {
    /// Its name, for people.
    public var name: String
    /// Its address: the source of its datagrams, and the agent address in sFlow.
    public var address: IPAddress
    /// Source id (NetFlow v9), observation domain (IPFIX), sub-agent (sFlow), engine id (v5).
    public var domain: UInt32
    /// One packet in so many is looked at; 1 means all.
    public var samplingRate: UInt32
    /// When it booted, milliseconds since 1970.
    public var bootTime: UInt64
    /// Its interfaces, told in options.
    public var interfaces: [Interface]
    /// The id of its first template; the next ones follow.
    public var firstTemplate: UInt16 = 256

    /// An interface with its number and names.
    public struct Interface: Sendable, Equatable {
        /// The SNMP ifIndex.
        public var index: UInt32
        /// The short name: `et-0/0/1`.
        public var name: String
        /// What it is used for.
        public var description: String
        /// Bits per second.
        public var speed: UInt64

        /// Makes an interface.
        public init(index: UInt32, name: String, description: String, speed: UInt64 = 100_000_000_000) {
            self.index = index
            self.name = name
            self.description = description
            self.speed = speed
        }
    }

    /// Makes a profile.
    public init(
        name: String,
        address: IPAddress,
        domain: UInt32,
        samplingRate: UInt32,
        bootTime: UInt64,
        interfaces: [Interface]
    ) {
        self.name = name
        self.address = address
        self.domain = domain
        self.samplingRate = samplingRate
        self.bootTime = bootTime
        self.interfaces = interfaces
    }

    /// Milliseconds since boot in 32 bits that wrap after 49.7 days.
    func uptime(at time: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: time &- bootTime)
    }
}
