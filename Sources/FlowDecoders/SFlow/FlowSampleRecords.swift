import FlowSchema
import NetTypes
import WireFormat

/// `struct flow_record`'s formats of enterprise 0 that tell a column.
private enum RecordFormat {
    static let packetHeader: UInt32 = 1
    static let ethernet: UInt32 = 2
    static let ipv4: UInt32 = 3
    static let ipv6: UInt32 = 4
    static let extendedSwitch: UInt32 = 1001
    static let extendedRouter: UInt32 = 1002
    static let extendedGateway: UInt32 = 1003
}

extension FlowSample {
    static let noAddress = AddressBytes(memoryHigh: 0, memoryLow: 0)

    /// Reads one record into the sample; formats that tell no column are left alone.
    @inline(__always)
    mutating func readRecord(_ record: inout WireReader, format: UInt32) throws(DecodeError) {
        switch format {
        case RecordFormat.packetHeader: try readPacketHeader(&record)
        case RecordFormat.ethernet: try readEthernet(&record)
        case RecordFormat.ipv4: try readIPv4(&record)
        case RecordFormat.ipv6: try readIPv6(&record)
        case RecordFormat.extendedSwitch: try readSwitch(&record)
        case RecordFormat.extendedRouter: try readRouter(&record)
        case RecordFormat.extendedGateway: try readGateway(&record)
        default: break
        }
    }

    /// `struct sampled_header`: protocol, length of the frame on the wire,
    /// bytes stripped before the cut, and the first bytes of the frame.
    @inline(__always)
    private mutating func readPacketHeader(_ record: inout WireReader) throws(DecodeError) {
        let start = record.bytes
        try record.skip(16)
        // A sampled tunnel has one for each layer: the frame on the wire comes first.
        guard !hasHeader else { return }
        hasHeader = true
        tellsPacket = true
        bytes = UInt64(start.number(at: 4, as: UInt32.self))
        // Agents are known to claim more header bytes than they send.
        let length = min(Int(start.number(at: 12, as: UInt32.self)), record.remaining)
        let frame = start.extracting(16..<(16 + length))
        switch start.number(at: 0, as: UInt32.self) {
        case 1: packet.readEthernet(frame)
        case 7, 14: packet.readPPP(frame, at: 0)
        case 11: packet.readIPv4(frame, at: 0)
        case 12: packet.readIPv6(frame, at: 0)
        case 13: packet.readMPLS(frame, at: 0)
        default: break
        }
    }

    /// `struct sampled_ethernet`: length, two addresses of six bytes filled up to eight, type.
    @inline(never)
    private mutating func readEthernet(_ record: inout WireReader) throws(DecodeError) {
        let start = record.bytes
        try record.skip(24)
        guard !hasHeader else { return }
        tellsPacket = true
        bytes = UInt64(start.number(at: 0, as: UInt32.self))
        packet.srcMac = start.number(at: 4, as: UInt64.self) >> 16
        packet.dstMac = start.number(at: 12, as: UInt64.self) >> 16
        if packet.eType == 0 { packet.eType = UInt16(truncatingIfNeeded: start.number(at: 20, as: UInt32.self)) }
    }

    /// `struct sampled_ipv4`: the length is that of the IP packet.
    @inline(never)
    private mutating func readIPv4(_ record: inout WireReader) throws(DecodeError) {
        let start = record.bytes
        try record.skip(32)
        guard packet.srcAddr == Self.noAddress else { return }
        packet.eType = EtherType.ipv4
        packet.srcAddr = start.addressV4(at: 8)
        packet.dstAddr = start.addressV4(at: 12)
        readIPStart(start, ports: 16)
    }

    /// `struct sampled_ipv6`: the same with longer addresses.
    @inline(never)
    private mutating func readIPv6(_ record: inout WireReader) throws(DecodeError) {
        let start = record.bytes
        try record.skip(56)
        guard packet.srcAddr == Self.noAddress else { return }
        packet.eType = EtherType.ipv6
        packet.srcAddr = start.addressV6(at: 8)
        packet.dstAddr = start.addressV6(at: 24)
        readIPStart(start, ports: 40)
    }

