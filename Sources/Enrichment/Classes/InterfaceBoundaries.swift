import FlowSchema
import NetTypes

/// Where interfaces lead, for the thread that writes `Incoming`. Made once and never changed.
public struct InterfaceBoundaries: Hashable, Sendable {
    /// By exporter and SNMP index; those that nothing is said of aren't there.
    private let exporters: [AddressBytes: [UInt32: InterfaceBoundary]]

    /// Takes what rules say of interfaces.
    public init(_ tables: ClassTables = ClassTables()) {
        var exporters: [AddressBytes: [UInt32: InterfaceBoundary]] = [:]
        for (address, interfaces) in tables.interfaces {
            let told = interfaces.mapValues(\.boundary).filter { $0.value != .undefined }
            if !told.isEmpty { exporters[AddressBytes(address)] = told }
        }
        self.exporters = exporters
    }

    /// Whether nothing is said of any interface.
    public var isEmpty: Bool { exporters.isEmpty }

    /// The interfaces of one exporter; nil when nothing is said of any.
    func interfaces(of exporter: AddressBytes) -> [UInt32: InterfaceBoundary]? { exporters[exporter] }

    /// Whether a flow came into the network: 1, 0, or nil when its interfaces don't tell.
    ///
    /// Index 0 says that the exporter doesn't know the interface, or that
    /// packets ended or began in it: the other interface then tells if it
    /// leads outside. One of which nothing is said might lead anywhere.
    @inline(__always)
    static func incoming(from input: UInt32, to output: UInt32, _ interfaces: [UInt32: InterfaceBoundary]) -> UInt8? {
        let (from, to) = (interfaces[input] ?? .undefined, interfaces[output] ?? .undefined)
        return switch (from, to) {
        case (.external, .internal): 1
        case (.internal, .external): 0
        case (.external, .undefined) where output == 0: 1
        case (.undefined, .external) where input == 0: 0
        default: nil
        }
    }
}
