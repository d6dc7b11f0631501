import FlowQuery
import FlowSchema
import FlowStore
import NetTypes

/// Where the values of a row came from, as far as the schema knows.
///
/// Rows don't keep their templates: the fields named are those that can tell
/// the column in the row's protocol. A column that holds the value of "nobody
/// wrote it" was not sent for certain where the protocol has no field for it,
/// or where no field can say that value; else it may have been sent as 0.
struct FlowStory {
    /// What kind of source it is.
    enum Source: String {
        /// A field of the record or of a header in its packet.
        case wire
        /// The collector itself: clock, socket, header of the datagram.
        case collector
        /// Computed or looked up when the row was received.
        case enrichment
        /// Told by a dictionary when the row is read.
        case dictionary
    }

    /// Whether the exporter sent it.
    enum Presence: String {
        case yes, no
        /// It holds 0, which is also what is there when nothing was sent.
        case unsure
        /// It is no exporter's to send.
        case none
    }

    private let rows: FlowRows
    private let origins: FieldOrigins?
    private let type: FlowType

    init(_ rows: FlowRows, origins: FieldOrigins?) {
        self.rows = rows
        self.origins = origins
        let name = rows.value(.flowType, row: 0)
        type = FlowType.allCases.first { .string($0.name) == name } ?? .unknown
    }

    func source(of column: FlowColumn) -> Source {
        if column.isDerived { return .dictionary }
        if column.isEnriched { return .enrichment }
        return Self.ofCollector[column] == nil ? .wire : .collector
    }

    func presence(of column: FlowColumn) -> Presence {
        guard source(of: column) == .wire else { return .none }
        guard isDefault(column) else { return .yes }
        guard let origins, origins.knows(type) else { return .unsure }
        return origins[type, column].isEmpty || column.fillByte != 0 ? .no : .unsure
    }

    /// The origin in words.
    func words(of column: FlowColumn) -> String {
        switch source(of: column) {
        case .dictionary: "looked up when read, from \(column.sources.map(\.name).joined(separator: " and "))"
        case .enrichment: column.isPlace ? "looked up when received (enrichment.geo)" : "computed when received"
        case .collector: Self.ofCollector[column] ?? ""
        case .wire: wire(column)
        }
    }

    /// Whether the column holds what is there when no decoder wrote it.
    private func isDefault(_ column: FlowColumn) -> Bool {
        switch rows.value(column, row: 0) {
        case .null: true
        case .address(let address): address.isUnspecified
        case .array(let values): values.isEmpty
        case .map(let entries): entries.isEmpty
        case .string(let text):
            switch column.field.kind {
            case .mac: text == MACAddress(bits: 0).description
            case .encapType: text == EncapType.none.name
            case .samplingSource: text == SamplingSource.unknown.name
            default: text.isEmpty
            }
        case let value: value.unsigned == (column.fillByte == 0 ? 0 : UInt64(column.fillByte))
        }
    }

    private func wire(_ column: FlowColumn) -> String {
        guard let origins, origins.knows(type) else { return "" }
        let told = told(column, origins)
        let filled = Self.fillable[column]
        if isDefault(column) {
            return told.isEmpty ? "\(protocolName) has no field for it" : "0 is also what is there when nothing is sent"
        }
        if column == .samplingRate, let source = rateSource { return source }
        if told.isEmpty { return filled ?? "concluded by the decoder" }
        let words = list(told)
        return filled.map { "\(words); else \($0)" } ?? words
    }

    /// The fields that can have told the value.
    private func told(_ column: FlowColumn, _ origins: FieldOrigins) -> [FieldOrigin] {
        let all = origins[type, column]
        guard case .address(let address) = rows.value(column, row: 0), !address.isUnspecified else { return all }
        return all.filter { $0.ipVersion == nil || $0.ipVersion == (address.isV4 ? 4 : 6) }
    }

    private func list(_ told: [FieldOrigin]) -> String {
        let shown = told.prefix(Self.mostListed).map { "\($0.number) \($0.name)" }.joined(separator: ", ")
        let rest = told.count - Self.mostListed
        return "\(protocolName) \(shown)" + (rest > 0 ? " or \(rest) other\(rest == 1 ? "" : "s")" : "")
    }

    private static let mostListed = 2

    private var rateSource: String? {
        switch rows.value(.samplingRateSource, row: 0) {
        case .string(SamplingSource.options.name): "options data of the exporter"
        case .string(SamplingSource.configuration.name): "samplers in the configuration"
        case .string(SamplingSource.unknown.name): "assumed, nobody told it"
        default: nil
        }
    }

    private var protocolName: String {
        switch type {
        case .sflow5: "sFlow"
        case .netflowV1: "NetFlow v1"
        case .netflowV5: "NetFlow v5"
        case .netflowV7: "NetFlow v7"
        case .netflowV9: "NetFlow v9"
        case .ipfix: "IPFIX"
        case .portMirror: "frames of a port mirror"
        case .nflog: "NFLOG"
        case .conntrack: "connection tracking"
        case .awsVPC: "AWS VPC flow logs"
        case .gcpVPC: "Google Cloud VPC flow logs"
        case .azureVNet: "Azure flow logs"
        case .fastNetMon: "FastNetMon's traffic export"
        case .unknown: "the protocol"
        }
    }

    private static let ofCollector: [FlowColumn: String] = [
        .timeReceived: "the kernel's clock when the datagram came",
        .flowType: "the version in the datagram",
        .sequenceNum: "the header of the datagram",
        .samplerAddress: "the datagram's source, or what it says of its exporter",
        .samplingRateSource: "noted by the decoder",
    ]

    /// What the collector fills where the exporter tells nothing, or as enrichment.asFrom says.
    private static let fillable: [FlowColumn: String] = {
        let map = "enrichment (asMap or bmp)"
        let routes = "enrichment (bmp)"
        return [
            .srcAS: map, .dstAS: map, .srcNet: map, .dstNet: map, .nextHopAS: map, .nextHop: routes,
            .bgpNextHop: routes, .asPath: routes, .bgpCommunities: routes, .bgpLargeCommunities: routes,
            .bgpExtendedCommunities: routes,
        ]
    }()
}
