public import FlowSchema
public import NetTypes
public import WireFormat

/// Turns datagrams of any supported protocol into rows, and keeps what
/// exporters' templates and options need between datagrams.
///
/// One receiver thread owns one decoder. The kernel keeps an exporter on one
/// socket, so nothing here is shared.
public struct FlowDecoder {
    private var exporters: [IPAddress: ExporterState] = [:]
    /// Exporters of the last datagrams.
    private var recent = RecentExporters()
    private var sflow = SFlowDecoder()
    private let parking: ParkingBudget
    private let budget: StateBudget.Shared
    private let totals: FlowTotals
    /// Counts of datagrams that belong to no exporter's state: beyond ``mostExporters``.
    public private(set) var strangers = DecodeCounters()

    /// Exporters that state is kept for; with ``TemplateStore``'s bounds this bounds the memory.
    public static let mostExporters = 16_384
    /// Seconds of silence after which an exporter's state may be dropped for a new one's.
    static let idleSeconds: UInt32 = 3600

    /// Exporters of an earlier life that haven't sent since.
    private var remembered: [IPAddress: ExporterMemory]
    private var marks: [IPAddress: [SequenceMark]]

    /// What the configuration says; a new value counts for what is decoded after it.
    public var settings: DecoderSettings {
        didSet {
            for exporter in exporters.values { exporter.settings = settings.exporter(exporter.address) }
            guard settings.elements != oldValue.elements else { return }
            mappings = ElementMappings(settings.elements)
            for exporter in exporters.values { exporter.templates.mappings = mappings }
        }
    }
    private var mappings: ElementMappings

    /// Whether times of exporters whose clock is more than an hour off are put right: what
    /// they tell relative to the export time then counts from the arrival, and their dates
    /// are moved by as much. Such messages are counted either way.
    public var correctsClocks = true

    /// Starts with what is remembered of an earlier life, if anything.
    public init(
        remembering memories: [IPAddress: ExporterMemory] = [:],
        sequences: [IPAddress: [SequenceMark]] = [:],
        settings: DecoderSettings = DecoderSettings()
    ) {
        remembered = memories
        marks = sequences
        self.settings = settings
        mappings = ElementMappings(settings.elements)
        parking = ParkingBudget()
        budget = StateBudget.Shared()
        totals = FlowTotals()
    }

    /// A decoder for one of several sessions, each of which has templates of its
    /// own (RFC 7011 section 8.1). They share the room for sets that wait, and one thread.
    public init(besides other: FlowDecoder) {
        remembered = [:]
        marks = [:]
        settings = other.settings
        mappings = other.mappings
        correctsClocks = other.correctsClocks
        parking = other.parking
        budget = other.budget
        totals = other.totals
    }

    /// Rows that a batch must have room for before ``decode(_:context:into:)``:
    /// a datagram of one-byte records gives as many as it has bytes.
    public static let mostRows = 65_536

    /// Decodes one datagram; the version word at its start tells the protocol, whatever the port.
    ///
    /// - Parameters:
    ///   - datagram: the UDP payload.
    ///   - context: where it came from, and when.
    ///   - batch: takes the rows; has room for ``mostRows``.
    public mutating func decode(_ datagram: RawSpan, context: DatagramContext, into batch: FlowBatch) {
        var offset = 0
        repeat {
            let rest = datagram.extracting(offset..<datagram.byteCount)
            offset += decodeMessage(rest, context: context, into: batch, isFirst: offset == 0)
        } while offset < datagram.byteCount
    }

