import Enrichment
import NetTypes
import Telemetry

/// All that is said of names, brought together: by the configuration, by
/// lists, and by exporters themselves; in that order the first counts.
struct NameSheet: Sendable {
    /// What exporters and other sources told of one exporter.
    struct Told: Hashable, Sendable {
        /// What it is called.
        var name: String?
        /// Names and descriptions of its interfaces by their SNMP index.
        var interfaces: [UInt32: [String]] = [:]
        /// Names of its VRFs by their number.
        var vrfs: [UInt32: String] = [:]
        /// Whether its SNMP agent has answered, which no made-up exporter does.
        var isVouchedFor = false
    }

    let configuration: Configuration
    let list: NameList
    let told: [IPAddress: Told]

    /// - Parameter told: by the exporters' addresses.
    init(_ configuration: Configuration, list: NameList = NameList(), told: [IPAddress: Told] = [:]) {
        self.configuration = configuration
        self.list = list
        self.told = told
        settings = Longest(configuration.samplers)
    }

    /// What configuration and lists say now, for a program that doesn't keep looking.
    static func ofNow(_ configuration: Configuration) -> NameSheet {
        NameSheet(configuration, list: NameListFiles(reading: configuration).list)
    }

    private let settings: Longest<SamplerConfiguration>

    // MARK: - Names

    /// The names of the configuration and of lists.
    var book: NameBook {
        var book = NameBook(configuration)
        let listed = list.exporters.keys.map { (Prefix($0, bits: 128), names(of: $0)) }
        book.samplers.merge(listed) { _, both in both }
        let systems = list.systems.sorted.map {
            ($0.asn, AutonomousSystemName(name: $0.entry.name, country: $0.entry.country))
        }
        book.autnums.merge(systems) { configured, _ in configured }
        return book
    }

    /// The addresses of single exporters that configuration or lists name.
    var namedExporters: [IPAddress] {
        Set(configuration.samplers.keys.filter { $0.bits == 128 }.map(\.first)).union(list.exporters.keys).sorted()
    }

    /// What the configuration sets for an exporter.
    func settings(of exporter: IPAddress) -> SamplerConfiguration { settings[exporter] ?? SamplerConfiguration() }

    /// What configuration and lists call an exporter and what belongs to it.
    func names(of exporter: IPAddress) -> SamplerNames {
        var names = settings[exporter]?.names ?? SamplerNames()
        guard let listed = list.exporters[exporter] else { return names }
        names.description = names.description ?? listed.name
        names.interfaces.merge(listed.interfaces.mapValues(\.name).filter { !$0.value.isEmpty }) { first, _ in first }
        names.vlans.merge(listed.vlans) { first, _ in first }
        names.hosts.merge(listed.hosts) { first, _ in first }
        return names
    }

    /// Names in the dictionaries of SQL that only exporters told: exporters can be made up, and each may tell thousands.
    static let mostTold = 100_000

    /// What exporters and what belongs to them are called in SQL, by address; those that SNMP vouches for come first,
    /// should too many tell names.
    func tabledExporters(most: Int = mostTold) -> [(IPAddress, SamplerNames)] {
        var result = Dictionary(uniqueKeysWithValues: namedExporters.map { ($0, names(of: $0)) })
        var room = most
        for (address, told) in Self.inOrder(told) {
            let count = told.interfaces.count + (told.name == nil ? 0 : 1)
            guard count > 0, count <= room else { continue }
            room -= count
            var names = names(of: address)
            names.description = names.description ?? told.name
            names.interfaces.merge(told.interfaces.compactMapValues(\.first)) { given, _ in given }
            result[address] = names
        }
        return result.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What exporters call their VRFs, which only they tell, by address; with the same bound.
    func tabledVRFs(most: Int = mostTold) -> [(IPAddress, [UInt32: String])] {
        var (result, room): ([(IPAddress, [UInt32: String])], Int) = ([], most)
        for (address, told) in Self.inOrder(told) where !told.vrfs.isEmpty && told.vrfs.count <= room {
            room -= told.vrfs.count
            result.append((address, told.vrfs))
        }
        return result.sorted { $0.0 < $1.0 }
    }

    private static func inOrder(_ told: [IPAddress: Told]) -> [(key: IPAddress, value: Told)] {
        let sorted = told.sorted { $0.key < $1.key }
        return sorted.filter(\.value.isVouchedFor) + sorted.filter { !$0.value.isVouchedFor }
    }

    // MARK: - Classes

    /// Who and what belongs to which classes.
    var classes: ClassTables {
        let enrichment = configuration.enrichment
        return ClassTables(enrichment.classes, enrichment.boundary, for: known)
    }

    private var known: KnownThings {
        var known = KnownThings()
        known.networks = list.networks
        for (prefix, sampler) in configuration.samplers where prefix.bits < 128 {
            known.exporters[prefix, default: .init()].names = [sampler.names.description].compactMap(\.self)
        }
        for address in Set(namedExporters).union(told.keys) {
            let (names, listed, told) = (names(of: address), list.exporters[address], told[address])
            var exporter = KnownThings.Exporter()
            exporter.names = Self.distinct([names.description, listed?.name, told?.name])
            exporter.classes = listed?.classes ?? [:]
            let indices = Set(names.interfaces.keys).union(listed?.interfaces.keys.map(\.self) ?? [])
                .union(told?.interfaces.keys.map(\.self) ?? [])
            for index in indices {
                let interface = listed?.interfaces[index]
                let texts =
                    [names.interfaces[index], interface?.name] + (told?.interfaces[index] ?? []).map(Optional.some)
                exporter.interfaces[index] = .init(texts: Self.distinct(texts), classes: interface?.classes ?? [:])
            }
            known.exporters[Prefix(address, bits: 128)] = exporter
        }
        return known
    }

    /// Texts that are there, each once, in their order.
    private static func distinct(_ texts: [String?]) -> [String] {
        var seen: Set<String> = []
        return texts.compactMap { text in text.flatMap { $0.isEmpty || !seen.insert($0).inserted ? nil : $0 } }
    }

    /// Values by prefix, of which the longest counts.
    private struct Longest<Value: Sendable>: Sendable {
        private let values: [Prefix: Value]
        private let lengths: [Int]

        init(_ values: [Prefix: Value]) {
            self.values = values
            lengths = Set(values.keys.map(\.bits)).sorted(by: >)
        }

        subscript(address: IPAddress) -> Value? {
            lengths.lazy.compactMap { values[Prefix(address, bits: $0)] }.first
        }
    }
}
