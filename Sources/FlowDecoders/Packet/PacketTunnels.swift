import FlowSchema

// Tunnels: what is in them is read as a packet of its own, one level deep,
// into the columns of the inner packet. Whatever is tunnelled within a tunnel
// is left alone.

/// UDP ports whose packets may be tunnels. The registered ones, and 8472,
/// which Linux took for VXLAN before one was registered.
private enum TunnelPort {
    static let l2tp: UInt16 = 1701
    static let gtpU: UInt16 = 2152
    static let vxlan: UInt16 = 4789
    static let vxlanGPE: UInt16 = 4790
    static let geneve: UInt16 = 6081
    static let vxlanLinux: UInt16 = 8472
}

extension PacketHeader {
    /// Whether UDP to that port may be a tunnel.
    @inline(__always)
    static func isTunnelPort(_ port: UInt16) -> Bool {
        switch port {
        case TunnelPort.l2tp, TunnelPort.gtpU, TunnelPort.vxlan, TunnelPort.vxlanGPE, TunnelPort.geneve,
            TunnelPort.vxlanLinux:
            true
        default: false
        }
    }

    /// The tunnel that UDP to that port is.
    static func udpTunnel(port: UInt16) -> EncapType {
        switch port {
        case TunnelPort.l2tp: .l2tp
        case TunnelPort.gtpU: .gtpU
        case TunnelPort.vxlan, TunnelPort.vxlanGPE, TunnelPort.vxlanLinux: .vxlan
        case TunnelPort.geneve: .geneve
        default: .none
        }
    }

    /// Notes a tunnel and reads the packet inside of it.
    ///
    /// - Parameters:
    ///   - offset: where the inner packet begins.
    ///   - type: the Ethertype of what begins there.
    ///   - end: where the outer packet ends.
    private mutating func readInner(
        _ bytes: RawSpan,
        at offset: Int,
        end: Int,
        type: UInt16,
        of encap: EncapType,
        id: UInt32
    ) {
        tunnel = PacketTunnel()
        tunnel.typeNumber = encap.rawValue
        tunnel.id = id
        guard offset < end else { return }
        tunnel.start = UInt32(truncatingIfNeeded: offset)
        tunnel.startType = type
        let inner = PacketHeader(inner: bytes, at: offset, type: type)
        tunnel.take(inner)
        if labels.count == 0 { labels = inner.labels }
    }

    /// Reads a packet inside of a tunnel; tunnels within it are left alone.
    private init(inner bytes: RawSpan, at offset: Int, type: UInt16) {
        self.init()
        isInner = true
        switch type {
        case EtherType.frame: readEthernet(bytes.extracting(offset..<bytes.byteCount))
        case EtherType.ppp: readPPP(bytes, at: offset)
        case EtherType.anyIP: readIP(bytes, at: offset)
        default: readPayload(bytes, at: offset, type: type)
        }
    }

    /// Makes the packet inside of the tunnel the one that the main columns
    /// tell of. Addresses and tags of the outer frame stay where the tunnel
    /// carries packets without a frame; so does everything when the inner
    /// packet's bytes were cut off.
    mutating func promoteInner(_ bytes: RawSpan) {
        let start = Int(tunnel.start)
        guard start > 0, start < bytes.byteCount else { return }
        var inner = PacketHeader(inner: bytes, at: start, type: tunnel.startType)
        guard inner.eType != 0 else { return }
        if tunnel.startType != EtherType.frame {
            (inner.srcMac, inner.dstMac) = (srcMac, dstMac)
            (inner.vlanId, inner.customerVlanId) = (vlanId, customerVlanId)
        }
        inner.tunnel = tunnel
        inner.labels = labels
        self = inner
    }

    // MARK: - Over IP

    /// What IP carries when it is neither of the protocols with ports nor ICMP.
    @inline(never)
    mutating func readIPTunnel(_ bytes: RawSpan, at offset: Int, end: Int) {
        guard !isInner, offset <= end else { return }
        let overIPv4 = eType == EtherType.ipv4
        switch proto {
        case 4:
            readInner(bytes, at: offset, end: end, type: EtherType.ipv4, of: .ipip, id: 0)
        case 41:
            let type = overIPv4 ? EncapType.sixInFour : .ipip
            readInner(bytes, at: offset, end: end, type: EtherType.ipv6, of: type, id: 0)
        case 47:
            readGRE(bytes, at: offset, end: end)
        case 115:
            // RFC 3931 section 4.1: session 0 is control. The length of the cookie behind
            // the session isn't told, so neither is where the packet inside begins.
            guard end >= offset + 4 else { return }
            let session = bytes.number(at: offset, as: UInt32.self)
            if session != 0 { noteTunnel(.l2tp, id: session) }
        case 143 where !overIPv4:
            // RFC 8986 section 4.9: a frame behind IPv6, with a segment routing header or without.
            readInner(bytes, at: offset, end: end, type: EtherType.frame, of: .srv6, id: 0)
        default:
            break
        }
    }

