import FlowSchema
import NetTypes
import WireFormat

/// `struct flow_record`'s formats of enterprise 0 that tell a column.
private enum RecordFormat {
    static let packetHeader: UInt32 = 1
    static let ethernet: UInt32 = 2
    static let ipv4: UInt32 = 3
    static let ipv6: UInt32 = 4
    static let extendedSwitch: UInt32 = 1001
    static let extendedRouter: UInt32 = 1002
    static let extendedGateway: UInt32 = 1003
    static let extendedUser: UInt32 = 1004
    static let extendedURL: UInt32 = 1005
    static let extendedMPLS: UInt32 = 1006
    static let extendedNAT: UInt32 = 1007
    static let extendedVlanTunnel: UInt32 = 1012
    static let extendedNATPort: UInt32 = 1020
    static let ipv4TunnelEgress: UInt32 = 1023
    static let ipv4TunnelIngress: UInt32 = 1024
    static let ipv6TunnelEgress: UInt32 = 1025
    static let ipv6TunnelIngress: UInt32 = 1026
    static let vniEgress: UInt32 = 1029
    static let vniIngress: UInt32 = 1030
}

extension FlowSample {
    static let noAddress = AddressBytes(memoryHigh: 0, memoryLow: 0)

    /// Reads one record into the sample.
    ///
    /// - Returns: false for formats that tell no column, which are left alone.
    @inline(__always)
    mutating func readRecord(
        _ record: RawSpan,
        format: UInt32,
        _ view: TunnelView,
        _ columns: inout SFlowColumns,
        _ counters: inout DecodeCounters
    ) throws(DecodeError) -> Bool {
        // Nearly every sample has one, and many nothing else.
        if format == RecordFormat.packetHeader {
            try readPacketHeader(record, view)
            return true
        }
        switch format {
        case RecordFormat.extendedSwitch: try readSwitch(record, columns)
        case RecordFormat.extendedRouter: try readRouter(record, columns)
        case RecordFormat.extendedGateway: try readGateway(record, &columns, &counters)
        default: return try readRareRecord(record, format: format, &columns)
        }
        return true
    }

    @inline(never)
    private mutating func readRareRecord(
        _ record: RawSpan,
        format: UInt32,
        _ columns: inout SFlowColumns
    ) throws(DecodeError) -> Bool {
        switch format {
        case RecordFormat.ethernet: try readEthernet(record)
        case RecordFormat.ipv4: try readIPv4(record)
        case RecordFormat.ipv6: try readIPv6(record)
        // Read a second time, for what varies in length.
        case RecordFormat.extendedUser, RecordFormat.extendedURL: told.formUnion(.texts)
        case RecordFormat.extendedMPLS: try readMPLS(record, columns)
        case RecordFormat.extendedNAT: try readNAT(record, columns)
        case RecordFormat.extendedVlanTunnel: try readVlanTunnel(record)
        case RecordFormat.extendedNATPort: try readNATPorts(record, columns)
        case RecordFormat.ipv4TunnelEgress, RecordFormat.ipv4TunnelIngress:
            try readTunnelHeader(record, isIPv6: false)
        case RecordFormat.ipv6TunnelEgress, RecordFormat.ipv6TunnelIngress:
            try readTunnelHeader(record, isIPv6: true)
        case RecordFormat.vniEgress, RecordFormat.vniIngress: try readVNI(record)
        default: return false
        }
        return true
    }

    /// `struct sampled_header`: protocol, length of the frame on the wire,
    /// bytes stripped before the cut, and the first bytes of the frame.
    @inline(__always)
    private mutating func readPacketHeader(_ record: RawSpan, _ view: TunnelView) throws(DecodeError) {
        guard record.byteCount >= 16 else { throw .truncated }
        let start = WirePart(record, length: 16)
        // A sampled tunnel has one for each layer: the frame on the wire comes first.
        guard !told.contains(.header) else { return }
        told.formUnion([.header, .packet])
        bytes = UInt64(start.number(at: 4, as: UInt32.self))
        // Agents are known to claim more header bytes than they send.
        let length = min(Int(start.number(at: 12, as: UInt32.self)), record.byteCount - 16)
        let frame = record.cut(at: 16, length: length)
        let link = start.number(at: 0, as: UInt32.self)
        if link == 1 { packet.readEthernet(frame) } else { readOtherLink(frame, link) }
        if view == .inner { packet.promoteInner(frame) }
    }

    /// `enum header_protocol`, apart from Ethernet: PPP, IPv4, IPv6, MPLS and PPP behind its flags.
    @inline(never)
    private mutating func readOtherLink(_ frame: RawSpan, _ link: UInt32) {
        switch link {
        case 7, 14: packet.readPPP(frame, at: 0)
        case 11: packet.readIPv4(frame, at: 0)
        case 12: packet.readIPv6(frame, at: 0)
        case 13: packet.readMPLS(frame, at: 0)
        default: break
        }
    }

