import FlowSchema
import NetTypes

/// Stores flow samples of one datagram into a batch.
struct SFlowColumns {
    private let agent: AddressBytes
    private let sequence: UInt32
    let receivedAt: UInt32

    init(_ header: SFlowHeader, receivedAt: UInt32) {
        agent = AddressBytes(header.agent)
        sequence = header.sequence
        self.receivedAt = receivedAt
    }

    /// Makes a row of each sample; those that don't fit are counted as rejected.
    ///
    /// - Parameter values: what varies in length, of these samples.
    func store(
        _ samples: Span<FlowSample>,
        _ values: inout SampleValues,
        into batch: FlowBatch,
        _ counters: inout DecodeCounters
    ) {
        counters.rejectedRecords += UInt64(max(samples.count - batch.room, 0))
        let samples = samples.extracting(first: batch.room)
        let rows = batch.reserve(samples.count)
        // Also where there is no room: what is aside is over with.
        defer { values.store(in: rows, of: batch) }
        guard !samples.isEmpty else { return }
        batch.storePackets(samples, in: rows)
        storeCommon(samples, in: rows, of: batch)
        storeRouting(samples, in: rows, of: batch)
        counters.flows += UInt64(rows.count)
    }

    /// What every sample tells.
    @inline(__always)
    private func storeCommon(_ samples: Span<FlowSample>, in rows: Range<Int>, of batch: FlowBatch) {
        let timeReceived = unsafe batch.write(.timeReceived, rows, as: UInt32.self)
        let timeFlowStart = unsafe batch.write(.timeFlowStart, rows, as: UInt32.self)
        let timeFlowEnd = unsafe batch.write(.timeFlowEnd, rows, as: UInt32.self)
        let flowType = unsafe batch.write(.flowType, rows, as: UInt8.self)
        let sequenceNum = unsafe batch.write(.sequenceNum, rows, as: UInt32.self)
        let samplerAddress = unsafe batch.write(.samplerAddress, rows, as: AddressBytes.self)
        let packets = unsafe batch.write(.packets, rows, as: UInt64.self)
        let bytes = unsafe batch.write(.bytes, rows, as: UInt64.self)
        let samplingRate = unsafe batch.write(.samplingRate, rows, as: UInt32.self)
        let samplingRateSource = unsafe batch.write(.samplingRateSource, rows, as: UInt8.self)
        let flowDirection = unsafe batch.write(.flowDirection, rows, as: UInt8.self)
        let inIf = unsafe batch.write(.inIf, rows, as: UInt32.self)
        let outIf = unsafe batch.write(.outIf, rows, as: UInt32.self)
        for row in 0..<rows.count {
            let sample = unsafe samples[unchecked: row]
            unsafe timeReceived[row] = receivedAt
            unsafe timeFlowStart[row] = receivedAt
            unsafe timeFlowEnd[row] = receivedAt
            unsafe flowType[row] = FlowType.sflow5.rawValue
            unsafe sequenceNum[row] = sequence
            unsafe samplerAddress[row] = agent
            unsafe packets[row] = 1
            unsafe bytes[row] = sample.bytes
            unsafe samplingRate[row] = sample.samplingRate
            unsafe samplingRateSource[row] = sample.samplingRateSource
            unsafe flowDirection[row] = sample.direction
            unsafe inIf[row] = sample.inIf
            unsafe outIf[row] = sample.outIf
        }
    }

    /// What agents add when they know it: columns that no sample fills in are left alone.
    @inline(__always)
    private func storeRouting(_ samples: Span<FlowSample>, in rows: Range<Int>, of batch: FlowBatch) {
        var told = FlowSample.Told()
        for row in 0..<rows.count { unsafe told.formUnion(samples[unchecked: row].told) }
        if told.contains(.drop) { batch.store(.forwardingStatus, samples, in: rows) { $0.forwardingStatus } }
        if told.contains(.vlans) {
            batch.store(.srcVlan, samples, in: rows) { $0.srcVlan }
            batch.store(.dstVlan, samples, in: rows) { $0.dstVlan }
        }
        if told.contains(.masks) {
            batch.store(.srcNet, samples, in: rows) { $0.srcNet }
            batch.store(.dstNet, samples, in: rows) { $0.dstNet }
        }
        if told.contains(.nextHop) { batch.store(.nextHop, samples, in: rows) { $0.nextHop } }
        if told.contains(.systems) {
            batch.store(.srcAS, samples, in: rows) { $0.srcAS }
            batch.store(.dstAS, samples, in: rows) { $0.dstAS }
            batch.store(.nextHopAS, samples, in: rows) { $0.nextHopAS }
        }
        if !told.isDisjoint(with: .details) { storeDetails(samples, told, in: rows, of: batch) }
    }

    @inline(never)
    private func storeDetails(
        _ samples: Span<FlowSample>,
        _ told: FlowSample.Told,
        in rows: Range<Int>,
        of batch: FlowBatch
    ) {
        if told.contains(.bgp) {
            batch.store(.bgpNextHop, samples, in: rows) { $0.details.bgpNextHop }
            batch.store(.prevHopAS, samples, in: rows) { $0.details.prevHopAS }
        }
        if told.contains(.dropReason) { batch.store(.dropReason, samples, in: rows) { $0.details.dropReason } }
        if told.contains(.natAddresses) {
            batch.store(.srcAddrNAT, samples, in: rows) { $0.details.natSource }
            batch.store(.dstAddrNAT, samples, in: rows) { $0.details.natDestination }
        }
        if told.contains(.natPorts) {
            batch.store(.srcPortNAT, samples, in: rows) { $0.details.natSourcePort }
            batch.store(.dstPortNAT, samples, in: rows) { $0.details.natDestinationPort }
        }
    }
}
