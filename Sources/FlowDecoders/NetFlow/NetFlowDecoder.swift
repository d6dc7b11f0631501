import FlowSchema
import NetTypes
import WireFormat

/// Decodes NetFlow v1, v5, v7, v9 and IPFIX messages: one template engine for
/// all, the first three being templates that are known beforehand.
struct NetFlowDecoder {
    let exporter: ExporterState
    let context: DatagramContext
    let batch: FlowBatch
    /// Whether sets may be put aside until a sampling rate is known.
    var mayHold = true

    init(exporter: ExporterState, context: DatagramContext, batch: FlowBatch) {
        self.exporter = exporter
        self.context = context
        self.batch = batch
    }

    // MARK: - NetFlow v1, v5 and v7

    /// Decodes a NetFlow v5 datagram behind its version word.
    func version5(_ reader: inout WireReader) throws(DecodeError) {
        let (count, clock) = try fixedHeader(&reader)
        let sequence = try reader.read(UInt32.self)
        let engine = try reader.read(UInt16.self)
        let sampling = try reader.read(UInt16.self)
        var constants = constants(.netflowV5, sequence, clock)
        // The top two bits are the mode, the rest the interval; 0 says nothing.
        constants.headerRate = SamplingRate(UInt64(sampling & 0x3FFF), source: .record)
        try fixedRecords(&reader, FixedLayout.version5, count: count, clock, constants, domain: UInt32(engine))
        let key = SequenceTrackers.Key(type: .netflowV5, port: context.source.port, domain: UInt32(engine))
        exporter.note(key, sequence: sequence, count: UInt32(count))
    }

    /// Decodes a NetFlow v7 datagram, of Catalyst switches, behind its version word.
    func version7(_ reader: inout WireReader) throws(DecodeError) {
        let (count, clock) = try fixedHeader(&reader)
        let sequence = try reader.read(UInt32.self)
        // Reserved.
        try reader.skip(4)
        let constants = constants(.netflowV7, sequence, clock)
        try fixedRecords(&reader, FixedLayout.version7, count: count, clock, constants, domain: 0)
        let key = SequenceTrackers.Key(type: .netflowV7, port: context.source.port, domain: 0)
        exporter.note(key, sequence: sequence, count: UInt32(count))
    }

    /// Decodes a NetFlow v1 datagram behind its version word; it has no sequence number.
    func version1(_ reader: inout WireReader) throws(DecodeError) {
        let (count, clock) = try fixedHeader(&reader)
        // Cisco's records have 52 bytes, softflowd's the first 48 of them.
        let isShort = reader.remaining == count * FixedLayout.version1Short.minimumLength
        let layout = isShort ? FixedLayout.version1Short : FixedLayout.version1
        try fixedRecords(&reader, layout, count: count, clock, constants(.netflowV1, 0, clock), domain: 0)
    }

    /// What all three begin with: a count, the uptime, the time.
    private func fixedHeader(_ reader: inout WireReader) throws(DecodeError) -> (count: Int, clock: MessageClock) {
        let count = Int(try reader.read(UInt16.self))
        let uptime = try reader.read(UInt32.self)
        let seconds = try reader.read(UInt32.self)
        let nanoseconds = try reader.read(UInt32.self)
        let clock = clock(exportSeconds: seconds, nanoseconds: nanoseconds % 1_000_000_000, uptime: uptime)
        return (count, clock)
    }

    private func fixedRecords(
        _ reader: inout WireReader,
        _ layout: Template,
        count: Int,
        _ clock: MessageClock,
        _ constants: RowConstants,
        domain: UInt32
    ) throws(DecodeError) {
        let length = count * layout.minimumLength
        // Nothing but a further message may follow the records that the count promises.
        guard count > 0, reader.remaining == length || isSameVersion(reader.peek(UInt16.self, ahead: length), constants)
        else { throw .badCount }
        let records = try reader.take(length)
        exporter.counters.bytesDecoded += UInt64(reader.offset)
        let decoder = SetDecoder(
            template: layout,
            clock: clock,
            constants: constants,
            sampling: nil,
            tunnel: exporter.settings.tunnel,
            totals: exporter.totals
        )
        var outcome = SetDecoder.Outcome(rows: batch.count..<batch.count)
        try decoder.decode(records, into: batch, &outcome)
        take(outcome, domain: domain, template: 0)
    }

