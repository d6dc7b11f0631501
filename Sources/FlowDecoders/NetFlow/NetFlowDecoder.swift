import FlowSchema
import NetTypes
import WireFormat

/// Decodes NetFlow v5, v9 and IPFIX messages: one template engine for all,
/// v5 being a template that is known beforehand.
struct NetFlowDecoder {
    let exporter: ExporterState
    let context: DatagramContext
    let batch: FlowBatch

    // MARK: - NetFlow v5

    /// Decodes a NetFlow v5 datagram behind its version word.
    func version5(_ reader: inout WireReader) throws(DecodeError) {
        let count = Int(try reader.read(UInt16.self))
        let uptime = try reader.read(UInt32.self)
        let seconds = try reader.read(UInt32.self)
        let nanoseconds = try reader.read(UInt32.self)
        let sequence = try reader.read(UInt32.self)
        let engine = try reader.read(UInt16.self)
        let sampling = try reader.read(UInt16.self)
        let length = count * NetFlowV5.record.minimumLength
        // Nothing but a further message may follow the records that the count promises.
        guard count > 0, reader.remaining == length || reader.peek(UInt16.self, ahead: length) == 5 else {
            throw .badCount
        }
        let records = try reader.take(length)
        let clock = MessageClock(exportSeconds: seconds, exportNanoseconds: nanoseconds % 1_000_000_000, uptime: uptime)
        // The top two bits are the mode, the rest the interval; 0 says nothing.
        let rate = SamplingRate(UInt64(sampling & 0x3FFF), source: .record)
        var constants = constants(.netflowV5, sequence, clock)
        constants.headerRate = rate
        let decoder = SetDecoder(template: NetFlowV5.record, clock: clock, constants: constants, sampling: nil)
        var outcome = SetDecoder.Outcome(rows: batch.count..<batch.count)
        try decoder.decode(records, into: batch, &outcome)
        take(outcome, domain: UInt32(engine), template: 0)
        let key = SequenceTrackers.Key(type: .netflowV5, port: context.source.port, domain: UInt32(engine))
        exporter.note(key, sequence: sequence, count: UInt32(count))
    }

    // MARK: - NetFlow v9

    /// Decodes a NetFlow v9 datagram behind its version word (RFC 3954 section 5.1).
    func version9(_ reader: inout WireReader) throws(DecodeError) {
        // The count is of records, templates included, and not trusted: lengths tell where sets end.
        _ = try reader.read(UInt16.self)
        let uptime = try reader.read(UInt32.self)
        let seconds = try reader.read(UInt32.self)
        let sequence = try reader.read(UInt32.self)
        let domain = try reader.read(UInt32.self)
        let clock = MessageClock(exportSeconds: seconds, uptime: uptime)
        let key = SequenceTrackers.Key(type: .netflowV9, port: context.source.port, domain: domain)
        exporter.note(key, sequence: sequence, count: 1)
        var message = Message(type: .netflowV9, domain: domain, clock: clock, sequence: sequence)
        try sets(&reader, &message)
    }

    // MARK: - IPFIX

    /// Decodes an IPFIX message behind its version word (RFC 7011 section 3.1); moves to the message's end.
    func ipfix(_ reader: inout WireReader) throws(DecodeError) {
        let length = Int(try reader.read(UInt16.self))
        // The length counts the whole message, four bytes of which are read.
        guard length >= 16, length - 4 <= reader.remaining else { throw .badLength }
        var message = try reader.take(length - 4)
        let seconds = try message.read(UInt32.self)
        let sequence = try message.read(UInt32.self)
        let domain = try message.read(UInt32.self)
        var state = Message(
            type: .ipfix,
            domain: domain,
            clock: MessageClock(exportSeconds: seconds),
            sequence: sequence
        )
        let key = SequenceTrackers.Key(type: .ipfix, port: context.source.port, domain: domain)
        defer { exporter.note(key, sequence: sequence, count: state.dataRecords) }
        do throws(DecodeError) {
            try sets(&message, &state)
        } catch {
            // The caller's reader is behind the message already.
            exporter.counters.bytesUnaccounted += UInt64(message.remaining)
            throw error
        }
    }

