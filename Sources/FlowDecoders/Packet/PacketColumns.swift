public import FlowSchema

/// A row under construction that a packet's headers are part of.
protocol PacketRow: BitwiseCopyable {
    /// What the headers say.
    var packet: PacketHeader { get }
}

extension PacketHeader: PacketRow {
    var packet: PacketHeader { self }
}

extension FlowBatch {
    /// Writes the headers of packets into rows, column by column; the other
    /// columns of the rows are the caller's.
    ///
    /// - Parameters:
    ///   - packets: as many as there are rows.
    ///   - rows: rows that `reserve` returned last.
    public func store(_ packets: Span<PacketHeader>, in rows: Range<Int>) {
        storePackets(packets, in: rows)
    }

    /// Writes the headers of rows that were decoded aside.
    ///
    /// Row by row for the columns that nearly every packet fills in: the
    /// row is in the cache then, and one loop is cheaper than one a column.
    /// The others follow only where some row has a value.
    @inline(__always)
    func storePackets<Row: PacketRow>(_ packets: Span<Row>, in rows: Range<Int>) {
        precondition(packets.count == rows.count)
        let srcAddr = unsafe write(.srcAddr, rows, as: AddressBytes.self)
        let dstAddr = unsafe write(.dstAddr, rows, as: AddressBytes.self)
        let srcMac = unsafe write(.srcMac, rows, as: UInt64.self)
        let dstMac = unsafe write(.dstMac, rows, as: UInt64.self)
        let fragmentId = unsafe write(.fragmentId, rows, as: UInt32.self)
        let eType = unsafe write(.eType, rows, as: UInt16.self)
        let srcPort = unsafe write(.srcPort, rows, as: UInt16.self)
        let dstPort = unsafe write(.dstPort, rows, as: UInt16.self)
        let proto = unsafe write(.proto, rows, as: UInt8.self)
        let ipTTL = unsafe write(.ipTTL, rows, as: UInt8.self)
        let ipTos = unsafe write(.ipTos, rows, as: UInt8.self)
        let tcpFlags = unsafe write(.tcpFlags, rows, as: UInt8.self)
        var vlans: UInt16 = 0
        var icmp: UInt8 = 0
        var labels: UInt32 = 0
        var fragments: UInt32 = 0
        var tunnels: UInt8 = 0
        var stacks: UInt8 = 0
        var customers: UInt16 = 0
        for row in 0..<rows.count {
            let packet = unsafe packets[unchecked: row].packet
            unsafe srcAddr[row] = packet.srcAddr
            unsafe dstAddr[row] = packet.dstAddr
            unsafe srcMac[row] = packet.srcMac
            unsafe dstMac[row] = packet.dstMac
            unsafe fragmentId[row] = packet.fragmentId
            unsafe eType[row] = packet.eType
            unsafe srcPort[row] = packet.srcPort
            unsafe dstPort[row] = packet.dstPort
            unsafe proto[row] = packet.proto
            unsafe ipTTL[row] = packet.ipTTL
            unsafe ipTos[row] = packet.ipTos
            unsafe tcpFlags[row] = packet.tcpFlags
            vlans |= packet.vlanId
            icmp |= packet.icmpType | packet.icmpCode
            labels |= packet.ipv6FlowLabel
            fragments |= packet.fragmentOffset
            tunnels |= packet.tunnel.typeNumber
            stacks |= packet.labels.count
            customers |= packet.customerVlanId
        }
        if vlans != 0 { store(.vlanId, packets, in: rows) { $0.packet.vlanId } }
        if icmp != 0 {
            store(.icmpType, packets, in: rows) { $0.packet.icmpType }
            store(.icmpCode, packets, in: rows) { $0.packet.icmpCode }
        }
        if labels != 0 { store(.ipv6FlowLabel, packets, in: rows) { $0.packet.ipv6FlowLabel } }
        if fragments != 0 { store(.fragmentOffset, packets, in: rows) { $0.packet.fragmentOffset } }
        if customers != 0 { store(.customerVlanId, packets, in: rows) { $0.packet.customerVlanId } }
        if stacks != 0 { storeLabels(packets, in: rows) }
        if tunnels != 0 { storeTunnels(packets, in: rows) }
    }

    @inline(never)
    private func storeLabels<Row: PacketRow>(_ packets: Span<Row>, in rows: Range<Int>) {
        store(.mplsCount, packets, in: rows) { $0.packet.labels.count }
        store(.mpls1TTL, packets, in: rows) { $0.packet.labels.ttl1 }
        store(.mpls1Label, packets, in: rows) { $0.packet.labels.label1 }
        store(.mpls2TTL, packets, in: rows) { $0.packet.labels.ttl2 }
        store(.mpls2Label, packets, in: rows) { $0.packet.labels.label2 }
        store(.mpls3TTL, packets, in: rows) { $0.packet.labels.ttl3 }
        store(.mpls3Label, packets, in: rows) { $0.packet.labels.label3 }
        store(.mplsLastTTL, packets, in: rows) { $0.packet.labels.lastTTL }
        store(.mplsLastLabel, packets, in: rows) { $0.packet.labels.lastLabel }
    }

    @inline(never)
    private func storeTunnels<Row: PacketRow>(_ packets: Span<Row>, in rows: Range<Int>) {
        store(.srcAddrEncap, packets, in: rows) { $0.packet.tunnel.srcAddr }
        store(.dstAddrEncap, packets, in: rows) { $0.packet.tunnel.dstAddr }
        store(.protoEncap, packets, in: rows) { $0.packet.tunnel.proto }
        store(.eTypeEncap, packets, in: rows) { $0.packet.tunnel.eType }
        store(.ipTosEncap, packets, in: rows) { $0.packet.tunnel.ipTos }
        store(.ipTTLEncap, packets, in: rows) { $0.packet.tunnel.ipTTL }
        store(.ipv6FlowLabelEncap, packets, in: rows) { $0.packet.tunnel.ipv6FlowLabel }
        store(.fragmentIdEncap, packets, in: rows) { $0.packet.tunnel.fragmentId }
        store(.fragmentOffsetEncap, packets, in: rows) { $0.packet.tunnel.fragmentOffset }
        store(.srcPortEncap, packets, in: rows) { $0.packet.tunnel.srcPort }
        store(.dstPortEncap, packets, in: rows) { $0.packet.tunnel.dstPort }
        store(.encapType, packets, in: rows) { $0.packet.tunnel.typeNumber }
        store(.encapId, packets, in: rows) { $0.packet.tunnel.id }
    }

    /// Writes one column of rows that were decoded aside.
    @inline(__always)
    func store<Row: BitwiseCopyable, T: BitwiseCopyable>(
        _ column: FlowColumn,
        _ source: Span<Row>,
        in rows: Range<Int>,
        _ value: (Row) -> T
    ) {
        precondition(source.count == rows.count)
        let target = unsafe write(column, rows, as: T.self)
        for row in 0..<rows.count {
            unsafe target[row] = value(source[unchecked: row])
        }
    }
}
