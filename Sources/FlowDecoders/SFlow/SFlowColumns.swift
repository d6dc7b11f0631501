import FlowSchema
import NetTypes

/// The columns of one datagram's rows, opened for all of them: see ``PacketRows``.
@safe
struct SFlowColumns {
    let batch: FlowBatch
    private let rows: Range<Int>
    /// Rows that are stored.
    private(set) var count = 0

    // What is the same for all rows of the datagram.
    private let agent: AddressBytes
    private let sequence: UInt32
    private let receivedAt: UInt32

    private let packets: PacketRows
    private let timeReceived: UnsafeMutablePointer<UInt32>
    private let timeFlowStart: UnsafeMutablePointer<UInt32>
    private let timeFlowEnd: UnsafeMutablePointer<UInt32>
    private let flowType: UnsafeMutablePointer<UInt8>
    private let sequenceNum: UnsafeMutablePointer<UInt32>
    private let samplerAddress: UnsafeMutablePointer<AddressBytes>
    private let packetCount: UnsafeMutablePointer<UInt64>
    private let bytes: UnsafeMutablePointer<UInt64>
    private let samplingRate: UnsafeMutablePointer<UInt32>
    private let samplingRateSource: UnsafeMutablePointer<UInt8>
    private let flowDirection: UnsafeMutablePointer<UInt8>
    private let inIf: UnsafeMutablePointer<UInt32>
    private let outIf: UnsafeMutablePointer<UInt32>
    // What agents add when they know it: opened when the first sample of the datagram tells it.
    private var told = FlowSample.Told()
    private var srcVlan: UnsafeMutablePointer<UInt16>?
    private var dstVlan: UnsafeMutablePointer<UInt16>?
    private var srcNet: UnsafeMutablePointer<UInt8>?
    private var dstNet: UnsafeMutablePointer<UInt8>?
    private var nextHop: UnsafeMutablePointer<AddressBytes>?
    private var srcAS: UnsafeMutablePointer<UInt32>?
    private var dstAS: UnsafeMutablePointer<UInt32>?
    private var nextHopAS: UnsafeMutablePointer<UInt32>?
    private var prevHopAS: UnsafeMutablePointer<UInt32>?
    private var bgpNextHop: UnsafeMutablePointer<AddressBytes>?

    /// Opens rows that `reserve` returned last; each is to be stored, or given back.
    @inline(__always)
    init(_ batch: FlowBatch, _ rows: Range<Int>, _ header: SFlowHeader, receivedAt: UInt32) {
        self.batch = batch
        self.rows = rows
        agent = AddressBytes(header.agent)
        sequence = header.sequence
        self.receivedAt = receivedAt
        packets = PacketRows(batch, rows)
        unsafe timeReceived = batch.start(.timeReceived, rows)
        unsafe timeFlowStart = batch.start(.timeFlowStart, rows)
        unsafe timeFlowEnd = batch.start(.timeFlowEnd, rows)
        unsafe flowType = batch.start(.flowType, rows)
        unsafe sequenceNum = batch.start(.sequenceNum, rows)
        unsafe samplerAddress = batch.start(.samplerAddress, rows)
        unsafe packetCount = batch.start(.packets, rows)
        unsafe bytes = batch.start(.bytes, rows)
        unsafe samplingRate = batch.start(.samplingRate, rows)
        unsafe samplingRateSource = batch.start(.samplingRateSource, rows)
        unsafe flowDirection = batch.start(.flowDirection, rows)
        unsafe inIf = batch.start(.inIf, rows)
        unsafe outIf = batch.start(.outIf, rows)
    }

