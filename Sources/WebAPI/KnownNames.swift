import FlowQuery
import FlowSchema
import NetTypes
import Telemetry

/// The names that a filter may use: those that people gave, and those that exporters and agents told.
///
/// The same names stand in answers (``LearntNames``). Interfaces, VLANs, VRFs
/// and applications are numbered by each exporter for itself, so their names
/// stand for pairs of exporter and number.
struct KnownNames: FilterNames {
    private let reports: [ExporterReport]
    private let book: NameBook

    /// - Parameter book: what people call things, which counts before what exporters say.
    init(_ reports: [ExporterReport], _ book: NameBook) {
        self.reports = reports.sorted { $0.address < $1.address }
        self.book = book
    }

    // MARK: - From a name to values

    func value(named name: String, in column: FlowColumn) -> NamedValue? {
        switch column.field.kind {
        case .asn: autonomousSystems(name)
        case .address: column == .samplerAddress ? exporters(name) : hosts(name)
        default: ofExporters(name, column)
        }
    }

    private func autonomousSystems(_ wanted: String) -> NamedValue? {
        let given = book.autnums.filter { $0.value.name.isAlike(wanted) }
        let listed = book.listedAutnums.filter { book.autnums[$0.key] == nil && $0.value.name.isAlike(wanted) }
        let found = given.merging(listed) { first, _ in first }.sorted { $0.key < $1.key }
        guard let first = found.first else { return nil }
        return NamedValue(name: first.value.name, meaning: .numbers(found.map { UInt64($0.key) }))
    }

    private func exporters(_ wanted: String) -> NamedValue? {
        let alike = exporterNames.filter { $0.name.isAlike(wanted) }
        guard let first = alike.first else { return nil }
        return NamedValue(name: first.name, meaning: .addresses(alike.map(\.address)))
    }

    private func hosts(_ wanted: String) -> NamedValue? {
        var addresses: Set<IPAddress> = []
        var known = wanted
        for sampler in book.samplers.values {
            for (address, name) in sampler.hosts where name.isAlike(wanted) {
                addresses.insert(address)
                known = name
            }
        }
        return addresses.isEmpty ? nil : NamedValue(name: known, meaning: .addresses(addresses.sorted()))
    }

    private func ofExporters(_ wanted: String, _ column: FlowColumn) -> NamedValue? {
        var numbers: [NamedValue.ExporterNumber] = []
        var known = wanted
        for exporter in samplers {
            for (number, name) in names(of: exporter, column).sorted(by: { $0.key < $1.key }) {
                guard let alike = Self.parts(name).first(where: { $0.isAlike(wanted) }) else { continue }
                numbers.append(.init(exporter: exporter.address, number: number))
                known = String(alike)
            }
        }
        return numbers.isEmpty ? nil : NamedValue(name: known, meaning: .ofExporters(numbers))
    }

    /// A name as a whole and, of an interface whose description stands behind a colon, its beginning.
    private static func parts(_ name: String) -> [Substring] {
        guard let colon = name.firstRange(of: ": ") else { return [name[...]] }
        return [name[...], name[..<colon.lowerBound]]
    }

    // MARK: - Names to choose from

    func names(in column: FlowColumn, like text: String, limit: Int) -> [FilterName] {
        let wanted = Array(text.lowercased().utf8)
        switch column.field.kind {
        case .asn: return autonomousSystems(like: wanted, limit)
        case .address:
            guard column != .samplerAddress else { return exporters(like: wanted, limit) }
            let hosts = book.samplers.values.flatMap(\.hosts)
                .map { FilterName(text: $0.key.description, detail: $0.value) }
            return Self.some(of: hosts, like: wanted, limit)
        default:
            var places: [String: [String]] = [:]
            for exporter in samplers {
                for (number, name) in names(of: exporter, column) where name.has(wanted) {
                    places[name, default: []].append("\(number) of \(exporter.name ?? exporter.address.description)")
                }
            }
            let names = places.map { name, places in
                FilterName(text: name, detail: places.count == 1 ? places[0] : "\(places.count) of that name")
            }
            return Self.some(of: names, like: [], limit)
        }
    }

