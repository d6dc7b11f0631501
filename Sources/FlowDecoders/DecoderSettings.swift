public import FlowSchema
public import NetTypes

/// What the configuration says of decoding, for all exporters and for each.
public struct DecoderSettings: Equatable, Sendable {
    /// Settings of the exporters within a prefix; of several the longest prefix counts.
    public var exporters: [Prefix: ExporterSettings] = [:]
    /// Enterprise elements that the registry doesn't know, and what they mean.
    public var elements: [ElementMapping] = []

    /// Every exporter as it comes.
    public init() {}

    /// The settings of one exporter.
    public func exporter(_ address: IPAddress) -> ExporterSettings {
        exporters.filter { $0.key.contains(address) }.max { $0.key.bits < $1.key.bits }?.value ?? ExporterSettings()
    }
}

/// How one exporter's records are read.
public struct ExporterSettings: Equatable, Sendable {
    /// Which templates a data set may be decoded by, beside that of its own port.
    public enum TemplateScope: String, CaseIterable, Sendable {
        /// That of another port, while all ports define the id alike.
        case automatic
        /// None: several processes share the address (RFC 7011 section 8).
        case port
        /// The newest of any port: templates and data come from changing ports.
        case exporter
    }

    /// One of so many packets was observed, whatever the exporter says; nil believes the exporter.
    public var samplingRate: UInt32?
    /// Which packet of a tunnel the main columns tell of.
    public var tunnel = TunnelView.outer
    /// Which templates a data set may be decoded by.
    public var templates = TemplateScope.automatic
    /// Seconds that data sets wait for the exporter to tell a sampling rate; 0 stores them with the rate unknown.
    public var holdForRate: UInt32 = 0

    /// The exporter as it comes.
    public init() {}
}

/// An enterprise element that the configuration gives a meaning.
public struct ElementMapping: Equatable, Sendable {
    /// The private enterprise number; 0 for numbers of NetFlow v9 and IANA that the registry doesn't know.
    public var enterprise: UInt32
    /// The element's number, without the enterprise bit.
    public var id: UInt16
    /// Where its values go.
    public var target: Target

    /// Where an element's values go.
    public enum Target: Equatable, Sendable {
        /// A column of numbers or addresses.
        case column(FlowColumn)
        /// An entry of the column `Strings`, under this key.
        case text(key: String)
    }

    /// Gives an element a meaning.
    public init(enterprise: UInt32, id: UInt16, target: Target) {
        self.enterprise = enterprise
        self.id = id
        self.target = target
    }
}

/// The mappings of the configuration, by element.
struct ElementMappings: Sendable {
    private struct Key: Hashable {
        var enterprise: UInt32
        var id: UInt16
    }

    private var byElement: [Key: InformationElement] = [:]

    /// None.
    init() {}

    init(_ mappings: [ElementMapping]) {
        for mapping in mappings {
            byElement[Key(enterprise: mapping.enterprise, id: mapping.id)] = InformationElement(
                enterprise: mapping.enterprise,
                id: mapping.id,
                name: "configured",
                actions: mapping.actions
            )
        }
    }

    /// What the configuration says of a template's field; nil when it says nothing.
    func element(_ field: TemplateField) -> InformationElement? {
        byElement.isEmpty ? nil : byElement[Key(enterprise: field.enterprise, id: field.id)]
    }
}

extension ElementMapping {
    /// Whether elements may be mapped to a column: it holds numbers or addresses that an exporter can tell.
    public static func takes(_ column: FlowColumn) -> Bool {
        switch column.field.kind {
        case .time, .subsecond, .flowType, .samplingSource, .encapType, .numbers, .strings: false
        // What follows from the message, and the rate, have ways of their own.
        default: column.isStored && !column.isEnriched && column != .sequenceNum && column != .samplingRate
        }
    }

    fileprivate var actions: [ElementAction] {
        switch target {
        case .text(let key): [.text(key)]
        case .column(let column):
            switch column.storage {
            case .bytes16: [.ipv4(column), .ipv6(column)]
            case .variable: []
            default: [.unsigned(column)]
            }
        }
    }
}
