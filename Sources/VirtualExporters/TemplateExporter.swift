/// NetFlow v9 (RFC 3954) and IPFIX (RFC 7011): templates first, then records.
///
/// Both are one machine with two headers. What differs, and is a frequent
/// source of errors in collectors: v9 counts export packets in its sequence
/// and times from boot; IPFIX counts data records and carries Unix time.
public struct TemplateExporter: Sendable {
    /// Which of the two is spoken.
    public enum Version: UInt16, Sendable {
        /// NetFlow version 9.
        case v9 = 9
        /// IPFIX, version 10.
        case ipfix = 10
    }

    /// Who sends.
    public let profile: ExporterProfile
    /// The protocol.
    public let version: Version
    /// The kind of record.
    public let layout: TemplateLayout
    private let v4: RecordTemplate
    private let v6: RecordTemplate
    private let samplingTemplate: UInt16
    private let interfaceTemplate: UInt16
    private let systemTemplate: UInt16
    /// v9: export packets so far; IPFIX: data records so far.
    private var sequence: UInt32 = 0

    /// Interfaces named in one datagram, so that it stays below 1,472 bytes.
    private static let interfacesPerDatagram = 20
    static let samplerId: UInt64 = 1
    private static let interfaceNameLength = 16
    private static let interfaceDescriptionLength = 32

    /// A router that has sent nothing yet.
    public init(version: Version, profile: ExporterProfile, layout: TemplateLayout) {
        self.version = version
        self.profile = profile
        self.layout = layout
        let isIPFIX = version == .ipfix
        let first = max(profile.firstTemplate, 256)
        v4 = RecordTemplate(id: first, fields: layout.fields(isV4: true, isIPFIX: isIPFIX))
        v6 = RecordTemplate(id: first &+ 1, fields: layout.fields(isV4: false, isIPFIX: isIPFIX))
        samplingTemplate = first &+ 2
        interfaceTemplate = first &+ 3
        systemTemplate = first &+ 4
    }

    private var isIPFIX: Bool { version == .ipfix }

    // MARK: - Flows

    /// Writes one datagram with all `flows`: a set for IPv4, one for IPv6,
    /// each only when there is something for it.
    public mutating func export(_ flows: [FlowRecord], now: UInt64, into writer: inout DatagramWriter) -> FlowTotals {
        var totals = FlowTotals()
        writeHeader(now: now, into: &writer)
        for (template, isV4) in [(v4, true), (v6, false)] where flows.contains(where: { $0.isV4 == isV4 }) {
            let start = beginSet(template.id, into: &writer)
            // Caches are mostly exported one family at a time: then nothing is copied.
            let isUniform = flows.allSatisfy { $0.isV4 == isV4 }
            let family = isUniform ? flows : flows.filter { $0.isV4 == isV4 }
            writeRecords(family, template: template, into: &writer)
            for index in family.indices { totals.add(family[index]) }
            endSet(start, into: &writer)
        }
        finish(records: Int(totals.flows), dataRecords: Int(totals.flows), into: &writer)
        return totals
    }

    /// Records of one length are written field by field, each for all of
    /// them: one decision a field and datagram instead of one a value.
    private func writeRecords(_ flows: [FlowRecord], template: RecordTemplate, into writer: inout DatagramWriter) {
        guard let length = template.recordLength else {
            for flow in flows { writeRecord(flow, template: template, into: &writer) }
            return
        }
        let columns = RecordColumns(flows: flows, profile: profile)
        var place = writer.append(flows.count * length)
        for field in template.fields {
            columns.write(field, at: place, stride: length)
            place += Int(field.length)
        }
    }

    private func writeRecord(_ flow: FlowRecord, template: RecordTemplate, into writer: inout DatagramWriter) {
        let single = RecordColumns(flows: [flow], profile: profile)
        for field in template.fields {
            if field.length == TemplateField.variable {
                writer.write(shortText: flow.applicationName)
            } else {
                single.write(field, at: writer.append(Int(field.length)), stride: 0)
            }
        }
    }

    // MARK: - Templates and options

    /// Writes the datagrams that let a collector read the rest: templates,
    /// options templates, the sampling rate, and the interfaces' names.
    public mutating func announce(now: UInt64, into writer: inout DatagramWriter) {
        writeTemplates(now: now, into: &writer)
        writeSampling(now: now, into: &writer)
        for start in stride(from: 0, to: profile.interfaces.count, by: Self.interfacesPerDatagram) {
            let end = min(start + Self.interfacesPerDatagram, profile.interfaces.count)
            writeInterfaces(profile.interfaces[start..<end], now: now, into: &writer)
        }
    }

    private mutating func writeTemplates(now: UInt64, into writer: inout DatagramWriter) {
        writeHeader(now: now, into: &writer)
        let start = beginSet(isIPFIX ? 2 : 0, into: &writer)
        for template in [v4, v6] {
            writer.write(template.id)
            writer.write(UInt16(template.fields.count))
            for field in template.fields { write(field, into: &writer) }
        }
        endSet(start, into: &writer)
        let options = optionsTemplates
        let optionsStart = beginSet(isIPFIX ? 3 : 1, into: &writer)
        for template in options {
            writer.write(template.id)
            if isIPFIX {  // RFC 7011 section 3.4.2.2: counts of fields
                writer.write(UInt16(template.scope.count + template.fields.count))
                writer.write(UInt16(template.scope.count))
            } else {  // RFC 3954 section 6.1: lengths in bytes
                writer.write(UInt16(4 * template.scope.count))
                writer.write(UInt16(4 * template.fields.count))
            }
            for field in template.scope + template.fields { write(field, into: &writer) }
        }
        endSet(optionsStart, into: &writer)
        finish(records: 2 + options.count, dataRecords: 0, into: &writer)
    }