    private func isSameVersion(_ word: UInt16?, _ constants: RowConstants) -> Bool {
        switch constants.type {
        case .netflowV1: word == 1
        case .netflowV7: word == 7
        default: word == 5
        }
    }

    // MARK: - Clock

    /// Seconds that an exporter's clock may be off before its times are put right.
    static let mostClockOffset: Int64 = 3600

    /// The clock of a message, put right when it is far off: then what it
    /// tells relative to the export time counts from the arrival.
    private func clock(exportSeconds: UInt32, nanoseconds: UInt32 = 0, uptime: UInt32? = nil) -> MessageClock {
        var clock = MessageClock(exportSeconds: exportSeconds, exportNanoseconds: nanoseconds, uptime: uptime)
        guard context.receivedAt != 0 else { return clock }
        let offset = Int64(exportSeconds) - Int64(context.receivedAt)
        exporter.clockOffset = offset
        guard abs(offset) > Self.mostClockOffset else { return clock }
        exporter.counters.wrongClocks += 1
        guard exporter.correctsClock else { return clock }
        clock.exportSeconds = context.receivedAt
        clock.exportNanoseconds = 0
        clock.correction = offset
        return clock
    }

    // MARK: - NetFlow v9

    /// Decodes a NetFlow v9 datagram behind its version word (RFC 3954 section 5.1).
    func version9(_ reader: inout WireReader) throws(DecodeError) {
        // The count is of records, templates included, and not trusted: lengths tell where sets end.
        let start = reader.offset
        try reader.skip(18)
        let header = WirePart(reader.bytes, at: start, length: 18)
        let clock = clock(exportSeconds: header.number(at: 6), uptime: header.number(at: 2))
        let sequence = header.number(at: 10, as: UInt32.self)
        let domain = header.number(at: 14, as: UInt32.self)
        let key = SequenceTrackers.Key(type: .netflowV9, port: context.source.port, domain: domain)
        exporter.note(key, sequence: sequence, count: 1)
        exporter.counters.bytesDecoded += UInt64(reader.offset)
        var message = Message(type: .netflowV9, domain: domain, clock: clock, sequence: sequence)
        try sets(&reader, &message)
    }

    // MARK: - IPFIX

    /// Decodes an IPFIX message behind its version word (RFC 7011 section 3.1); moves to the message's end.
    func ipfix(_ reader: inout WireReader) throws(DecodeError) {
        guard let length = reader.peek(UInt16.self).map(Int.init) else { throw .truncated }
        // The length counts the whole message, two bytes of which are read.
        guard length >= 16, length - 2 <= reader.remaining else { throw .badLength }
        let header = WirePart(reader.bytes, at: reader.offset, length: 14)
        let sequence = header.number(at: 6, as: UInt32.self)
        let domain = header.number(at: 10, as: UInt32.self)
        try reader.skip(14)
        var message = try reader.take(length - 16)
        exporter.counters.bytesDecoded += 16
        var clock = clock(exportSeconds: header.number(at: 2))
        clock.initMilliseconds = exporter.hasDomains ? exporter.domains[domain]?.initMilliseconds : nil
        var state = Message(type: .ipfix, domain: domain, clock: clock, sequence: sequence)
        let key = SequenceTrackers.Key(type: .ipfix, port: context.source.port, domain: domain)
        defer { exporter.note(key, sequence: sequence, count: state.dataRecords) }
        do throws(DecodeError) {
            try sets(&message, &state)
        } catch {
            // The caller's reader is behind the message already.
            exporter.counters.bytesRejected += UInt64(message.remaining)
            throw error
        }
    }

    // MARK: - Sets

    /// What the sets of a message share.
    struct Message {
        var type: FlowType
        var domain: UInt32
        var clock: MessageClock
        var sequence: UInt32
        /// Data records so far; nil once there were some that couldn't be counted.
        var dataRecords: UInt32? = 0
    }