    // MARK: - Sets

    /// What the sets of a message share.
    private struct Message {
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
        while reader.remaining >= 4 {
            // Set id 9 is reserved, so this is the next message of a file (NetFlow v9 tells no length).
            if message.type == .netflowV9, reader.peek(UInt16.self) == 9, reader.remaining >= 20 { return }
            let start = reader
            let id = try reader.read(UInt16.self)
            let length = Int(try reader.read(UInt16.self))
            guard length >= 4, length - 4 <= reader.remaining else {
                // Datagrams padded to a fixed size end in zeros.
                if start.isAllZero {
                    try reader.skip(reader.remaining)
                    return
                }
                message.dataRecords = nil
                reader = start
                throw .badLength
            }
            let body = try reader.take(length - 4)
            do throws(DecodeError) {
                try set(id, body, &message)
            } catch {
                message.dataRecords = nil
                exporter.counters.count(error)
            }
        }
        // One to three bytes behind the last set are padding, whatever they hold.
        try reader.skip(reader.remaining)
    }

    private func set(_ id: UInt16, _ body: WireReader, _ message: inout Message) throws(DecodeError) {
        let isIPFIX = message.type == .ipfix
        let parser = TemplateParser(
            isIPFIX: isIPFIX,
            domain: message.domain,
            port: context.source.port,
            isStream: context.isStream
        )
        switch id {
        case isIPFIX ? 2 : 0:
            exporter.parked.mayRelease = true
            exporter.forgetRecentTemplates()
            exporter.counters.templates += UInt64(try parser.templates(body, into: &exporter.templates))
        case isIPFIX ? 3 : 1:
            exporter.parked.mayRelease = true
            exporter.forgetRecentTemplates()
            exporter.counters.templates += UInt64(try parser.optionsTemplates(body, into: &exporter.templates))
        case 256...:
            try data(id, body, &message)
        default:
            // Set ids 4 to 255 are reserved: skipped by their length.
            exporter.counters.bytesUnaccounted += UInt64(body.remaining)
        }
    }

    private func data(_ id: UInt16, _ body: WireReader, _ message: inout Message) throws(DecodeError) {
        let key = TemplateStore.Key(isIPFIX: message.type == .ipfix, domain: message.domain, id: id)
        guard let template = exporter.template(key, port: context.source.port) else {
            park(key, body, message)
            message.dataRecords = nil
            return
        }
        if template.scopeCount > 0 {
            try options(template, body, &message)
        } else {
            let decoder = SetDecoder(
                template: template,
                clock: message.clock,
                constants: constants(message.type, message.sequence, message.clock),
                // Most exporters announce nothing.
                sampling: exporter.hasDomains ? exporter.samplingTable(message.domain) : nil
            )
            var outcome = SetDecoder.Outcome(rows: batch.count..<batch.count)
            // Records before a bad one stay; they were read in full.
            defer { take(outcome, domain: message.domain, template: id) }
            try decoder.decode(body, into: batch, &outcome)
            message.dataRecords = message.dataRecords.map { $0 &+ UInt32(outcome.records) }
        }
    }

    private func options(_ template: Template, _ body: WireReader, _ message: inout Message) throws(DecodeError) {
        let decoder = OptionsDecoder(template: template, isIPFIX: message.type == .ipfix)
        let domain = message.domain
        let count = try decoder.decode(body) { effect in
            exporter.withDomain(domain) { state in
                switch effect {
                case .rate(let rate, let subject):
                    state.sampling.learn(rate, for: subject)
                case .interfaceName(let interface, let name):
                    let isKnown = state.interfaceNames[interface] != nil
                    guard isKnown || state.interfaceNames.count < ExporterState.mostNames else { return }
                    state.interfaceNames[interface] = name
                }
            }
        }
        exporter.counters.optionsRecords += UInt64(count)
        message.dataRecords = message.dataRecords.map { $0 &+ UInt32(count) }
    }

    // MARK: - Parked sets