    /// A tunnel whose inside can't be read.
    private mutating func noteTunnel(_ type: EncapType, id: UInt32) {
        tunnel = PacketTunnel()
        tunnel.typeNumber = type.rawValue
        tunnel.id = id
    }

    /// IPv6 with a segment routing header (RFC 8754) in front of another packet.
    mutating func noteSegmentRouting() {
        if tunnel.type == .ipip { tunnel.typeNumber = EncapType.srv6.rawValue }
    }

    /// PPPoE: the packet inside is the only one, so it stays in the main columns.
    mutating func notePPPoE(session: UInt16) {
        guard tunnel.typeNumber == 0 else { return }
        tunnel.typeNumber = EncapType.pppoe.rawValue
        tunnel.id = UInt32(session)
    }

    /// RFC 2784 and RFC 2890: flags and version, an Ethertype, then checksum,
    /// key and sequence number where flags say so. Version 1 is PPTP's
    /// (RFC 2637 section 4.1), with lengths and calls in the key.
    private mutating func readGRE(_ bytes: RawSpan, at start: Int, end: Int) {
        guard end >= start + 4 else { return }
        let flags = bytes.number(at: start, as: UInt16.self)
        var type = bytes.number(at: start + 2, as: UInt16.self)
        // RFC 1701's source routes have a length that only their entries tell; nobody sends them.
        guard flags & 0x4000 == 0, flags & 7 <= 1 else { return noteTunnel(.gre, id: 0) }
        var offset = start + 4
        var key: UInt32 = 0
        if flags & 0x8000 != 0 { offset += 4 }
        if flags & 0x2000 != 0 {
            guard end >= offset + 4 else { return noteTunnel(.gre, id: 0) }
            key = bytes.number(at: offset)
            offset += 4
        }
        if flags & 0x1000 != 0 { offset += 4 }
        if flags & 7 == 1 {
            key &= 0xFFFF
            if flags & 0x80 != 0 { offset += 4 }
            type = EtherType.ppp
        } else if type == EtherType.erspan || type == EtherType.erspan3 {
            let hasHeader = type == EtherType.erspan3 || flags & 0x1000 != 0
            return readERSPAN(bytes, at: offset, end: end, hasHeader: hasHeader)
        }
        readInner(bytes, at: offset, end: end, type: type, of: .gre, id: key)
    }

    /// Mirrored frames: type I has no header of its own, type II has eight
    /// bytes, type III twelve and perhaps eight more.
    private mutating func readERSPAN(_ bytes: RawSpan, at offset: Int, end: Int, hasHeader: Bool) {
        guard hasHeader else {
            return readInner(bytes, at: offset, end: end, type: EtherType.frame, of: .erspan, id: 0)
        }
        guard end >= offset + 8 else { return noteTunnel(.erspan, id: 0) }
        let start = bytes.number(at: offset, as: UInt32.self)
        let session = start & 0x3FF
        switch start >> 28 {
        case 1:
            readInner(bytes, at: offset + 8, end: end, type: EtherType.frame, of: .erspan, id: session)
        case 2:
            guard end >= offset + 12 else { return noteTunnel(.erspan, id: session) }
            let last = bytes.number(at: offset + 8, as: UInt32.self)
            // The frame's type is told: 0 Ethernet, 2 IP; the lowest bit announces a subheader.
            let type: UInt16
            switch last >> 10 & 0x1F {
            case 0: type = EtherType.frame
            case 2: type = EtherType.anyIP
            default: return noteTunnel(.erspan, id: session)
            }
            let header = last & 1 == 0 ? 12 : 20
            readInner(bytes, at: offset + header, end: end, type: type, of: .erspan, id: session)
        default:
            noteTunnel(.erspan, id: session)
        }
    }

    // MARK: - Over UDP

    /// What UDP carries to a port of ``isTunnelPort(_:)``, if it looks like it.
    @inline(never)
    mutating func readUDPTunnel(_ bytes: RawSpan, at start: Int, end: Int) {
        let offset = start + 8
        guard !isInner, end >= offset + 8 else { return }
        switch dstPort {
        case TunnelPort.vxlan, TunnelPort.vxlanLinux, TunnelPort.vxlanGPE: readVXLAN(bytes, at: offset, end: end)
        case TunnelPort.geneve: readGeneve(bytes, at: offset, end: end)
        case TunnelPort.gtpU: readGTP(bytes, at: offset, end: end)
        case TunnelPort.l2tp: readL2TP(bytes, at: offset, end: end)
        default: break
        }
    }