    /// Decodes the first message of some bytes, for files in which messages
    /// follow each other; in a datagram there is nearly always one.
    ///
    /// - Parameter isFirst: whether it is what its datagram begins with: that decides what becomes of the datagram.
    /// - Returns: how many bytes it took: all of them when what follows can't be told apart.
    public mutating func decodeMessage(
        _ bytes: RawSpan,
        context: DatagramContext,
        into batch: FlowBatch,
        isFirst: Bool = true
    ) -> Int {
        var reader = WireReader(bytes)
        if reader.peek(UInt32.self) == 5 {
            decodeSFlow(bytes, context, batch, isFirst: isFirst)
            return bytes.byteCount
        }
        guard let exporter = exporter(context.source.address, at: context.receivedAt) else {
            refuse(bytes, isFirst: isFirst)
            return bytes.byteCount
        }
        // The decoder keeps the exporter: a second reference would have to be counted.
        let decoder = NetFlowDecoder(exporter: consume exporter, context: context, batch: batch)
        decoder.exporter.counters.datagrams += 1
        let explained = decoder.exporter.counters.bytesExplained
        let decoded = decoder.exporter.counters.bytesDecoded
        do throws(DecodeError) {
            decoder.exporter.protocols.insert(try Self.message(&reader, decoder))
            decoder.releaseParked()
            if isFirst { decoder.exporter.counters.decodedDatagrams += 1 }
        } catch {
            if isFirst {
                let isDecoded = decoder.exporter.counters.bytesDecoded &- decoded > Self.mostHeaderBytes
                decoder.exporter.counters.count(datagram: error, isDecoded: isDecoded)
            } else {
                decoder.exporter.counters.count(error)
            }
            decoder.exporter.counters.bytes += UInt64(bytes.byteCount)
            decoder.exporter.counters.bytesRejected +=
                UInt64(bytes.byteCount) &- (decoder.exporter.counters.bytesExplained &- explained)
            return bytes.byteCount
        }
        var taken = reader.offset
        if reader.remaining > 0, reader.isAllZero {
            decoder.exporter.counters.bytesPadding += UInt64(reader.remaining)
            taken = bytes.byteCount
        }
        decoder.exporter.counters.bytes += UInt64(taken)
        return taken
    }

    /// The longest header of a message with sets: NetFlow v9's (RFC 3954 section 5.1). A message
    /// of which no more was read counts as one that couldn't be read.
    private static let mostHeaderBytes = 20

    /// Decodes one message by its version word.
    private static func message(_ reader: inout WireReader, _ decoder: NetFlowDecoder) throws(DecodeError) -> FlowType {
        guard let version = reader.peek(UInt16.self) else { throw .truncated }
        try reader.skip(2)
        switch version {
        case 5:
            try decoder.version5(&reader)
            return .netflowV5
        case 1:
            try decoder.version1(&reader)
            return .netflowV1
        case 7:
            try decoder.version7(&reader)
            return .netflowV7
        case 9:
            try decoder.version9(&reader)
            return .netflowV9
        case 10:
            try decoder.ipfix(&reader)
            return .ipfix
        default:
            throw .unknownVersion
        }
    }

    private mutating func decodeSFlow(
        _ datagram: RawSpan,
        _ context: DatagramContext,
        _ batch: FlowBatch,
        isFirst: Bool
    ) {
        var header: SFlowHeader
        do throws(DecodeError) {
            header = try SFlowHeader(datagram)
        } catch {
            return rejectSFlow(datagram, error, context, isFirst: isFirst)
        }
        if header.source.agent.isUnspecified { header.source.agent = context.source.address }
        guard let exporter = exporter(header.agent, at: context.receivedAt) else {
            return refuse(datagram, isFirst: isFirst)
        }
        exporter.counters.datagrams += 1
        if isFirst { exporter.counters.decodedDatagrams += 1 }
        exporter.counters.bytes += UInt64(datagram.byteCount)
        let view = exporter.settings.tunnel
        sflow.decode(datagram, &header, receivedAt: context.receivedAt, into: batch, &exporter.counters, view)
        if let rate = exporter.settings.samplingRate, !header.rows.isEmpty {
            batch.fill(.samplingRate, header.rows, with: rate)
            batch.fill(.samplingRateSource, header.rows, with: SamplingSource.configuration.rawValue)
        }
        exporter.protocols.insert(.sflow5)
        exporter.agentDrops += header.droppedSamples
        exporter.scaledBytes &+= batch.scaledBytes(header.rows)
        let key = SequenceTrackers.Key(type: .sflow5, port: 0, domain: header.source.subAgent)
        exporter.note(key, sequence: header.sequence, count: 1)
        if let last = header.rows.last {
            let rate = batch.number(.samplingRate, row: last)
            let source = SamplingSource(rawValue: UInt8(batch.number(.samplingRateSource, row: last))) ?? .unknown
            exporter.sampling = source == .unknown ? .unknown : SamplingRate(rate, source: source)
            if batch.keepsOrigins {
                batch.origins.append(
                    RowOrigin(rows: header.rows, exporter: context.source, domain: header.source.subAgent, template: 0)
                )
            }
        }
    }

