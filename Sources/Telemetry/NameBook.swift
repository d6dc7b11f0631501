public import NetTypes

/// Names that people gave: in the configuration, not in what exporters send.
public struct NameBook: Hashable, Sendable {
    /// Names of samplers and of what belongs to them, by the samplers' address or prefix; the longest counts.
    public var samplers: [Prefix: SamplerNames] {
        get { names }
        set {
            names = newValue
            // Lists have thousands of prefixes and few lengths, the longest first: each is one look-up.
            lengths = Set(newValue.keys.map(\.bits)).sorted(by: >)
        }
    }
    private var names: [Prefix: SamplerNames] = [:]
    private var lengths: [Int] = []
    /// Names of autonomous systems.
    public var autnums: [UInt32: AutonomousSystemName] = [:]
    /// Names of autonomous systems that lists have, for those that people gave none.
    public var listedAutnums: [UInt32: AutonomousSystemName] = [:]

    /// No names.
    public init() {}

    /// Whether nothing has a name.
    public var isEmpty: Bool { names.isEmpty && autnums.isEmpty && listedAutnums.isEmpty }

    /// What an autonomous system is called.
    public func autonomousSystem(_ number: UInt32) -> AutonomousSystemName? {
        autnums[number] ?? listedAutnums[number]
    }

    /// The names that go with one sampler.
    public func sampler(_ address: IPAddress) -> SamplerNames {
        lengths.lazy.compactMap { names[Prefix(address, bits: $0)] }.first ?? SamplerNames()
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
