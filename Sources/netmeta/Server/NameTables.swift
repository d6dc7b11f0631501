import Enrichment
import FlowDecoders
import FlowQuery
import FlowStore
import NetTypes
import Synchronization
import Telemetry

/// The configuration's part of NetMeta's SQL: the tables behind its
/// dictionaries, and the function `isIncomingFlow`.
///
/// Keys of the dictionaries are addresses of single exporters; a description
/// of a prefix has no place there, and shows in the console only.
final class NameTables: Sendable {
    private let applied: Mutex<[String]>

    /// - Parameter configuration: the one whose statements the store was opened with.
    init(_ configuration: Configuration) {
        applied = Mutex(Self.statements(configuration))
    }

    /// Brings a running store to a new configuration; does nothing when that says nothing new.
    func apply(_ configuration: Configuration, to store: EmbeddedStore) async throws {
        let new = Self.statements(configuration)
        guard new != applied.withLock({ $0 }) else { return }
        try await store.apply(new)
        applied.withLock { $0 = new }
    }

    /// The statements that put a configuration in force.
    static func statements(_ configuration: Configuration) -> [String] {
        let samplers = configuration.samplers.filter { $0.key.bits == 128 }.map { ($0.key.first, $0.value) }
            .sorted { $0.0 < $1.0 }
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
