public import NetTypes
import WireFormat

/// What an sFlow datagram tells besides its samples.
///
/// Datagrams are numbered per ``source``: a gap is datagrams lost on the way,
/// a step back is a restarted agent.
public struct SFlowHeader: Equatable, Sendable {
    /// Agent and sub-agent: who numbers the datagrams.
    public struct Source: Hashable, Sendable {
        /// The agent's address; the datagram's source when the agent didn't tell.
        public var agent: IPAddress
        /// Which process of the agent sent the datagram.
        public var subAgent: UInt32
    }

    /// Who numbers the datagrams.
    public var source: Source
    /// The number of the datagram.
    public var sequence: UInt32
    /// Milliseconds since the agent started.
    public var uptime: UInt32
    /// How many samples the datagram claims.
    public var samples: UInt32
    /// The rows that it gave.
    public var rows = 0..<0
    /// Flow samples that the agent says it lost since its datagram before
    /// (it counts per data source; the first that is heard of a source counts none).
    public var droppedSamples: UInt64 = 0

    /// The address that rows name as their sampler.
    public var agent: IPAddress { source.agent }

    /// Reads `struct sample_datagram_v5` up to its samples.
    init(_ reader: inout WireReader) throws(DecodeError) {
        guard try reader.read(UInt32.self) == 5 else { throw .unknownVersion }
        let agent = try reader.readSFlowAddress()
        source = Source(agent: agent, subAgent: try reader.read())
        sequence = try reader.read()
        uptime = try reader.read()
        samples = try reader.read()
    }
}

extension WireReader {
    /// Reads what every sample and record begins with: enterprise and format
    /// in one number, and how many bytes follow.
    @inline(__always)
    mutating func readFormatAndLength() throws(DecodeError) -> (format: UInt32, length: Int) {
        let start = rest
        try skip(8)
        return (start.number(at: 0), Int(start.number(at: 4, as: UInt32.self)))
    }

    /// Reads sFlow's `union address`: a type, then 0, 4 or 16 bytes.
    @inline(__always)
    mutating func readSFlowAddress() throws(DecodeError) -> IPAddress {
        let start = rest
        try skip(4)
        switch start.number(at: 0, as: UInt32.self) {
        case 0:
            return IPAddress(high: 0, low: 0)
        case 1:
            try skip(4)
            return IPAddress(v4: start.number(at: 4))
        case 2:
            try skip(16)
            return IPAddress(high: start.number(at: 4), low: start.number(at: 12))
        default:
            throw .badStructure
        }
    }

    /// Moves over what XDR puts behind an opaque of `count` bytes to fill it
    /// up to a multiple of four (RFC 4506 section 4.10); some agents don't
    /// put it behind the last one.
    @inline(__always)
    mutating func skipPadding(after count: Int) throws(DecodeError) {
        try skip(min(-count & 3, remaining))
    }
}
