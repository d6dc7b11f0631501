import FlowSchema
import NetTypes
import WireFormat

/// Decodes the data records of one set into rows, by the template's plan.
struct SetDecoder {
    let template: Template
    let clock: MessageClock
    /// Columns that are the same for every record of the message.
    let constants: RowConstants
    let sampling: SamplingTable?
    /// Which packet of a tunnel the main columns tell of.
    let tunnel: TunnelView
    /// What flows counted before, for total counters.
    let totals: FlowTotals?

    /// What a set gave.
    struct Outcome {
        var rows: Range<Int>
        /// Data records that were read.
        var records = 0
        /// Rows beyond the first of a record: the other directions of biflows.
        var reverseRows = 0
        /// Records of events without traffic, which gave no row.
        var events = 0
        /// Records that the batch had no room for; none where the caller sees to the room.
        var rejected = 0
        /// Names of interfaces that the set told.
        var interfaceNames: [(number: UInt32, name: String)] = []
        /// Texts that were cut, or left out for want of room.
        var lostTexts = 0
        /// Memory for a row's texts.
        var text: [UInt8] = []
        /// The sampling rate of the last record.
        var sampling = SamplingRate.unknown
        /// Bytes times sampling rate of all rows.
        var scaledBytes: UInt64 = 0
    }

    /// Decodes a set's body.
    ///
    /// A remainder shorter than a record is padding (RFC 7011 section 3.3.1).
    ///
    /// - Parameter outcome: counts what was read, also when it ends in an error.
    func decode(_ body: WireReader, into batch: FlowBatch, _ outcome: inout Outcome) throws(DecodeError) {
        // Rows before a bad record stay, and count.
        defer { outcome.rows = outcome.rows.lowerBound..<batch.count }
        if template.isVariable {
            try decodeVariable(body, into: batch, &outcome)
        } else {
            let count = body.remaining / template.minimumLength
            guard template.hasRunsOfRecords else {
                // As nearly all are: nothing to tell apart, and the plan isn't copied on the way.
                let fitting = min(count, batch.room)
                outcome.records += count
                outcome.rejected += count - fitting
                if fitting > 0 { run(template.plan, body.rest, 0..<fitting, batch, &outcome) }
                return
            }
            emit(template.plan, template.reversePlan, body.rest, count, batch, &outcome)
        }
    }

    /// Records of variable length are walked one by one; each then runs the same steps at its own offsets.
    private func decodeVariable(
        _ body: WireReader,
        into batch: FlowBatch,
        _ outcome: inout Outcome
    ) throws(DecodeError) {
        try template.withPlaced { plans throws(DecodeError) in
            var reader = body
            while reader.remaining >= template.minimumLength {
                let start = reader
                do throws(DecodeError) {
                    // The plans stay where they are for a record that is like the last one.
                    if try Self.walk(&reader, template.fields, &plans.places) { plans.areMoved = false }
                } catch {
                    plans.areMoved = false
                    // Zeros at the end of a set are padding even when they are longer than the shortest record.
                    if start.isAllZero { return }
                    throw error
                }
                plans.move(template)
                emit(plans.plan, plans.reverse, start.rest, 1, batch, &outcome)
            }
        }
    }

    /// Turns records into rows: all of them at once, or, where some are events
    /// without traffic or have two directions, in runs of like ones.
    private func emit(
        _ plan: TemplatePlan,
        _ reverse: TemplatePlan?,
        _ bytes: RawSpan,
        _ available: Int,
        _ batch: FlowBatch,
        _ outcome: inout Outcome
    ) {
        let count = min(available, batch.room / (reverse == nil ? 1 : 2))
        outcome.records += available
        outcome.rejected += available - count
        guard count > 0 else { return }
        guard reverse != nil || plan.isEvent else {
            run(plan, bytes, 0..<count, batch, &outcome)
            return
        }
        let probe = PlanRunner(bytes: bytes, stride: template.minimumLength, rows: 0..<0, clock: clock)
        let forwards = (0..<count).map { probe.hasTraffic($0, plan) }
        let backwards = (0..<count).map { index in reverse.map { probe.hasTraffic(index, $0) } ?? false }
        for range in Self.runs(count, where: { forwards[$0] || (!plan.isEvent && !backwards[$0]) }) {
            run(plan, bytes, range, batch, &outcome)
        }
        for range in Self.runs(count, where: { backwards[$0] }) {
            guard let reverse else { break }
            outcome.reverseRows += range.count { forwards[$0] }
            run(reverse, bytes, range, batch, &outcome)
        }
        if plan.isEvent { outcome.events += (0..<count).count { !forwards[$0] && !backwards[$0] } }
    }