    private func autonomousSystems(like wanted: [UInt8], _ limit: Int) -> [FilterName] {
        // Lists have 100,000 names: what isn't like the text is left before anything is built of it.
        func some(
            _ systems: [UInt32: AutonomousSystemName],
            except known: [UInt32: AutonomousSystemName] = [:]
        )
            -> [FilterName]
        {
            systems.compactMap { number, system in
                guard known[number] == nil, wanted.isEmpty || system.name.has(wanted) || String(number).has(wanted)
                else { return nil }
                return FilterName(text: String(number), detail: system.name)
            }
        }
        let all = some(book.autnums) + some(book.listedAutnums, except: book.autnums)
        return Self.some(of: all, like: wanted, limit)
    }

    private func exporters(like wanted: [UInt8], _ limit: Int) -> [FilterName] {
        var all = exporterNames.map { FilterName(text: $0.address.description, detail: $0.name) }
        let named = Set(all.map(\.text))
        all += reports.map(\.address.description).filter { !named.contains($0) }
            .map { FilterName(text: $0, detail: "an exporter") }
        return Self.some(of: all, like: wanted, limit)
    }

    /// Those that have the text, in their name or what it stands for; those that begin with it first, then by name.
    private static func some(of names: [FilterName], like wanted: [UInt8], _ limit: Int) -> [FilterName] {
        let found = names.filter { wanted.isEmpty || $0.text.has(wanted) || $0.detail.has(wanted) }
        func rank(_ name: FilterName) -> Int {
            name.text.begins(wanted) || name.detail.begins(wanted) ? 0 : 1
        }
        let sorted = found.sorted { a, b in
            (rank(a), a.detail.utf8.count, a.text) < (rank(b), b.detail.utf8.count, b.text)
        }
        return Array(sorted.prefix(max(0, limit)))
    }

    // MARK: - Who is called what

    private struct Exporter {
        var address: IPAddress
        var name: String?
        var given: SamplerNames
        var told: ExporterReport.Names
    }

    /// Exporters that were heard of, and those that people named by their address.
    private var samplers: [Exporter] {
        let heard = Set(reports.map(\.address))
        let named = book.samplers.keys.filter { $0.bits == 128 && !heard.contains($0.first) }.map(\.first).sorted()
        let exporters = reports.map { report in
            let given = book.sampler(report.address)
            return Exporter(
                address: report.address,
                name: given.description ?? report.name,
                given: given,
                told: report.names
            )
        }
        return exporters
            + named.map { address in
                let given = book.sampler(address)
                return Exporter(address: address, name: given.description, given: given, told: .init())
            }
    }

    private var exporterNames: [(address: IPAddress, name: String)] {
        samplers.compactMap { exporter in exporter.name.map { (exporter.address, $0) } }
    }

    /// What an exporter's numbers in a column are called.
    private func names(of exporter: Exporter, _ column: FlowColumn) -> [UInt64: String] {
        func wide(_ names: [UInt32: String]) -> [UInt64: String] {
            Dictionary(uniqueKeysWithValues: names.map { (UInt64($0.key), $0.value) })
        }
        switch column {
        case .ingressVrfId, .egressVrfId: return wide(exporter.told.vrfs)
        case .applicationId: return exporter.told.applications
        case .vlanId, .srcVlan, .dstVlan: return wide(exporter.given.vlans)
        case _ where column.field.kind == .interface:
            return wide(exporter.given.interfaces.merging(exporter.told.interfaces) { given, _ in given })
        default: return [:]
        }
    }
}

extension StringProtocol {
    /// Whether both are the same but for the case of letters. Names are many: what differs in length needn't be read.
    fileprivate func isAlike(_ other: String) -> Bool {
        if utf8.elementsEqual(other.utf8) { return true }
        return utf8.count == other.utf8.count && lowercased() == other.lowercased()
    }
}

extension String {
    /// Whether it has the letters somewhere, whatever their case; they are in lower case.
    fileprivate func has(_ letters: [UInt8]) -> Bool {
        guard let first = letters.first else { return true }
        let bytes = utf8
        var index = bytes.startIndex
        var left = bytes.count - letters.count
        while left >= 0 {
            if Self.lower(bytes[index]) == first, bytes[index...].begins(letters) { return true }
            index = bytes.index(after: index)
            left -= 1
        }
        return false
    }

    fileprivate func begins(_ letters: [UInt8]) -> Bool { utf8[...].begins(letters) }

    fileprivate static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension Substring.UTF8View {
    fileprivate func begins(_ letters: [UInt8]) -> Bool {
        count >= letters.count && zip(self, letters).allSatisfy { String.lower($0) == $1 }
    }
}
