import FlowSchema
import NetTypes

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
    /// The records, one behind the other.
    let bytes: RawSpan
    /// Bytes from one record to the next.
    let stride: Int
    let rows: Range<Int>
    let clock: MessageClock
    /// Where each record tells when the exporter's uptime began, if it does.
    let initTime: TemplatePlan.Step?

    @_lifetime(copy bytes)
    init(bytes: RawSpan, stride: Int, rows: Range<Int>, clock: MessageClock, initTime: TemplatePlan.Step? = nil) {
        self.bytes = bytes
        self.initTime = initTime
        self.stride = stride
        self.rows = rows
        self.clock = clock
    }

    func run(_ step: TemplatePlan.Step, into batch: FlowBatch) {
        switch step.action {
        case .unsigned(let column): number(column, step, batch, keepLow: false)
        case .lowBits(let column): number(column, step, batch, keepLow: true)
        case .ipv4(let column): ipv4(column, step, batch)
        case .ipv6(let column): ipv6(column, step, batch)
        case .time(let form, let edge): time(form, edge, step, batch)
        case .icmpTypeAndCode: icmp(step, batch)
        case .ipVersion: etherType(step, batch)
        // Sampling is resolved for the set as a whole, see SamplingResolver.
        case .samplingInterval, .samplerID, .samplingPacketInterval, .samplingPacketSpace: break
        case .codePoint(let column): codePoint(column, step, batch)
        // Read record by record, see RecordDetails.
        case .mplsLabel, .text, .interfaceName, .frame, .frameType, .sectionOffset, .routeDistinguisher: break
        // These change what other fields mean.
        case .event, .systemInitTime, .duration: break
        }
    }
}

// MARK: - Numbers

extension PlanRunner {
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
        let out = unsafe batch.write(column, rows, as: Value.self)
        switch step.length {
        case 1: unsafe copy(UInt8.self, to: out, step.offset, keepLow)
        case 2: unsafe copy(UInt16.self, to: out, step.offset, keepLow)
        case 4: unsafe copy(UInt32.self, to: out, step.offset, keepLow)
        case 8: unsafe copy(UInt64.self, to: out, step.offset, keepLow)
        default:
            var position = step.offset
            for index in out.indices {
                let value = load(position, step.length)
                unsafe out[index] = keepLow ? Value(truncatingIfNeeded: value) : Value(clamping: value)
                position &+= stride
            }
        }
    }

    @inline(__always)
    private func copy<
        Wire: FixedWidthInteger & UnsignedInteger & BitwiseCopyable,
        Value: FixedWidthInteger & UnsignedInteger & BitwiseCopyable
    >(_: Wire.Type, to out: UnsafeMutableBufferPointer<Value>, _ offset: Int, _ keepLow: Bool) {
        var position = offset
        if Wire.bitWidth <= Value.bitWidth || keepLow {
            for index in out.indices {
                let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Wire.self)
                unsafe out[index] = Value(truncatingIfNeeded: Wire(bigEndian: value))
                position &+= stride
            }
        } else {
            for index in out.indices {
                let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Wire.self)
                unsafe out[index] = Value(clamping: Wire(bigEndian: value))
                position &+= stride
            }
        }
    }

    /// A big-endian number of 1 to 8 bytes.
    func load(_ offset: Int, _ length: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<length {
            value = value << 8 | UInt64(unsafe bytes.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self))
        }
        return value
    }
}

// MARK: - Records

extension PlanRunner {
    /// The number of a step's field in one record.
    func number(_ step: TemplatePlan.Step, _ record: Int) -> UInt64 {
        load(step.offset &+ record &* stride, step.length)
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
    /// `::ffff:` in the byte order of memory, for the low half.
    private static var mapped: UInt64 { UInt64(0xFFFF_0000_0000).bigEndian }

    private func ipv4(_ column: FlowColumn, _ step: TemplatePlan.Step, _ batch: FlowBatch) {
        // Where the template has the other family too, zeros leave what that wrote.
        let keepOther = batch.hasWritten(column, rows)
        let out = unsafe batch.write(column, rows, as: AddressBytes.self)
        var position = step.offset
        for index in out.indices {
            let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self)
            let low = UInt64(UInt32(bigEndian: value)).bigEndian | Self.mapped
            position &+= stride
            if keepOther, value == 0 { continue }
            unsafe out[index] = AddressBytes(memoryHigh: 0, memoryLow: low)
        }
    }

    private func ipv6(_ column: FlowColumn, _ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let keepOther = batch.hasWritten(column, rows)
        let out = unsafe batch.write(column, rows, as: AddressBytes.self)
        var position = step.offset
        for index in out.indices {
            let high = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            let low = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: position &+ 8, as: UInt64.self)
            position &+= stride
            if keepOther, high | low == 0 { continue }
            unsafe out[index] = AddressBytes(memoryHigh: high, memoryLow: low)
        }
    }
}

// MARK: - Times

extension PlanRunner {
    private func time(_ form: TimeForm, _ edge: FlowEdge, _ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let seconds = unsafe batch.write(edge.secondsColumn, rows, as: UInt32.self)
        let nanoseconds = unsafe batch.write(edge.nanosecondsColumn, rows, as: UInt32.self)
        var position = step.offset
        for index in seconds.indices {
            let value = load(position, step.length)
            var (second, rest) = Self.time(value, form, clock)
            if form == .uptimeMilliseconds, clock.uptime == nil {
                let told = initTime.map { load($0.offset &+ index &* stride, $0.length) } ?? clock.initMilliseconds
                if let told { (second, rest) = Self.time(value, form, clock.booted(told)) }
            }
            unsafe seconds[index] = second
            unsafe nanoseconds[index] = rest
            position &+= stride
        }
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
            let age = Int32(truncatingIfNeeded: uptime &- UInt32(truncatingIfNeeded: value))
            let export = Int64(clock.exportSeconds) &* 1_000_000_000 &+ Int64(clock.exportNanoseconds)
            return split(UInt64(clamping: export &- Int64(age) &* 1_000_000))
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
        for index in types.indices {
            let position = step.offset &+ index &* stride
            unsafe types[index] = bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            unsafe codes[index] = bytes.unsafeLoad(fromByteOffset: position &+ 1, as: UInt8.self)
        }
    }

    private func codePoint(_ column: FlowColumn, _ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let out = unsafe batch.write(column, rows, as: UInt8.self)
        for index in out.indices {
            unsafe out[index] = bytes.unsafeLoad(fromByteOffset: step.offset &+ index &* stride, as: UInt8.self) << 2
        }
    }

    private func etherType(_ step: TemplatePlan.Step, _ batch: FlowBatch) {
        let out = unsafe batch.write(.eType, rows, as: UInt16.self)
        for index in out.indices {
            let version = unsafe bytes.unsafeLoad(fromByteOffset: step.offset &+ index &* stride, as: UInt8.self)
            unsafe out[index] = version == 4 ? 0x0800 : version == 6 ? 0x86DD : 0
        }
    }
}
