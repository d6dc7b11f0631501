/// How ClickHouse tells a column that no row holds: by a look-up of other columns in a dictionary.
///
/// The dictionaries hold what configuration and lists say today, so such a
/// column says today's word for rows of any age, costs nothing when rows are
/// stored, and holds for rows of other producers.
public struct Derivation: Hashable, Sendable {
    /// The columns that it is told of.
    public let sources: [FlowColumn]
    /// SQL over the sources, as the engine itself writes it.
    public let expression: String
}

extension FlowColumn {
    /// How the column is told of others; nil for one that rows hold.
    public var derivation: Derivation? {
        func lookUp(_ dictionary: String, _ attribute: String, _ sources: FlowColumn...) -> Derivation {
            let names = sources.map(\.name).joined(separator: ", ")
            let key = sources.count == 1 ? names : "(\(names))"
            let name = "\(ClickHouse.database).\(dictionary)"
            return Derivation(sources: sources, expression: "dictGet('\(name)', '\(attribute)', \(key))")
        }
        func ofExporter(_ attribute: String) -> Derivation { lookUp("ExporterClasses", attribute, .samplerAddress) }
        func ofInput(_ attribute: String) -> Derivation {
            lookUp("InterfaceClasses", attribute, .samplerAddress, .inIf)
        }
        func ofOutput(_ attribute: String) -> Derivation {
            lookUp("InterfaceClasses", attribute, .samplerAddress, .outIf)
        }
        func ofSource(_ attribute: String) -> Derivation { lookUp("NetworkClasses", attribute, .srcAddr) }
        func ofDestination(_ attribute: String) -> Derivation { lookUp("NetworkClasses", attribute, .dstAddr) }
        return switch self {
        case .exporterGroup: ofExporter("Group")
        case .exporterRole: ofExporter("Role")
        case .exporterSite: ofExporter("Site")
        case .exporterRegion: ofExporter("Region")
        case .exporterTenant: ofExporter("Tenant")
        case .inIfBoundary: ofInput("Boundary")
        case .outIfBoundary: ofOutput("Boundary")
        case .inIfProvider: ofInput("Provider")
        case .outIfProvider: ofOutput("Provider")
        case .inIfConnectivity: ofInput("Connectivity")
        case .outIfConnectivity: ofOutput("Connectivity")
        case .srcNetName: ofSource("Name")
        case .dstNetName: ofDestination("Name")
        case .srcNetRole: ofSource("Role")
        case .dstNetRole: ofDestination("Role")
        case .srcNetSite: ofSource("Site")
        case .dstNetSite: ofDestination("Site")
        case .srcNetRegion: ofSource("Region")
        case .dstNetRegion: ofDestination("Region")
        case .srcNetTenant: ofSource("Tenant")
        case .dstNetTenant: ofDestination("Tenant")
        case .srcCity: lookUp("Cities", "Name", .srcCityId)
        case .dstCity: lookUp("Cities", "Name", .dstCityId)
        default: nil
        }
    }

    /// The columns of rows that the value is in or is told of.
    public var sources: [FlowColumn] { derivation?.sources ?? [self] }
}
