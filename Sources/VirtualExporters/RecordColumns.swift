import NetTypes

/// The values of many flows, written at a fixed distance from each other.
struct RecordColumns {
    let flows: [FlowRecord]
    let profile: ExporterProfile

    /// Writes one field of all flows: the first at `place`, the next ones
    /// `stride` bytes further each. The caller made room for them.
    func write(_ field: TemplateField, at place: UnsafeMutableRawPointer, stride: Int) {
        let column = Column(place: place, stride: stride, length: field.length, flows: flows)
        switch field.value {
        case .sourceAddress: column.write(address: \.source)
        case .destinationAddress: column.write(address: \.destination)
        case .nextHop: column.write(address: \.nextHop)
        case .sourceMask: column.write { UInt64($0.sourceMask) }
        case .destinationMask: column.write { UInt64($0.destinationMask) }
        case .sourcePort: column.write { UInt64($0.sourcePort) }
        case .destinationPort: column.write { UInt64($0.destinationPort) }
        case .ipProtocol: column.write { UInt64($0.ipProtocol) }
        case .tos: column.write { UInt64($0.tos) }
        case .tcpFlags: column.write { UInt64($0.tcpFlags) }
        case .ttl: column.write { UInt64($0.ttl) }
        case .icmp: column.write { UInt64($0.icmp) }
        case .flowLabel: column.write { UInt64($0.flowLabel) }
        case .ipVersion: column.write { $0.isV4 ? 4 : 6 }
        case .bytes: column.write { $0.bytes }
        case .packets, .enterpriseCounter: column.write { $0.packets }
        case .inIf: column.write { UInt64($0.inIf) }
        case .outIf: column.write { UInt64($0.outIf) }
        case .sourceAS: column.write { UInt64($0.sourceAS) }
        case .destinationAS: column.write { UInt64($0.destinationAS) }
        case .vlan: column.write { UInt64($0.vlan) }
        case .direction: column.write { UInt64($0.direction) }
        case .sourceMAC: column.write { $0.sourceMAC }
        case .destinationMAC: column.write { $0.destinationMAC }
        case .uptimeStart: column.write { [bootTime = profile.bootTime] in $0.start &- bootTime }
        case .uptimeEnd: column.write { [bootTime = profile.bootTime] in $0.end &- bootTime }
        case .secondsStart: column.write { $0.start / 1000 }
        case .secondsEnd: column.write { $0.end / 1000 }
        case .millisecondsStart: column.write { $0.start }
        case .millisecondsEnd: column.write { $0.end }
        case .forwarding: column.write { _ in 64 }  // RFC 7270 section 4.12: forwarded, no reason given
        case .sampler: column.write { _ in TemplateExporter.samplerId }
        // RFC 6759: engine 3 (IANA layer 4) and the well-known port.
        case .applicationId: column.write { 3 << 24 | UInt64(min($0.sourcePort, $0.destinationPort)) }
        case .applicationName: column.write(text: \.applicationName)
        }
    }
}

/// One field of many records.
private struct Column {
    let place: UnsafeMutableRawPointer
    let stride: Int
    let length: UInt16
    let flows: [FlowRecord]

    /// Writes the low ``length`` bytes of each number (RFC 7011 section 6.2).
    @inline(__always)
    func write(_ value: (borrowing FlowRecord) -> UInt64) {
        switch length {
        case 1: each { UInt8(truncatingIfNeeded: value($0)) }
        case 2: each { UInt16(truncatingIfNeeded: value($0)) }
        case 4: each { UInt32(truncatingIfNeeded: value($0)) }
        case 8: each(value)
        default:
            for index in flows.indices {
                let number = value(flows[index])
                for byte in 0..<Int(length) {
                    let shift = UInt64(8 * (Int(length) - 1 - byte))
                    (place + index * stride).storeBytes(
                        of: UInt8(truncatingIfNeeded: number >> shift),
                        toByteOffset: byte,
                        as: UInt8.self
                    )
                }
            }
        }
    }

    @inline(__always)
    private func each<Number: FixedWidthInteger & BitwiseCopyable>(_ value: (borrowing FlowRecord) -> Number) {
        var place = place
        for index in flows.indices {
            place.storeBytes(of: value(flows[index]).bigEndian, as: Number.self)
            place += stride
        }
    }

    /// Addresses in 4 bytes (IPv4) or 16.
    @inline(__always)
    func write(address: (borrowing FlowRecord) -> IPAddress) {
        guard length == 16 else {
            each { address($0).v4 }
            return
        }
        for index in flows.indices {
            let address = address(flows[index])
            (place + index * stride).storeBytes(of: address.high.bigEndian, as: UInt64.self)
            (place + index * stride).storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
    }

    /// Text, cut or filled with zeros.
    func write(text: (FlowRecord) -> String) {
        for index in flows.indices {
            let bytes = Array(text(flows[index]).utf8.prefix(Int(length)))
            for offset in 0..<Int(length) {
                let byte = offset < bytes.count ? bytes[offset] : 0
                (place + index * stride).storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
            }
        }
    }
}