    /// Ranges of neighbouring records for which something holds.
    private static func runs(_ count: Int, where holds: (Int) -> Bool) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        while start < count {
            var end = start
            while end < count, holds(end) { end += 1 }
            if end > start { result.append(start..<end) }
            start = end + 1
        }
        return result
    }

    /// Runs every step over a range of records.
    private func run(
        _ plan: TemplatePlan,
        _ bytes: RawSpan,
        _ records: Range<Int>,
        _ batch: FlowBatch,
        _ outcome: inout Outcome
    ) {
        let stride = template.minimumLength
        let rows = batch.reserve(records.count)
        let part = bytes.extracting((records.lowerBound * stride)..<bytes.byteCount)
        let runner = PlanRunner(bytes: part, stride: stride, rows: rows, clock: clock, initTime: plan.initTime?.offset)
        if plan.isRecordwise { runner.readFrames(plan, tunnel, into: batch) }
        runner.run(plan, into: batch)
        if plan.isRecordwise {
            runner.readLabels(plan, into: batch)
            // Names repeat from record to record: a set's first one is enough.
            if outcome.interfaceNames.isEmpty { outcome.interfaceNames = runner.readInterfaceNames(plan) }
            outcome.lostTexts += runner.readTexts(plan, into: batch, by: &outcome.text)
        }
        if !plan.totals.isEmpty, let identity = plan.identity {
            totals?.subtract(runner, plan, identity: identity, exporter: constants.exporter, into: batch)
        }
        finish(plan, runner, rows, batch, &outcome)
    }

    /// Moves over one record and notes where each field's value lies (RFC 7011 section 7).
    ///
    /// - Returns: whether a field lies elsewhere than was noted before.
    @discardableResult
    static func walk(
        _ reader: inout WireReader,
        _ fields: [TemplateField],
        _ places: inout [(offset: Int, length: Int)]
    ) throws(DecodeError) -> Bool {
        let start = reader.offset
        var hasChanged = false
        for (index, field) in fields.enumerated() {
            var length = Int(field.length)
            if field.isVariable {
                length = Int(try reader.read(UInt8.self))
                if length == 255 { length = Int(try reader.read(UInt16.self)) }
            }
            let place = (offset: reader.offset - start, length: length)
            if places[index] != place {
                places[index] = place
                hasChanged = true
            }
            try reader.skip(length)
        }
        return hasChanged
    }
}

extension TemplatePlan.Step {
    /// The step at the place of its field in one record; nil when the field's length there doesn't fit.
    func placed(_ places: [(offset: Int, length: Int)]) -> TemplatePlan.Step? {
        let place = places[field]
        guard action.accepts(length: place.length) else { return nil }
        return TemplatePlan.Step(action: action, field: field, offset: place.offset, length: place.length)
    }
}

extension WireReader {
    /// Whether only zeros are left.
    var isAllZero: Bool {
        for index in offset..<bytes.byteCount
        where (unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) != 0 {
            return false
        }
        return true
    }
}

// MARK: - What follows from the message and from other columns

/// Columns that are the same for every record of a message.
struct RowConstants {
    var type: FlowType
    var receivedAt: UInt32
    var sequence: UInt32
    var exporter: IPAddress
    /// A rate that the message's header told (NetFlow v5).
    var headerRate: SamplingRate?
    /// The rate that the configuration says, whatever the exporter tells.
    var configuredRate: SamplingRate?
}

extension SetDecoder {
    /// Writes the columns that no field of the template gives.
    @inline(__always)
    private func finish(
        _ plan: TemplatePlan,
        _ runner: borrowing PlanRunner,
        _ rows: Range<Int>,
        _ batch: FlowBatch,
        _ outcome: inout Outcome
    ) {
        batch.fill(.timeReceived, rows, with: constants.receivedAt)
        batch.fill(.flowType, rows, with: constants.type.rawValue)
        batch.fill(.sequenceNum, rows, with: constants.sequence)
        if !plan.hasSamplerAddress { batch.fill(.samplerAddress, rows, with: constants.exporter) }
        if !plan.hasEtherType, !plan.hasIPVersion { etherType(rows, batch, plan) }
        // A frame has its ICMP header itself.
        if !plan.hasICMP, plan.frame == nil { RowWriter(batch, rows).takeICMPFromPort() }
        times(runner, rows, batch, plan)
        let perInterface = sampling?.isPerInterface == true && batch.hasWritten(.inIf, rows)
        if constants.configuredRate == nil, plan.hasSampling || perInterface {
            outcome.sampling = fillSampling(runner, rows, batch, plan)
            outcome.scaledBytes &+= batch.scaledBytes(rows)
        } else {
            let rate = constants.configuredRate ?? common
            batch.fill(.samplingRate, rows, with: rate.rate)
            batch.fill(.samplingRateSource, rows, with: rate.source.rawValue)
            outcome.sampling = rate
            outcome.scaledBytes &+= batch.scaledBytes(rows, rate: rate.rate)
        }
    }

