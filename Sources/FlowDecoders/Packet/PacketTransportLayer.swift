import WireFormat

extension PacketHeader {
    /// Ports, TCP flags, ICMP type and code; tunnels over IP and UDP.
    ///
    /// - Parameters:
    ///   - offset: where the header of ``proto`` begins; may lie behind `end`.
    ///   - end: where the packet ends, at most the number of bytes.
    @inline(__always)
    mutating func readTransport(_ bytes: RawSpan, at offset: Int, end: Int) {
        switch proto {
        case 6:
            // RFC 9293 section 3.1: ports, numbers, data offset and reserved bits, then the flags.
            guard offset >= 0, offset <= end &- 14 else { return readPorts(bytes, at: offset, end: end) }
            let header = WirePart(bytes, at: offset, length: 14)
            srcPort = header.number(at: 0)
            dstPort = header.number(at: 2)
            tcpFlags = header.value(at: 13)
        case 17:
            readPorts(bytes, at: offset, end: end)
            if Self.isTunnelPort(dstPort) { readUDPTunnel(bytes, at: offset, end: end) }
        case 33, 132, 136:
            // DCCP (RFC 4340), SCTP (RFC 9260) and UDP-Lite (RFC 3828) begin like UDP.
            readPorts(bytes, at: offset, end: end)
        case 1, 58:
            if end >= offset + 1 { icmpType = bytes.number(at: offset) }
            if end >= offset + 2 { icmpCode = bytes.number(at: offset + 1) }
        default:
            readIPTunnel(bytes, at: offset, end: end)
        }
    }

    @inline(__always)
    private mutating func readPorts(_ bytes: RawSpan, at offset: Int, end: Int) {
        guard offset >= 0, offset <= end &- 4 else {
            if end >= offset + 2 { srcPort = bytes.number(at: offset) }
            return
        }
        let ports = WirePart(bytes, at: offset, length: 4)
        srcPort = ports.number(at: 0)
        dstPort = ports.number(at: 2)
    }
}
