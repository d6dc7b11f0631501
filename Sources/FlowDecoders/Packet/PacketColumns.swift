public import FlowSchema

extension FlowBatch {
    /// Writes the headers of packets into rows; the other columns of the rows
    /// are the caller's.
    ///
    /// - Parameters:
    ///   - packets: as many as there are rows.
    ///   - rows: rows that `reserve` returned last.
    public func store(_ packets: Span<PacketHeader>, in rows: Range<Int>) {
        precondition(packets.count == rows.count)
        let writer = RowWriter(self, rows)
        unsafe writer.claimPackets()
        for index in packets.indices {
            var packet = packets[index]
            unsafe writer.store(&packet, row: rows.lowerBound + index)
        }
    }
}

// A packet's row is written as soon as the packet was read, since the processor waits for the
// memory of some twenty columns meanwhile. The columns that nearly every packet fills in are
// claimed once for all rows of a datagram; what few packets have is written where there is
// something, and only then.
extension RowWriter {
    /// Claims the columns that ``store(_:row:)`` writes for each packet.
    @inline(__always)
    @unsafe
    func claimPackets() {
        unsafe claim(.srcAddr)
        unsafe claim(.dstAddr)
        unsafe claim(.srcMac)
        unsafe claim(.dstMac)
        unsafe claim(.fragmentId)
        unsafe claim(.eType)
        unsafe claim(.srcPort)
        unsafe claim(.dstPort)
        unsafe claim(.proto)
        unsafe claim(.ipTTL)
        unsafe claim(.ipTos)
        unsafe claim(.tcpFlags)
    }

    /// Writes a packet into one of the rows.
    ///
    /// - Parameters:
    ///   - packet: not changed; by reference, since it is large.
    ///   - row: one of the rows, which the caller has checked.
    @inline(__always)
    @unsafe
    func store(_ packet: inout PacketHeader, row: Int) {
        unsafe store(packet.srcAddr, in: .srcAddr, row: row)
        unsafe store(packet.dstAddr, in: .dstAddr, row: row)
        unsafe store(packet.srcMac, in: .srcMac, row: row)
        unsafe store(packet.dstMac, in: .dstMac, row: row)
        unsafe store(packet.fragmentId, in: .fragmentId, row: row)
        unsafe store(packet.eType, in: .eType, row: row)
        unsafe store(packet.srcPort, in: .srcPort, row: row)
        unsafe store(packet.dstPort, in: .dstPort, row: row)
        unsafe store(packet.proto, in: .proto, row: row)
        unsafe store(packet.ipTTL, in: .ipTTL, row: row)
        unsafe store(packet.ipTos, in: .ipTos, row: row)
        unsafe store(packet.tcpFlags, in: .tcpFlags, row: row)
        if packet.vlanId != 0 { set(.vlanId, row: row, to: packet.vlanId) }
        if packet.ipv6FlowLabel != 0 { set(.ipv6FlowLabel, row: row, to: packet.ipv6FlowLabel) }
        if packet.hasRareFields { storeRare(&packet, row: row) }
    }

    @inline(never)
    private func storeRare(_ packet: inout PacketHeader, row: Int) {
        if packet.icmpType | packet.icmpCode != 0 {
            set(.icmpType, row: row, to: packet.icmpType)
            set(.icmpCode, row: row, to: packet.icmpCode)
        }
        if packet.fragmentOffset != 0 { set(.fragmentOffset, row: row, to: packet.fragmentOffset) }
        if packet.customerVlanId != 0 { set(.customerVlanId, row: row, to: packet.customerVlanId) }
        if packet.labels.count != 0 { store(packet.labels, row: row) }
        if packet.tunnel.typeNumber != 0 { store(packet.tunnel, row: row) }
    }

    private func store(_ labels: PacketLabels, row: Int) {
        set(.mplsCount, row: row, to: labels.count)
        set(.mpls1TTL, row: row, to: labels.ttl1)
        set(.mpls1Label, row: row, to: labels.label1)
        set(.mpls2TTL, row: row, to: labels.ttl2)
        set(.mpls2Label, row: row, to: labels.label2)
        set(.mpls3TTL, row: row, to: labels.ttl3)
        set(.mpls3Label, row: row, to: labels.label3)
        set(.mplsLastTTL, row: row, to: labels.lastTTL)
        set(.mplsLastLabel, row: row, to: labels.lastLabel)
    }

    private func store(_ tunnel: PacketTunnel, row: Int) {
        set(.srcAddrEncap, row: row, to: tunnel.srcAddr)
        set(.dstAddrEncap, row: row, to: tunnel.dstAddr)
        set(.protoEncap, row: row, to: tunnel.proto)
        set(.eTypeEncap, row: row, to: tunnel.eType)
        set(.ipTosEncap, row: row, to: tunnel.ipTos)
        set(.ipTTLEncap, row: row, to: tunnel.ipTTL)
        set(.ipv6FlowLabelEncap, row: row, to: tunnel.ipv6FlowLabel)
        set(.fragmentIdEncap, row: row, to: tunnel.fragmentId)
        set(.fragmentOffsetEncap, row: row, to: tunnel.fragmentOffset)
        set(.srcPortEncap, row: row, to: tunnel.srcPort)
        set(.dstPortEncap, row: row, to: tunnel.dstPort)
        set(.encapType, row: row, to: tunnel.typeNumber)
        set(.encapId, row: row, to: tunnel.id)
    }
}

extension PacketHeader {
    /// Whether a column is told that hardly any packet has something for.
    @inline(__always)
    fileprivate var hasRareFields: Bool {
        // All bits at once: each comparison of its own would be a branch for every packet.
        UInt32(icmpType | icmpCode | labels.count | tunnel.typeNumber) | fragmentOffset | UInt32(customerVlanId) != 0
    }
}
