import FlowSchema
import NetTypes

/// Stores flow samples of one datagram into a batch.
struct SFlowColumns {
    private let agent: AddressBytes
    private let sequence: UInt32
    private let receivedAt: UInt32

    init(_ header: SFlowHeader, receivedAt: UInt32) {
        agent = AddressBytes(header.agent)
        sequence = header.sequence
        self.receivedAt = receivedAt
    }

    /// Makes a row of each sample; those that don't fit are counted as rejected.
    func store(_ samples: Span<FlowSample>, into batch: FlowBatch, _ counters: inout DecodeCounters) {
        counters.rejectedRecords += UInt64(max(samples.count - batch.room, 0))
        let samples = samples.extracting(first: batch.room)
        guard !samples.isEmpty else { return }
        let rows = batch.reserve(samples.count)
        batch.fill(.timeReceived, rows, with: receivedAt)
        batch.fill(.timeFlowStart, rows, with: receivedAt)
        batch.fill(.timeFlowEnd, rows, with: receivedAt)
        batch.fill(.flowType, rows, with: FlowType.sflow5.rawValue)
        batch.fill(.sequenceNum, rows, with: sequence)
        batch.fill(.samplerAddress, rows, with: agent)
        batch.fill(.packets, rows, with: UInt64(1))
        batch.storeAll(.samplingRate, samples, in: rows) { $0.samplingRate }
        batch.storeAll(.samplingRateSource, samples, in: rows) { $0.samplingRateSource }
        batch.storeAll(.flowDirection, samples, in: rows) { $0.direction }
        batch.storeAll(.bytes, samples, in: rows) { $0.bytes }
        batch.storeAll(.inIf, samples, in: rows) { $0.inIf }
        batch.storeAll(.outIf, samples, in: rows) { $0.outIf }
        batch.storePackets(samples, in: rows)
        batch.storeIfAny(.forwardingStatus, samples, in: rows) { $0.forwardingStatus }
        batch.storeIfAny(.srcVlan, samples, in: rows) { $0.srcVlan }
        batch.storeIfAny(.dstVlan, samples, in: rows) { $0.dstVlan }
        batch.storeIfAny(.srcNet, samples, in: rows) { $0.srcNet }
        batch.storeIfAny(.dstNet, samples, in: rows) { $0.dstNet }
        batch.storeIfAny(.srcAS, samples, in: rows) { $0.srcAS }
        batch.storeIfAny(.dstAS, samples, in: rows) { $0.dstAS }
        batch.storeIfAny(.nextHopAS, samples, in: rows) { $0.nextHopAS }
        if samples.indices.contains(where: { samples[$0].nextHop != FlowSample.noAddress }) {
            batch.storeAll(.nextHop, samples, in: rows) { $0.nextHop }
        }
        counters.flows += UInt64(rows.count)
    }
}
