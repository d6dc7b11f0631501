public import NetTypes

/// Names and classes that people keep in a list of their own.
public struct NameList: Hashable, Sendable {
    /// What a list says of one exporter and of what only it knows.
    public struct Exporter: Hashable, Sendable {
        /// Its name.
        public var name: String?
        /// Its classes.
        public var classes: [ClassField: String] = [:]
        /// Interfaces by their SNMP index.
        public var interfaces: [UInt32: Interface] = [:]
        /// Names of VLANs by their number.
        public var vlans: [UInt32: String] = [:]
        /// Names of hosts in its flows.
        public var hosts: [IPAddress: String] = [:]

        /// Nothing.
        public init() {}
    }

    /// What a list says of one interface.
    public struct Interface: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its classes.
        public var classes: [ClassField: String]

        /// Gives a name and classes.
        public init(name: String, classes: [ClassField: String] = [:]) {
            self.name = name
            self.classes = classes
        }
    }

    /// Exporters by their address.
    public var exporters: [IPAddress: Exporter] = [:]
    /// Names of autonomous systems.
    public var systems = ASNames()
    /// Classes of prefixes, their name among them.
    public var networks: [Prefix: [ClassField: String]] = [:]

    /// An empty list.
    public init() {}

    /// How many things have names or classes.
    public var count: Int {
        systems.count + networks.count
            + exporters.values.reduce(0) { sum, exporter in
                let own = exporter.name == nil && exporter.classes.isEmpty ? 0 : 1
                return sum + own + exporter.interfaces.count + exporter.vlans.count + exporter.hosts.count
            }
    }

    /// Takes what another list says of things that this one says nothing of.
    public mutating func fill(from other: NameList) {
        exporters.merge(other.exporters) { mine, theirs in
            var exporter = mine
            exporter.name = mine.name ?? theirs.name
            exporter.classes.merge(theirs.classes) { mine, _ in mine }
            exporter.interfaces.merge(theirs.interfaces) { mine, _ in mine }
            exporter.vlans.merge(theirs.vlans) { mine, _ in mine }
            exporter.hosts.merge(theirs.hosts) { mine, _ in mine }
            return exporter
        }
        var systems = other.systems
        systems.merge(self.systems)
        self.systems = systems
        networks.merge(other.networks) { mine, theirs in mine.merging(theirs) { mine, _ in mine } }
    }
}
