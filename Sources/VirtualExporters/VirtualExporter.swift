/// A virtual router or switch: what it announces and how it exports flows.
///
/// It writes datagrams and knows no socket and no clock; times are
/// milliseconds since 1970 that the caller hands in.
public protocol VirtualExporter: Sendable {
    /// Who sends.
    var profile: ExporterProfile { get }

    /// Whether its records can hold IPv6 addresses.
    var carriesIPv6: Bool { get }

    /// Flow records a datagram holds unless told otherwise.
    var usualRecords: Int { get }

    /// Writes templates, options and interface names, or counters for sFlow;
    /// nothing for v5. To be repeated now and then, since UDP may lose them.
    mutating func announce(now: UInt64, into writer: inout DatagramWriter)

    /// Writes one datagram with these flows, and says what it holds.
    mutating func export(_ flows: [FlowRecord], now: UInt64, into writer: inout DatagramWriter) -> FlowTotals
}

extension NetFlow5Exporter: VirtualExporter {
    /// False: v5 has 4-byte addresses.
    public var carriesIPv6: Bool { false }

    /// As many as the format allows.
    public var usualRecords: Int { Self.maximumRecords }

    /// Writes nothing: v5 has one fixed layout, and the rate in each header.
    public func announce(now: UInt64, into writer: inout DatagramWriter) {}
}

extension TemplateExporter: VirtualExporter {
    /// True.
    public var carriesIPv6: Bool { true }

    /// 24 IPv4 records of the router's layout fill a frame of 1,500 bytes.
    public var usualRecords: Int { 24 }
}

extension SFlowExporter: VirtualExporter {
    /// True.
    public var carriesIPv6: Bool { true }

    /// Six samples with their extended data fill a frame of 1,500 bytes.
    public var usualRecords: Int { 6 }
}
