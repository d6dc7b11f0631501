/// One end of a captured datagram.
public struct CaptureEndpoint: Hashable, Sendable {
    /// The first eight bytes of the address, as a big-endian number; 0 for IPv4.
    public var high: UInt64
    /// The last eight bytes; `::ffff:a.b.c.d` for IPv4.
    public var low: UInt64
    /// The UDP or TCP port.
    public var port: UInt16

    /// Makes an endpoint.
    public init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        self.port = port
    }
}

/// The IP packet within a captured frame, up to what its transport protocol carries.
struct CaptureIPPacket {
    /// What tells a fragment's place in its packet.
    struct Fragment {
        var id: UInt32
        /// In bytes.
        var offset: Int
        var isLast: Bool
    }

    /// Addresses; the ports are still 0.
    var source: CaptureEndpoint
    var destination: CaptureEndpoint
    /// The protocol behind IPv6's extension headers.
    var proto: UInt8
    /// Where the bytes of that protocol are in the file.
    var payload: Range<Int>
    /// Whether the packet goes on behind what was captured of it.
    var isCut: Bool
    /// Nil for a whole packet.
    var fragment: Fragment?

    /// Finds the packet in a frame; nil when the frame holds none.
    init?(_ packet: CapturePacket, in bytes: CaptureBytes) {
        guard let network = Self.networkHeader(packet, bytes), let first = bytes.u16(at: network.lowerBound) else {
            return nil
        }
        switch first >> 12 {
        case 4: self.init(v4: bytes, network)
        case 6: self.init(v6: bytes, network)
        default: return nil
        }
    }

    // MARK: - Link layer

    /// What is left of the frame behind its link header, if that announces IP.
    private static func networkHeader(_ packet: CapturePacket, _ bytes: CaptureBytes) -> Range<Int>? {
        let frame = packet.bytes
        let start: Int
        switch packet.link {
        case .ethernet:
            guard let type = etherTypeOffset(frame, bytes) else { return nil }
            start = type + 2
        case .linuxSLL:
            guard isIP(bytes.u16(at: frame.lowerBound + 14)) else { return nil }
            start = frame.lowerBound + 16
        case .linuxSLL2:
            guard isIP(bytes.u16(at: frame.lowerBound)) else { return nil }
            start = frame.lowerBound + 20
        case .null, .loop:
            // The family's number differs between systems; the version nibble doesn't.
            start = frame.lowerBound + 4
        case .raw, .oldRaw, .bsdRaw, .ipv4, .ipv6:
            start = frame.lowerBound
        default:
            return nil
        }
        return start < frame.upperBound ? start..<frame.upperBound : nil
    }

    /// Where the Ethertype of IP stands, behind up to four VLAN tags.
    private static func etherTypeOffset(_ frame: Range<Int>, _ bytes: CaptureBytes) -> Int? {
        var offset = frame.lowerBound + 12
        for _ in 0..<5 {
            guard offset + 2 <= frame.upperBound, let type = bytes.u16(at: offset) else { return nil }
            if isIP(type) { return offset }
            guard type == 0x8100 || type == 0x88A8 || type == 0x9100 else { return nil }
            offset += 4
        }
        return nil
    }

    private static func isIP(_ type: UInt16?) -> Bool {
        type == 0x0800 || type == 0x86DD
    }

    // MARK: - Network layer

    /// RFC 791 section 3.1.
    private init?(v4 bytes: CaptureBytes, _ range: Range<Int>) {
        let start = range.lowerBound
        guard range.count >= 20, let words = bytes.u16(at: start), let length = bytes.u16(at: start + 2),
            let id = bytes.u16(at: start + 4), let flags = bytes.u16(at: start + 6),
            let life = bytes.u16(at: start + 8),
            let from = bytes.u32(at: start + 12), let to = bytes.u32(at: start + 16)
        else { return nil }
        let headerLength = Int(words >> 8 & 0xF) * 4
        guard headerLength >= 20, headerLength <= range.count else { return nil }
        // Segmentation offload leaves the total length 0.
        let total = length == 0 ? range.count : Int(length)
        guard total >= headerLength else { return nil }
        source = CaptureEndpoint(high: 0, low: 0xFFFF_0000_0000 | UInt64(from), port: 0)
        destination = CaptureEndpoint(high: 0, low: 0xFFFF_0000_0000 | UInt64(to), port: 0)
        proto = UInt8(life & 0xFF)
        payload = (start + headerLength)..<min(range.upperBound, start + total)
        isCut = total > range.count
        let offset = Int(flags & 0x1FFF) * 8
        let isLast = flags & 0x2000 == 0
        fragment = offset == 0 && isLast ? nil : Fragment(id: UInt32(id), offset: offset, isLast: isLast)
    }

    /// RFC 8200 sections 3 and 4.
    private init?(v6 bytes: CaptureBytes, _ range: Range<Int>) {
        let start = range.lowerBound
        guard range.count >= 40, let length = bytes.u16(at: start + 4), let next = bytes.u16(at: start + 6),
            let source = Self.endpoint(bytes, start + 8), let destination = Self.endpoint(bytes, start + 24)
        else { return nil }
        self.source = source
        self.destination = destination
        let total = length == 0 ? range.count : 40 + Int(length)
        let end = min(range.upperBound, start + total)
        isCut = total > range.count
        proto = UInt8(next >> 8)
        var offset = start + 40
        // Hop-by-hop, routing, fragment, destination options: each at most twice.
        for _ in 0..<8 {
            guard proto == 0 || proto == 43 || proto == 44 || proto == 60 else { break }
            guard offset + 8 <= end, let header = bytes.u16(at: offset) else { return nil }
            if proto == 44 {
                guard let place = bytes.u16(at: offset + 2), let id = bytes.u32(at: offset + 4) else { return nil }
                fragment = Fragment(id: id, offset: Int(place & 0xFFF8), isLast: place & 1 == 0)
                offset += 8
            } else {
                offset += (Int(header & 0xFF) + 1) * 8
            }
            proto = UInt8(header >> 8)
            // Behind the fragment header of a later fragment comes the middle of the payload.
            if let fragment, fragment.offset > 0 { break }
        }
        guard offset <= end else { return nil }
        payload = offset..<end
        // RFC 6946: a fragment that is the whole packet.
        if let fragment, fragment.offset == 0, fragment.isLast { self.fragment = nil }
    }

    private static func endpoint(_ bytes: CaptureBytes, _ offset: Int) -> CaptureEndpoint? {
        guard let a = bytes.u32(at: offset), let b = bytes.u32(at: offset + 4), let c = bytes.u32(at: offset + 8),
            let d = bytes.u32(at: offset + 12)
        else { return nil }
        return CaptureEndpoint(high: UInt64(a) << 32 | UInt64(b), low: UInt64(c) << 32 | UInt64(d), port: 0)
    }
}
