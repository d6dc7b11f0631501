import FlowSchema
import WireFormat

/// One flow sample, read aside before its row is stored.
struct FlowSample: BitwiseCopyable, Sendable {
    /// Format and length of a sample and its fixed part: no sample takes less.
    static let fewestBytes = 40

    /// Which columns beside the packet's were told.
    struct Told: OptionSet, BitwiseCopyable, Sendable {
        var rawValue: UInt16 = 0

        static let drop = Told(rawValue: 1)
        static let vlans = Told(rawValue: 2)
        static let masks = Told(rawValue: 4)
        static let nextHop = Told(rawValue: 8)
        static let systems = Told(rawValue: 16)
        // From here on in `details`.
        static let natAddresses = Told(rawValue: 32)
        static let natPorts = Told(rawValue: 64)
        static let bgp = Told(rawValue: 128)
        static let dropReason = Told(rawValue: 256)
        /// Something of the packet that its headers don't tell.
        static let packetDetails = Told(rawValue: 512)
        /// Texts, see ``SampleValues``.
        static let texts = Told(rawValue: 1024)
        /// An AS path.
        static let path = Told(rawValue: 2048)
        /// What varies in length.
        static let values: Told = [.texts, .path]
        static let details: Told = [.natAddresses, .natPorts, .bgp, .dropReason, .packetDetails]
        static let rare: Told = [.drop, .natAddresses, .natPorts, .dropReason]
    }

    var packet = PacketHeader()
    var nextHop = AddressBytes(memoryHigh: 0, memoryLow: 0)
    var bytes: UInt64 = 0
    var samplingRate: UInt32 = 0
    var inIf: UInt32 = 0
    var outIf: UInt32 = 0
    var srcAS: UInt32 = 0
    var dstAS: UInt32 = 0
    var nextHopAS: UInt32 = 0
    /// Type and index of the data source; only used together.
    var dataSource: UInt32 = 0
    /// Samples that the data source has lost since it started.
    var drops: UInt32 = 0
    var srcVlan: UInt16 = 0
    var dstVlan: UInt16 = 0
    var srcNet: UInt8 = 0
    var dstNet: UInt8 = 0
    var direction: UInt8 = 255
    var forwardingStatus: UInt8 = 0
    var samplingRateSource: UInt8 = 0
    var told = Told()
    /// Whether a record held the frame's first bytes.
    var hasHeader = false
    /// Whether any record told what was sampled.
    var tellsPacket = false
    /// Whether a record was the gateway's.
    var hasGateway = false
    /// Where the AS path is in the sample; only where ``told`` says that there is one.
    var path = PathPlace()
    /// All zero unless ``told`` says otherwise.
    var details = SampleDetails()