    /// Puts a set aside until its template comes; where there is no room, it is lost and counted.
    private func park(_ key: TemplateStore.Key, _ body: WireReader, _ message: Message) {
        let entry = ParkingLot.Entry(
            key: key,
            port: context.source.port,
            body: (0..<body.remaining).map { body.peek(UInt8.self, ahead: $0) ?? 0 },
            clock: message.clock,
            sequence: message.sequence,
            receivedAt: context.receivedAt
        )
        if exporter.parked.park(entry) {
            exporter.counters.parkedSets += 1
        } else {
            exporter.counters.unknownTemplateSets += 1
        }
    }

    /// Decodes sets whose template has come since, as far as the batch has
    /// room beside a whole datagram; the rest goes on waiting.
    func releaseParked() {
        guard exporter.parked.mayRelease else { return }
        while true {
            let room = batch.room - FlowDecoder.mostRows
            let waiting = exporter.parked.take { entry in
                2 * entry.body.count <= room && exporter.templates.template(entry.key, port: entry.port) != nil
            }
            guard let entry = waiting else { break }
            decode(entry)
        }
        exporter.parked.mayRelease = !exporter.parked.isEmpty
    }

    private func decode(_ entry: ParkingLot.Entry) {
        let source = IPEndpoint(address: context.source.address, port: entry.port)
        let then = DatagramContext(source: source, receivedAt: entry.receivedAt)
        let decoder = NetFlowDecoder(exporter: exporter, context: then, batch: batch)
        var message = Message(
            type: entry.key.isIPFIX ? .ipfix : .netflowV9,
            domain: entry.key.domain,
            clock: entry.clock,
            sequence: entry.sequence
        )
        do throws(DecodeError) {
            let bytes = unsafe entry.body.span.bytes
            try decoder.data(entry.key.id, WireReader(bytes), &message)
        } catch {
            exporter.counters.count(error)
        }
    }

    // MARK: - Rows

    private func constants(_ type: FlowType, _ sequence: UInt32, _ clock: MessageClock) -> RowConstants {
        RowConstants(
            type: type,
            receivedAt: context.receivedAt == 0 ? clock.exportSeconds : context.receivedAt,
            sequence: sequence,
            exporter: exporter.address
        )
    }

    /// Counts the rows of a set and notes where they came from, when that is asked for.
    private func take(_ outcome: SetDecoder.Outcome, domain: UInt32, template: UInt16) {
        exporter.counters.records += UInt64(outcome.records)
        exporter.counters.rejectedRecords += UInt64(outcome.rejected)
        exporter.counters.eventRecords += UInt64(outcome.events)
        exporter.counters.reverseFlows += UInt64(outcome.reverseRows)
        exporter.counters.flows += UInt64(outcome.rows.count)
        guard !outcome.rows.isEmpty else { return }
        exporter.scaledBytes &+= outcome.scaledBytes
        if outcome.sampling.source != .unknown || exporter.sampling == nil { exporter.sampling = outcome.sampling }
        if batch.keepsOrigins {
            batch.origins.append(
                RowOrigin(rows: outcome.rows, exporter: context.source, domain: domain, template: template)
            )
        }
    }
}

/// NetFlow v5's fixed record as a template (Cisco's NetFlow Export Datagram Format, version 5).
enum NetFlowV5 {
    static let record = Template(fields: [
        TemplateField(id: 8, length: 4), TemplateField(id: 12, length: 4), TemplateField(id: 15, length: 4),
        TemplateField(id: 10, length: 2), TemplateField(id: 14, length: 2),
        TemplateField(id: 2, length: 4), TemplateField(id: 1, length: 4),
        TemplateField(id: 22, length: 4), TemplateField(id: 21, length: 4),
        TemplateField(id: 7, length: 2), TemplateField(id: 11, length: 2),
        TemplateField(id: 210, length: 1),  // padding
        TemplateField(id: 6, length: 1), TemplateField(id: 4, length: 1), TemplateField(id: 5, length: 1),
        TemplateField(id: 16, length: 2), TemplateField(id: 17, length: 2),
        TemplateField(id: 9, length: 1), TemplateField(id: 13, length: 1),
        TemplateField(id: 210, length: 2),  // padding
    ])
}
