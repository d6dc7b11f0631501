import WireFormat

/// The Ethertypes that lead to an IP header.
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let ipv6: UInt16 = 0x86DD
    static let vlan: UInt16 = 0x8100
    /// IEEE 802.1ad service tags, and the two numbers in use before it.
    static let serviceVlan: UInt16 = 0x88A8
    static let oldServiceVlan: UInt16 = 0x9100
    static let olderServiceVlan: UInt16 = 0x9200
    static let mpls: UInt16 = 0x8847
    static let mplsUpstream: UInt16 = 0x8848
    static let pppoeSession: UInt16 = 0x8864
    /// An Ethernet frame (transparent Ethernet bridging).
    static let frame: UInt16 = 0x6558
    static let ppp: UInt16 = 0x880B
    static let erspan: UInt16 = 0x88BE
    static let erspan3: UInt16 = 0x22EB
    /// No Ethertype: IPv4 or IPv6, as the version nibble says.
    static let anyIP: UInt16 = 0

    @inline(__always)
    static func isVlan(_ type: UInt16) -> Bool {
        type == vlan || type == serviceVlan || type == oldServiceVlan || type == olderServiceVlan
    }
}

extension PacketHeader {
    /// More tags than any network stacks; the rest of such a frame is left alone.
    private static let mostVlanTags = 8
    /// More labels than any router pushes; the rest of such a packet is left alone.
    private static let mostLabels = 32

    /// IEEE 802.3 clause 3: destination, source, tags, then a type or a length.
    mutating func readEthernet(_ bytes: RawSpan) {
        guard bytes.byteCount >= 14 else { return readMACs(bytes) }
        let header = WirePart(bytes, length: 14)
        dstMac = header.number(at: 0, as: UInt64.self) >> 16
        srcMac = header.number(at: 4, as: UInt64.self) & 0xFFFF_FFFF_FFFF
        var type = header.number(at: 12, as: UInt16.self)
        var offset = 14
        var tags = 0
        while EtherType.isVlan(type) {
            guard bytes.byteCount >= offset + 4, tags < Self.mostVlanTags else {
                eType = type
                return
            }
            let tag = bytes.number(at: offset, as: UInt16.self) & 0xFFF
            if tags == 0 {
                vlanId = tag
            } else if tags == 1 {
                customerVlanId = tag
            }
            type = bytes.number(at: offset + 2, as: UInt16.self)
            offset += 4
            tags += 1
        }
        if type < 0x600 {
            readLLC(bytes, at: offset)
        } else {
            readPayload(bytes, at: offset, type: type)
        }
    }

    /// A frame cut within its first 14 bytes may still hold whole addresses.
    private mutating func readMACs(_ bytes: RawSpan) {
        guard bytes.byteCount >= 6 else { return }
        dstMac = UInt64(bytes.number(at: 0, as: UInt32.self)) << 16 | UInt64(bytes.number(at: 4, as: UInt16.self))
        guard bytes.byteCount >= 12 else { return }
        srcMac = UInt64(bytes.number(at: 6, as: UInt32.self)) << 16 | UInt64(bytes.number(at: 10, as: UInt16.self))
    }

    /// IEEE 802.2 with SNAP (RFC 1042): AA AA 03, the organisation 0, an
    /// Ethertype. Other IEEE 802.2 frames have no Ethertype.
    private mutating func readLLC(_ bytes: RawSpan, at offset: Int) {
        guard bytes.byteCount >= offset + 8,
            bytes.number(at: offset, as: UInt32.self) == 0xAAAA_0300,
            bytes.number(at: offset + 4, as: UInt16.self) == 0
        else { return }
        readPayload(bytes, at: offset + 8, type: bytes.number(at: offset + 6))
    }

    /// What an Ethertype announces.
    @inline(__always)
    mutating func readPayload(_ bytes: RawSpan, at offset: Int, type: UInt16) {
        eType = type
        if type == EtherType.ipv4 {
            readIPv4(bytes, at: offset)
        } else if type == EtherType.ipv6 {
            readIPv6(bytes, at: offset)
        } else {
            readEncapsulation(bytes, at: offset, type: type)
        }
    }

    @inline(never)
    private mutating func readEncapsulation(_ bytes: RawSpan, at offset: Int, type: UInt16) {
        switch type {
        case EtherType.mpls, EtherType.mplsUpstream:
            readMPLS(bytes, at: offset)
        case EtherType.pppoeSession:
            // RFC 2516 section 4: version and type, code, session, length.
            guard bytes.byteCount >= offset + 6 else { return }
            readPPP(bytes, at: offset + 6)
            notePPPoE(session: bytes.number(at: offset + 2))
        default:
            break
        }
    }

    /// RFC 3032 section 2.1: labels of four bytes, bit 8 marks the last. What
    /// follows has no type of its own: a version nibble tells IP apart.
    mutating func readMPLS(_ bytes: RawSpan, at start: Int) {
        if eType == 0 { eType = EtherType.mpls }
        var offset = start
        for _ in 0..<Self.mostLabels {
            guard bytes.byteCount >= offset + 4 else { return }
            let isBottom = labels.add(bytes.number(at: offset))
            offset += 4
            if isBottom { return readIP(bytes, at: offset) }
        }
    }

    /// RFC 1661 section 2: a protocol of two bytes, or of one when its first byte is odd.
    mutating func readPPP(_ bytes: RawSpan, at start: Int) {
        var offset = start
        // RFC 1662 section 3.1: all stations, unnumbered information.
        if bytes.byteCount >= offset + 2, bytes.number(at: offset, as: UInt16.self) == 0xFF03 { offset += 2 }
        guard bytes.byteCount >= offset + 1 else { return }
        var type = UInt16(bytes.number(at: offset, as: UInt8.self))
        offset += 1
        if type & 1 == 0 {
            guard bytes.byteCount >= offset + 1 else { return }
            type = type << 8 | UInt16(bytes.number(at: offset, as: UInt8.self))
            offset += 1
        }
        switch type {
        case 0x0021: readIPv4(bytes, at: offset)
        case 0x0057: readIPv6(bytes, at: offset)
        case 0x0281, 0x0283: readMPLS(bytes, at: offset)
        default: break
        }
    }
}
