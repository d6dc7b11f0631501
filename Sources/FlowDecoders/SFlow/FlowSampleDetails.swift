import FlowSchema
import NetTypes
import WireFormat

/// What few agents tell of a packet.
struct SampleDetails: BitwiseCopyable, Sendable {
    /// The virtual network that a record told.
    var vni: UInt32 = 0
    /// Tags that were removed before the frame was sampled, outermost first.
    var removedTag: UInt16 = 0
    var removedCustomerTag: UInt16 = 0
    /// The ``EncapType`` that a record told.
    var tunnelType: UInt8 = 0
}

// Records that few agents send: address translation, MPLS, tunnels, stacked tags.
extension FlowSample {
    /// `struct extended_nat`: both addresses after translation.
    @inline(never)
    func readNAT(_ record: RawSpan, _ columns: borrowing SFlowColumns) throws(DecodeError) {
        let (source, offset) = try record.sflowAddress(at: 0)
        let (destination, _) = try record.sflowAddress(at: offset)
        columns.set(.srcAddrNAT, to: source)
        columns.set(.dstAddrNAT, to: destination)
    }

    /// `struct extended_nat_port`: both ports after translation.
    @inline(never)
    func readNATPorts(_ record: RawSpan, _ columns: borrowing SFlowColumns) throws(DecodeError) {
        guard record.byteCount >= 8 else { throw .truncated }
        columns.set(.srcPortNAT, to: UInt16(truncatingIfNeeded: record.number(at: 0, as: UInt32.self)))
        columns.set(.dstPortNAT, to: UInt16(truncatingIfNeeded: record.number(at: 4, as: UInt32.self)))
    }

    /// `struct extended_mpls`: next hop, the label stack as received, the label
    /// stack as sent. The frame's own labels count for more; an edge router
    /// received none and tells those that it pushes.
    @inline(never)
    mutating func readMPLS(_ record: RawSpan, _ columns: borrowing SFlowColumns) throws(DecodeError) {
        let (hop, offset) = try record.sflowAddress(at: 0)
        if !told.contains(.nextHop), !hop.isUnspecified { setNextHop(hop, columns) }
        guard packet.labels.count == 0 else { return }
        var reader = WireReader(record)
        try reader.skip(offset)
        packet.labels = try PacketLabels(reading: &reader)
        if packet.labels.count == 0 { packet.labels = try PacketLabels(reading: &reader) }
    }

    /// `struct extended_vlantunnel`: tags that were removed before the packet
    /// was sampled, outermost first, each with its Ethertype.
    @inline(never)
    mutating func readVlanTunnel(_ record: RawSpan) throws(DecodeError) {
        guard record.byteCount >= 4 else { throw .truncated }
        let count = Int(record.number(at: 0, as: UInt32.self))
        guard count <= (record.byteCount - 4) / 4 else { throw .truncated }
        if count > 0 { details.removedTag = UInt16(record.number(at: 4, as: UInt32.self) & 0xFFF) }
        if count > 1 { details.removedCustomerTag = UInt16(record.number(at: 8, as: UInt32.self) & 0xFFF) }
        told.formUnion(.details)
    }

    /// `struct extended_ipv4_tunnel_*` and `extended_ipv6_tunnel_*`: the outer
    /// header that the agent will put around the packet, or has taken off. The
    /// sampled packet is what was on the wire and stays in the main columns;
    /// only what the tunnel is can be told.
    @inline(never)
    mutating func readTunnelHeader(_ record: RawSpan, isIPv6: Bool) throws(DecodeError) {
        let ports = isIPv6 ? 40 : 16
        guard record.byteCount >= ports + 16 else { throw .truncated }
        let port = UInt16(truncatingIfNeeded: record.number(at: ports + 4, as: UInt32.self))
        let type: EncapType =
            switch record.number(at: 4, as: UInt32.self) {
            case 4: .ipip
            case 41: isIPv6 ? .ipip : .sixInFour
            case 47: .gre
            case 115: .l2tp
            case 17: Self.udpTunnel(port: port)
            default: .none
            }
        details.tunnelType = type.rawValue
        told.formUnion(.details)
    }

    /// Open vSwitch 3.1 on a little-endian machine writes the two bytes of the port in the wrong order.
    private static func udpTunnel(port: UInt16) -> EncapType {
        let type = PacketHeader.udpTunnel(port: port)
        return type == .none ? PacketHeader.udpTunnel(port: port.byteSwapped) : type
    }

    /// `struct extended_vni_*`: the number of the virtual network, which a
    /// sampled frame without its tunnel doesn't have.
    @inline(never)
    mutating func readVNI(_ record: RawSpan) throws(DecodeError) {
        guard record.byteCount >= 4 else { throw .truncated }
        details.vni = record.number(at: 0)
        told.formUnion(.details)
    }

    /// Adds to the packet what other records told of it, once all are read:
    /// they come in any order. What its own headers say counts for more.
    @inline(never)
    mutating func completePacket() {
        if packet.tunnel.typeNumber == 0 { packet.tunnel.typeNumber = details.tunnelType }
        if packet.tunnel.id == 0 { packet.tunnel.id = details.vni }
        guard details.removedTag != 0 else { return }
        // Removed tags stood outside of those that the sampled frame still has.
        packet.customerVlanId = details.removedCustomerTag != 0 ? details.removedCustomerTag : packet.vlanId
        packet.vlanId = details.removedTag
    }
}

extension PacketLabels {
    /// Reads sFlow's `label_stack`: a count, then entries as they are on the
    /// wire. A made-up count ends with the bytes.
    fileprivate init(reading record: inout WireReader) throws(DecodeError) {
        self.init()
        let count = Int(try record.read(UInt32.self))
        guard count <= record.remaining / 4 else { throw .truncated }
        for _ in 0..<count {
            let entry = try record.read(UInt32.self)
            _ = add(entry)
            // The end of the list is the bottom, whatever its entry says.
            (lastLabel, lastTTL) = (entry >> 12, UInt8(truncatingIfNeeded: entry))
        }
    }
}
