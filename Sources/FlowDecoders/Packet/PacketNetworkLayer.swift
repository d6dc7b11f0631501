import FlowSchema
import WireFormat

extension PacketHeader {
    /// More extension headers than RFC 8200 section 4.1 lists, twice.
    private static let mostExtensionHeaders = 16

    /// IPv4 or IPv6, by the version nibble; anything else is left alone.
    mutating func readIP(_ bytes: RawSpan, at offset: Int) {
        guard bytes.byteCount >= offset + 1 else { return }
        switch bytes.number(at: offset, as: UInt8.self) >> 4 {
        case 4: readIPv4(bytes, at: offset)
        case 6: readIPv6(bytes, at: offset)
        default: break
        }
    }

    /// RFC 791 section 3.1.
    mutating func readIPv4(_ bytes: RawSpan, at offset: Int) {
        guard offset >= 0, offset <= bytes.byteCount &- 20 else { return readIPv4Start(bytes, at: offset) }
        let header = WirePart(bytes, at: offset, length: 20)
        let start = header.number(at: 0, as: UInt32.self)
        let headerLength = Int(start >> 24 & 0xF) * 4
        guard start >> 28 == 4, headerLength >= 20 else { return }
        eType = EtherType.ipv4
        ipTos = UInt8(truncatingIfNeeded: start >> 16)
        let fragment = header.number(at: 4, as: UInt32.self)
        fragmentId = fragment >> 16
        fragmentOffset = fragment & 0x1FFF
        ipTTL = header.value(at: 8)
        proto = header.value(at: 9)
        srcAddr = header.addressV4(at: 12)
        dstAddr = header.addressV4(at: 16)

        // Later fragments begin in the middle of the payload.
        guard fragmentOffset == 0 else { return }
        // Ethernet pads short packets: what is behind the total length isn't theirs. Segmentation
        // offload leaves it 0.
        let totalLength = Int(start & 0xFFFF)
        let end = totalLength < headerLength ? bytes.byteCount : min(bytes.byteCount, offset &+ totalLength)
        readTransport(bytes, at: offset &+ headerLength, end: end)
    }

    /// An IPv4 header cut within its fixed part: the fields that are whole.
    @inline(never)
    private mutating func readIPv4Start(_ bytes: RawSpan, at offset: Int) {
        let count = bytes.byteCount - offset
        guard count >= 1, bytes.number(at: offset, as: UInt8.self) >> 4 == 4 else { return }
        eType = EtherType.ipv4
        if count >= 2 { ipTos = bytes.number(at: offset + 1) }
        if count >= 6 { fragmentId = UInt32(bytes.number(at: offset + 4, as: UInt16.self)) }
        if count >= 8 { fragmentOffset = UInt32(bytes.number(at: offset + 6, as: UInt16.self) & 0x1FFF) }
        if count >= 9 { ipTTL = bytes.number(at: offset + 8) }
        if count >= 10 { proto = bytes.number(at: offset + 9) }
        if count >= 16 { srcAddr = bytes.addressV4(at: offset + 12) }
    }

    /// RFC 8200 section 3.
    mutating func readIPv6(_ bytes: RawSpan, at offset: Int) {
        guard offset >= 0, offset <= bytes.byteCount &- 40 else { return readIPv6Start(bytes, at: offset) }
        let header = WirePart(bytes, at: offset, length: 40)
        let start = header.number(at: 0, as: UInt32.self)
        guard start >> 28 == 6 else { return }
        eType = EtherType.ipv6
        ipTos = UInt8(truncatingIfNeeded: start >> 20)
        ipv6FlowLabel = start & 0xFFFFF
        let next = header.number(at: 4, as: UInt32.self)
        proto = UInt8(truncatingIfNeeded: next >> 8)
        ipTTL = UInt8(truncatingIfNeeded: next)
        srcAddr = header.addressV6(at: 8)
        dstAddr = header.addressV6(at: 24)

        // 0 is a jumbogram (RFC 2675) or segmentation offload.
        let payloadLength = Int(next >> 16)
        let end = payloadLength == 0 ? bytes.byteCount : min(bytes.byteCount, offset &+ 40 &+ payloadLength)
        if Self.isExtensionHeader(proto) {
            readExtensionHeaders(bytes, at: offset + 40, end: end)
        } else {
            readTransport(bytes, at: offset &+ 40, end: end)
        }
    }

    /// An IPv6 header cut within its 40 bytes: the fields that are whole.
    @inline(never)
    private mutating func readIPv6Start(_ bytes: RawSpan, at offset: Int) {
        let count = bytes.byteCount - offset
        guard count >= 4, bytes.number(at: offset, as: UInt8.self) >> 4 == 6 else { return }
        let start = bytes.number(at: offset, as: UInt32.self)
        eType = EtherType.ipv6
        ipTos = UInt8(truncatingIfNeeded: start >> 20)
        ipv6FlowLabel = start & 0xFFFFF
        if count >= 7 { proto = bytes.number(at: offset + 6) }
        if count >= 8 { ipTTL = bytes.number(at: offset + 7) }
        if count >= 24 { srcAddr = bytes.addressV6(at: offset + 8) }
    }

    @inline(__always)
    private static func isExtensionHeader(_ proto: UInt8) -> Bool {
        switch proto {
        case 0, 43, 44, 51, 60, 135, 139, 140: true
        default: false
        }
    }

    /// RFC 8200 section 4: hop-by-hop and destination options, routing,
    /// fragment; RFC 4302 authentication; mobility, HIP and shim6 alike.
    @inline(never)
    private mutating func readExtensionHeaders(_ bytes: RawSpan, at start: Int, end: Int) {
        var offset = start
        var isSegmentRouted = false
        for _ in 0..<Self.mostExtensionHeaders {
            guard Self.isExtensionHeader(proto) else {
                readTransport(bytes, at: offset, end: end)
                if isSegmentRouted { noteSegmentRouting() }
                return
            }
            guard end > offset else { return }
            let current = proto
            proto = bytes.number(at: offset)
            guard end >= offset + 8 else { return }
            if current == 44 {
                fragmentOffset = UInt32(bytes.number(at: offset + 2, as: UInt16.self) >> 3)
                fragmentId = bytes.number(at: offset + 4)
                guard fragmentOffset == 0 else { return }
                offset += 8
            } else {
                if current == 43, bytes.number(at: offset + 2, as: UInt8.self) == 4 { isSegmentRouted = true }
                let units = Int(bytes.number(at: offset + 1, as: UInt8.self))
                // RFC 4302 section 2.2 counts in four bytes, the others in eight.
                offset += current == 51 ? (units + 2) * 4 : (units + 1) * 8
            }
        }
    }
}
