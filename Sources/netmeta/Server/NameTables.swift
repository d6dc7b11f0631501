import Enrichment
import FlowDecoders
import FlowQuery
import FlowSchema
import FlowStore
import NetTypes
import Synchronization
import Telemetry

/// The tables behind the dictionaries that configuration, lists and exporters
/// fill, and the function `isIncomingFlow`.
///
/// Keys of NetMeta's dictionaries are addresses of single exporters; what the
/// configuration says of a prefix has a place there once an exporter within
/// it has a name.
final class NameTables: Sendable {
    /// What the store holds by now: a digest for each table.
    private let applied: Mutex<[String: Int]>

    /// The whole content of one table, or the text of a function.
    struct Content: Sendable {
        /// The table.
        let name: String
        /// What puts it in force.
        let statements: [String]
    }

    /// - Parameter contents: those that the store was opened with.
    init(_ contents: [Content] = []) {
        applied = Mutex(Dictionary(uniqueKeysWithValues: contents.map { ($0.name, $0.statements.hashValue) }))
    }

    /// Brings a running store to new contents; does nothing for those that say nothing new.
    func apply(_ contents: [Content], to store: any ServerStore) async throws {
        for content in contents {
            let digest = content.statements.hashValue
            guard applied.withLock({ $0[content.name] }) != digest else { continue }
            try await store.apply(content.statements)
            applied.withLock { $0[content.name] = digest }
        }
    }

    /// The statements that put a configuration in force.
    static func statements(_ configuration: Configuration) -> [String] {
        contents(NameSheet(configuration)).flatMap(\.statements)
    }

    /// What the tables hold by what is said of names.
    static func contents(_ sheet: NameSheet) -> [Content] { contents(sheet, sheet.classes) }

    /// The same where the classes are worked out already.
    static func contents(_ sheet: NameSheet, _ classes: ClassTables) -> [Content] {
        let samplers = sheet.tabledExporters()
        let tables: [Table] = [
            Table(
                "SamplerConfig",
                clear: "TRUNCATE TABLE netmeta.SamplerConfig_source",
                insert: "INSERT INTO netmeta.SamplerConfig_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.SamplerConfig",
                rows: samplers.map { address, names in
                    let sampler = sheet.settings(of: address)
                    let rate: SQLText = sampler.decoding.samplingRate.map { "\($0)" } ?? "NULL"
                    let name: SQLText = names.description.map { "\(string: $0)" } ?? "NULL"
                    let isAnonymous: SQLText = sampler.enrichment.anonymization == nil ? "false" : "true"
                    return "(\(string: address.ipv6Description), \(rate), \(name), \(isAnonymous))"
                }
            ),
            Table(
                "InterfaceNames",
                clear: "TRUNCATE TABLE netmeta.InterfaceNames_source",
                insert: "INSERT INTO netmeta.InterfaceNames_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.InterfaceNames",
                rows: rows(samplers, \.interfaces) { "\($0)" }
            ),
            Table(
                "VlanNames",
                clear: "TRUNCATE TABLE netmeta.VlanNames_source",
                insert: "INSERT INTO netmeta.VlanNames_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.VlanNames",
                rows: rows(samplers, \.vlans) { "\($0)" }
            ),
            Table(
                "VrfNames",
                clear: "TRUNCATE TABLE netmeta.VrfNames_source",
                insert: "INSERT INTO netmeta.VrfNames_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.VrfNames",
                rows: sheet.tabledVRFs().flatMap { address, vrfs in
                    vrfs.sorted { $0.key < $1.key }.map { number, name in
                        "(\(string: address.ipv6Description), \(number), \(string: name))"
                    }
                }
            ),
            Table(
                "HostNames",
                clear: "TRUNCATE TABLE netmeta.HostNames_source",
                insert: "INSERT INTO netmeta.HostNames_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.HostNames",
                rows: rows(samplers, \.hosts) { "\(string: $0.ipv6Description)" }
            ),
            Table(
                "user_autnums",
                clear: "TRUNCATE TABLE netmeta.user_autnums_source",
                insert: "INSERT INTO netmeta.user_autnums_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.user_autnums",
                rows: sheet.book.autnums.sorted { $0.key < $1.key }.map { number, system in
                    "(\(number), \(string: system.name), \(string: system.country))"
                }
            ),
            Table(
                "ExporterClasses",
                clear: "TRUNCATE TABLE netmeta.ExporterClasses_source",
                insert: "INSERT INTO netmeta.ExporterClasses_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.ExporterClasses",
                rows: rows(classes.exporters, ClassField.Subject.exporter.fields)
            ),
            Table(
                "InterfaceClasses",
                clear: "TRUNCATE TABLE netmeta.InterfaceClasses_source",
                insert: "INSERT INTO netmeta.InterfaceClasses_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.InterfaceClasses",
                rows: classes.interfaces.sorted { $0.key < $1.key }.flatMap { address, interfaces in
                    interfaces.sorted { $0.key < $1.key }.map { index, interface -> SQLText in
                        let values = values(interface.classes, ClassField.Subject.interface.fields)
                        return "(\(address), \(index), \(string: interface.boundary.name), \(values))"
                    }
                }
            ),
            Table(
                "NetworkClasses",
                clear: "TRUNCATE TABLE netmeta.NetworkClasses_source",
                insert: "INSERT INTO netmeta.NetworkClasses_source VALUES ",
                reload: "SYSTEM RELOAD DICTIONARY netmeta.NetworkClasses",
                rows: rows(classes.networks, ClassField.Subject.network.fields)
            ),
        ]
        let function = EnrichmentSettings(sheet.configuration).isIncomingFlowStatement
        return [Content(name: "isIncomingFlow", statements: [function])] + tables.map(\.content)
    }

