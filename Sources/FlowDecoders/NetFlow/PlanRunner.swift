import FlowSchema
import NetTypes
import WireFormat

/// The clock of the message whose records are decoded.
struct MessageClock {
    /// Seconds since 1970 at which the exporter sent the message, and the rest below the second.
    var exportSeconds: UInt32
    var exportNanoseconds: UInt32 = 0
    /// The exporter's uptime then, in milliseconds; nil where the protocol doesn't tell.
    var uptime: UInt32?
    /// When the exporter's uptime began, in milliseconds since 1970, where options data told.
    var initMilliseconds: UInt64?
    /// Seconds that the exporter's clock is ahead, where that is too much to be believed;
    /// the export time here is put right already.
    var correction: Int64 = 0

    /// The clock of an exporter whose uptime began then, in milliseconds since 1970 by its own clock.
    ///
    /// What counts from the boot wraps after 49.7 days, so it is taken by its distance to the export.
    func booted(_ milliseconds: UInt64) -> MessageClock {
        var clock = self
        let export = (Int64(exportSeconds) + correction) * 1000 + Int64(exportNanoseconds) / 1_000_000
        clock.uptime = UInt32(truncatingIfNeeded: export &- Int64(truncatingIfNeeded: milliseconds))
        return clock
    }
}

/// Runs one step of a plan over all records of a set: the loop is inside, so
/// the choice of what to do is made once per column and not once per record.
struct PlanRunner: ~Escapable {
    /// The records, one behind the other, each of which is a row.
    let records: WireRecords
    let rows: Range<Int>
    let clock: MessageClock
    /// Where each record tells when the exporter's uptime began, in 8 bytes, if it does.
    let initTime: Int?

    @_lifetime(copy bytes)
    init(bytes: RawSpan, stride: Int, rows: Range<Int>, clock: MessageClock, initTime: Int? = nil) {
        records = WireRecords(bytes, stride: stride, count: rows.count)
        self.initTime = initTime
        self.rows = rows
        self.clock = clock
    }

    /// Runs every step of a plan.
    func run(_ plan: TemplatePlan, into batch: FlowBatch) {
        run(plan.loops, RowWriter(batch, rows)) { plan.steps[$0] }
    }

    /// Runs loops, and of those without one of their own the step that `step` gives.
    @inline(__always)
    func run(_ loops: [FieldLoop], _ writer: RowWriter, step: (Int) -> TemplatePlan.Step) {
        let loops = loops.span
        for index in loops.indices {
            let loop = loops[index]
            // What most fields are has a loop of its own, chosen when the template came.
            switch loop.kind {
            case .number1: widened(UInt8.self, UInt8.self, loop, writer)
            case .number2: widened(UInt16.self, UInt16.self, loop, writer)
            case .number4: widened(UInt32.self, UInt32.self, loop, writer)
            case .number8: widened(UInt64.self, UInt64.self, loop, writer)
            case .number2in4: widened(UInt16.self, UInt32.self, loop, writer)
            case .number4in8: widened(UInt32.self, UInt64.self, loop, writer)
            case .number6in8: sixBytes(loop, writer)
            case .ipv4: ipv4(loop, writer)
            case .ipv6: ipv6(loop, writer)
            case .milliseconds: milliseconds(loop, writer)
            case .uptime:
                if let now = clock.uptime {
                    uptime(loop, now, writer)
                } else {
                    run(step(index), into: writer.batch)
                }
            case .other: run(step(index), into: writer.batch)
            }
        }
    }

    @inline(never)
    private func run(_ step: TemplatePlan.Step, into batch: FlowBatch) {
        switch step.action {
        case .unsigned(let column), .total(let column): number(column, step, batch, keepLow: false)
        case .lowBits(let column): number(column, step, batch, keepLow: true)
        case .ipv4: ipv4(step.loop, RowWriter(batch, rows))
        case .ipv6: ipv6(step.loop, RowWriter(batch, rows))
        case .time(let form, let edge): time(form, edge, step, batch)
        case .icmpTypeAndCode: icmp(step, batch)
        case .ipVersion: etherType(step, batch)
        case .codePoint(let column): codePoint(column, step, batch)
        case .tunnelType: tunnelType(step, batch)
        // Told by records for all of their columns, see SetDecoder.rate.
        case .samplingInterval, .samplerID, .samplingPacketInterval, .samplingPacketSpace: break
        // Read record by record, see RecordDetails.
        case .mplsLabel, .text, .interfaceName, .flowID, .frame, .frameType, .sectionOffset, .routeDistinguisher: break
        // These change what other fields mean.
        case .event, .systemInitTime, .duration: break
        }
    }
}