    private func write(_ field: TemplateField, into writer: inout DatagramWriter) {
        writer.write(field.element | (field.enterprise == nil ? 0 : 0x8000))
        writer.write(field.length)
        if let enterprise = field.enterprise { writer.write(enterprise) }
    }

    private struct OptionsTemplate {
        let id: UInt16
        let scope: [TemplateField]
        let fields: [TemplateField]
    }

    /// The values of options are written by hand below, in this order; the
    /// fields' sources are not used.
    private var optionsTemplates: [OptionsTemplate] {
        func field(_ element: UInt16, _ length: UInt16) -> TemplateField { .init(element, length, .sampler) }
        let named = layout.namesSampler(isIPFIX: isIPFIX)
        if isIPFIX {
            return [
                OptionsTemplate(
                    id: samplingTemplate,
                    scope: [named ? field(302, 8) : field(149, 4)],
                    fields: [field(304, 2), field(305, 4), field(306, 4)]
                ),
                OptionsTemplate(
                    id: interfaceTemplate,
                    scope: [field(10, 4)],
                    fields: [field(82, TemplateField.variable), field(83, TemplateField.variable)]
                ),
                // What makes elements 21 and 22 readable: the time of boot.
                OptionsTemplate(id: systemTemplate, scope: [field(149, 4)], fields: [field(160, 8)]),
            ]
        }
        let system = field(1, 4)
        let interface = field(2, 4)
        return [
            OptionsTemplate(
                id: samplingTemplate,
                scope: [system],
                fields: named ? [field(48, 1), field(49, 1), field(50, 4)] : [field(34, 4), field(35, 1)]
            ),
            OptionsTemplate(
                id: interfaceTemplate,
                scope: [interface],
                fields: [
                    field(82, UInt16(Self.interfaceNameLength)), field(83, UInt16(Self.interfaceDescriptionLength)),
                ]
            ),
        ]
    }

    private mutating func writeSampling(now: UInt64, into writer: inout DatagramWriter) {
        let named = layout.namesSampler(isIPFIX: isIPFIX)
        let rate = max(profile.samplingRate, 1)
        writeHeader(now: now, into: &writer)
        var start = beginSet(samplingTemplate, into: &writer)
        switch (version, named) {
        case (.ipfix, _):
            if named { writer.write(Self.samplerId) } else { writer.write(profile.domain) }
            writer.write(1 as UInt16)  // systematic count-based (RFC 5477 section 8.2.4)
            writer.write(1 as UInt32)  // take one packet,
            writer.write(rate - 1)  // leave the next so many
        case (.v9, true):
            writer.write(profile.domain)
            writer.write(UInt8(Self.samplerId))
            writer.write(2 as UInt8)  // random
            writer.write(rate)
        case (.v9, false):
            writer.write(profile.domain)
            writer.write(rate)
            writer.write(1 as UInt8)  // deterministic
        }
        endSet(start, into: &writer)
        var records = 1
        if isIPFIX {
            start = beginSet(systemTemplate, into: &writer)
            writer.write(profile.domain)
            writer.write(profile.bootTime)
            endSet(start, into: &writer)
            records += 1
        }
        finish(records: records, dataRecords: records, into: &writer)
    }

    private mutating func writeInterfaces(
        _ interfaces: ArraySlice<ExporterProfile.Interface>,
        now: UInt64,
        into writer: inout DatagramWriter
    ) {
        writeHeader(now: now, into: &writer)
        let start = beginSet(interfaceTemplate, into: &writer)
        for interface in interfaces {
            writer.write(interface.index)
            if isIPFIX {
                writer.write(shortText: interface.name)
                writer.write(shortText: interface.description)
            } else {
                writer.write(text: interface.name, length: Self.interfaceNameLength)
                writer.write(text: interface.description, length: Self.interfaceDescriptionLength)
            }
        }
        endSet(start, into: &writer)
        finish(records: interfaces.count, dataRecords: interfaces.count, into: &writer)
    }

    // MARK: - Headers and sets

    private func writeHeader(now: UInt64, into writer: inout DatagramWriter) {
        writer.write(version.rawValue)
        writer.write(0 as UInt16)  // v9: records, IPFIX: bytes; patched when known
        if !isIPFIX { writer.write(profile.uptime(at: now)) }
        writer.write(UInt32(truncatingIfNeeded: now / 1000))
        writer.write(sequence)
        writer.write(profile.domain)
    }

    private mutating func finish(records: Int, dataRecords: Int, into writer: inout DatagramWriter) {
        writer.patch(UInt16(truncatingIfNeeded: isIPFIX ? writer.offset : records), at: 2)
        writer.finish()
        sequence &+= isIPFIX ? UInt32(truncatingIfNeeded: dataRecords) : 1
    }

    private func beginSet(_ id: UInt16, into writer: inout DatagramWriter) -> Int {
        let start = writer.offset
        writer.write(id)
        writer.write(0 as UInt16)
        return start
    }

    /// Fills the set up to a multiple of four bytes (RFC 3954 section 5.3,
    /// allowed by RFC 7011 section 3.3.1) and writes its length.
    private func endSet(_ start: Int, into writer: inout DatagramWriter) {
        writer.writeZeros((4 - (writer.offset - start) % 4) % 4)
        writer.patch(UInt16(truncatingIfNeeded: writer.offset - start), at: start + 2)
    }
}
