import FlowSchema
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

    /// Where the samples begin.
    let samplesOffset: Int

    /// The address that rows name as their sampler.
    public var agent: IPAddress { source.agent }

    /// The address of the agent alone; nil when it can't be read or isn't told.
    static func agent(_ datagram: RawSpan) -> IPAddress? {
        guard let (agent, _) = try? datagram.sflowAddress(at: 4), !agent.isUnspecified else { return nil }
        return agent.address
    }

    /// Reads `struct sample_datagram_v5` up to its samples.
    init(_ datagram: RawSpan) throws(DecodeError) {
        guard datagram.byteCount >= 4 else { throw .truncated }
        guard datagram.number(at: 0, as: UInt32.self) == 5 else { throw .unknownVersion }
        let (agent, offset) = try datagram.sflowAddress(at: 4)
        guard datagram.byteCount - offset >= 16 else { throw .truncated }
        source = Source(agent: agent.address, subAgent: datagram.number(at: offset))
        sequence = datagram.number(at: offset + 4)
        uptime = datagram.number(at: offset + 8)
        samples = datagram.number(at: offset + 12)
        samplesOffset = offset + 16
    }
}

extension RawSpan {
    /// What every sample and record begins with: enterprise and format in one
    /// number, and how many bytes follow. Where the bytes end exactly in front of it, the count of
    /// samples or records was wrong.
    @inline(__always)
    func formatAndLength(at offset: Int) throws(DecodeError) -> (format: UInt32, length: Int) {
        guard offset >= 0, offset <= byteCount &- 8 else { throw offset < byteCount ? .truncated : .badCount }
        let start = WirePart(self, at: offset, length: 8)
        return (start.number(at: 0), Int(start.number(at: 4, as: UInt32.self)))
    }

    /// Where something begins that follows `length` bytes at `offset`, both of 32 bits at most: XDR
    /// fills them up to a multiple of four (RFC 4506 section 4.10), which some
    /// agents don't do at the end.
    @inline(__always)
    func offset(after length: Int, from offset: Int) -> Int {
        min(offset &+ (length &+ 3) & ~3, byteCount)
    }

    /// sFlow's `union address`, a type, then 0, 4 or 16 bytes; and where it ends.
    @inline(__always)
    func sflowAddress(at offset: Int) throws(DecodeError) -> (address: AddressBytes, end: Int) {
        guard byteCount - offset >= 4 else { throw .truncated }
        switch number(at: offset, as: UInt32.self) {
        case 0:
            return (FlowSample.noAddress, offset + 4)
        case 1:
            guard byteCount - offset >= 8 else { throw .truncated }
            return (addressV4(at: offset + 4), offset + 8)
        case 2:
            guard byteCount - offset >= 20 else { throw .truncated }
            return (WirePart(self, at: offset, length: 20).value(at: 4), offset + 20)
        default:
            throw .badStructure
        }
    }
}

extension AddressBytes {
    /// Whether it is `::` or 0.0.0.0.
    @inline(__always)
    var isUnspecified: Bool { address.isUnspecified }
}
