import FlowSchema
import NetTypes

/// The rows of one datagram, and what is the same for all of them.
struct SFlowColumns: ~Escapable {
    /// Writes the rows.
    let writer: RowWriter
    /// Rows that are stored.
    private(set) var count = 0

    private let agent: AddressBytes
    private let sequence: UInt32
    private let receivedAt: UInt32

    /// Opens rows that `reserve` returned last; each is to be stored, or given back.
    @inline(__always)
    @_lifetime(borrow batch)
    init(_ batch: borrowing FlowBatch, _ rows: Range<Int>, _ header: SFlowHeader, receivedAt: UInt32) {
        writer = RowWriter(batch, rows)
        agent = AddressBytes(header.agent)
        sequence = header.sequence
        self.receivedAt = receivedAt
        unsafe writer.claimPackets()
        unsafe writer.claim(.timeReceived)
        unsafe writer.claim(.timeFlowStart)
        unsafe writer.claim(.timeFlowEnd)
        unsafe writer.claim(.flowType)
        unsafe writer.claim(.sequenceNum)
        unsafe writer.claim(.samplerAddress)
        unsafe writer.claim(.packets)
        unsafe writer.claim(.bytes)
        unsafe writer.claim(.samplingRate)
        unsafe writer.claim(.samplingRateSource)
        unsafe writer.claim(.flowDirection)
        unsafe writer.claim(.inIf)
        unsafe writer.claim(.outIf)
    }

    /// Makes a row of a sample.
    ///
    /// - Parameter sample: not changed; by reference, since it is large.
    /// - Returns: the row; nil when there is no room.
    @inline(__always)
    mutating func store(_ sample: inout FlowSample) -> Int? {
        let writer = writer
        let row = writer.rows.lowerBound &+ count
        guard row < writer.rows.upperBound else { return nil }
        count &+= 1
        unsafe writer.store(&sample.packet, row: row)
        unsafe writer.store(receivedAt, in: .timeReceived, row: row)
        unsafe writer.store(receivedAt, in: .timeFlowStart, row: row)
        unsafe writer.store(receivedAt, in: .timeFlowEnd, row: row)
        unsafe writer.store(FlowType.sflow5.rawValue, in: .flowType, row: row)
        unsafe writer.store(sequence, in: .sequenceNum, row: row)
        unsafe writer.store(agent, in: .samplerAddress, row: row)
        unsafe writer.store(1 as UInt64, in: .packets, row: row)
        unsafe writer.store(sample.bytes, in: .bytes, row: row)
        unsafe writer.store(sample.samplingRate, in: .samplingRate, row: row)
        unsafe writer.store(sample.samplingRateSource, in: .samplingRateSource, row: row)
        unsafe writer.store(sample.direction, in: .flowDirection, row: row)
        unsafe writer.store(sample.inIf, in: .inIf, row: row)
        unsafe writer.store(sample.outIf, in: .outIf, row: row)
        if !sample.told.isEmpty { sample.storeTold(writer, row) }
        return row
    }
}

extension FlowSample {
    /// What agents add when they know it.
    // Apart from the other columns: the compiler stops inlining where a function has too many branches.
    @inline(never)
    fileprivate mutating func storeTold(_ writer: RowWriter, _ row: Int) {
        if told.contains(.vlans) {
            writer.set(.srcVlan, row: row, to: srcVlan)
            writer.set(.dstVlan, row: row, to: dstVlan)
        }
        if told.contains(.masks) {
            writer.set(.srcNet, row: row, to: srcNet)
            writer.set(.dstNet, row: row, to: dstNet)
        }
        if told.contains(.nextHop) { writer.set(.nextHop, row: row, to: nextHop) }
        if told.contains(.systems) {
            writer.set(.srcAS, row: row, to: srcAS)
            writer.set(.dstAS, row: row, to: dstAS)
            writer.set(.nextHopAS, row: row, to: nextHopAS)
        }
        if told.contains(.bgp) {
            writer.set(.prevHopAS, row: row, to: details.prevHopAS)
            writer.set(.bgpNextHop, row: row, to: details.bgpNextHop)
        }
        if !told.isDisjoint(with: .rare) { storeRare(writer, row) }
    }

    /// Stores what few agents tell.
    @inline(never)
    private mutating func storeRare(_ writer: RowWriter, _ row: Int) {
        if told.contains(.drop) { writer.set(.forwardingStatus, row: row, to: forwardingStatus) }
        if told.contains(.dropReason) { writer.set(.dropReason, row: row, to: details.dropReason) }
        if told.contains(.natAddresses) {
            writer.set(.srcAddrNAT, row: row, to: details.natSource)
            writer.set(.dstAddrNAT, row: row, to: details.natDestination)
        }
        if told.contains(.natPorts) {
            writer.set(.srcPortNAT, row: row, to: details.natSourcePort)
            writer.set(.dstPortNAT, row: row, to: details.natDestinationPort)
        }
    }
}