    /// The low part of a number that XDR widened to four bytes.
    private static func low<T: FixedWidthInteger>(_ start: RawSpan, _ offset: Int) -> T {
        T(truncatingIfNeeded: start.number(at: offset, as: UInt32.self))
    }

    /// What both have: length and protocol before the addresses; ports, TCP
    /// flags and type of service behind them, each in four bytes.
    private mutating func readIPStart(_ start: RawSpan, ports offset: Int) {
        tellsPacket = true
        if bytes == 0 { bytes = UInt64(start.number(at: 0, as: UInt32.self)) }
        packet.proto = Self.low(start, 4)
        packet.tcpFlags = Self.low(start, offset + 8)
        packet.ipTos = Self.low(start, offset + 12)
        if packet.proto == 1 || packet.proto == 58 {
            // The specification leaves it open; agents put type and code where ports would be.
            packet.icmpType = Self.low(start, offset)
            packet.icmpCode = Self.low(start, offset + 4)
        } else {
            packet.srcPort = Self.low(start, offset)
            packet.dstPort = Self.low(start, offset + 4)
        }
    }

    /// `struct extended_switch`: VLAN and priority on the way in and out.
    @inline(__always)
    private mutating func readSwitch(_ record: inout WireReader) throws(DecodeError) {
        let start = record.bytes
        try record.skip(16)
        srcVlan = Self.vlan(start.number(at: 0))
        dstVlan = Self.vlan(start.number(at: 8))
        told.formUnion(.vlans)
    }

    /// Agents write all ones for a VLAN that they don't know.
    @inline(__always)
    private static func vlan(_ told: UInt32) -> UInt16 {
        told < 4096 ? UInt16(truncatingIfNeeded: told) : 0
    }

    /// `struct extended_router`: next hop and the lengths of both prefixes.
    @inline(__always)
    private mutating func readRouter(_ record: inout WireReader) throws(DecodeError) {
        let hop = try record.readSFlowAddress()
        if !hop.isUnspecified { setNextHop(hop) }
        let masks = record.rest
        try record.skip(8)
        srcNet = Self.prefixLength(masks.number(at: 0))
        dstNet = Self.prefixLength(masks.number(at: 4))
        told.formUnion(.masks)
    }

    @inline(__always)
    private mutating func setNextHop(_ hop: IPAddress) {
        nextHop = AddressBytes(hop)
        told.formUnion(.nextHop)
    }

    @inline(__always)
    private static func prefixLength(_ told: UInt32) -> UInt8 {
        told <= 128 ? UInt8(truncatingIfNeeded: told) : 0
    }

    /// `struct extended_gateway`: next hop, the agent's AS, the source's, its
    /// neighbour's, and the path to the destination.
    ///
    /// The agent's own AS stands for an end that is told as 0 or by an empty
    /// path: routes of the own AS have neither.
    @inline(never)
    private mutating func readGateway(_ record: inout WireReader) throws(DecodeError) {
        let hop = try record.readSFlowAddress()
        if !told.contains(.nextHop) { setNextHop(hop) }
        let own: UInt32 = try record.read()
        let source: UInt32 = try record.read()
        _ = try record.read(UInt32.self)
        told.formUnion(.systems)
        srcAS = source == 0 ? own : source
        let segments: UInt32 = try record.read()
        var path = ASPath()
        for _ in 0..<segments { try path.readSegment(&record) }
        dstAS = path.last == 0 ? own : path.last
        nextHopAS = path.first
    }
}

/// The ends of an AS path.
private struct ASPath {
    var first: UInt32 = 0
    var last: UInt32 = 0

    /// Reads one segment: set or sequence, a count, so many numbers. Takes at
    /// least its eight bytes, so a made-up number of segments ends with the bytes.
    mutating func readSegment(_ record: inout WireReader) throws(DecodeError) {
        try record.skip(4)
        let count = Int(try record.read(UInt32.self))
        guard count <= record.remaining / 4 else { throw .truncated }
        guard count > 0 else { return }
        let start = record.rest
        try record.skip(count * 4)
        if first == 0 { first = start.number(at: 0) }
        last = start.number(at: (count - 1) * 4)
    }
}
