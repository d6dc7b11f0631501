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
        let columns = PacketRows(self, rows)
        for index in packets.indices {
            var packet = packets[index]
            columns.store(&packet, at: index, in: self)
        }
    }

    /// The memory of a column's rows, as ``write`` returns it, for those who keep it for many columns.
    @inline(__always)
    @unsafe
    func start<T: BitwiseCopyable>(_ column: FlowColumn, _ rows: Range<Int>) -> UnsafeMutablePointer<T> {
        // A buffer over a column's memory always has an address.
        unsafe write(column, rows, as: T.self).baseAddress.unsafelyUnwrapped
    }

    /// Writes one row of a column that few rows have something for.
    @inline(__always)
    func set<T: BitwiseCopyable>(_ column: FlowColumn, _ row: Int, to value: T) {
        fill(column, row..<(row + 1), with: value)
    }
}

/// The columns that nearly every packet fills in, opened for some rows.
///
/// A packet's row is written as soon as the packet was read, since the
/// processor waits for the memory of some twenty columns meanwhile. Opening
/// them once for all rows of a datagram spares what ``FlowSchema/FlowBatch``
/// does for each access. What few packets have is written where there is
/// something, and only then.
///
/// To be used no longer than the rows are the last ones of the batch.
@safe
struct PacketRows {
    private let first: Int
    private let count: Int
    private let srcAddr: UnsafeMutablePointer<AddressBytes>
    private let dstAddr: UnsafeMutablePointer<AddressBytes>
    private let srcMac: UnsafeMutablePointer<UInt64>
    private let dstMac: UnsafeMutablePointer<UInt64>
    private let fragmentId: UnsafeMutablePointer<UInt32>
    private let eType: UnsafeMutablePointer<UInt16>
    private let srcPort: UnsafeMutablePointer<UInt16>
    private let dstPort: UnsafeMutablePointer<UInt16>
    private let proto: UnsafeMutablePointer<UInt8>
    private let ipTTL: UnsafeMutablePointer<UInt8>
    private let ipTos: UnsafeMutablePointer<UInt8>
    private let tcpFlags: UnsafeMutablePointer<UInt8>

    /// Opens rows that `reserve` returned last; each is to be stored, or given back.
    @inline(__always)
    init(_ batch: FlowBatch, _ rows: Range<Int>) {
        first = rows.lowerBound
        count = rows.count
        unsafe srcAddr = batch.start(.srcAddr, rows)
        unsafe dstAddr = batch.start(.dstAddr, rows)
        unsafe srcMac = batch.start(.srcMac, rows)
        unsafe dstMac = batch.start(.dstMac, rows)
        unsafe fragmentId = batch.start(.fragmentId, rows)
        unsafe eType = batch.start(.eType, rows)
        unsafe srcPort = batch.start(.srcPort, rows)
        unsafe dstPort = batch.start(.dstPort, rows)
        unsafe proto = batch.start(.proto, rows)
        unsafe ipTTL = batch.start(.ipTTL, rows)
        unsafe ipTos = batch.start(.ipTos, rows)
        unsafe tcpFlags = batch.start(.tcpFlags, rows)
    }

    /// Writes a packet into one of the rows, counted from the first of them.
    ///
    /// - Parameter packet: not changed; by reference, since it is large.
    @inline(__always)
    func store(_ packet: inout PacketHeader, at index: Int, in batch: FlowBatch) {
        precondition(index >= 0 && index < count)
        unsafe srcAddr[index] = packet.srcAddr
        unsafe dstAddr[index] = packet.dstAddr
        unsafe srcMac[index] = packet.srcMac
        unsafe dstMac[index] = packet.dstMac
        unsafe fragmentId[index] = packet.fragmentId
        unsafe eType[index] = packet.eType
        unsafe srcPort[index] = packet.srcPort
        unsafe dstPort[index] = packet.dstPort
        unsafe proto[index] = packet.proto
        unsafe ipTTL[index] = packet.ipTTL
        unsafe ipTos[index] = packet.ipTos
        unsafe tcpFlags[index] = packet.tcpFlags
        let row = first + index
        if packet.vlanId != 0 { batch.set(.vlanId, row, to: packet.vlanId) }
        if packet.ipv6FlowLabel != 0 { batch.set(.ipv6FlowLabel, row, to: packet.ipv6FlowLabel) }
        if packet.icmpType | packet.icmpCode != 0 {
            batch.set(.icmpType, row, to: packet.icmpType)
            batch.set(.icmpCode, row, to: packet.icmpCode)
        }
        if packet.fragmentOffset != 0 { batch.set(.fragmentOffset, row, to: packet.fragmentOffset) }
        if packet.customerVlanId != 0 { batch.set(.customerVlanId, row, to: packet.customerVlanId) }
        if packet.labels.count != 0 { Self.store(packet.labels, row, in: batch) }
        if packet.tunnel.typeNumber != 0 { Self.store(packet.tunnel, row, in: batch) }
    }

    @inline(never)
    private static func store(_ labels: PacketLabels, _ row: Int, in batch: FlowBatch) {
        batch.set(.mplsCount, row, to: labels.count)
        batch.set(.mpls1TTL, row, to: labels.ttl1)
        batch.set(.mpls1Label, row, to: labels.label1)
        batch.set(.mpls2TTL, row, to: labels.ttl2)
        batch.set(.mpls2Label, row, to: labels.label2)
        batch.set(.mpls3TTL, row, to: labels.ttl3)
        batch.set(.mpls3Label, row, to: labels.label3)
        batch.set(.mplsLastTTL, row, to: labels.lastTTL)
        batch.set(.mplsLastLabel, row, to: labels.lastLabel)
    }

    @inline(never)
    private static func store(_ tunnel: PacketTunnel, _ row: Int, in batch: FlowBatch) {
        batch.set(.srcAddrEncap, row, to: tunnel.srcAddr)
        batch.set(.dstAddrEncap, row, to: tunnel.dstAddr)
        batch.set(.protoEncap, row, to: tunnel.proto)
        batch.set(.eTypeEncap, row, to: tunnel.eType)
        batch.set(.ipTosEncap, row, to: tunnel.ipTos)
        batch.set(.ipTTLEncap, row, to: tunnel.ipTTL)
        batch.set(.ipv6FlowLabelEncap, row, to: tunnel.ipv6FlowLabel)
        batch.set(.fragmentIdEncap, row, to: tunnel.fragmentId)
        batch.set(.fragmentOffsetEncap, row, to: tunnel.fragmentOffset)
        batch.set(.srcPortEncap, row, to: tunnel.srcPort)
        batch.set(.dstPortEncap, row, to: tunnel.dstPort)
        batch.set(.encapType, row, to: tunnel.typeNumber)
        batch.set(.encapId, row, to: tunnel.id)
    }
}