    private func etherType(_ rows: Range<Int>, _ batch: FlowBatch, _ plan: TemplatePlan) {
        switch (plan.hasIPv4, plan.hasIPv6) {
        case (true, false): batch.fill(.eType, rows, with: UInt16(0x0800))
        case (false, true): batch.fill(.eType, rows, with: UInt16(0x86DD))
        case (false, false): break
        case (true, true):
            let out = unsafe batch.write(.eType, rows, as: UInt16.self)
            for row in rows {
                let isV4 = batch.address(.srcAddr, row: row).isV4 || batch.address(.dstAddr, row: row).isV4
                unsafe out[row - rows.lowerBound] = isV4 ? 0x0800 : 0x86DD
            }
        }
    }

    /// A record without times happened, as far as is known, when it was exported.
    private func times(
        _ runner: borrowing PlanRunner,
        _ rows: Range<Int>,
        _ batch: FlowBatch,
        _ plan: TemplatePlan
    ) {
        if !plan.hasStart, !plan.hasEnd {
            batch.fill(.timeFlowStart, rows, with: clock.exportSeconds)
            batch.fill(.timeFlowEnd, rows, with: clock.exportSeconds)
        } else if !plan.hasStart || !plan.hasEnd {
            let (from, to): (FlowEdge, FlowEdge) = plan.hasStart ? (.start, .end) : (.end, .start)
            batch.copy(from.secondsColumn, to: to.secondsColumn, rows)
            batch.copy(from.nanosecondsColumn, to: to.nanosecondsColumn, rows)
            if let duration = plan.duration { runner.shift(to, by: duration, into: batch) }
        }
        if clock.correction != 0, plan.hasDates { correctDates(rows, batch) }
    }

    /// Moves dates that a wrong clock told by as much as it is off, unless they are near the arrival as they are.
    private func correctDates(_ rows: Range<Int>, _ batch: FlowBatch) {
        let arrival = Int64(clock.exportSeconds)
        for edge in [FlowEdge.start, .end] {
            let seconds = unsafe batch.write(edge.secondsColumn, rows, as: UInt32.self)
            for index in seconds.indices {
                let told = unsafe Int64(seconds[index])
                guard abs(told - arrival) > NetFlowDecoder.mostClockOffset else { continue }
                unsafe seconds[index] = UInt32(clamping: told - clock.correction)
            }
        }
    }

    // MARK: - Sampling

    private func fillSampling(
        _ runner: borrowing PlanRunner,
        _ rows: Range<Int>,
        _ batch: FlowBatch,
        _ plan: TemplatePlan
    ) -> SamplingRate {
        let rates = unsafe batch.write(.samplingRate, rows, as: UInt32.self)
        let sources = unsafe batch.write(.samplingRateSource, rows, as: UInt8.self)
        var last = SamplingRate.unknown
        for index in rates.indices {
            last = rate(of: index, runner, rows, batch, plan)
            unsafe rates[index] = last.rate
            unsafe sources[index] = last.source.rawValue
        }
        return last
    }

    /// The rate of records that say nothing of it themselves.
    private var common: SamplingRate {
        constants.headerRate ?? sampling?.common.flatMap { SamplingRate(UInt64($0), source: .options) } ?? .unknown
    }

    /// One record's rate: its own field first, then its sampler's, its interface's, its domain's.
    private func rate(
        of index: Int,
        _ runner: borrowing PlanRunner,
        _ rows: Range<Int>,
        _ batch: FlowBatch,
        _ plan: TemplatePlan
    ) -> SamplingRate {
        var packets: UInt64 = 0
        var space: UInt64 = 0
        var sampler: UInt64?
        for step in plan.sampling {
            switch step.action {
            case .samplingInterval:
                if let rate = SamplingRate(runner.number(step, index), source: .record) { return rate }
            case .samplerID: sampler = runner.number(step, index)
            case .samplingPacketInterval: packets = runner.number(step, index)
            case .samplingPacketSpace: space = runner.number(step, index)
            default: break
            }
        }
        if let rate = SamplingRate.of(packets: packets, space: space, source: .record) { return rate }
        if let sampler, let rate = sampling?.rate(sampler: sampler) {
            return SamplingRate(UInt64(rate), source: .options) ?? .unknown
        }
        if let table = sampling, table.isPerInterface {
            let interface = UInt32(truncatingIfNeeded: batch.number(.inIf, row: rows.lowerBound + index))
            if let rate = table.byInterface[interface] {
                return SamplingRate(UInt64(rate), source: .options) ?? .unknown
            }
        }
        return common
    }
}

extension SamplingRate {
    /// Of `packets` in a row and `space` skipped after them, every how manieth packet is seen (RFC 5477 section 8.2).
    static func of(packets: UInt64, space: UInt64, source: SamplingSource) -> SamplingRate? {
        guard packets > 0 else { return nil }
        let (sum, overflow) = packets.addingReportingOverflow(space)
        return SamplingRate(overflow ? .max : sum / packets, source: source)
    }
}
