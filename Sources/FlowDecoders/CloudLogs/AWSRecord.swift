import FlowSchema
import NetTypes

/// Where the fields of one line are.
struct AWSRecord {
    /// Start in the upper half, length in the lower one; 0 for a field that the line hasn't.
    private var places = InlineArray<55, UInt64>(repeating: 0)

    /// What a record tells.
    enum Status {
        case ok, noData, skipData
    }

    @inline(__always)
    mutating func set(_ field: AWSField, _ range: Range<Int>) {
        places[Int(field.rawValue)] = UInt64(range.lowerBound) << 32 | UInt64(range.count)
    }

    /// Where a field is; nil when the line hasn't it.
    @inline(__always)
    private func range(_ field: AWSField) -> Range<Int>? {
        let place = places[Int(field.rawValue)]
        guard place & 0xFFFF_FFFF != 0 else { return nil }
        let start = Int(place >> 32)
        return start..<(start + Int(place & 0xFFFF_FFFF))
    }

    /// Forgets fields that are `-`, and says what the record is.
    @inline(__always)
    mutating func status(_ bytes: Span<UInt8>) throws(CloudLogError) -> Status {
        for index in places.indices where places[index] & 0xFFFF_FFFF == 1 {
            if bytes[Int(places[index] >> 32)] == UInt8(ascii: "-") { places[index] = 0 }
        }
        guard let status = range(.logStatus) else { return .ok }
        switch bytes[status.lowerBound] {
        case UInt8(ascii: "O") where status.count == 2: return .ok
        case UInt8(ascii: "N") where status.count == 6: return .noData
        case UInt8(ascii: "S") where status.count == 8: return .skipData
        default: throw .fieldCount
        }
    }

    /// Where a field is that isn't `-`; nil otherwise.
    @inline(__always)
    subscript(field: AWSField) -> Range<Int>? { range(field) }

    /// A number that fits; nil when the line hasn't it.
    @inline(__always)
    func number<T: FixedWidthInteger>(_ field: AWSField, _ bytes: Span<UInt8>) throws(CloudLogError) -> T? {
        guard let range = range(field) else { return nil }
        guard let number = ByteText.number(bytes, range), let value = T(exactly: number) else { throw .badNumber }
        return value
    }

    /// An address; nil when the line hasn't it.
    @inline(__always)
    func address(_ field: AWSField, _ bytes: Span<UInt8>) throws(CloudLogError) -> IPAddress? {
        guard let range = range(field) else { return nil }
        guard let address = ByteText.address(bytes, range) else { throw .badAddress }
        return address
    }
}

/// What a line of status OK tells in numbers, read and checked before any row is taken.
struct AWSRow {
    var source: IPAddress
    var destination: IPAddress
    /// The interface's own addresses, where they differ from the packets'.
    var interfaceSource: IPAddress?
    var interfaceDestination: IPAddress?
    var start: UInt64
    var end: UInt64
    var bytes: UInt64
    var packets: UInt64
    var sourcePort: UInt16
    var destinationPort: UInt16
    var ipProtocol: UInt8
    var tcpFlags: UInt8?
    var etherType: UInt16
    var direction: UInt8
    var forwardingStatus: UInt8?
    var path: UInt8?
    var lacksCounts: Bool

    /// Times from here on are milliseconds: no second before 2038 is as large.
    private static let firstMillisecond: UInt64 = 1 << 31