// MARK: - Numbers

extension PlanRunner {
    /// A number no wider than its column.
    @inline(__always)
    private func widened<Wire: FixedWidthInteger & BitwiseCopyable, Value: FixedWidthInteger & BitwiseCopyable>(
        _: Wire.Type,
        _: Value.Type,
        _ loop: FieldLoop,
        _ writer: RowWriter
    ) {
        let out = unsafe writer.open(loop.column, as: Value.self)
        records.forEach(Wire.self, at: loop.offset) { row, value in
            unsafe out[row] = Value(truncatingIfNeeded: Wire(bigEndian: value))
        }
    }

    /// A number of six bytes in a column of eight: an address of a link.
    @inline(__always)
    private func sixBytes(_ loop: FieldLoop, _ writer: RowWriter) {
        let out = unsafe writer.open(loop.column, as: UInt64.self)
        records.forEachNumber(at: loop.offset, length: 6) { row, value in unsafe out[row] = value }
    }

    private func number(_ column: FlowColumn, _ step: TemplatePlan.Step, _ batch: FlowBatch, keepLow: Bool) {
        switch column.storage {
        case .uint8: number(UInt8.self, column, step, batch, keepLow)
        case .uint16: number(UInt16.self, column, step, batch, keepLow)
        case .uint32: number(UInt32.self, column, step, batch, keepLow)
        case .uint64: number(UInt64.self, column, step, batch, keepLow)
        case .bytes16, .variable: break
        }
    }

    @inline(__always)
    private func number<Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _: Value.Type,
        _ column: FlowColumn,
        _ step: TemplatePlan.Step,
        _ batch: FlowBatch,
        _ keepLow: Bool
    ) {
        let out = unsafe batch.write(chosen: column, rows, as: Value.self)
        if keepLow {
            records.forEachNumber(at: step.offset, length: step.length) { row, value in
                unsafe out[row] = Value(truncatingIfNeeded: value)
            }
        } else {
            records.forEachNumber(at: step.offset, length: step.length) { row, value in
                unsafe out[row] = Value(clamping: value)
            }
        }
    }
}

// MARK: - Records

extension PlanRunner {
    /// The number of a step's field in one record.
    func number(_ step: TemplatePlan.Step, _ record: Int) -> UInt64 {
        records.number(of: record, at: step.offset, length: step.length)
    }

    /// Whether one of a plan's counters isn't 0 in a record.
    func hasTraffic(_ record: Int, _ plan: TemplatePlan) -> Bool {
        plan.counters.contains { number($0, record) != 0 }
    }

    /// Moves one end of the flow away from the other by the duration that each record tells.
    func shift(_ edge: FlowEdge, by step: TemplatePlan.Step, into batch: FlowBatch) {
        guard case .duration(let unit) = step.action else { return }
        let seconds = unsafe batch.write(edge.secondsColumn, rows, as: UInt32.self)
        let nanoseconds = unsafe batch.write(edge.nanosecondsColumn, rows, as: UInt32.self)
        for index in seconds.indices {
            let known = unsafe UInt64(seconds[index]) &* 1_000_000_000 &+ UInt64(nanoseconds[index])
            let duration = number(step, index) &* unit
            let moved = edge == .end ? known &+ duration : known &- min(known, duration)
            unsafe seconds[index] = UInt32(truncatingIfNeeded: moved / 1_000_000_000)
            unsafe nanoseconds[index] = UInt32(moved % 1_000_000_000)
        }
    }
}

// MARK: - Addresses

