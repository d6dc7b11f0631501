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
    /// - Parameter value: memory for a row's texts, kept from record to record.
    /// - Returns: how many texts were cut or left out for want of room.
    func readTexts(_ plan: TemplatePlan, into batch: FlowBatch, by value: inout [UInt8]) -> Int {
        guard !plan.texts.isEmpty else { return 0 }
        var lost = 0
        for row in rows {
            value.removeAll(keepingCapacity: true)
            var texts = 0
            for index in plan.texts.indices {
                let before = value.count
                guard let isCut = append(plan.texts[index], row - rows.lowerBound, to: &value) else { continue }
                guard texts < VariableValue.mostTexts else {
                    lost += 1
                    value.removeLast(value.count - before)
                    continue
                }
                texts += 1
                if isCut { lost += 1 }
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

    /// Appends the name and the value of a text, a zero behind each.
    ///
    /// - Returns: whether the value was cut; nil when it is empty, and nothing was appended.
    private func append(_ step: TemplatePlan.Step, _ record: Int, to value: inout [UInt8]) -> Bool? {
        let bytes = bytes(of: step, record)
        let before = value.count
        var isCut = false
        switch step.action {
        case .text(let key):
            value.append(contentsOf: key.utf8)
            value.append(0)
            let start = value.count
            isCut = PlainText.append(bytes, to: &value)
            if value.count == start {
                value.removeLast(start - before)
                return nil
            }
        case .routeDistinguisher(let key):
            guard let text = PlainText.routeDistinguisher(bytes) else { return nil }
            value.append(contentsOf: key.utf8)
            value.append(0)
            value.append(contentsOf: text.utf8)
        default: return nil
        }
        value.append(0)
        return isCut
    }
}

/// Text as exporters send it: filled up with zeros, cut anywhere, in any encoding.
enum PlainText {
    /// The text up to its first zero byte, without space at its end, in UTF-8 of at most
    /// ``VariableValue/mostTextBytes``; bytes that are none are replaced.
    static func utf8(_ bytes: RawSpan) -> (text: [UInt8], isCut: Bool) {
        var text: [UInt8] = []
        let isCut = append(bytes, to: &text)
        return (text, isCut)
    }

    /// ``utf8(_:)`` behind what `text` has already.
    ///
    /// - Returns: whether it was cut.
    static func append(_ bytes: RawSpan, to text: inout [UInt8]) -> Bool {
        let start = text.count
        var seen: UInt8 = 0
        for index in 0..<min(bytes.byteCount, VariableValue.mostTextBytes + 1) {
            let byte: UInt8 = bytes.number(at: index)
            guard byte != 0 else { break }
            seen |= byte
            text.append(byte)
        }
        while text.count > start, text.last == 0x20 { text.removeLast() }
        if seen >= 0x80 {
            let whole = String(decoding: text[start...], as: UTF8.self)
            text.removeLast(text.count - start)
            text.append(contentsOf: whole.utf8)
        }
        guard text.count - start > VariableValue.mostTextBytes else { return false }
        var end = start + VariableValue.mostTextBytes
        // Not within a code point: its further bytes begin with the bits 10.
        while text[end] & 0xC0 == 0x80 { end -= 1 }
        text.removeLast(text.count - end)
        return true
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
