/// What a template field is filled from.
enum RecordValue: UInt8, Sendable {
    case sourceAddress, destinationAddress, nextHop, sourceMask, destinationMask
    case sourcePort, destinationPort, ipProtocol, tos, tcpFlags, ttl, icmp, flowLabel, ipVersion
    case bytes, packets, inIf, outIf, sourceAS, destinationAS, vlan, direction, sourceMAC, destinationMAC
    case uptimeStart, uptimeEnd, secondsStart, secondsEnd, millisecondsStart, millisecondsEnd
    case forwarding, sampler, applicationId, applicationName, enterpriseCounter
}

/// One field of a template: element number, length in bytes, and its source.
struct TemplateField: Sendable {
    /// Length of a field whose records carry their own (RFC 7011 section 7).
    static let variable: UInt16 = 0xFFFF
    /// The private enterprise number reserved for documentation (RFC 5612).
    static let exampleEnterprise: UInt32 = 32473

    let element: UInt16
    let length: UInt16
    let value: RecordValue
    var enterprise: UInt32?

    init(_ element: UInt16, _ length: UInt16, _ value: RecordValue, enterprise: UInt32? = nil) {
        self.element = element
        self.length = length
        self.value = value
        self.enterprise = enterprise
    }
}

/// The kinds of flow template that virtual exporters use; each exists for
/// IPv4 and IPv6, and differs between NetFlow v9 and IPFIX where they do.
public enum TemplateLayout: CaseIterable, Sendable {
    /// What an edge router sends: addresses, AS numbers, masks, interfaces.
    case router
    /// Few fields, 64-bit counters, 2-byte AS and interface numbers.
    case counters64
    /// What a switch sends: MAC addresses, VLAN, TTL, ICMP.
    case switched
    /// Times in whole seconds, 3-byte reduced lengths.
    case seconds
    /// Application id and name; in IPFIX of variable length, with an
    /// element of a private enterprise.
    case application

    /// Whether records name the sampler that chose them.
    func namesSampler(isIPFIX: Bool) -> Bool { self == .switched || self == .router && !isIPFIX }

    func fields(isV4: Bool, isIPFIX: Bool) -> [TemplateField] {
        let addresses: [TemplateField] =
            isV4
            ? [.init(8, 4, .sourceAddress), .init(12, 4, .destinationAddress)]
            : [.init(27, 16, .sourceAddress), .init(28, 16, .destinationAddress)]
        let transport: [TemplateField] = [
            .init(7, 2, .sourcePort), .init(11, 2, .destinationPort), .init(4, 1, .ipProtocol), .init(5, 1, .tos),
        ]
        return addresses + transport + details(isV4: isV4, isIPFIX: isIPFIX)
    }

    private func details(isV4: Bool, isIPFIX: Bool) -> [TemplateField] {
        let routes: [TemplateField] =
            isV4
            ? [.init(15, 4, .nextHop), .init(9, 1, .sourceMask), .init(13, 1, .destinationMask)]
            : [
                .init(62, 16, .nextHop), .init(29, 1, .sourceMask), .init(30, 1, .destinationMask),
                .init(31, isIPFIX ? 4 : 3, .flowLabel),
            ]
        let uptimes: [TemplateField] = [.init(22, 4, .uptimeStart), .init(21, 4, .uptimeEnd)]
        let milliseconds: [TemplateField] = [.init(152, 8, .millisecondsStart), .init(153, 8, .millisecondsEnd)]
        switch self {
        case .router:
            // IPv4 records of 59 bytes (v9) and 60 (IPFIX), so that 24 of them fit a frame of 1500.
            let interfaces: [TemplateField] =
                isIPFIX
                ? [.init(10, 2, .inIf), .init(14, 2, .outIf)]
                : [.init(10, 4, .inIf), .init(14, 4, .outIf), .init(48, 1, .sampler), .init(60, 1, .ipVersion)]
            return [.init(6, 1, .tcpFlags), .init(1, 4, .bytes), .init(2, 4, .packets)] + interfaces + routes
                + [.init(16, 4, .sourceAS), .init(17, 4, .destinationAS), .init(61, 1, .direction)]
                + (isIPFIX ? [.init(58, 2, .vlan)] + milliseconds : [.init(58, 2, .vlan), .init(89, 1, .forwarding)])
                + (isIPFIX ? [] : uptimes)
        case .counters64:
            return [.init(1, 8, .bytes), .init(2, 8, .packets), .init(10, 2, .inIf), .init(14, 2, .outIf)]
                + [.init(16, 2, .sourceAS), .init(17, 2, .destinationAS), .init(6, 1, .tcpFlags)] + uptimes
        case .switched:
            return [
                .init(56, 6, .sourceMAC), .init(80, 6, .destinationMAC), .init(58, 2, .vlan), .init(52, 1, .ttl),
                .init(isV4 ? 32 : 139, 2, .icmp), .init(isIPFIX ? 302 : 48, isIPFIX ? 8 : 2, .sampler),
                .init(10, 4, .inIf), .init(14, 4, .outIf), .init(1, 4, .bytes), .init(2, 4, .packets),
                .init(6, isIPFIX ? 2 : 1, .tcpFlags), .init(61, 1, .direction),
            ] + milliseconds
        case .seconds:
            return [
                .init(2, 3, .packets), .init(1, 5, .bytes), .init(10, 3, .inIf), .init(14, 3, .outIf),
                .init(60, 1, .ipVersion), .init(61, 1, .direction), .init(150, 4, .secondsStart),
                .init(151, 4, .secondsEnd),
            ] + routes
        case .application:
            let names: [TemplateField] =
                isIPFIX
                ? [
                    .init(96, TemplateField.variable, .applicationName),
                    .init(1, 4, .enterpriseCounter, enterprise: TemplateField.exampleEnterprise),
                ] : [.init(96, 16, .applicationName)]
            return [.init(95, 4, .applicationId)] + names
                + [.init(1, 8, .bytes), .init(2, 4, .packets), .init(10, 4, .inIf), .init(14, 4, .outIf)]
                + [.init(16, 4, .sourceAS), .init(17, 4, .destinationAS), .init(6, 1, .tcpFlags)]
                + (isIPFIX ? milliseconds : uptimes)
        }
    }
}

/// A template with its id.
struct RecordTemplate: Sendable {
    let id: UInt16
    let fields: [TemplateField]
    /// Bytes of a record; nil when a field's length varies.
    let recordLength: Int?

    init(id: UInt16, fields: [TemplateField]) {
        self.id = id
        self.fields = fields
        let isVariable = fields.contains { $0.length == TemplateField.variable }
        recordLength = isVariable ? nil : fields.reduce(0) { $0 + Int($1.length) }
    }
}
