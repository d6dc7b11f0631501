import FlowSchema
import NetTypes
import WireFormat

/// What of a template's plan the usual set needs beside its loops; a few bytes.
struct PlainPlan: Sendable {
    /// Whether every record is a row, and nothing of it asks for a look at single records.
    let isPlain: Bool
    /// Whether the exporter tells times at all; a plain plan has both or none.
    let hasTimes: Bool
    let hasDates: Bool
    let hasSamplerAddress: Bool
    /// Whether ICMP's type and code are to be looked for in the destination port.
    let hasICMPInPort: Bool
    /// The column `EType` of every row; 0 when a field gives it, or nothing does.
    let etherType: UInt16

    /// - Parameter isPlain: whether nothing of the template but its plan is in the way.
    init(_ plan: TemplatePlan, isPlain: Bool) {
        let isTold = plan.hasEtherType || plan.hasIPVersion
        let hasBothFamilies = plan.hasIPv4 && plan.hasIPv6 && !isTold
        self.isPlain =
            isPlain && !plan.isRecordwise && plan.totals.isEmpty && !plan.hasSampling && plan.initTime == nil
            && plan.hasStart == plan.hasEnd && !hasBothFamilies
        hasTimes = plan.hasStart
        hasDates = plan.hasDates
        hasSamplerAddress = plan.hasSamplerAddress
        hasICMPInPort = !plan.hasICMP
        etherType = isTold || plan.hasIPv4 == plan.hasIPv6 ? 0 : plan.hasIPv4 ? 0x0800 : 0x86DD
    }
}

/// Decodes the set that nearly all are: one straight way, without anything that must be counted or copied.
struct PlainSet {
    let clock: MessageClock
    let constants: RowConstants
    /// The rate of every row.
    let rate: SamplingRate

    /// Writes all columns of some rows.
    ///
    /// - Returns: their bytes times the sampling rate, summed up.
    @inline(__always)
    func decode(_ bytes: RawSpan, by template: Template, _ rows: Range<Int>, into batch: FlowBatch) -> UInt64 {
        let runner = PlanRunner(bytes: bytes, stride: template.minimumLength, rows: rows, clock: clock)
        let writer = RowWriter(batch, rows)
        runner.run(template.loops, writer) { template.plan.steps[$0] }
        let plain = template.plain
        writer.fill(.timeReceived, with: constants.receivedAt)
        writer.fill(.flowType, with: constants.type.rawValue)
        writer.fill(.sequenceNum, with: constants.sequence)
        writer.fill(.samplingRate, with: rate.rate)
        writer.fill(.samplingRateSource, with: rate.source.rawValue)
        if !plain.hasSamplerAddress {
            let address = constants.exporter
            writer.fill(.samplerAddress, with: SIMD2(address.high.bigEndian, address.low.bigEndian))
        }
        if plain.etherType != 0 { writer.fill(.eType, with: plain.etherType) }
        if !plain.hasTimes {
            writer.fill(.timeFlowStart, with: clock.exportSeconds)
            writer.fill(.timeFlowEnd, with: clock.exportSeconds)
        }
        if plain.hasICMPInPort { writer.takeICMPFromPort() }
        return writer.sumOfBytes &* UInt64(rate.rate)
    }
}
