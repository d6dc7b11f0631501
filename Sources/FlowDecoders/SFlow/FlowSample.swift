import FlowSchema
import WireFormat

/// One flow sample: the packet, which several records may tell of, is read aside, and the rest written into its row.
struct FlowSample: BitwiseCopyable, Sendable {
    /// Format and length of a sample and its fixed part: no sample takes less.
    static let fewestBytes = 40

    /// What was told.
    struct Told: OptionSet, BitwiseCopyable, Sendable {
        var rawValue: UInt8 = 0

        /// The frame's first bytes.
        static let header = Told(rawValue: 1)
        /// What was sampled, in any way.
        static let packet = Told(rawValue: 2)
        /// Something of the packet that its headers don't tell, in ``details``.
        static let details = Told(rawValue: 4)
        /// A next hop.
        static let nextHop = Told(rawValue: 8)
        /// The gateway's record.
        static let gateway = Told(rawValue: 16)
        /// Texts, see ``SampleTexts``.
        static let texts = Told(rawValue: 32)
    }

    var packet = PacketHeader()
    var bytes: UInt64 = 0
    /// Type and index of the data source; only used together.
    var dataSource: UInt32 = 0
    /// Samples that the data source has lost since it started.
    var drops: UInt32 = 0
    var told = Told()
    /// All zero unless ``told`` says otherwise.
    var details = SampleDetails()

    /// Makes the sample as good as new; what few samples tell is touched only where one did.
    @inline(__always)
    mutating func clear() {
        packet.clear()
        if told.contains(.details) { details = SampleDetails() }
        bytes = 0
        told = Told()
    }

    /// Reads `struct flow_sample`, `struct flow_sample_expanded` or `struct discarded_packet`.
    ///
    /// A broken record is counted and loses only itself. Throws when there is
    /// nothing to make a row of.
    @inline(__always)
    mutating func read(
        _ sample: RawSpan,
        format: UInt32,
        _ view: TunnelView,
        _ columns: inout SFlowColumns,
        _ counters: inout DecodeCounters
    ) throws(DecodeError) {
        let start = Self.recordsOffset(format)
        guard sample.byteCount >= start else { throw .truncated }
        let records: UInt32
        if format == SampleFormat.flow {
            records = readStart(WirePart(sample, length: 32), &columns)
        } else if format == SampleFormat.expandedFlow {
            records = readExpandedStart(WirePart(sample, length: 44), &columns)
        } else {
            records = readDiscardStart(sample, &columns)
        }
        try readRecords(sample, at: start, count: records, view, &columns, &counters)
        if told.contains(.details) { completePacket() }
    }

    /// Where the records of a sample of that format begin.
    @inline(__always)
    static func recordsOffset(_ format: UInt32) -> Int { format == SampleFormat.expandedFlow ? 44 : 32 }

    @inline(__always)
    private mutating func readRecords(
        _ sample: RawSpan,
        at start: Int,
        count records: UInt32,
        _ view: TunnelView,
        _ columns: inout SFlowColumns,
        _ counters: inout DecodeCounters
    ) throws(DecodeError) {
        var offset = start
        do throws(DecodeError) {
            for _ in 0..<records {
                let (format, length) = try sample.formatAndLength(at: offset)
                offset &+= 8
                // A record that claims more than its sample holds is read as far as it goes.
                let there = min(length, sample.byteCount &- offset)
                do throws(DecodeError) {
                    let record = sample.cut(at: offset, length: there)
                    if try !readRecord(record, format: format, view, &columns, &counters) {
                        counters.skippedRecords += 1
                    }
                } catch {
                    counters.count(error)
                }
                guard there == length else { throw .badLength }
                offset = sample.offset(after: length, from: offset)
            }
        } catch {
            // The list of records broke: what came before still makes a row if it tells the packet.
            guard told.contains(.packet) else { throw error }
            counters.count(error)
        }
    }

    /// The compact form: ids and interfaces share their 32 bits with a type.
    @inline(__always)
    private mutating func readStart(_ start: WirePart, _ columns: inout SFlowColumns) -> UInt32 {
        dataSource = start.number(at: 4)
        drops = start.number(at: 16)
        let input = start.number(at: 20, as: UInt32.self)
        let output = start.number(at: 24, as: UInt32.self)
        columns.store(
            rate: start.number(at: 8),
            source: (dataSource >> 24, dataSource & 0xFF_FFFF),
            input: (input >> 30, input & 0x3FFF_FFFF),
            output: (output >> 30, output & 0x3FFF_FFFF)
        )
        return start.number(at: 28)
    }

    /// The expanded form: types and values stand apart.
    @inline(__always)
    private mutating func readExpandedStart(_ start: WirePart, _ columns: inout SFlowColumns) -> UInt32 {
        let type = start.number(at: 4, as: UInt32.self)
        let index = start.number(at: 8, as: UInt32.self)
        dataSource = index ^ type << 24
        drops = start.number(at: 20)
        columns.store(
            rate: start.number(at: 12),
            source: (type, index),
            input: (start.number(at: 24), start.number(at: 28)),
            output: (start.number(at: 32), start.number(at: 36))
        )
        return start.number(at: 40)
    }

    /// A packet that was dropped: agents tell every one of them, as far as
    /// their own limit of records a second goes, which counts as loss.
    @inline(never)
    private mutating func readDiscardStart(_ start: RawSpan, _ columns: inout SFlowColumns) -> UInt32 {
        let type = start.number(at: 4, as: UInt32.self)
        let index = start.number(at: 8, as: UInt32.self)
        // No data source's type: its flow samples count their own loss.
        dataSource = index ^ type << 24 ^ 0x8000_0000
        drops = start.number(at: 12)
        columns.store(
            rate: 1,
            source: (type, index),
            input: (0, start.number(at: 16)),
            output: (0, start.number(at: 20))
        )
        columns.setDropped(reason: start.number(at: 24))
        return start.number(at: 28)
    }
}

extension SFlowColumns {
    /// RFC 7270 section 4.12: dropped; the reason has a column of its own.
    @inline(never)
    fileprivate func setDropped(reason: UInt32) {
        set(.forwardingStatus, to: 128 as UInt8)
        if reason != 0 { set(.dropReason, to: UInt16(clamping: reason)) }
    }

    /// Turns interfaces and what they say of direction into columns.
    ///
    /// Formats of `struct interface`: 0 an ifIndex, where all ones of the
    /// compact or the expanded form stand for the agent itself; 1 discarded,
    /// with a reason; 2 a number of interfaces.
    @inline(__always)
    fileprivate func store(
        rate: UInt32,
        source: (type: UInt32, index: UInt32),
        input: (format: UInt32, value: UInt32),
        output: (format: UInt32, value: UInt32)
    ) {
        let inIf = Self.interface(input)
        let outIf = Self.interface(output)
        if output.format == 1 { setDropped(reason: output.value) }
        var direction: UInt8 = 255
        // Only a data source that is an interface (type 0) tells where the packet was seen.
        if source.type == 0, source.index != 0, inIf != outIf {
            direction = source.index == inIf ? 0 : source.index == outIf ? 1 : 255
        }
        storeStart(
            rate: rate == 0 ? 1 : rate,
            source: rate == 0 ? .unknown : .record,
            inIf: inIf,
            outIf: outIf,
            direction: direction
        )
    }

    @inline(__always)
    private static func interface(_ told: (format: UInt32, value: UInt32)) -> UInt32 {
        told.format != 0 || told.value == 0x3FFF_FFFF || told.value == 0xFFFF_FFFF ? 0 : told.value
    }
}