    /// `struct sampled_ethernet`: length, two addresses of six bytes filled up to eight, type.
    private mutating func readEthernet(_ record: RawSpan) throws(DecodeError) {
        guard record.byteCount >= 24 else { throw .truncated }
        guard !told.contains(.header) else { return }
        told.formUnion(.packet)
        bytes = UInt64(record.number(at: 0, as: UInt32.self))
        packet.srcMac = record.number(at: 4, as: UInt64.self) >> 16
        packet.dstMac = record.number(at: 12, as: UInt64.self) >> 16
        if packet.eType == 0 { packet.eType = UInt16(truncatingIfNeeded: record.number(at: 20, as: UInt32.self)) }
    }

    /// `struct sampled_ipv4`: the length is that of the IP packet.
    private mutating func readIPv4(_ record: RawSpan) throws(DecodeError) {
        guard record.byteCount >= 32 else { throw .truncated }
        guard packet.srcAddr == Self.noAddress else { return }
        packet.eType = EtherType.ipv4
        packet.srcAddr = record.addressV4(at: 8)
        packet.dstAddr = record.addressV4(at: 12)
        readIPStart(record, ports: 16)
    }

    /// `struct sampled_ipv6`: the same with longer addresses.
    private mutating func readIPv6(_ record: RawSpan) throws(DecodeError) {
        guard record.byteCount >= 56 else { throw .truncated }
        guard packet.srcAddr == Self.noAddress else { return }
        packet.eType = EtherType.ipv6
        packet.srcAddr = record.addressV6(at: 8)
        packet.dstAddr = record.addressV6(at: 24)
        readIPStart(record, ports: 40)
    }

    /// The low part of a number that XDR widened to four bytes.
    private static func low<T: FixedWidthInteger>(_ record: RawSpan, _ offset: Int) -> T {
        T(truncatingIfNeeded: record.number(at: offset, as: UInt32.self))
    }

    /// What both have: length and protocol before the addresses; ports, TCP
    /// flags and type of service behind them, each in four bytes.
    private mutating func readIPStart(_ record: RawSpan, ports offset: Int) {
        told.formUnion(.packet)
        if bytes == 0 { bytes = UInt64(record.number(at: 0, as: UInt32.self)) }
        packet.proto = Self.low(record, 4)
        packet.tcpFlags = Self.low(record, offset + 8)
        packet.ipTos = Self.low(record, offset + 12)
        if packet.proto == 1 || packet.proto == 58 {
            // The specification leaves it open; agents put type and code where ports would be.
            packet.icmpType = Self.low(record, offset)
            packet.icmpCode = Self.low(record, offset + 4)
        } else {
            packet.srcPort = Self.low(record, offset)
            packet.dstPort = Self.low(record, offset + 4)
        }
    }

    /// `struct extended_switch`: VLAN and priority on the way in and out.
    @inline(__always)
    private func readSwitch(_ record: RawSpan, _ columns: borrowing SFlowColumns) throws(DecodeError) {
        guard record.byteCount >= 16 else { throw .truncated }
        let start = WirePart(record, length: 16)
        columns.set(.srcVlan, to: Self.vlan(start.number(at: 0)))
        columns.set(.dstVlan, to: Self.vlan(start.number(at: 8)))
    }

    /// Agents write all ones for a VLAN that they don't know.
    @inline(__always)
    private static func vlan(_ told: UInt32) -> UInt16 {
        told < 4096 ? UInt16(truncatingIfNeeded: told) : 0
    }

    /// `struct extended_router`: next hop and the lengths of both prefixes.
    @inline(__always)
    private mutating func readRouter(
        _ record: RawSpan,
        _ columns: borrowing SFlowColumns
    ) throws(DecodeError) {
        let (hop, offset) = try record.sflowAddress(at: 0)
        if !hop.isUnspecified { setNextHop(hop, columns) }
        guard record.byteCount >= offset + 8 else { throw .truncated }
        let prefixes = WirePart(record, at: offset, length: 8)
        columns.set(.srcNet, to: Self.prefixLength(prefixes.number(at: 0)))
        columns.set(.dstNet, to: Self.prefixLength(prefixes.number(at: 4)))
    }

    @inline(__always)
    mutating func setNextHop(_ hop: AddressBytes, _ columns: borrowing SFlowColumns) {
        columns.set(.nextHop, to: hop)
        told.formUnion(.nextHop)
    }

    @inline(__always)
    private static func prefixLength(_ told: UInt32) -> UInt8 {
        told <= 128 ? UInt8(truncatingIfNeeded: told) : 0
    }
}
