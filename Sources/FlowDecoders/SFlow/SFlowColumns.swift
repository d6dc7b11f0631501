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
        if !sample.told.isEmpty { storeTold(&sample, at: index) }
        return rows.lowerBound &+ index
    }

    /// What agents add when they know it.
    @inline(__always)
    private mutating func storeTold(_ sample: inout FlowSample, at index: Int) {
        if !sample.told.isSubset(of: told) { open(sample.told) }
        if sample.told.contains(.vlans) {
            unsafe srcVlan?[index] = sample.srcVlan
            unsafe dstVlan?[index] = sample.dstVlan
        }
        if sample.told.contains(.masks) {
            unsafe srcNet?[index] = sample.srcNet
            unsafe dstNet?[index] = sample.dstNet
        }
        if sample.told.contains(.nextHop) { unsafe nextHop?[index] = sample.nextHop }
        if sample.told.contains(.systems) {
            unsafe srcAS?[index] = sample.srcAS
            unsafe dstAS?[index] = sample.dstAS
            unsafe nextHopAS?[index] = sample.nextHopAS
        }
        if sample.told.contains(.bgp) {
            unsafe prevHopAS?[index] = sample.details.prevHopAS
            unsafe bgpNextHop?[index] = sample.details.bgpNextHop
        }
        if !sample.told.isDisjoint(with: .rare) { sample.storeRare(rows.lowerBound + index, in: batch) }
    }

    /// Opens columns that a sample tells and none of the datagram before it told.
    @inline(never)
    private mutating func open(_ new: FlowSample.Told) {
        let new = new.subtracting(told)
        told.formUnion(new)
        if new.contains(.vlans) {
            unsafe srcVlan = Self.empty(.srcVlan, rows, in: batch)
            unsafe dstVlan = Self.empty(.dstVlan, rows, in: batch)
        }
        if new.contains(.masks) {
            unsafe srcNet = Self.empty(.srcNet, rows, in: batch)
            unsafe dstNet = Self.empty(.dstNet, rows, in: batch)
        }
        if new.contains(.nextHop) { unsafe nextHop = Self.empty(.nextHop, rows, in: batch) }
        if new.contains(.systems) {
            unsafe srcAS = Self.empty(.srcAS, rows, in: batch)
            unsafe dstAS = Self.empty(.dstAS, rows, in: batch)
            unsafe nextHopAS = Self.empty(.nextHopAS, rows, in: batch)
        }
        if new.contains(.bgp) {
            unsafe prevHopAS = Self.empty(.prevHopAS, rows, in: batch)
            unsafe bgpNextHop = Self.empty(.bgpNextHop, rows, in: batch)
        }
    }

    /// A column's rows, all of them zero: which of the others will tell it isn't known yet.
    @inline(__always)
    private static func empty<T: BitwiseCopyable>(
        _ column: FlowColumn,
        _ rows: Range<Int>,
        in batch: FlowBatch
    ) -> UnsafeMutablePointer<T> {
        let start = unsafe batch.start(column, rows) as UnsafeMutablePointer<T>
        let bytes = UnsafeMutableRawPointer(start)
        unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0, count: rows.count * MemoryLayout<T>.size)
        return unsafe start
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
