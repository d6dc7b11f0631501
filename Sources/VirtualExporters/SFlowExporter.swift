import NetTypes

/// sFlow version 5: sampled packet headers with what the switch knows about
/// their way (extended switch, router and gateway data), and interface counters.
public struct SFlowExporter: Sendable {
    /// Who sends.
    public let profile: ExporterProfile
    /// Its AS when samples carry AS paths (extended gateway), as a router's do.
    public let localAS: UInt32?
    private var datagrams: UInt32 = 0
    private var samples: UInt32 = 0
    private var samplePool: UInt32 = 0
    private var counterSamples: UInt32 = 0
    /// Octets in and out by interface, as the counters report them.
    private var octets: [UInt32: (received: UInt64, sent: UInt64)] = [:]

    /// A switch that has sent nothing yet.
    public init(profile: ExporterProfile, localAS: UInt32?) {
        self.profile = profile
        self.localAS = localAS
    }

    /// Writes one datagram with a flow sample for each of `flows`: one packet
    /// of the flow's mean size. The totals count that packet's frame length.
    public mutating func export(_ flows: [FlowRecord], now: UInt64, into writer: inout DatagramWriter) -> FlowTotals {
        var totals = FlowTotals()
        writeHeader(samples: flows.count, now: now, into: &writer)
        for flow in flows {
            let frame = SampledFrame(flow)
            writeFlowSample(flow, frame: frame, into: &writer)
            totals.flows += 1
            totals.packets += 1
            totals.bytes += UInt64(frame.length)
            count(flow, octets: UInt64(frame.length) * UInt64(profile.samplingRate))
        }
        writer.finish()
        return totals
    }

    /// Writes one datagram with the counters of up to eight interfaces at a time.
    public mutating func announce(now: UInt64, into writer: inout DatagramWriter) {
        let step = 8
        for start in stride(from: 0, to: profile.interfaces.count, by: step) {
            let part = profile.interfaces[start..<min(start + step, profile.interfaces.count)]
            writeHeader(samples: part.count, now: now, into: &writer)
            for interface in part { writeCounterSample(interface, into: &writer) }
            writer.finish()
        }
    }

    private mutating func count(_ flow: FlowRecord, octets length: UInt64) {
        octets[flow.inIf, default: (0, 0)].received &+= length
        octets[flow.outIf, default: (0, 0)].sent &+= length
    }

    private mutating func writeHeader(samples: Int, now: UInt64, into writer: inout DatagramWriter) {
        datagrams &+= 1
        writer.write(5 as UInt32)
        writer.writeXDR(address: profile.address)
        writer.write(profile.domain)
        writer.write(datagrams)
        writer.write(profile.uptime(at: now))
        writer.write(UInt32(samples))
    }

    // MARK: - Flow samples

    private mutating func writeFlowSample(_ flow: FlowRecord, frame: SampledFrame, into writer: inout DatagramWriter) {
        samples &+= 1
        samplePool &+= profile.samplingRate
        let length = beginLength(format: 1, into: &writer)
        writer.write(samples)
        writer.write(flow.inIf & 0xFF_FFFF)  // source id: type 0, ifIndex
        writer.write(profile.samplingRate)
        writer.write(samplePool)
        writer.write(0 as UInt32)  // drops
        writer.write(flow.inIf & 0x3FFF_FFFF)
        writer.write(flow.outIf & 0x3FFF_FFFF)
        writer.write((localAS == nil ? 3 : 4) as UInt32)
        writeRawHeader(frame, into: &writer)
        writeSwitch(flow, into: &writer)
        writeRouter(flow, into: &writer)
        if let localAS { writeGateway(flow, localAS: localAS, into: &writer) }
        endLength(length, into: &writer)
    }

    private func writeRawHeader(_ frame: SampledFrame, into writer: inout DatagramWriter) {
        let length = beginLength(format: 1, into: &writer)
        writer.write(1 as UInt32)  // Ethernet
        writer.write(frame.length)
        writer.write(SampledFrame.checkSequence)  // stripped: the frame check sequence
        writer.write(UInt32(frame.headerLength))
        frame.writeHeader(into: &writer)
        writer.writeZeros((4 - frame.headerLength % 4) % 4)
        endLength(length, into: &writer)
    }

    private func writeSwitch(_ flow: FlowRecord, into writer: inout DatagramWriter) {
        let length = beginLength(format: 1001, into: &writer)
        for number in [UInt32(flow.vlan), 0, UInt32(flow.vlan), 0] { writer.write(number) }
        endLength(length, into: &writer)
    }

    private func writeRouter(_ flow: FlowRecord, into writer: inout DatagramWriter) {
        let length = beginLength(format: 1002, into: &writer)
        writer.writeXDR(address: flow.nextHop)
        writer.write(UInt32(flow.sourceMask))
        writer.write(UInt32(flow.destinationMask))
        endLength(length, into: &writer)
    }

    /// The AS path as one sequence that ends in the destination's AS.
    private func writeGateway(_ flow: FlowRecord, localAS: UInt32, into writer: inout DatagramWriter) {
        let length = beginLength(format: 1003, into: &writer)
        writer.writeXDR(address: flow.nextHop)
        writer.write(localAS)
        writer.write(flow.sourceAS)
        writer.write(flow.sourceAS)  // source peer: directly connected
        let path = flow.destinationAS == 0 ? [] : [flow.destinationAS]
        writer.write(UInt32(path.isEmpty ? 0 : 1))
        if !path.isEmpty {
            writer.write(2 as UInt32)  // an ordered sequence
            writer.write(UInt32(path.count))
            for number in path { writer.write(number) }
        }
        writer.write(0 as UInt32)  // communities
        writer.write(100 as UInt32)  // local preference
        endLength(length, into: &writer)
    }

    // MARK: - Counter samples

    /// Generic interface counters (format 1 of counter records), 88 bytes.
    private mutating func writeCounterSample(
        _ interface: ExporterProfile.Interface,
        into writer: inout DatagramWriter
    ) {
        counterSamples &+= 1
        let total = octets[interface.index] ?? (0, 0)
        let sample = beginLength(format: 2, into: &writer)
        writer.write(counterSamples)
        writer.write(interface.index & 0xFF_FFFF)
        writer.write(1 as UInt32)
        let record = beginLength(format: 1, into: &writer)
        writer.write(interface.index)
        writer.write(6 as UInt32)  // ethernetCsmacd
        writer.write(interface.speed)
        writer.write(1 as UInt32)  // full duplex
        writer.write(3 as UInt32)  // admin and operational state up
        writer.write(total.received)
        for _ in 0..<6 { writer.write(UInt32(truncatingIfNeeded: total.received / 800)) }
        writer.write(total.sent)
        for _ in 0..<5 { writer.write(UInt32(truncatingIfNeeded: total.sent / 800)) }
        writer.write(0 as UInt32)  // promiscuous mode
        endLength(record, into: &writer)
        endLength(sample, into: &writer)
    }

    // MARK: - XDR

    /// A data format (enterprise 0) and room for the length of what follows.
    private func beginLength(format: UInt32, into writer: inout DatagramWriter) -> Int {
        writer.write(format)
        writer.write(0 as UInt32)
        return writer.offset
    }

    private func endLength(_ start: Int, into writer: inout DatagramWriter) {
        writer.patch(UInt32(writer.offset - start), at: start - 4)
    }
}

extension DatagramWriter {
    /// An address with its type in front: 1 IPv4, 2 IPv6.
    mutating func writeXDR(address: IPAddress) {
        write((address.isV4 ? 1 : 2) as UInt32)
        write(address: address, length: address.isV4 ? 4 : 16)
    }
}