    /// Counts a datagram whose header can't be read.
    @inline(never)
    private mutating func rejectSFlow(
        _ datagram: RawSpan,
        _ error: DecodeError,
        _ context: DatagramContext,
        isFirst: Bool
    ) {
        let agent = SFlowHeader.agent(datagram) ?? context.source.address
        guard let exporter = exporter(agent, at: context.receivedAt) else { return refuse(datagram, isFirst: isFirst) }
        exporter.counters.datagrams += 1
        exporter.counters.bytes += UInt64(datagram.byteCount)
        exporter.counters.bytesRejected += UInt64(datagram.byteCount)
        if isFirst {
            exporter.counters.count(datagram: error, isDecoded: false)
        } else {
            exporter.counters.count(error)
        }
    }

    /// Counts a datagram, or the rest of one, whose exporter would be one too many.
    @inline(never)
    private mutating func refuse(_ bytes: RawSpan, isFirst: Bool) {
        strangers.datagrams += 1
        strangers.bytes += UInt64(bytes.byteCount)
        strangers.bytesRejected += UInt64(bytes.byteCount)
        if isFirst { strangers.refusedDatagrams += 1 }
    }

    /// Counts what couldn't even be cut into messages: a stream that broke the
    /// framing of RFC 7011 section 10.4, or ended within a message.
    ///
    /// - Parameter bytes: how many bytes of the stream were given up with it.
    public mutating func reject(_ error: DecodeError, bytes: Int, context: DatagramContext) {
        if let exporter = exporter(context.source.address, at: context.receivedAt) {
            exporter.counters.count(error)
            exporter.counters.bytes += UInt64(bytes)
            exporter.counters.bytesRejected += UInt64(bytes)
        } else {
            strangers.count(error)
            strangers.bytes += UInt64(bytes)
            strangers.bytesRejected += UInt64(bytes)
        }
    }

    // MARK: - Parked sets

    /// Settles sets that have waited for as long as they may; to be called now and then.
    ///
    /// Those without a template are given up and counted, those that waited
    /// for a sampling rate become rows whose rate is unknown, as far as the batch has room.
    public mutating func expire(at now: UInt32, into batch: FlowBatch) {
        for exporter in exporters.values where !exporter.parked.isEmpty {
            exporter.counters.unknownTemplateSets += UInt64(exporter.parked.expire(at: now))
            release(exporter, at: now, into: batch)
        }
        guard now >= lastSwept &+ Self.sweepSeconds || now < lastSwept else { return }
        lastSwept = now
        for exporter in exporters.values { exporter.sweep(at: now) }
    }

    /// Seconds between two looks for templates that nobody uses.
    private static let sweepSeconds: UInt32 = 600
    private var lastSwept: UInt32 = 0
    private var lastForgotten: UInt32 = 0

