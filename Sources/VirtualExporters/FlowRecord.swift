public import NetTypes

/// A flow as a router knows it before it is encoded; counters are as they
/// will be reported, that is, of the sampled packets.
public struct FlowRecord: Sendable, Equatable {
    /// Where the packets come from.
    public var source = IPAddress.unspecified
    /// Where they go; the same family as ``source``.
    public var destination = IPAddress.unspecified
    /// The router they were handed to; the same family as ``source``.
    public var nextHop = IPAddress.unspecified
    /// Bytes of the IP packets.
    public var bytes: UInt64 = 0
    /// Number of packets.
    public var packets: UInt64 = 0
    /// First packet, milliseconds since 1970.
    public var start: UInt64 = 0
    /// Last packet, milliseconds since 1970.
    public var end: UInt64 = 0
    /// The interface they came in by.
    public var inIf: UInt32 = 0
    /// The interface they left by.
    public var outIf: UInt32 = 0
    /// The source's AS, 0 when not known.
    public var sourceAS: UInt32 = 0
    /// The destination's AS, 0 when not known.
    public var destinationAS: UInt32 = 0
    /// TCP or UDP port, 0 for ICMP.
    public var sourcePort: UInt16 = 0
    /// TCP or UDP port; for ICMP type × 256 + code, as routers send it.
    public var destinationPort: UInt16 = 0
    /// The VLAN the packets came in with, 0 for none.
    public var vlan: UInt16 = 0
    /// IANA protocol number.
    public var ipProtocol: UInt8 = 6
    /// Type of service or traffic class.
    public var tos: UInt8 = 0
    /// All TCP flags seen, or-ed.
    public var tcpFlags: UInt8 = 0
    /// Prefix length of the source's route.
    public var sourceMask: UInt8 = 0
    /// Prefix length of the destination's route.
    public var destinationMask: UInt8 = 0
    /// 0 ingress, 1 egress (information element 61).
    public var direction: UInt8 = 0
    /// Time to live or hop limit.
    public var ttl: UInt8 = 60

    /// A flow with nothing known.
    public init() {}

    /// Whether the addresses are IPv4.
    public var isV4: Bool { source.isV4 }

    /// The IPv6 flow label, 0 for IPv4: derived, as real senders do, from the five-tuple.
    var flowLabel: UInt32 {
        isV4 ? 0 : UInt32(truncatingIfNeeded: mix(source.low ^ UInt64(sourcePort)) & 0xF_FFFF)
    }

    /// A MAC address for the sending host or router (locally administered).
    var sourceMAC: UInt64 { 0x0200_0000_0000 | UInt64(inIf) << 24 | source.low & 0xFF_FFFF }

    /// A MAC address for the receiving side.
    var destinationMAC: UInt64 { 0x0200_0000_0000 | UInt64(outIf) << 24 | destination.low & 0xFF_FFFF }

    /// ICMP type × 256 + code, 0 for other protocols.
    var icmp: UInt16 { ipProtocol == 1 || ipProtocol == 58 ? destinationPort : 0 }
}

/// What was put into datagrams: the sums that a collector must arrive at.
public struct FlowTotals: Sendable, Equatable {
    /// Flow records or flow samples.
    public var flows: UInt64 = 0
    /// Bytes as the records report them, not multiplied by the sampling rate.
    public var bytes: UInt64 = 0
    /// Packets as the records report them.
    public var packets: UInt64 = 0

    /// Nothing yet.
    public init() {}

    mutating func add(_ flow: FlowRecord) {
        flows += 1
        bytes &+= flow.bytes
        packets &+= flow.packets
    }

    /// Adds another sum.
    public static func += (totals: inout FlowTotals, more: FlowTotals) {
        totals.flows += more.flows
        totals.bytes &+= more.bytes
        totals.packets &+= more.packets
    }
}
