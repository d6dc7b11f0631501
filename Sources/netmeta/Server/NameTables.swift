import Enrichment
import FlowDecoders
import FlowQuery
import FlowStore
import NetTypes
import Telemetry

/// Names and the direction in NetMeta's SQL: the tables behind its
/// dictionaries, and the function `isIncomingFlow`.
///
/// Keys of the dictionaries are addresses of single exporters; what the
/// configuration says of a prefix has a place there once an exporter within
/// it is known and has a name.
actor NameTables {
    private var configuration: Configuration
    private var learnt: [IPAddress: SamplerNames] = [:]
    /// What the store has.
    private var applied: [String]
    /// The last of the writers, each of which waits for the one before.
    private var last: Task<Void, any Error>?

    /// - Parameter configuration: the one whose statements the store was opened with.
    init(_ configuration: Configuration) {
        self.configuration = configuration
        applied = Self.statements(configuration)
    }

    /// Brings a running store to a new configuration; does nothing when that says nothing new.
    func apply(_ configuration: Configuration, to store: EmbeddedStore) async throws {
        self.configuration = configuration
        try await write(to: store)
    }

    /// Brings a running store to names that were learnt, which count where the configuration has none.
    func apply(learnt: [IPAddress: SamplerNames], to store: EmbeddedStore) async throws {
        self.learnt = learnt
        try await write(to: store)
    }

    private func write(to store: EmbeddedStore) async throws {
        let previous = last
        let task = Task {
            _ = try? await previous?.value
            let new = Self.statements(configuration, learnt: learnt)
            guard new != applied else { return }
            try await store.apply(new)
            applied = new
        }
        last = task
        try await task.value
    }

    /// The statements that put a configuration and learnt names in force.
    static func statements(_ configuration: Configuration, learnt: [IPAddress: SamplerNames] = [:]) -> [String] {
        let samplers = samplers(configuration, learnt).sorted { $0.0 < $1.0 }
        let tables: [Table] = [
            Table(
                clear: "TRUNCATE TABLE netmeta.SamplerConfig_source",
                insert: "INSERT INTO netmeta.SamplerConfig_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.SamplerConfig",
                rows: samplers.map { address, sampler in
                    let rate: SQLText = sampler.decoding.samplingRate.map { "\($0)" } ?? "NULL"
                    let name: SQLText = sampler.names.description.map { "\(string: $0)" } ?? "NULL"
                    let isAnonymous: SQLText = sampler.enrichment.anonymization == nil ? "false" : "true"
                    return "(\(string: address.ipv6Description), \(rate), \(name), \(isAnonymous))"
                }
            ),
            Table(
                clear: "TRUNCATE TABLE netmeta.InterfaceNames_source",
                insert: "INSERT INTO netmeta.InterfaceNames_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.InterfaceNames",
                rows: rows(samplers, \.interfaces) { "\($0)" }
            ),
            Table(
                clear: "TRUNCATE TABLE netmeta.VlanNames_source",
                insert: "INSERT INTO netmeta.VlanNames_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.VlanNames",
                rows: rows(samplers, \.vlans) { "\($0)" }
            ),
            Table(
                clear: "TRUNCATE TABLE netmeta.HostNames_source",
                insert: "INSERT INTO netmeta.HostNames_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.HostNames",
                rows: rows(samplers, \.hosts) { "\(string: $0.ipv6Description)" }
            ),
            Table(
                clear: "TRUNCATE TABLE netmeta.user_autnums_source",
                insert: "INSERT INTO netmeta.user_autnums_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.user_autnums",
                rows: configuration.enrichment.autnums.sorted { $0.key < $1.key }.map { number, system in
                    "(\(number), \(string: system.name), \(string: system.country))"
                }
            ),
        ]
        return [EnrichmentSettings(configuration).isIncomingFlowStatement] + tables.flatMap(\.statements)
    }

    /// What is known of single exporters: those of the configuration, and those that names were learnt of.
    private static func samplers(
        _ configuration: Configuration,
        _ learnt: [IPAddress: SamplerNames]
    ) -> [(IPAddress, SamplerConfiguration)] {
        var result: [IPAddress: SamplerConfiguration] = [:]
        for (prefix, sampler) in configuration.samplers where prefix.bits == 128 { result[prefix.first] = sampler }
        for (address, names) in learnt {
            let longest = configuration.samplers.filter { $0.key.contains(address) }.max { $0.key.bits < $1.key.bits }
            var sampler = longest?.value ?? SamplerConfiguration()
            sampler.names.description = sampler.names.description ?? names.description
            sampler.names.interfaces.merge(names.interfaces) { given, _ in given }
            result[address] = sampler
        }
        return result.map { ($0.key, $0.value) }
    }

    /// One row for each name: the sampler, what has the name, the name.
    private static func rows<Key: Comparable>(
        _ samplers: [(IPAddress, SamplerConfiguration)],
        _ names: KeyPath<SamplerNames, [Key: String]>,
        _ text: (Key) -> SQLText
    ) -> [SQLText] {
        samplers.flatMap { address, sampler in
            sampler.names[keyPath: names].sorted { $0.key < $1.key }.map { key, name in
                "(\(string: address.ipv6Description), \(text(key)), \(string: name))" as SQLText
            }
        }
    }

    /// The whole content of a dictionary's table. Questions see the dictionary's old content until it is read anew.
    private struct Table {
        let clear: SQLText
        let insert: SQLText
        let reload: SQLText
        let rows: [SQLText]

        /// Rows that one statement takes.
        private static let most = 1000

        var statements: [String] {
            let inserts = stride(from: 0, to: rows.count, by: Self.most).map { start -> SQLText in
                "\(insert)\(Array(rows[start..<min(start + Self.most, rows.count)]), separator: ", ")"
            }
            return ([clear] + inserts + [reload]).map(\.text)
        }
    }
}
