public import FlowSchema

/// Which packet of a tunnel the main columns tell of.
public enum TunnelView: String, CaseIterable, Sendable {
    /// The packet that was on the wire.
    case outer
    /// The packet inside of the outermost tunnel, where there is one whose
    /// packet can be read.
    case inner
}

/// The tunnel that a packet goes through, and the packet inside of it.
public struct PacketTunnel: BitwiseCopyable, Sendable {
    /// The inner packet's source address, `::` when there is none.
    public var srcAddr = AddressBytes(memoryHigh: 0, memoryLow: 0)
    /// The inner packet's destination address, `::` when there is none.
    public var dstAddr = AddressBytes(memoryHigh: 0, memoryLow: 0)
    /// The tunnel's number: VNI, GRE key, TEID or session; 0 when it has none.
    public var id: UInt32 = 0
    /// The inner packet's IPv6 flow label.
    public var ipv6FlowLabel: UInt32 = 0
    /// The inner packet's identification.
    public var fragmentId: UInt32 = 0
    /// The inner packet's fragment offset in units of 8 bytes.
    public var fragmentOffset: UInt32 = 0
    /// Where the inner packet begins in the frame; 0 when there is none.
    var start: UInt32 = 0
    /// The Ethertype that says what begins there.
    var startType: UInt16 = 0
    /// The inner packet's Ethertype.
    public var eType: UInt16 = 0
    /// The inner packet's source port.
    public var srcPort: UInt16 = 0
    /// The inner packet's destination port.
    public var dstPort: UInt16 = 0
    /// The inner packet's IP protocol.
    public var proto: UInt8 = 0
    /// The inner packet's type of service or traffic class.
    public var ipTos: UInt8 = 0
    /// The inner packet's time to live or hop limit.
    public var ipTTL: UInt8 = 0
    /// The ``EncapType``'s number; 0 when there is no tunnel.
    var typeNumber: UInt8 = 0

    /// What the tunnel is.
    public var type: EncapType { EncapType(rawValue: typeNumber) ?? .none }

    /// Takes over what an inner packet's headers say.
    mutating func take(_ inner: PacketHeader) {
        srcAddr = inner.srcAddr
        dstAddr = inner.dstAddr
        ipv6FlowLabel = inner.ipv6FlowLabel
        fragmentId = inner.fragmentId
        fragmentOffset = inner.fragmentOffset
        eType = inner.eType
        srcPort = inner.srcPort
        dstPort = inner.dstPort
        proto = inner.proto
        ipTos = inner.ipTos
        ipTTL = inner.ipTTL
    }
}

/// A stack of MPLS labels, as far as columns tell of it.
public struct PacketLabels: BitwiseCopyable, Sendable {
    /// The top label.
    public var label1: UInt32 = 0
    /// The second label.
    public var label2: UInt32 = 0
    /// The third label.
    public var label3: UInt32 = 0
    /// The bottom label; 0 when the bytes end before it.
    public var lastLabel: UInt32 = 0
    /// The time to live in the top label.
    public var ttl1: UInt8 = 0
    /// The time to live in the second label.
    public var ttl2: UInt8 = 0
    /// The time to live in the third label.
    public var ttl3: UInt8 = 0
    /// The time to live in the bottom label.
    public var lastTTL: UInt8 = 0
    /// How many labels there are, as far as the bytes go.
    public var count: UInt8 = 0

    /// Adds the next label of a stack (RFC 3032 section 2.1: 20 bits of label,
    /// three of traffic class, one that marks the bottom, eight of time to live).
    ///
    /// - Returns: whether it is the bottom.
    mutating func add(_ entry: UInt32) -> Bool {
        let label = entry >> 12
        let ttl = UInt8(truncatingIfNeeded: entry)
        count &+= 1
        switch count {
        case 1: (label1, ttl1) = (label, ttl)
        case 2: (label2, ttl2) = (label, ttl)
        case 3: (label3, ttl3) = (label, ttl)
        default: break
        }
        guard entry & 0x100 != 0 else { return false }
        (lastLabel, lastTTL) = (label, ttl)
        return true
    }
}
