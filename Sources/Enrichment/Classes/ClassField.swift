/// What exporters, interfaces and networks are sorted into; the words stand
/// in the configuration, in lists of names and, with a capital, in SQL.
public enum ClassField: String, CaseIterable, Hashable, Sendable {
    /// What a network is called; exporters and interfaces have names elsewhere.
    case name
    case group
    case role
    case site
    case region
    case tenant
    /// Who is at the other end of an interface.
    case provider
    /// What an interface is for: transit, peering, customer and so on.
    case connectivity

    /// What has classes.
    public enum Subject: String, CaseIterable, Sendable {
        case exporter
        case interface
        case network

        /// The classes that it has.
        public var fields: [ClassField] {
            switch self {
            case .exporter: [.group, .role, .site, .region, .tenant]
            case .interface: [.provider, .connectivity]
            case .network: [.name, .role, .site, .region, .tenant]
            }
        }
    }

    /// Bytes of the longest value.
    public static let mostBytes = 128

    /// Whether a text may be a value: short, and without control characters.
    public static func isValue(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= mostBytes
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
}