extension PlanRunner {
    @inline(__always)
    private func ipv4(_ loop: FieldLoop, _ writer: RowWriter) {
        // Where the template has the other family too, zeros leave what that wrote.
        let keepOther = writer.hasWritten(loop.column)
        let out = unsafe writer.open(loop.column, as: SIMD2<UInt64>.self)
        // `::ffff:` in the byte order of memory, and the address as it came.
        let mapped = UInt64(UInt32(0xFFFF).bigEndian)
        if keepOther {
            records.forEach(UInt32.self, at: loop.offset) { row, value in
                if value != 0 { unsafe out[row] = SIMD2(0, UInt64(value) << 32 | mapped) }
            }
        } else {
            // Half by half: with two stores to a row this is quicker than to bring both halves together first.
            let halves = unsafe UnsafeMutableRawPointer(out).assumingMemoryBound(to: UInt64.self)
            records.forEach(UInt32.self, at: loop.offset) { row, value in
                unsafe halves[2 &* row] = 0
                unsafe halves[2 &* row &+ 1] = UInt64(value) << 32 | mapped
            }
        }
    }

    @inline(__always)
    private func ipv6(_ loop: FieldLoop, _ writer: RowWriter) {
        let keepOther = writer.hasWritten(loop.column)
        let out = unsafe writer.open(loop.column, as: SIMD2<UInt64>.self)
        if keepOther {
            records.forEach(SIMD2<UInt64>.self, at: loop.offset) { row, value in
                if value[0] | value[1] != 0 { unsafe out[row] = value }
            }
        } else {
            records.forEach(SIMD2<UInt64>.self, at: loop.offset) { row, value in
                unsafe out[row] = value
            }
        }
    }
}

// MARK: - Times

extension PlanRunner {
    private func time(_ form: TimeForm, _ edge: FlowEdge, _ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let seconds = unsafe batch.write(edge.secondsColumn, rows, as: UInt32.self)
        let nanoseconds = unsafe batch.write(edge.nanosecondsColumn, rows, as: UInt32.self)
        for index in seconds.indices {
            let value = number(step, index)
            var (second, rest) = Self.time(value, form, clock)
            if form == .uptimeMilliseconds, clock.uptime == nil {
                let told = initTime.map { records.number(of: index, at: $0, length: 8) } ?? clock.initMilliseconds
                if let told { (second, rest) = Self.time(value, form, clock.booted(told)) }
            }
            unsafe seconds[index] = second
            unsafe nanoseconds[index] = rest
        }
    }

    @inline(__always)
    private func milliseconds(_ loop: FieldLoop, _ writer: RowWriter) {
        let (seconds, nanoseconds) = unsafe times(loop, writer)
        records.forEachSingly(UInt64.self, at: loop.offset) { row, value in
            let (second, rest) = Self.time(UInt64(bigEndian: value), .milliseconds, clock)
            unsafe seconds[row] = second
            unsafe nanoseconds[row] = rest
        }
    }

    @inline(__always)
    private func uptime(_ loop: FieldLoop, _ now: UInt32, _ writer: RowWriter) {
        let (seconds, nanoseconds) = unsafe times(loop, writer)
        // The earliest time that 32 bits of milliseconds around the export can tell, which are the later ones counted from it.
        let export = UInt64(clock.exportSeconds) &* 1000
        let (earliest, hasEarlier) = export.subtractingReportingOverflow(1 << 31)
        guard clock.exportNanoseconds == 0, !hasEarlier else {
            return records.forEachSingly(UInt32.self, at: loop.offset) { row, value in
                let (second, rest) = Self.time(UInt64(UInt32(bigEndian: value)), .uptimeMilliseconds, clock)
                unsafe seconds[row] = second
                unsafe nanoseconds[row] = rest
            }
        }
        let firstSecond = UInt32(truncatingIfNeeded: earliest / 1000)
        let firstRest = earliest % 1000
        let toFirst = UInt32(1 << 31) &- now
        records.forEach(UInt32.self, at: loop.offset) { row, value in
            let time = UInt64(UInt32(bigEndian: value) &+ toFirst) &+ firstRest
            // Divided by 1000 with one product: exact below 2^38 / 56, and this is below 2^32 + 1000.
            let second = (time &* 274_877_907) &>> 38
            unsafe seconds[row] = firstSecond &+ UInt32(truncatingIfNeeded: second)
            unsafe nanoseconds[row] = UInt32(truncatingIfNeeded: time &- second &* 1000) &* 1_000_000
        }
    }

