public import FlowSchema
public import NetTypes

/// What is known of exporters, interfaces and networks when they are sorted into classes.
public struct KnownThings: Hashable, Sendable {
    /// An exporter, or all those within a prefix.
    public struct Exporter: Hashable, Sendable {
        /// What it is called; the first counts most.
        public var names: [String] = []
        /// What a list says, where no rule does.
        public var classes: [ClassField: String] = [:]
        /// Its interfaces by their SNMP index.
        public var interfaces: [UInt32: Interface] = [:]

        /// Nothing.
        public init() {}
    }

    /// An interface.
    public struct Interface: Hashable, Sendable {
        /// Its names and descriptions, whoever told them; the first counts most.
        public var texts: [String]
        /// What a list says, where no rule does.
        public var classes: [ClassField: String]

        /// Gathers what is known.
        public init(texts: [String] = [], classes: [ClassField: String] = [:]) {
            self.texts = texts
            self.classes = classes
        }
    }

    /// Exporters by their address, and what holds for those of a prefix of which nothing else is known.
    public var exporters: [Prefix: Exporter] = [:]
    /// What a list says of networks.
    public var networks: [Prefix: [ClassField: String]] = [:]

    /// Nothing.
    public init() {}
}

/// Who and what belongs to which classes: the rules, worked out for all that is known.
public struct ClassTables: Hashable, Sendable {
    /// The classes of one interface.
    public struct Interface: Hashable, Sendable {
        /// Provider and connectivity.
        public var classes: [ClassField: String]
        /// Where it leads.
        public var boundary: InterfaceBoundary
    }

    /// Classes of exporters; of several prefixes the longest has all that holds for an address.
    public private(set) var exporters: [Prefix: [ClassField: String]] = [:]
    /// Classes of interfaces, by exporter and SNMP index.
    public private(set) var interfaces: [IPAddress: [UInt32: Interface]] = [:]
    /// Classes of networks; of several prefixes the longest has all that holds for an address.
    public private(set) var networks: [Prefix: [ClassField: String]] = [:]

    /// Nothing belongs anywhere.
    public init() {}

    /// Works the rules out.
    public init(_ rules: [ClassRule], _ boundary: BoundaryPatterns, for known: KnownThings) {
        sortExporters(rules, known)
        sortInterfaces(rules, boundary, known)
        sortNetworks(rules, known)
    }

    private mutating func sortExporters(_ rules: [ClassRule], _ known: KnownThings) {
        let rules = rules.filter { $0.subject == .exporter }
        var exporters = known.exporters
        for rule in rules {
            for case .address(let prefix) in rule.exporters where exporters[prefix] == nil {
                // What holds for a wider prefix, its name among it, holds for this one.
                exporters[prefix] =
                    known.exporters.filter { $0.key.bits <= prefix.bits && $0.key.contains(prefix.first) }
                    .max { $0.key.bits < $1.key.bits }?.value ?? KnownThings.Exporter()
            }
        }
        if rules.contains(where: \.exporters.isEmpty), exporters[Self.everything] == nil {
            exporters[Self.everything] = KnownThings.Exporter()
        }
        for (prefix, exporter) in exporters {
            self.exporters[prefix] = ClassField.Subject.exporter.fields.reduce(into: [:]) { classes, field in
                classes[field] =
                    rules.lazy.compactMap { $0.value(field, exporter: prefix, names: exporter.names) }.first
                    ?? exporter.classes[field]
            }
        }
        // A row without classes keeps those of the prefix around it away; where nobody has any, there is nothing to keep away.
        if self.exporters.values.allSatisfy(\.isEmpty) { self.exporters = [:] }
    }

    private mutating func sortInterfaces(_ rules: [ClassRule], _ boundary: BoundaryPatterns, _ known: KnownThings) {
        let rules = rules.filter { $0.subject == .interface }
        for (prefix, exporter) in known.exporters where prefix.bits == 128 {
            var found: [UInt32: Interface] = [:]
            for (index, interface) in exporter.interfaces {
                let classes = ClassField.Subject.interface.fields.reduce(into: [ClassField: String]()) {
                    classes,
                    field in
                    let said = rules.lazy.compactMap {
                        $0.value(field, exporter: prefix, names: exporter.names, interface: interface.texts)
                    }
                    classes[field] = said.first ?? interface.classes[field]
                }
                let side = boundary.boundary(of: interface.texts)
                if side != .undefined || !classes.isEmpty { found[index] = Interface(classes: classes, boundary: side) }
            }
            if !found.isEmpty { interfaces[prefix.first] = found }
        }
    }

    private mutating func sortNetworks(_ rules: [ClassRule], _ known: KnownThings) {
        let rules = rules.filter { $0.subject == .network }
        // Lists have thousands of prefixes and few lengths: each wider one is a look-up.
        let lengths = Set(known.networks.keys.map(\.bits)).sorted(by: >)
        for prefix in Set(known.networks.keys).union(rules.flatMap(\.prefixes)) {
            let listed = lengths.lazy.filter { $0 <= prefix.bits }
                .compactMap { known.networks[Prefix(prefix.first, bits: $0)] }
            networks[prefix] = ClassField.Subject.network.fields.reduce(into: [:]) { classes, field in
                classes[field] =
                    rules.lazy.compactMap { $0.value(field, network: prefix) }.first
                    ?? listed.compactMap { $0[field] }.first
            }
        }
    }

    private static let everything = Prefix(.unspecified, bits: 0)
}
