import FlowSchema
import WireFormat

/// Reads options data: sampling rates, names of numbers, the exporter's own statistics.
///
/// A record's scope says what it speaks of; NetFlow v9 numbers scopes on its
/// own (RFC 3954 section 6.1), IPFIX uses information elements.
struct OptionsDecoder {
    let template: Template
    let isIPFIX: Bool

    /// One record's content, as far as it is of use.
    fileprivate struct Content {
        var interface: UInt32?
        var domain: UInt32?
        var vrf: UInt32?
        var application: UInt64?
        var sampler: UInt64?
        var interval: UInt64?
        var randomInterval: UInt64?
        var packets: UInt64 = 0
        var space: UInt64 = 0
        var size: UInt64 = 0
        var population: UInt64 = 0
        var interfaceName: String?
        var interfaceDescription: String?
        var vrfName: String?
        var applicationName: String?
        var applicationDescription: String?
        var samplerName: String?
        var initMilliseconds: UInt64?
        var statistics: [(ExporterStatistic, UInt64)] = []
    }

    /// Reads the records of a set.
    ///
    /// - Parameter take: is given what each record tells, with the domain that
    ///   it is about; nil is that of the message.
    /// - Returns: how many there were.
    func decode(_ body: WireReader, take: (Effect, UInt32?) -> Void) throws(DecodeError) -> Int {
        var reader = body
        var count = 0
        var places: [(offset: Int, length: Int)] = Array(repeating: (0, 0), count: template.fields.count)
        while reader.remaining >= template.minimumLength {
            let start = reader
            do throws(DecodeError) {
                try SetDecoder.walk(&reader, template.fields, &places)
            } catch {
                if start.isAllZero { break }
                throw error
            }
            count += 1
            let content = read(start, places)
            for effect in content.effects { take(effect, content.domain) }
        }
        return count
    }

    /// What a record tells.
    enum Effect {
        case rate(UInt32, for: SamplingTable.Subject)
        case name(NameSubject, String)
        /// When the exporter's uptime began, in milliseconds since 1970.
        case initTime(UInt64)
        case statistic(ExporterStatistic, UInt64)
    }

    private func read(_ record: WireReader, _ places: [(offset: Int, length: Int)]) -> Content {
        var content = Content()
        for (index, field) in template.fields.enumerated() where field.enterprise == 0 {
            let (offset, length) = places[index]
            let number = record.number(at: offset, length: length)
            if index < template.scopeCount, !isIPFIX {
                // 1 system, 2 interface, 3 line card, 4 cache, 5 template.
                if field.id == 2 { content.interface = number.map { UInt32(clamping: $0) } }
                continue
            }
            let isScope = index < template.scopeCount
            switch field.id {
            case 10, 14, 252, 253: content.interface = number.map { UInt32(clamping: $0) }
            // 0 is the exporter as a whole (RFC 7011 section 3.1).
            case 149 where isScope: content.domain = number.flatMap { $0 == 0 ? nil : UInt32(clamping: $0) }
            case 234, 235: content.vrf = number.map { UInt32(clamping: $0) }
            case 95: content.application = number
            case 34: content.interval = number
            case 48, 302: content.sampler = number
            case 50: content.randomInterval = number
            case 305: content.packets = number ?? 0
            case 306: content.space = number ?? 0
            case 309: content.size = number ?? 0
            case 310: content.population = number ?? 0
            case 82: content.interfaceName = record.text(at: offset, length: length)
            case 83: content.interfaceDescription = record.text(at: offset, length: length)
            case 84, 335: content.samplerName = record.text(at: offset, length: length)
            case 94: content.applicationDescription = record.text(at: offset, length: length)
            case 96: content.applicationName = record.text(at: offset, length: length)
            case 236: content.vrfName = record.text(at: offset, length: length)
            case 160 where length == 8: content.initMilliseconds = number
            default:
                if let number, let statistic = ExporterStatistic(rawValue: field.id) {
                    content.statistics.append((statistic, number))
                }
            }
        }
        return content
    }
}

extension OptionsDecoder.Content {
    /// Everything that the record tells.
    fileprivate var effects: [OptionsDecoder.Effect] {
        var effects: [OptionsDecoder.Effect] = []
        if let rate {
            let interface = interface.map(SamplingTable.Subject.interface)
            effects.append(.rate(rate, for: sampler.map(SamplingTable.Subject.sampler) ?? interface ?? .domain))
        }
        func name(_ subject: NameSubject?, _ texts: String?...) {
            guard let subject, let text = texts.lazy.compactMap({ $0 }).first(where: { !$0.isEmpty }) else { return }
            effects.append(.name(subject, text))
        }
        name(interface.map(NameSubject.interface), interfaceName, interfaceDescription)
        name(vrf.map(NameSubject.vrf), vrfName)
        name(application.map(NameSubject.application), applicationName, applicationDescription)
        name(sampler.map(NameSubject.sampler), samplerName)
        if let initMilliseconds { effects.append(.initTime(initMilliseconds)) }
        effects += statistics.map { .statistic($0.0, $0.1) }
        return effects
    }

    /// One of so many packets, by whichever element tells (event-based RFC 5477 section 8.2, NetFlow's own).
    fileprivate var rate: UInt32? {
        if let interval, interval > 0 { return UInt32(clamping: interval) }
        if let randomInterval, randomInterval > 0 { return UInt32(clamping: randomInterval) }
        if let rate = SamplingRate.of(packets: packets, space: space, source: .options) { return rate.rate }
        if size > 0, population >= size { return UInt32(clamping: population / size) }
        return nil
    }
}

extension WireReader {
    /// The big-endian number of 1 to 8 bytes there; nil for other lengths or beyond the end.
    func number(at offset: Int, length: Int) -> UInt64? {
        guard (1...8).contains(length) else { return nil }
        var value: UInt64 = 0
        for index in 0..<length {
            guard let byte = peek(UInt8.self, ahead: offset + index) else { return nil }
            value = value << 8 | UInt64(byte)
        }
        return value
    }

    /// The text there, up to a zero byte and at most 128 bytes, bytes that are no UTF-8 replaced.
    func text(at offset: Int, length: Int) -> String {
        var bytes: [UInt8] = []
        for index in 0..<min(length, 128) {
            guard let byte = peek(UInt8.self, ahead: offset + index), byte != 0 else { break }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
