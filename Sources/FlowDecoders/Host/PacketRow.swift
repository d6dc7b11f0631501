import FlowSchema
import NetTypes

/// What a source of packets knows beside their headers: with them it is a row.
struct PacketRow {
    var type: FlowType
    var sampler: IPAddress
    var time: HostTime
    /// When the last packet came, where it is of several; nil for ``time``.
    var end: HostTime?
    /// When it became a row, where that is later; nil for ``time``.
    var told: HostTime?
    var sequence: UInt32 = 0
    var rate: UInt32
    var rateSource: SamplingSource
    /// 0 in, 1 out, 255 unknown.
    var direction: UInt8
    var inIf: UInt32 = 0
    var outIf: UInt32 = 0
    var bytes: UInt64
    var packets: UInt64 = 1

    /// Writes a row with a packet's headers; the batch has room for it.
    ///
    /// - Returns: which row.
    func append(_ packet: inout PacketHeader, to batch: FlowBatch) -> Range<Int> {
        let rows = batch.reserve(1)
        let writer = RowWriter(batch, rows)
        let row = rows.lowerBound
        let end = end ?? time
        writer.set(.timeReceived, row: row, to: (told ?? time).seconds)
        writer.set(.timeFlowStart, row: row, to: time.seconds)
        writer.set(.timeFlowStartNs, row: row, to: time.nanoseconds)
        writer.set(.timeFlowEnd, row: row, to: end.seconds)
        writer.set(.timeFlowEndNs, row: row, to: end.nanoseconds)
        writer.set(.flowType, row: row, to: type.rawValue)
        writer.set(.samplingRate, row: row, to: rate)
        writer.set(.samplingRateSource, row: row, to: rateSource.rawValue)
        writer.set(.samplerAddress, row: row, to: AddressBytes(sampler))
        writer.set(.flowDirection, row: row, to: direction)
        writer.set(.bytes, row: row, to: bytes)
        writer.set(.packets, row: row, to: packets)
        if sequence != 0 { writer.set(.sequenceNum, row: row, to: sequence) }
        if inIf != 0 { writer.set(.inIf, row: row, to: inIf) }
        if outIf != 0 { writer.set(.outIf, row: row, to: outIf) }
        unsafe writer.claimPackets()
        unsafe writer.store(&packet, row: row)
        return rows
    }
}

extension HostExporter {
    /// Notes a row of one packet, of one frame, or of several.
    mutating func wrote(_ row: PacketRow) {
        counters.records &+= 1
        counters.flows &+= 1
        lastSeen = (row.told ?? row.time).seconds
        rate = row.rate
        rateSource = row.rateSource
        scaledBytes &+= row.bytes &* UInt64(row.rate)
    }
}
