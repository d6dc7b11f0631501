public import NetTypes

/// Names that people gave: in the configuration, not in what exporters send.
public struct NameBook: Hashable, Sendable {
    /// Names of samplers and of what belongs to them, by the samplers' address or prefix; the longest counts.
    public var samplers: [Prefix: SamplerNames] = [:]
    /// Names of autonomous systems.
    public var autnums: [UInt32: AutonomousSystemName] = [:]
    /// Names of autonomous systems that lists have, for those that people gave none.
    public var listedAutnums: [UInt32: AutonomousSystemName] = [:]

    /// No names.
    public init() {}

    /// Whether nothing has a name.
    public var isEmpty: Bool { samplers.isEmpty && autnums.isEmpty && listedAutnums.isEmpty }

    /// What an autonomous system is called.
    public func autonomousSystem(_ number: UInt32) -> AutonomousSystemName? {
        autnums[number] ?? listedAutnums[number]
    }

    /// The names that go with one sampler.
    public func sampler(_ address: IPAddress) -> SamplerNames {
        samplers.filter { $0.key.contains(address) }.max { $0.key.bits < $1.key.bits }?.value ?? SamplerNames()
    }
}

/// The names of one sampler and of what only it knows.
public struct SamplerNames: Hashable, Sendable {
    /// The sampler's own.
    public var description: String?
    /// Interfaces by their SNMP index.
    public var interfaces: [UInt32: String] = [:]
    /// VLANs by their number.
    public var vlans: [UInt32: String] = [:]
    /// Hosts in its flows.
    public var hosts: [IPAddress: String] = [:]

    /// No names.
    public init() {}
}

/// An autonomous system in words.
public struct AutonomousSystemName: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The country it is registered in, as a code of two letters; "" when nobody told.
    public var country: String

    /// Gives a name.
    public init(name: String, country: String = "") {
        self.name = name
        self.country = country
    }
}