    /// Makes a row of a sample.
    ///
    /// - Parameter sample: not changed; by reference, since it is large.
    /// - Returns: the row; nil when there is no room.
    @inline(__always)
    mutating func store(_ sample: inout FlowSample) -> Int? {
        let index = count
        guard index < rows.count else { return nil }
        count = index &+ 1
        packets.store(&sample.packet, at: index, in: batch)
        unsafe timeReceived[index] = receivedAt
        unsafe timeFlowStart[index] = receivedAt
        unsafe timeFlowEnd[index] = receivedAt
        unsafe flowType[index] = FlowType.sflow5.rawValue
        unsafe sequenceNum[index] = sequence
        unsafe samplerAddress[index] = agent
        unsafe packetCount[index] = 1
        unsafe bytes[index] = sample.bytes
        unsafe samplingRate[index] = sample.samplingRate
        unsafe samplingRateSource[index] = sample.samplingRateSource
        unsafe flowDirection[index] = sample.direction
        unsafe inIf[index] = sample.inIf
        unsafe outIf[index] = sample.outIf
        if !sample.told.union(told).isEmpty { storeTold(&sample, at: index) }
        return rows.lowerBound &+ index
    }

    /// What agents add when they know it. A row that tells nothing of what one before it told gets zeros,
    /// which is what the sample has then.
    @inline(__always)
    private mutating func storeTold(_ sample: inout FlowSample, at index: Int) {
        if !sample.told.isSubset(of: told) { open(sample.told, from: index) }
        if told.contains(.vlans) {
            unsafe srcVlan?[index] = sample.srcVlan
            unsafe dstVlan?[index] = sample.dstVlan
        }
        if told.contains(.masks) {
            unsafe srcNet?[index] = sample.srcNet
            unsafe dstNet?[index] = sample.dstNet
        }
        if told.contains(.nextHop) { unsafe nextHop?[index] = sample.nextHop }
        if told.contains(.systems) {
            unsafe srcAS?[index] = sample.srcAS
            unsafe dstAS?[index] = sample.dstAS
            unsafe nextHopAS?[index] = sample.nextHopAS
        }
        if told.contains(.bgp) {
            unsafe prevHopAS?[index] = sample.details.prevHopAS
            unsafe bgpNextHop?[index] = sample.details.bgpNextHop
        }
        if !sample.told.isDisjoint(with: .rare) { sample.storeRare(rows.lowerBound + index, in: batch) }
    }

    /// Opens columns that a sample tells and none of the datagram before it told, from its row on.
    @inline(never)
    private mutating func open(_ new: FlowSample.Told, from index: Int) {
        let new = new.subtracting(told)
        told.formUnion(new)
        if new.contains(.vlans) {
            unsafe srcVlan = start(.srcVlan, from: index)
            unsafe dstVlan = start(.dstVlan, from: index)
        }
        if new.contains(.masks) {
            unsafe srcNet = start(.srcNet, from: index)
            unsafe dstNet = start(.dstNet, from: index)
        }
        if new.contains(.nextHop) { unsafe nextHop = start(.nextHop, from: index) }
        if new.contains(.systems) {
            unsafe srcAS = start(.srcAS, from: index)
            unsafe dstAS = start(.dstAS, from: index)
            unsafe nextHopAS = start(.nextHopAS, from: index)
        }
        if new.contains(.bgp) {
            unsafe prevHopAS = start(.prevHopAS, from: index)
            unsafe bgpNextHop = start(.bgpNextHop, from: index)
        }
    }

    /// A column's rows from one on; the rows before get their default.
    @inline(__always)
    private func start<T: BitwiseCopyable>(_ column: FlowColumn, from index: Int) -> UnsafeMutablePointer<T> {
        // Counted from the first row again, like the others.
        unsafe batch.start(column, (rows.lowerBound + index)..<rows.upperBound) - index
    }
}

extension FlowSample {
    /// Stores what few agents tell.
    @inline(never)
    fileprivate mutating func storeRare(_ row: Int, in batch: FlowBatch) {
        if told.contains(.drop) { batch.set(.forwardingStatus, row, to: forwardingStatus) }
        if told.contains(.dropReason) { batch.set(.dropReason, row, to: details.dropReason) }
        if told.contains(.natAddresses) {
            batch.set(.srcAddrNAT, row, to: details.natSource)
            batch.set(.dstAddrNAT, row, to: details.natDestination)
        }
        if told.contains(.natPorts) {
            batch.set(.srcPortNAT, row, to: details.natSourcePort)
            batch.set(.dstPortNAT, row, to: details.natDestinationPort)
        }
    }
}