    /// Makes the sample as good as new; what few samples tell is touched only where one did.
    @inline(__always)
    mutating func clear() {
        packet.clear()
        if !told.isDisjoint(with: .details) { details = SampleDetails() }
        nextHop = Self.noAddress
        (bytes, samplingRate, inIf, outIf) = (0, 0, 0, 0)
        (srcAS, dstAS, nextHopAS, dataSource, drops) = (0, 0, 0, 0, 0)
        (srcVlan, dstVlan, srcNet, dstNet) = (0, 0, 0, 0)
        (direction, forwardingStatus, samplingRateSource) = (255, 0, 0)
        told = Told()
        hasHeader = false
        tellsPacket = false
        hasGateway = false
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
        _ counters: inout DecodeCounters
    ) throws(DecodeError) {
        let start = Self.recordsOffset(format)
        guard sample.byteCount >= start else { throw .truncated }
        let records: UInt32
        if format == SampleFormat.flow {
            records = readStart(WirePart(sample, length: 32))
        } else if format == SampleFormat.expandedFlow {
            records = readExpandedStart(WirePart(sample, length: 44))
        } else {
            records = readDiscardStart(sample)
        }
        try readRecords(sample, at: start, count: records, view, &counters)
        if told.contains(.packetDetails) { completePacket() }
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
                    if try !readRecord(record, at: offset, format: format, view) { counters.skippedRecords += 1 }
                } catch {
                    counters.count(error)
                }
                guard there == length else { throw .badLength }
                offset = sample.offset(after: length, from: offset)
            }
        } catch {
            // The list of records broke: what came before still makes a row if it tells the packet.
            guard tellsPacket else { throw error }
            counters.count(error)
        }
    }

    /// The compact form: ids and interfaces share their 32 bits with a type.
    @inline(__always)
    private mutating func readStart(_ start: WirePart) -> UInt32 {
        dataSource = start.number(at: 4)
        samplingRate = start.number(at: 8)
        drops = start.number(at: 16)
        let input = start.number(at: 20, as: UInt32.self)
        let output = start.number(at: 24, as: UInt32.self)
        setInterfaces(
            source: (dataSource >> 24, dataSource & 0xFF_FFFF),
            input: (input >> 30, input & 0x3FFF_FFFF),
            output: (output >> 30, output & 0x3FFF_FFFF)
        )
        return start.number(at: 28)
    }

    /// The expanded form: types and values stand apart.
    @inline(__always)
    private mutating func readExpandedStart(_ start: WirePart) -> UInt32 {
        let type = start.number(at: 4, as: UInt32.self)
        let index = start.number(at: 8, as: UInt32.self)
        dataSource = index ^ type << 24
        samplingRate = start.number(at: 12)
        drops = start.number(at: 20)
        setInterfaces(
            source: (type, index),
            input: (start.number(at: 24), start.number(at: 28)),
            output: (start.number(at: 32), start.number(at: 36))
        )
        return start.number(at: 40)
    }

    /// A packet that was dropped: agents tell every one of them, as far as
    /// their own limit of records a second goes, which counts as loss.
    @inline(never)
    private mutating func readDiscardStart(_ start: RawSpan) -> UInt32 {
        let type = start.number(at: 4, as: UInt32.self)
        let index = start.number(at: 8, as: UInt32.self)
        // No data source's type: its flow samples count their own loss.
        dataSource = index ^ type << 24 ^ 0x8000_0000
        samplingRate = 1
        drops = start.number(at: 12)
        setInterfaces(
            source: (type, index),
            input: (0, start.number(at: 16)),
            output: (0, start.number(at: 20))
        )
        setDropped(reason: start.number(at: 24))
        return start.number(at: 28)
    }

    /// RFC 7270 section 4.12: dropped; the reason has a column of its own.
    @inline(__always)
    private mutating func setDropped(reason: UInt32) {
        forwardingStatus = 128
        told.formUnion(.drop)
        guard reason != 0 else { return }
        details.dropReason = UInt16(clamping: reason)
        told.formUnion(.dropReason)
    }

    /// Turns interfaces and what they say of direction into columns.
    ///
    /// Formats of `struct interface`: 0 an ifIndex, where all ones of the
    /// compact or the expanded form stand for the agent itself; 1 discarded,
    /// with a reason; 2 a number of interfaces.
    @inline(__always)
    private mutating func setInterfaces(
        source: (type: UInt32, index: UInt32),
        input: (format: UInt32, value: UInt32),
        output: (format: UInt32, value: UInt32)
    ) {
        inIf = Self.interface(input)
        outIf = Self.interface(output)
        if output.format == 1 { setDropped(reason: output.value) }
        samplingRateSource = (samplingRate == 0 ? SamplingSource.unknown : .record).rawValue
        if samplingRate == 0 { samplingRate = 1 }
        // Only a data source that is an interface (type 0) tells where the packet was seen.
        guard source.type == 0, source.index != 0, inIf != outIf else { return }
        if source.index == inIf {
            direction = 0
        } else if source.index == outIf {
            direction = 1
        }
    }

    @inline(__always)
    private static func interface(_ told: (format: UInt32, value: UInt32)) -> UInt32 {
        told.format != 0 || told.value == 0x3FFF_FFFF || told.value == 0xFFFF_FFFF ? 0 : told.value
    }
}