    /// Both columns of the step's time.
    @inline(__always)
    @unsafe
    private func times(
        _ loop: FieldLoop,
        _ writer: RowWriter
    ) -> (seconds: UnsafeMutablePointer<UInt32>, nanoseconds: UnsafeMutablePointer<UInt32>) {
        let isStart = loop.column == .timeFlowStart
        return unsafe (writer.open(loop.column), writer.open(isStart ? .timeFlowStartNs : .timeFlowEndNs))
    }

    /// Seconds since 1970 and the nanoseconds behind them.
    @inline(__always)
    static func time(_ value: UInt64, _ form: TimeForm, _ clock: MessageClock) -> (UInt32, UInt32) {
        switch form {
        case .seconds:
            return (UInt32(truncatingIfNeeded: value), 0)
        case .milliseconds:
            return (UInt32(truncatingIfNeeded: value / 1000), UInt32(value % 1000) &* 1_000_000)
        case .ntp:
            // Seconds from 1900 to 1970; the fraction counts 2^-32 s.
            let second = UInt32(truncatingIfNeeded: value >> 32) &- 2_208_988_800
            return (second, UInt32(((value & 0xFFFF_FFFF) &* 1_000_000_000) >> 32))
        case .deltaMicroseconds:
            let export = UInt64(clock.exportSeconds) &* 1_000_000_000 &+ UInt64(clock.exportNanoseconds)
            return split(export &- value &* 1000)
        case .uptimeMilliseconds:
            // Without the exporter's uptime the value has no anchor: the export time is the best that is known.
            guard let uptime = clock.uptime else { return (clock.exportSeconds, clock.exportNanoseconds) }
            // Both wrap after 49.7 days, so the distance is taken in 32 bits; it is
            // signed, since a flow may end a moment after the header's uptime was read.
            let distance = Int32(truncatingIfNeeded: UInt32(truncatingIfNeeded: value) &- uptime)
            let export = Int64(clock.exportSeconds) &* 1_000_000_000 &+ Int64(clock.exportNanoseconds)
            return split(UInt64(clamping: export &+ Int64(distance) &* 1_000_000))
        }
    }

    @inline(__always)
    private static func split(_ nanoseconds: UInt64) -> (UInt32, UInt32) {
        let second = nanoseconds / 1_000_000_000
        return (UInt32(truncatingIfNeeded: second), UInt32(nanoseconds &- second &* 1_000_000_000))
    }
}

extension FlowEdge {
    var secondsColumn: FlowColumn { self == .start ? .timeFlowStart : .timeFlowEnd }
    var nanosecondsColumn: FlowColumn { self == .start ? .timeFlowStartNs : .timeFlowEndNs }
}

// MARK: - Others

extension PlanRunner {
    private func icmp(_ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let types = unsafe batch.write(.icmpType, rows, as: UInt8.self)
        let codes = unsafe batch.write(.icmpCode, rows, as: UInt8.self)
        records.forEach(UInt16.self, at: step.offset) { row, value in
            unsafe types[row] = UInt8(truncatingIfNeeded: UInt16(bigEndian: value) >> 8)
            unsafe codes[row] = UInt8(truncatingIfNeeded: UInt16(bigEndian: value))
        }
    }

    private func tunnelType(_ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let out = unsafe batch.write(.encapType, rows, as: UInt8.self)
        records.forEach(UInt8.self, at: step.offset) { row, value in
            let type: EncapType =
                switch value {
                case 1: .vxlan
                case 2: .gre
                case 7: .geneve
                default: .none
                }
            unsafe out[row] = type.rawValue
        }
    }

    private func codePoint(_ column: FlowColumn, _ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let out = unsafe batch.write(column, rows, as: UInt8.self)
        records.forEach(UInt8.self, at: step.offset) { row, value in
            unsafe out[row] = value << 2
        }
    }

    private func etherType(_ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let out = unsafe batch.write(.eType, rows, as: UInt16.self)
        records.forEach(UInt8.self, at: step.offset) { row, version in
            unsafe out[row] = version == 4 ? 0x0800 : version == 6 ? 0x86DD : 0
        }
    }
}