    @inline(__always)
    init(_ text: Span<UInt8>, _ record: AWSRecord, _ settings: CloudLogSettings) throws(CloudLogError) {
        let ownSource = try record.address(.srcaddr, text)
        let ownDestination = try record.address(.dstaddr, text)
        // The packets' own addresses, where the interface stands in for others: NAT gateways, load balancers, pods.
        let packetSource = try record.address(.pktSrcaddr, text)
        let packetDestination = try record.address(.pktDstaddr, text)
        guard let source = packetSource ?? ownSource, let destination = packetDestination ?? ownDestination else {
            throw .badAddress
        }
        self.source = source
        self.destination = destination
        interfaceSource = ownSource == source ? nil : ownSource
        interfaceDestination = ownDestination == destination ? nil : ownDestination
        let first: UInt64? = try record.number(.start, text)
        let last: UInt64? = try record.number(.end, text)
        guard let end = last ?? first ?? settings.receivedAt.map(UInt64.init) else { throw .badTime }
        self.end = Self.milliseconds(end)
        start = min(Self.milliseconds(first ?? end), self.end)
        guard self.end / 1000 <= UInt64(UInt32.max) else { throw .badTime }
        let bytes: UInt64? = try record.number(.bytes, text)
        let packets: UInt64? = try record.number(.packets, text)
        self.bytes = bytes ?? 0
        self.packets = packets ?? 0
        lacksCounts = bytes == nil || packets == nil
        sourcePort = try record.number(.srcport, text) ?? 0
        destinationPort = try record.number(.dstport, text) ?? 0
        ipProtocol = try record.number(.protocol, text) ?? 0
        let flags: UInt16? = try record.number(.tcpFlags, text)
        tcpFlags = flags.map { UInt8(truncatingIfNeeded: $0) }
        path = try record.number(.trafficPath, text)
        // EFA (elastic fabric adapter) is no IP.
        let isEFA = record[.type].map { text[$0.lowerBound] == UInt8(ascii: "E") } ?? false
        etherType = isEFA ? 0 : source.isV4 ? 0x0800 : 0x86DD
        direction =
            record[.flowDirection].map { range in
                switch text[range.lowerBound] {
                case UInt8(ascii: "i"): 0
                case UInt8(ascii: "e"): 1
                default: 255
                }
            } ?? 255
        // RFC 7270 section 4.12: forwarded, and dropped, for a reason that isn't told.
        forwardingStatus = record[.action].map { text[$0.lowerBound] == UInt8(ascii: "R") ? 128 : 64 }
    }

    @inline(__always)
    private static func milliseconds(_ time: UInt64) -> UInt64 {
        time < firstMillisecond ? time * 1000 : time
    }

    /// Writes the columns of the row.
    @inline(__always)
    func write(to writer: borrowing RowWriter, _ row: Int, sampler: IPAddress) {
        writer.set(.timeReceived, row: row, to: UInt32(truncatingIfNeeded: end / 1000))
        writer.set(.flowType, row: row, to: FlowType.awsVPC.rawValue)
        writer.set(.samplingRate, row: row, to: UInt32(1))
        // Every packet is in the record.
        writer.set(.samplingRateSource, row: row, to: SamplingSource.record.rawValue)
        writer.set(.flowDirection, row: row, to: direction)
        writer.set(.samplerAddress, row: row, to: AddressBytes(sampler))
        writer.set(.timeFlowStart, row: row, to: UInt32(truncatingIfNeeded: start / 1000))
        writer.set(.timeFlowStartNs, row: row, to: UInt32(truncatingIfNeeded: start % 1000) * 1_000_000)
        writer.set(.timeFlowEnd, row: row, to: UInt32(truncatingIfNeeded: end / 1000))
        writer.set(.timeFlowEndNs, row: row, to: UInt32(truncatingIfNeeded: end % 1000) * 1_000_000)
        writer.set(.bytes, row: row, to: bytes)
        writer.set(.packets, row: row, to: packets)
        writer.set(.srcAddr, row: row, to: AddressBytes(source))
        writer.set(.dstAddr, row: row, to: AddressBytes(destination))
        writer.set(.eType, row: row, to: etherType)
        writer.set(.proto, row: row, to: ipProtocol)
        writer.set(.srcPort, row: row, to: sourcePort)
        writer.set(.dstPort, row: row, to: destinationPort)
        if let tcpFlags { writer.set(.tcpFlags, row: row, to: tcpFlags) }
        if let forwardingStatus { writer.set(.forwardingStatus, row: row, to: forwardingStatus) }
        if let path { writer.set(.cloudPath, row: row, to: path) }
        if let interfaceSource { writer.set(.srcAddrNAT, row: row, to: AddressBytes(interfaceSource)) }
        if let interfaceDestination { writer.set(.dstAddrNAT, row: row, to: AddressBytes(interfaceDestination)) }
    }
}
