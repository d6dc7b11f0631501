public import FlowSchema
import WireFormat

/// What a frame's bytes start with.
public enum PacketLink: Sendable {
    /// A destination MAC address (IEEE 802.3).
    case ethernet
    /// An IPv4 header.
    case ipv4
    /// An IPv6 header.
    case ipv6
    /// An IPv4 or IPv6 header, told apart by the version nibble.
    case ip
    /// An MPLS label stack (RFC 3032).
    case mpls
    /// A PPP protocol field, behind HDLC's address and control or not (RFC 1661, RFC 1662).
    case ppp
}

/// What the headers of one packet say, in the units of the flow columns.
///
/// Sampled packets are cut after some 128 bytes, so a header that ends early
/// is normal: what is there is filled in, the rest stays 0, and nothing is an
/// error. Numbers that the wire doesn't bound (labels, tags, extension
/// headers) are bounded by the bytes, and by named limits.
public struct PacketHeader: BitwiseCopyable, Sendable {
    /// The source address in the column's layout, `::` when there is none.
    public var srcAddr = AddressBytes(memoryHigh: 0, memoryLow: 0)
    /// The destination address in the column's layout, `::` when there is none.
    public var dstAddr = AddressBytes(memoryHigh: 0, memoryLow: 0)
    /// The source MAC address in the low 48 bits.
    public var srcMac: UInt64 = 0
    /// The destination MAC address in the low 48 bits.
    public var dstMac: UInt64 = 0
    /// The IPv6 flow label.
    public var ipv6FlowLabel: UInt32 = 0
    /// The IPv4 identification, or that of IPv6's fragment header.
    public var fragmentId: UInt32 = 0
    /// The fragment offset in units of 8 bytes.
    public var fragmentOffset: UInt32 = 0
    /// The Ethertype behind VLAN tags and MPLS labels; 0 for frames of IEEE 802.2 without one.
    public var eType: UInt16 = 0
    /// The VLAN of the outermost tag.
    public var vlanId: UInt16 = 0
    /// The source port of TCP, UDP, UDP-Lite, SCTP or DCCP.
    public var srcPort: UInt16 = 0
    /// The destination port of TCP, UDP, UDP-Lite, SCTP or DCCP.
    public var dstPort: UInt16 = 0
    /// The IP protocol, behind IPv6's extension headers as far as the bytes go.
    public var proto: UInt8 = 0
    /// The IPv4 type of service or IPv6 traffic class.
    public var ipTos: UInt8 = 0
    /// The IPv4 time to live or IPv6 hop limit.
    public var ipTTL: UInt8 = 0
    /// The low eight TCP flag bits.
    public var tcpFlags: UInt8 = 0
    /// The ICMP or ICMPv6 type.
    public var icmpType: UInt8 = 0
    /// The ICMP or ICMPv6 code.
    public var icmpCode: UInt8 = 0
    /// Whether this is the packet inside of a tunnel: then it is searched for no other.
    var isInner = false
    /// The VLAN of the second tag (QinQ).
    public var customerVlanId: UInt16 = 0
    /// The MPLS labels, of the frame or of the outermost tunnel.
    public var labels = PacketLabels()
    /// The outermost tunnel, and what is inside of it.
    public var tunnel = PacketTunnel()

    /// A header of which nothing is known.
    @inlinable
    public init() {}

    /// Reads the headers of a packet, as far as its bytes go.
    ///
    /// - Parameters:
    ///   - bytes: the packet from its first byte, possibly cut short.
    ///   - link: what the first byte belongs to.
    ///   - view: which packet of a tunnel is wanted; ``tunnel`` is the same in both.
    public init(_ bytes: RawSpan, link: PacketLink, view: TunnelView = .outer) {
        self.init()
        read(bytes, link: link)
        if view == .inner { promoteInner(bytes) }
    }

    /// Forgets everything; what few packets have is touched only where one did.
    @inline(__always)
    mutating func clear() {
        if tunnel.typeNumber | labels.count != 0 || tunnel.id != 0 {
            tunnel = PacketTunnel()
            labels = PacketLabels()
        }
        srcAddr = AddressBytes(memoryHigh: 0, memoryLow: 0)
        dstAddr = AddressBytes(memoryHigh: 0, memoryLow: 0)
        (srcMac, dstMac, ipv6FlowLabel, fragmentId, fragmentOffset) = (0, 0, 0, 0, 0)
        (eType, vlanId, customerVlanId, srcPort, dstPort) = (0, 0, 0, 0, 0)
        (proto, ipTos, ipTTL, tcpFlags, icmpType, icmpCode) = (0, 0, 0, 0, 0, 0)
        isInner = false
    }

    /// Reads the headers of a packet over what is already known of it.
    mutating func read(_ bytes: RawSpan, link: PacketLink) {
        switch link {
        case .ethernet: readEthernet(bytes)
        case .ipv4: readIPv4(bytes, at: 0)
        case .ipv6: readIPv6(bytes, at: 0)
        case .ip: readIP(bytes, at: 0)
        case .mpls: readMPLS(bytes, at: 0)
        case .ppp: readPPP(bytes, at: 0)
        }
    }
}

extension RawSpan {
    /// A big-endian number; the caller has checked that its bytes are there.
    /// (The load checks too, and traps: a wrong check here is a bug, never a leak.)
    @inline(__always)
    func number<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
        T(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// An IPv6 address in the layout of the address columns, which is the wire's.
    @inline(__always)
    func addressV6(at offset: Int) -> AddressBytes {
        unsafe AddressBytes(
            memoryHigh: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self),
            memoryLow: unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
        )
    }

    /// An IPv4 address in the layout of the address columns.
    @inline(__always)
    func addressV4(at offset: Int) -> AddressBytes {
        let bits = number(at: offset, as: UInt32.self)
        return AddressBytes(memoryHigh: 0, memoryLow: (0xFFFF_0000_0000 | UInt64(bits)).bigEndian)
    }
}

extension WirePart {
    /// An IPv6 address in the layout of the address columns, as a vector like the other.
    @inline(__always)
    func addressV6(at offset: Int) -> AddressBytes {
        unsafe unsafeBitCast(value(at: offset, as: SIMD2<UInt64>.self), to: AddressBytes.self)
    }

    /// An IPv4 address in the layout of the address columns: `::ffff:`, then the bytes as they come.
    @inline(__always)
    func addressV4(at offset: Int) -> AddressBytes {
        let mapped = SIMD4(0, 0, UInt32(0xFFFF).bigEndian, 0)
        // As a vector it is stored at once: what is stored half by half can't be loaded whole soon after.
        return unsafe unsafeBitCast(SIMD4(0, 0, 0, value(at: offset, as: UInt32.self)) | mapped, to: AddressBytes.self)
    }
}
