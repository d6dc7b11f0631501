import FlowQuery
import FlowSchema
import NetTypes
import Telemetry

/// Names of interfaces, VRFs and applications in answers, as exporters told them in options data.
struct LearntNames {
    private let exporters: [IPAddress: ExporterReport.Names]

    /// No names.
    init() {
        exporters = [:]
    }

    init(_ reports: [ExporterReport]) {
        exporters = Dictionary(reports.map { ($0.address, $0.names) }) { first, _ in first }
    }

    /// Whether any of the dimensions has values with names.
    static func matter(to dimensions: [Dimension]) -> Bool {
        dimensions.contains { hasNames($0.column) }
    }

    private static func hasNames(_ column: FlowColumn) -> Bool {
        column.field.kind == .interface || [.ingressVrfId, .egressVrfId, .applicationId].contains(column)
    }

    /// A group's labels with the names that are known: `xe-0/0/1 if 9`, `3 blue`.
    ///
    /// Numbers mean something with one exporter only: where the group doesn't
    /// say which, a number has a name when all exporters that know it agree.
    func labels(_ key: GroupKey, _ dimensions: [Dimension]) -> [String] {
        let plain = key.labels(dimensions)
        guard !exporters.isEmpty, key.values.count == dimensions.count, plain.count == dimensions.count else {
            return plain
        }
        let sampler = zip(dimensions, key.values).first { $0.0.column == .samplerAddress }?.1
        return plain.indices.map { index in
            guard Self.hasNames(dimensions[index].column), case .number(let number) = key.values[index], number != 0,
                let name = name(number, dimensions[index].column, sampler: sampler)
            else { return plain[index] }
            return dimensions[index].column.field.kind == .interface
                ? "\(name) \(plain[index])" : "\(plain[index]) \(name)"
        }
    }

    private func name(_ number: UInt64, _ column: FlowColumn, sampler: KeyValue?) -> String? {
        if case .address(let address) = sampler { return exporters[address].flatMap { Self.name(number, column, $0) } }
        let names = Set(exporters.values.compactMap { Self.name(number, column, $0) })
        return names.count == 1 ? names.first : nil
    }

    private static func name(_ number: UInt64, _ column: FlowColumn, _ names: ExporterReport.Names) -> String? {
        switch column {
        case .applicationId: names.applications[number]
        case .ingressVrfId, .egressVrfId: UInt32(exactly: number).flatMap { names.vrfs[$0] }
        default: UInt32(exactly: number).flatMap { names.interfaces[$0] }
        }
    }
}
