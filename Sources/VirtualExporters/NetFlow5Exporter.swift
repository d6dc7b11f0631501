import NetTypes

/// NetFlow v5 (Cisco, "NetFlow Export Datagram Format"): a header of 24 bytes
/// and up to 30 records of 48. IPv4 only, 16-bit AS and interface numbers,
/// the sampling rate in the header.
public struct NetFlow5Exporter: Sendable {
    /// Who sends.
    public let profile: ExporterProfile
    /// The flows sent before, as the header's sequence wants it.
    private var sequence: UInt32 = 0

    /// The most records of a datagram.
    public static let maximumRecords = 30

    /// A router that has sent nothing yet.
    public init(profile: ExporterProfile) {
        self.profile = profile
    }

    /// Writes one datagram with the IPv4 flows among `flows`, at most 30 of
    /// them; IPv6 has no place in this version and is left out.
    public mutating func export(_ flows: [FlowRecord], now: UInt64, into writer: inout DatagramWriter) -> FlowTotals {
        var totals = FlowTotals()
        writeHeader(now: now, into: &writer)
        for flow in flows where flow.isV4 && totals.flows < UInt64(Self.maximumRecords) {
            writeRecord(flow, into: &writer)
            totals.add(flow)
        }
        writer.patch(UInt16(truncatingIfNeeded: totals.flows), at: 2)
        writer.finish()
        sequence &+= UInt32(truncatingIfNeeded: totals.flows)
        return totals
    }

    private func writeHeader(now: UInt64, into writer: inout DatagramWriter) {
        writer.write(5 as UInt16)
        writer.write(0 as UInt16)  // number of records, patched when known
        writer.write(profile.uptime(at: now))
        writer.write(UInt32(truncatingIfNeeded: now / 1000))
        writer.write(UInt32(truncatingIfNeeded: now % 1000 * 1_000_000))
        writer.write(sequence)
        writer.write(1 as UInt8)  // engine type: virtual line card
        writer.write(UInt8(truncatingIfNeeded: profile.domain))
        // Two bits mode (1: packet interval), 14 bits interval; 0 means not sampled.
        let interval = profile.samplingRate > 1 ? UInt16(min(profile.samplingRate, 0x3FFF)) | 0x4000 : 0
        writer.write(interval)
    }

    private func writeRecord(_ flow: FlowRecord, into writer: inout DatagramWriter) {
        writer.write(flow.source.v4)
        writer.write(flow.destination.v4)
        writer.write(flow.nextHop.v4)
        writer.write(UInt16(truncatingIfNeeded: flow.inIf))
        writer.write(UInt16(truncatingIfNeeded: flow.outIf))
        writer.write(UInt32(truncatingIfNeeded: flow.packets))
        writer.write(UInt32(truncatingIfNeeded: flow.bytes))
        writer.write(profile.uptime(at: flow.start))
        writer.write(profile.uptime(at: flow.end))
        writer.write(flow.sourcePort)
        writer.write(flow.destinationPort)
        writer.write(0 as UInt8)
        writer.write(flow.tcpFlags)
        writer.write(flow.ipProtocol)
        writer.write(flow.tos)
        writer.write(Self.twoByteAS(flow.sourceAS))
        writer.write(Self.twoByteAS(flow.destinationAS))
        writer.write(flow.sourceMask)
        writer.write(flow.destinationMask)
        writer.write(0 as UInt16)
    }

    /// AS numbers above 65535 become AS_TRANS (RFC 6793 section 9).
    private static func twoByteAS(_ number: UInt32) -> UInt16 {
        UInt16(exactly: number) ?? 23456
    }
}