    /// One row for each prefix, written as the engine wants it: IPv4 as `::ffff:192.0.2.0/120`.
    private static func rows(_ classes: [Prefix: [ClassField: String]], _ fields: [ClassField]) -> [SQLText] {
        classes.sorted { $0.key < $1.key }.map { prefix, told in
            let text = "\(prefix.first.ipv6Description)/\(prefix.bits)"
            return "(\(string: text), \(values(told, fields)))"
        }
    }

    private static func values(_ classes: [ClassField: String], _ fields: [ClassField]) -> SQLText {
        let values: [SQLText] = fields.map { "\(string: classes[$0] ?? "")" }
        return "\(values, separator: ", ")"
    }

    /// One row for each name: the sampler, what has the name, the name.
    private static func rows<Key: Comparable>(
        _ samplers: [(IPAddress, SamplerNames)],
        _ names: KeyPath<SamplerNames, [Key: String]>,
        _ text: (Key) -> SQLText
    ) -> [SQLText] {
        samplers.flatMap { address, sampler in
            sampler[keyPath: names].sorted { $0.key < $1.key }.map { key, name in
                "(\(string: address.ipv6Description), \(text(key)), \(string: name))" as SQLText
            }
        }
    }

    /// The whole content of a dictionary's table. Questions see the dictionary's old content until it is read anew.
    private struct Table {
        let name: String
        let clear: SQLText
        let insert: SQLText
        let reload: SQLText
        let rows: [SQLText]

        /// Rows that one statement takes.
        private static let most = 1000

        init(_ name: String, clear: SQLText, insert: SQLText, reload: SQLText, rows: [SQLText]) {
            self.name = name
            self.clear = clear
            self.insert = insert
            self.reload = reload
            self.rows = rows
        }

        var content: Content {
            let inserts = stride(from: 0, to: rows.count, by: Self.most).map { start -> SQLText in
                "\(insert)\(Array(rows[start..<min(start + Self.most, rows.count)]), separator: ", ")"
            }
            return Content(name: name, statements: ([clear] + inserts + [reload]).map(\.text))
        }
    }
}
