import FlowSchema
import WireFormat

/// What few templates have and what is read record by record: sections of
/// packets, MPLS label stacks, text.
extension PlanRunner {
    /// Reads the first bytes of each record's packet into the columns of its headers (RFC 5477
    /// section 8.5, RFC 7133 section 3.10). Fields of the record that tell the same are written
    /// over it afterwards.
    func readFrames(_ plan: TemplatePlan, _ view: TunnelView, into batch: FlowBatch) {
        guard let step = plan.frame, case .frame(let section) = step.action else { return }
        var aside = Array(repeating: PacketHeader(), count: min(rows.count, Self.framesAside))
        var start = rows.lowerBound
        while start < rows.upperBound {
            let end = min(start + Self.framesAside, rows.upperBound)
            for row in start..<end {
                aside[row - start] = packet(row - rows.lowerBound, step, section, plan, view)
            }
            batch.store(aside.span.extracting(first: end - start), in: start..<end)
            start = end
        }
        if !plan.hasPackets { batch.fill(.packets, rows, with: UInt64(1)) }
    }

    /// Packets that are read before they are stored.
    private static var framesAside: Int { 64 }

    private func packet(
        _ record: Int,
        _ step: TemplatePlan.Step,
        _ section: FrameSection,
        _ plan: TemplatePlan,
        _ view: TunnelView
    ) -> PacketHeader {
        // A section from the middle of a packet can't be told apart.
        if let offset = plan.sectionOffset, number(offset, record) != 0 { return PacketHeader() }
        let bytes = bytes(of: step, record)
        switch section {
        case .link:
            // A set of flags, of which the lowest is Ethernet; where nobody says, it is Ethernet as well.
            if let type = plan.frameType, number(type, record) & 1 == 0 { return PacketHeader() }
            return PacketHeader(bytes, link: .ethernet, view: view)
        case .ip: return PacketHeader(bytes, link: .ip, view: view)
        case .mpls: return PacketHeader(bytes, link: .mpls, view: view)
        }
    }

    /// Reads the label stacks that records tell entry by entry: 20 bits of
    /// label, 3 of traffic class, 1 for the bottom of the stack (RFC 3032).
    func readLabels(_ plan: TemplatePlan, into batch: FlowBatch) {
        let columns: [FlowColumn] = [.mpls1Label, .mpls2Label, .mpls3Label]
        guard !plan.labels.isEmpty else { return }
        var labels = InlineArray<3, UInt32>(repeating: 0)
        for row in rows {
            var count = 0
            var last: UInt32 = 0
            for index in labels.indices { labels[index] = 0 }
            for step in plan.labels {
                let entry = UInt32(number(step, row - rows.lowerBound))
                // Exporters fill the places below the bottom with zeros.
                guard entry != 0 else { continue }
                last = entry >> 4
                if count < 3 { labels[count] = last }
                count += 1
            }
            for index in 0..<min(count, 3) {
                batch.fill(columns[index], row..<row + 1, with: labels[index])
            }
            guard count > 0 else { continue }
            batch.fill(.mplsCount, row..<row + 1, with: UInt8(count))
            batch.fill(.mplsLastLabel, row..<row + 1, with: last)
        }
    }

    /// The names of interfaces that the first record tells.
    func readInterfaceNames(_ plan: TemplatePlan) -> [(number: UInt32, name: String)] {
        plan.interfaceNames.compactMap { pair in
            let (text, _) = PlainText.utf8(bytes(of: pair.name, 0))
            let number = number(pair.number, 0)
            guard number != 0, !text.isEmpty else { return nil }
            return (UInt32(clamping: number), String(decoding: text, as: UTF8.self))
        }
    }

    /// Reads what each record tells in words into `Strings`.
    ///
    /// - Returns: how many texts were cut or left out for want of room.
    func readTexts(_ plan: TemplatePlan, into batch: FlowBatch) -> Int {
        guard !plan.texts.isEmpty else { return 0 }
        var lost = 0
        var value: [UInt8] = []
        for row in rows {
            value.removeAll(keepingCapacity: true)
            var texts = 0
            for step in plan.texts {
                let bytes = bytes(of: step, row - rows.lowerBound)
                guard let (key, text, isCut) = text(step, bytes) else { continue }
                guard texts < VariableValue.mostTexts else {
                    lost += 1
                    continue
                }
                texts += 1
                if isCut { lost += 1 }
                value += key.utf8
                value.append(0)
                value += text
                value.append(0)
            }
            guard !value.isEmpty else { continue }
            if unsafe !batch.append(.strings, row: row, value: value.span.bytes) { lost += texts }
        }
        return lost
    }

    /// The bytes of a field in one record.
    @_lifetime(copy self)
    private func bytes(of step: TemplatePlan.Step, _ record: Int) -> RawSpan {
        let start = step.offset + record * records.stride
        return records.bytes.extracting(start..<(start + step.length))
    }

    /// The name and the value of a text; nil when it is empty.
    private func text(_ step: TemplatePlan.Step, _ bytes: RawSpan) -> (key: String, text: [UInt8], isCut: Bool)? {
        switch step.action {
        case .text(let key):
            let (text, isCut) = PlainText.utf8(bytes)
            return text.isEmpty ? nil : (key, text, isCut)
        case .routeDistinguisher(let key):
            guard let text = PlainText.routeDistinguisher(bytes) else { return nil }
            return (key, Array(text.utf8), false)
        default: return nil
        }
    }
}

/// Text as exporters send it: filled up with zeros, cut anywhere, in any encoding.
enum PlainText {
    /// The text up to its first zero byte, without space at its end, in UTF-8 of at most
    /// ``VariableValue/mostTextBytes``; bytes that are none are replaced.
    static func utf8(_ bytes: RawSpan) -> (text: [UInt8], isCut: Bool) {
        var (end, seen) = (0, UInt8(0))
        for index in 0..<min(bytes.byteCount, VariableValue.mostTextBytes + 1) {
            let byte: UInt8 = bytes.number(at: index)
            guard byte != 0 else { break }
            seen |= byte
            end = index + 1
        }
        while end > 0, bytes.number(at: end - 1, as: UInt8.self) == 0x20 { end -= 1 }
        var text = (0..<end).map { bytes.number(at: $0, as: UInt8.self) }
        if seen >= 0x80 { text = Array(String(decoding: text, as: UTF8.self).utf8) }
        guard text.count > VariableValue.mostTextBytes else { return (text, false) }
        end = VariableValue.mostTextBytes
        // Not within a code point: its further bytes begin with the bits 10.
        while text[end] & 0xC0 == 0x80 { end -= 1 }
        return (Array(text[..<end]), true)
    }

    /// `65000:1` or `192.0.2.1:1`, by the type in the first two bytes (RFC 4364 section 4.2); nil for none.
    static func routeDistinguisher(_ bytes: RawSpan) -> String? {
        guard bytes.byteCount == 8, bytes.number(at: 0, as: UInt64.self) != 0 else { return nil }
        switch bytes.number(at: 0, as: UInt16.self) {
        case 0: return "\(bytes.number(at: 2, as: UInt16.self)):\(bytes.number(at: 4, as: UInt32.self))"
        case 1:
            let address = (2..<6).map { String(bytes.number(at: $0, as: UInt8.self)) }.joined(separator: ".")
            return "\(address):\(bytes.number(at: 6, as: UInt16.self))"
        case 2: return "\(bytes.number(at: 2, as: UInt32.self)):\(bytes.number(at: 6, as: UInt16.self))"
        default: return nil
        }
    }
}