    /// Walks the sets. One that is bad is counted and skipped by its length;
    /// only a length that can't be ends the message.
    private func sets(_ reader: inout WireReader, _ message: inout Message) throws(DecodeError) {
        while let id = reader.peek(UInt16.self), let length = reader.peek(UInt16.self, ahead: 2).map(Int.init) {
            // Set id 9 is reserved, so this is the next message of a file (NetFlow v9 tells no length).
            if id == 9, message.type == .netflowV9, reader.remaining >= 20 { return }
            guard length >= 4, length <= reader.remaining else {
                // Datagrams padded to a fixed size end in zeros.
                if reader.isAllZero { return try padding(&reader) }
                message.dataRecords = nil
                throw .badLength
            }
            try reader.skip(4)
            let body = try reader.take(length - 4)
            exporter.counters.bytesDecoded += 4
            do throws(DecodeError) {
                if id >= 256 { try data(id, body, &message) } else { try set(id, body, &message) }
            } catch {
                message.dataRecords = nil
                exporter.counters.count(error)
            }
        }
        // One to three bytes behind the last set are padding, whatever they hold.
        if reader.remaining > 0 { try padding(&reader) }
    }

    private func padding(_ reader: inout WireReader) throws(DecodeError) {
        exporter.counters.bytesPadding += UInt64(reader.remaining)
        try reader.skip(reader.remaining)
    }

    /// Reads a set of anything but data.
    private func set(_ id: UInt16, _ body: WireReader, _ message: inout Message) throws(DecodeError) {
        let isIPFIX = message.type == .ipfix
        let parser = TemplateParser(
            isIPFIX: isIPFIX,
            domain: message.domain,
            port: context.source.port,
            receivedAt: context.receivedAt,
            isStream: context.isStream
        )
        switch id {
        case 0...3:
            exporter.counters.bytesDecoded += UInt64(body.remaining)
            // 0 and 1 are NetFlow v9's, 2 and 3 IPFIX's (RFC 7011 section 3.3.2).
            guard id / 2 == (isIPFIX ? 1 : 0) else { return exporter.counters.unknownSets += 1 }
            exporter.parked.mayRelease = true
            exporter.forgetRecentTemplates()
            let count =
                id % 2 == 0
                ? try parser.templates(body, into: &exporter.templates)
                : try parser.optionsTemplates(body, into: &exporter.templates)
            exporter.counters.templates += UInt64(count)
        default:
            // Set ids 4 to 255 are reserved: skipped by their length.
            exporter.counters.unknownSets += 1
            exporter.counters.bytesSkipped += UInt64(body.remaining)
        }
    }

    /// Decodes a data set, of a message or one that has waited.
    @inline(__always)
    func data(_ id: UInt16, _ body: WireReader, _ message: inout Message) throws(DecodeError) {
        let key = TemplateStore.Key(isIPFIX: message.type == .ipfix, domain: message.domain, id: id)
        guard let template = unsafe exporter.template(key, port: context.source.port) else {
            park(key, body, message)
            exporter.counters.bytesWithoutTemplate += UInt64(body.remaining)
            message.dataRecords = nil
            return
        }
        // A plain set changes nothing of the templates: the exporter keeps this one, no reference is counted.
        let isDone = unsafe template._withUnsafeGuaranteedRef { plain($0, id, body, &message) }
        if !isDone { try other(unsafe template.takeUnretainedValue(), key, body, &message) }
    }

    /// Decodes a set that isn't plain.
    @inline(never)
    private func other(
        _ template: Template,
        _ key: TemplateStore.Key,
        _ body: WireReader,
        _ message: inout Message
    ) throws(DecodeError) {
        if template.scopeCount > 0 {
            exporter.counters.bytesDecoded += UInt64(body.remaining)
            try options(template, body, &message)
        } else if isHeld(template, key, body, message) {
            // Its records are counted when it is decoded.
            message.dataRecords = nil
        } else {
            exporter.counters.bytesDecoded += UInt64(body.remaining)
            let decoder = SetDecoder(
                template: template,
                clock: message.clock,
                constants: constants(message.type, message.sequence, message.clock),
                // Most exporters announce nothing.
                sampling: exporter.hasDomains ? exporter.samplingTable(message.domain) : nil,
                tunnel: exporter.settings.tunnel,
                totals: exporter.totals
            )
            var outcome = SetDecoder.Outcome(rows: batch.count..<batch.count)
            // Records before a bad one stay; they were read in full.
            defer { take(outcome, domain: message.domain, template: key.id) }
            try decoder.decode(body, into: batch, &outcome)
            message.dataRecords = message.dataRecords.map { $0 &+ UInt32(outcome.records) }
        }
    }