    /// Settles all sets that still wait: nothing will come any more.
    ///
    /// - Returns: whether some didn't fit into the batch: this is to be called
    ///   with a batch that has room again then.
    public mutating func finish(into batch: FlowBatch) -> Bool {
        for exporter in exporters.values where !exporter.parked.isEmpty {
            exporter.counters.unknownTemplateSets += UInt64(exporter.parked.clear())
            release(exporter, at: nil, into: batch)
        }
        return exporters.values.contains { !$0.parked.isEmpty }
    }

    private func release(_ exporter: ExporterState, at now: UInt32?, into batch: FlowBatch) {
        let source = IPEndpoint(address: exporter.address, port: 0)
        let context = DatagramContext(source: source, receivedAt: now ?? 0)
        NetFlowDecoder(exporter: exporter, context: context, batch: batch).releaseHeld(at: now)
    }

    // MARK: - Exporters

    /// The state of an exporter; nil when there are too many and none is idle.
    @inline(__always)
    private mutating func exporter(_ address: IPAddress, at now: UInt32) -> ExporterState? {
        guard let known = recent.exporter(address) ?? exporters[address] ?? newExporter(address, at: now) else {
            return nil
        }
        recent.note(known)
        known.lastSeen = now
        return known
    }

    @inline(never)
    private mutating func newExporter(_ address: IPAddress, at now: UInt32) -> ExporterState? {
        // Made up source addresses must not push out exporters that are at work.
        if exporters.count >= Self.mostExporters || budget.isTight { forgetIdle(at: now) }
        let own = StateBudget(budget)
        guard exporters.count < Self.mostExporters, own.take(StateBudget.Cost.exporter) else { return nil }
        let new = ExporterState(address: address, budget: own, parking: parking, totals: totals)
        new.settings = settings.exporter(address)
        new.templates.mappings = mappings
        new.correctsClock = correctsClocks
        remembered.removeValue(forKey: address)?.restore(new, at: now)
        if let marks = marks.removeValue(forKey: address) { new.resume(marks) }
        exporters[address] = new
        return new
    }

    /// Forgets the exporters that have been silent for ``idleSeconds``; their counts stay.
    private mutating func forgetIdle(at now: UInt32) {
        // A flood of new exporters must not make this the work of every datagram.
        guard now != lastForgotten else { return }
        lastForgotten = now
        for idle in exporters.values where idle.lastSeen &+ Self.idleSeconds < now && idle.parked.isEmpty {
            strangers.add(idle.counters)
            exporters[idle.address] = nil
        }
        recent.clear()
    }

    /// What an exporter's next life must know, of those that sent in this one.
    public var memories: [ExporterMemory] {
        exporters.values.filter { $0.templates.count > 0 || !$0.domains.isEmpty }.map(ExporterMemory.init)
    }

    /// What is known of each exporter.
    public var snapshots: [ExporterSnapshot] {
        exporters.values.map(\.snapshot)
    }

    /// The counts of all exporters together.
    public var counters: DecodeCounters {
        exporters.values.reduce(into: strangers) { $0.add($1.counters) }
    }
}

/// The exporters of the last datagrams, found without a hash that is safe
/// against made up addresses: two that share a place forget each other, and
/// the table of all is asked again.
private struct RecentExporters {
    private static let places = 256
    private var table: [ExporterState?] = Array(repeating: nil, count: places)

    /// The exporter, if it sent lately.
    @inline(__always)
    func exporter(_ address: IPAddress) -> ExporterState? {
        guard let known = table[Self.index(address)], known.address == address else { return nil }
        return known
    }

    /// Notes who sent.
    @inline(__always)
    mutating func note(_ exporter: ExporterState) {
        let index = Self.index(exporter.address)
        if table[index] !== exporter { table[index] = exporter }
    }

    /// Forgets all, so that an exporter that was dropped is not found.
    mutating func clear() {
        table = Array(repeating: nil, count: Self.places)
    }

    @inline(__always)
    private static func index(_ address: IPAddress) -> Int {
        Int(truncatingIfNeeded: ((address.high ^ address.low) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
