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
    func storePackets<Row: PacketRow>(_ packets: Span<Row>, in rows: Range<Int>) {
        storeAll(.srcAddr, packets, in: rows) { $0.packet.srcAddr }
        storeAll(.dstAddr, packets, in: rows) { $0.packet.dstAddr }
        storeAll(.eType, packets, in: rows) { $0.packet.eType }
        storeAll(.proto, packets, in: rows) { $0.packet.proto }
        storeAll(.srcPort, packets, in: rows) { $0.packet.srcPort }
        storeAll(.dstPort, packets, in: rows) { $0.packet.dstPort }
        storeAll(.ipTTL, packets, in: rows) { $0.packet.ipTTL }
        storeIfAny(.srcMac, packets, in: rows) { $0.packet.srcMac }
        storeIfAny(.dstMac, packets, in: rows) { $0.packet.dstMac }
        storeIfAny(.tcpFlags, packets, in: rows) { $0.packet.tcpFlags }
        storeIfAny(.ipTos, packets, in: rows) { $0.packet.ipTos }
        storeIfAny(.vlanId, packets, in: rows) { $0.packet.vlanId }
        storeIfAny(.icmpType, packets, in: rows) { $0.packet.icmpType }
        storeIfAny(.icmpCode, packets, in: rows) { $0.packet.icmpCode }
        storeIfAny(.ipv6FlowLabel, packets, in: rows) { $0.packet.ipv6FlowLabel }
        storeIfAny(.fragmentId, packets, in: rows) { $0.packet.fragmentId }
        storeIfAny(.fragmentOffset, packets, in: rows) { $0.packet.fragmentOffset }
    }

    /// Writes one column of rows that were decoded aside.
    @inline(__always)
    func storeAll<Row: BitwiseCopyable, T: BitwiseCopyable>(
        _ column: FlowColumn,
        _ source: Span<Row>,
        in rows: Range<Int>,
        _ value: (Row) -> T
    ) {
        precondition(source.count == rows.count)
        let target = unsafe write(column, rows, as: T.self)
        for index in 0..<rows.count {
            unsafe target[index] = value(source[unchecked: index])
        }
    }

    /// The same for columns that most packets leave at 0: then the column
    /// isn't touched, and a batch without a single value doesn't store it.
    @inline(__always)
    func storeIfAny<Row: BitwiseCopyable, T: FixedWidthInteger & BitwiseCopyable>(
        _ column: FlowColumn,
        _ source: Span<Row>,
        in rows: Range<Int>,
        _ value: (Row) -> T
    ) {
        var bits: T = 0
        for index in 0..<source.count { bits |= unsafe value(source[unchecked: index]) }
        if bits != 0 { storeAll(column, source, in: rows, value) }
    }
}