    /// Decodes a set of a plain template.
    ///
    /// - Returns: false when the set isn't a plain one, by its template or for what the configuration or the exporter said.
    @inline(__always)
    private func plain(
        _ template: Template,
        _ id: UInt16,
        _ body: borrowing WireReader,
        _ message: inout Message
    ) -> Bool {
        guard template.plain.isPlain, exporter.settings.holdForRate == 0,
            message.clock.correction == 0 || !template.plain.hasDates,
            let rate = exporter.commonRate(message.domain)
        else { return false }
        let count = body.remaining / template.minimumLength
        let fitting = min(count, batch.room)
        exporter.counters.bytesDecoded += UInt64(body.remaining)
        exporter.counters.records += UInt64(count)
        exporter.counters.rejectedRecords += UInt64(count - fitting)
        exporter.counters.flows += UInt64(fitting)
        if let before = message.dataRecords { message.dataRecords = before &+ UInt32(truncatingIfNeeded: count) }
        guard fitting > 0 else { return true }
        let constants = RowConstants(
            type: message.type,
            receivedAt: context.receivedAt == 0 ? message.clock.exportSeconds : context.receivedAt,
            sequence: message.sequence,
            exporter: exporter.address
        )
        let set = PlainSet(clock: message.clock, constants: constants, rate: rate)
        let rows = batch.reserve(fitting)
        exporter.scaledBytes &+= set.decode(body.rest, by: template, rows, into: batch)
        note(rows, rate, domain: message.domain, template: id)
        return true
    }

    private func options(_ template: Template, _ body: WireReader, _ message: inout Message) throws(DecodeError) {
        let decoder = OptionsDecoder(template: template, isIPFIX: message.type == .ipfix)
        let own = message.domain
        let count = try decoder.decode(body) { effect, domain in
            exporter.learn(effect, domain: domain ?? own)
        }
        if let time = exporter.domains[own]?.initMilliseconds { message.clock.initMilliseconds = time }
        exporter.counters.optionsRecords += UInt64(count)
        message.dataRecords = message.dataRecords.map { $0 &+ UInt32(count) }
    }

    // MARK: - Rows

    private func constants(_ type: FlowType, _ sequence: UInt32, _ clock: MessageClock) -> RowConstants {
        RowConstants(
            type: type,
            receivedAt: context.receivedAt == 0 ? clock.exportSeconds : context.receivedAt,
            sequence: sequence,
            exporter: exporter.address,
            configuredRate: exporter.settings.samplingRate.flatMap { SamplingRate(UInt64($0), source: .configuration) }
        )
    }

    /// Counts the rows of a set and notes where they came from, when that is asked for.
    private func take(_ outcome: SetDecoder.Outcome, domain: UInt32, template: UInt16) {
        exporter.counters.records += UInt64(outcome.records)
        exporter.counters.rejectedRecords += UInt64(outcome.rejected)
        exporter.counters.eventRecords += UInt64(outcome.events)
        exporter.counters.reverseFlows += UInt64(outcome.reverseRows)
        exporter.counters.flows += UInt64(outcome.rows.count)
        exporter.counters.lostTexts += UInt64(outcome.lostTexts)
        for (number, name) in outcome.interfaceNames {
            exporter.learn(.name(.interface(number), name), domain: domain)
        }
        guard !outcome.rows.isEmpty else { return }
        exporter.scaledBytes &+= outcome.scaledBytes
        note(outcome.rows, outcome.sampling, domain: domain, template: template)
    }

    /// Notes the rate of rows, and where they came from, when that is asked for.
    @inline(__always)
    private func note(_ rows: Range<Int>, _ rate: SamplingRate, domain: UInt32, template: UInt16) {
        if rate.source != .unknown || exporter.sampling == nil { exporter.sampling = rate }
        guard batch.keepsOrigins else { return }
        batch.origins.append(RowOrigin(rows: rows, exporter: context.source, domain: domain, template: template))
    }
}