    /// RFC 7348 section 5: flags, of which one says that the VNI is valid,
    /// three bytes reserved, three of VNI. On the port of the generic protocol
    /// extension the fourth byte may tell what is inside.
    private mutating func readVXLAN(_ bytes: RawSpan, at offset: Int, end: Int) {
        let flags = bytes.number(at: offset, as: UInt8.self)
        guard flags & 0x08 != 0 else { return }
        var type = EtherType.frame
        if dstPort == TunnelPort.vxlanGPE, flags & 0x04 != 0 {
            switch bytes.number(at: offset + 3, as: UInt8.self) {
            case 1: type = EtherType.ipv4
            case 2: type = EtherType.ipv6
            case 3: type = EtherType.frame
            default: return noteTunnel(.vxlan, id: bytes.number(at: offset + 4, as: UInt32.self) >> 8)
            }
        }
        let vni = bytes.number(at: offset + 4, as: UInt32.self) >> 8
        readInner(bytes, at: offset + 8, end: end, type: type, of: .vxlan, id: vni)
    }

    /// RFC 8926 section 3.4: version and length of the options, flags, an
    /// Ethertype, three bytes of VNI.
    private mutating func readGeneve(_ bytes: RawSpan, at offset: Int, end: Int) {
        let start = bytes.number(at: offset, as: UInt32.self)
        guard start >> 30 == 0 else { return }
        let options = Int(start >> 24 & 0x3F) * 4
        let vni = bytes.number(at: offset + 4, as: UInt32.self) >> 8
        let type = UInt16(truncatingIfNeeded: start)
        readInner(bytes, at: offset + 8 + options, end: end, type: type, of: .geneve, id: vni)
    }

    /// More extension headers than a GTP-U packet has.
    private static let mostGTPExtensions = 8

    /// 3GPP TS 29.281 section 5.1: flags, message type, length, tunnel. Only
    /// messages of type 255 carry a packet.
    private mutating func readGTP(_ bytes: RawSpan, at start: Int, end: Int) {
        let flags = bytes.number(at: start, as: UInt8.self)
        guard flags & 0xF0 == 0x30, bytes.number(at: start + 1, as: UInt8.self) == 255 else { return }
        let teid = bytes.number(at: start + 4, as: UInt32.self)
        var offset = start + 8
        if flags & 7 != 0 {
            // Sequence number, N-PDU number and the type of the next extension, all or none.
            guard end >= offset + 4 else { return noteTunnel(.gtpU, id: teid) }
            var next = flags & 4 != 0 ? bytes.number(at: offset + 3, as: UInt8.self) : 0
            offset += 4
            for _ in 0..<Self.mostGTPExtensions where next != 0 {
                guard end >= offset + 4 else { return noteTunnel(.gtpU, id: teid) }
                let length = Int(bytes.number(at: offset, as: UInt8.self)) * 4
                guard length > 0, end >= offset + length else { return noteTunnel(.gtpU, id: teid) }
                next = bytes.number(at: offset + length - 1)
                offset += length
            }
            guard next == 0 else { return noteTunnel(.gtpU, id: teid) }
        }
        readInner(bytes, at: offset, end: end, type: EtherType.anyIP, of: .gtpU, id: teid)
    }

    /// RFC 2661 section 3.1: flags and version 2, length where a flag says so,
    /// tunnel and session, sequence numbers and padding alike, then PPP.
    /// Version 3 (RFC 3931 section 4.1.2) tells a session, then a cookie of
    /// a length that isn't told.
    private mutating func readL2TP(_ bytes: RawSpan, at start: Int, end: Int) {
        let flags = bytes.number(at: start, as: UInt16.self)
        guard flags & 0x8000 == 0 else { return }
        switch flags & 0xF {
        case 2:
            var offset = start + (flags & 0x4000 != 0 ? 4 : 2)
            let session = UInt32(bytes.number(at: offset + 2, as: UInt16.self))
            offset += 4
            if flags & 0x0800 != 0 { offset += 4 }
            if flags & 0x0200 != 0 {
                guard end >= offset + 2 else { return noteTunnel(.l2tp, id: session) }
                offset += 2 + Int(bytes.number(at: offset, as: UInt16.self))
            }
            readInner(bytes, at: offset, end: end, type: EtherType.ppp, of: .l2tp, id: session)
        case 3:
            noteTunnel(.l2tp, id: bytes.number(at: start + 4))
        default:
            break
        }
    }
}
