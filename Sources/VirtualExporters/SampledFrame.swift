import NetTypes

/// One Ethernet frame of a flow, of which a switch samples the headers.
///
/// Sizes hang together: the frame's length holds the Ethernet header, the
/// VLAN tag, the IP packet and the check sequence, and the IP header says
/// the length of its part, as in a real capture.
struct SampledFrame {
    /// Bytes of the frame check sequence: part of ``length``, never in the header.
    static let checkSequence: UInt32 = 4

    private let flow: FlowRecord
    /// The length on the wire, check sequence included.
    let length: UInt32
    /// How many bytes of headers ``writeHeader(into:)`` writes.
    let headerLength: Int

    init(_ flow: FlowRecord) {
        self.flow = flow
        let link = 14 + (flow.vlan == 0 ? 0 : 4)
        let transport =
            switch flow.ipProtocol {
            case 6: 20
            case 17, 1, 58: 8
            default: 0
            }
        headerLength = link + (flow.isV4 ? 20 : 40) + transport
        let packet = UInt32(clamping: flow.bytes / max(flow.packets, 1))
        // 1500 is the IP packet's limit; 64 the shortest frame that Ethernet carries.
        let smallest = UInt32(headerLength - link)
        length = max(UInt32(link) + min(max(packet, smallest), 1500) + Self.checkSequence, 64)
    }

    private var packetLength: UInt32 {
        length - Self.checkSequence - 14 - (flow.vlan == 0 ? 0 : 4)
    }

    func writeHeader(into writer: inout DatagramWriter) {
        writer.write(flow.destinationMAC, length: 6)
        writer.write(flow.sourceMAC, length: 6)
        if flow.vlan != 0 {
            writer.write(0x8100 as UInt16)
            writer.write(flow.vlan)
        }
        writer.write((flow.isV4 ? 0x0800 : 0x86DD) as UInt16)
        if flow.isV4 { writeIPv4(into: &writer) } else { writeIPv6(into: &writer) }
        writeTransport(into: &writer)
    }

    /// RFC 791 section 3.1.
    private func writeIPv4(into writer: inout DatagramWriter) {
        let start = writer.offset
        writer.write(0x45 as UInt8)
        writer.write(flow.tos)
        writer.write(UInt16(truncatingIfNeeded: packetLength))
        writer.write(UInt16(truncatingIfNeeded: flow.start))  // identification
        writer.write(0x4000 as UInt16)  // don't fragment
        writer.write(flow.ttl)
        writer.write(flow.ipProtocol)
        writer.write(0 as UInt16)
        writer.write(flow.source.v4)
        writer.write(flow.destination.v4)
        writer.patch(writer.checksum(from: start), at: start + 10)
    }

    /// RFC 8200 section 3.
    private func writeIPv6(into writer: inout DatagramWriter) {
        writer.write(6 << 28 | UInt32(flow.tos) << 20 | flow.flowLabel)
        writer.write(UInt16(truncatingIfNeeded: packetLength - 40))
        writer.write(flow.ipProtocol)
        writer.write(flow.ttl)
        writer.write(address: flow.source, length: 16)
        writer.write(address: flow.destination, length: 16)
    }

    private func writeTransport(into writer: inout DatagramWriter) {
        switch flow.ipProtocol {
        case 6:
            writer.write(flow.sourcePort)
            writer.write(flow.destinationPort)
            writer.write(UInt32(truncatingIfNeeded: flow.start))
            writer.write(UInt32(truncatingIfNeeded: flow.end))
            writer.write(0x50 as UInt8)
            // The flow's flags are those of all its packets; one from its middle has ACK, maybe PSH.
            writer.write(flow.tcpFlags & 0x10 == 0 ? flow.tcpFlags : flow.tcpFlags & 0x18)
            writer.write(0xFFFF as UInt16)
            writer.write(0 as UInt32)
        case 17:
            writer.write(flow.sourcePort)
            writer.write(flow.destinationPort)
            writer.write(UInt16(truncatingIfNeeded: packetLength - (flow.isV4 ? 20 : 40)))
            writer.write(0 as UInt16)
        case 1, 58:
            writer.write(flow.destinationPort)  // type and code
            writer.write(0 as UInt16)
            writer.write(1 as UInt32)
        default:
            break
        }
    }
}
