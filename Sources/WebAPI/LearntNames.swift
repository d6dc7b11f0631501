import FlowQuery
import FlowSchema
import NetTypes
import Telemetry

/// Names in answers: those that people gave, those of exporters and their
/// interfaces that SNMP agents told, those of interfaces, VRFs and applications
/// that exporters told in options data, and those of hosts that name servers know.
struct LearntNames {
    private let exporters: [IPAddress: ExporterReport.Names]
    /// What exporters are called.
    private let own: [IPAddress: String]
    private let book: NameBook
    /// What hosts are called that nobody gave a name.
    var hosts: [IPAddress: String] = [:]
    /// Whether all that is named is of one exporter, though groups may not say so.
    var isOfOneExporter = false

    /// No names.
    init() {
        exporters = [:]
        own = [:]
        book = NameBook()
    }

    /// - Parameter book: what people call things, which counts before what exporters say.
    init(_ reports: [ExporterReport], _ book: NameBook = NameBook()) {
        exporters = Dictionary(reports.map { ($0.address, $0.names) }) { first, _ in first }
        own = Dictionary(reports.compactMap { report in report.name.map { (report.address, $0) } }) { first, _ in first
        }
        self.book = book
    }

    /// Whether any of the dimensions has values with names.
    static func matter(to dimensions: [Dimension]) -> Bool {
        dimensions.contains { form($0.column) != nil }
    }

    /// How a value stands with its name.
    private enum Form {
        /// `xe-0/0/1 if 9`
        case nameFirst
        /// `3 blue`
        case nameLast
    }

    private static func form(_ column: FlowColumn) -> Form? {
        switch column.field.kind {
        case .interface, .address: .nameFirst
        case .asn: .nameLast
        default:
            [.ingressVrfId, .egressVrfId, .applicationId, .vlanId, .srcVlan, .dstVlan].contains(column)
                ? .nameLast : nil
        }
    }

    /// A group's labels with the names that are known: `xe-0/0/1 if 9`, `3 blue`.
    ///
    /// Numbers mean something with one exporter only: where the group doesn't
    /// say which, a number has a name when all exporters that know it agree, and
    /// interfaces say that those of all exporters are added up: `if 9 of any exporter`.
    func labels(_ key: GroupKey, _ dimensions: [Dimension]) -> [String] {
        let plain = key.labels(dimensions)
        guard !exporters.isEmpty || !book.isEmpty || !hosts.isEmpty, key.values.count == dimensions.count,
            plain.count == dimensions.count
        else { return plain }
        let sampler = Self.sampler(key, dimensions)
        return plain.indices.map { index in
            let column = dimensions[index].column
            guard let form = Self.form(column), !dimensions[index].isUnknown(key.values[index]) else {
                return plain[index]
            }
            let isMixed = column.field.kind == .interface && sampler == nil && !isOfOneExporter && exporters.count > 1
            let label = isMixed ? "\(plain[index]) of any exporter" : plain[index]
            guard let name = name(key.values[index], column, sampler: sampler) ?? host(key.values[index]) else {
                return label
            }
            return form == .nameFirst ? "\(name) \(label)" : "\(label) \(name)"
        }
    }

    /// The addresses in groups that have no name yet, each once, the first groups' first.
    func nameless(_ keys: [GroupKey], _ dimensions: [Dimension]) -> [IPAddress] {
        let places = dimensions.indices.filter { dimensions[$0].column.field.kind == .address }
        guard !places.isEmpty else { return [] }
        var seen: Set<IPAddress> = []
        return keys.filter { $0.values.count == dimensions.count }.flatMap { key in
            places.compactMap { place in
                guard case .address(let address) = key.values[place], !address.isUnspecified,
                    name(key.values[place], dimensions[place].column, sampler: Self.sampler(key, dimensions)) == nil,
                    seen.insert(address).inserted
                else { return nil }
                return address
            }
        }
    }

    /// The exporter that a group is of, where it says so.
    private static func sampler(_ key: GroupKey, _ dimensions: [Dimension]) -> IPAddress? {
        zip(dimensions, key.values).first { $0.0.column == .samplerAddress }.flatMap { _, value in
            if case .address(let address) = value { address } else { nil }
        }
    }

    private func host(_ value: KeyValue) -> String? {
        if case .address(let address) = value { hosts[address] } else { nil }
    }

    private func name(_ value: KeyValue, _ column: FlowColumn, sampler: IPAddress?) -> String? {
        switch (value, column.field.kind) {
        case (.address(let address), _) where column == .samplerAddress:
            return book.sampler(address).description ?? own[address]
        case (.number(let number), .asn): return UInt32(exactly: number).flatMap { book.autonomousSystem($0)?.name }
        default: break
        }
        if let sampler {
            return Self.given(value, column, book.sampler(sampler))
                ?? exporters[sampler].flatMap { Self.told(value, column, $0) }
        }
        var names = Set(book.samplers.values.compactMap { Self.given(value, column, $0) })
        for (address, told) in exporters where Self.given(value, column, book.sampler(address)) == nil {
            if let name = Self.told(value, column, told) { names.insert(name) }
        }
        return names.count == 1 ? names.first : nil
    }

    /// The name that people gave.
    private static func given(_ value: KeyValue, _ column: FlowColumn, _ names: SamplerNames) -> String? {
        switch value {
        case .address(let address): return names.hosts[address]
        case .text: return nil
        case .number(let number):
            guard let number = UInt32(exactly: number) else { return nil }
            if column.field.kind == .interface { return names.interfaces[number] }
            return [.vlanId, .srcVlan, .dstVlan].contains(column) ? names.vlans[number] : nil
        }
    }

    /// The name that an exporter told.
    private static func told(_ value: KeyValue, _ column: FlowColumn, _ names: ExporterReport.Names) -> String? {
        guard case .number(let number) = value else { return nil }
        if column == .applicationId { return names.applications[number] }
        guard let number = UInt32(exactly: number) else { return nil }
        if column.field.kind == .interface { return names.interfaces[number] }
        return [.ingressVrfId, .egressVrfId].contains(column) ? names.vrfs[number] : nil
    }
}
