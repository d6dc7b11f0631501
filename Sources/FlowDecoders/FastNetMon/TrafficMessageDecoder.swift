public import FlowSchema
import NetTypes

/// Rows out of the messages in which FastNetMon exports the packets and flows
/// that it sees (`kafka_traffic_export`): TrafficData in Protocol Buffers, one
/// a message without a length in front, or the same fields as JSON.
///
/// Its direction is that of the traffic as FastNetMon's networks see it, of
/// which incoming and outgoing become ``FlowColumn/flowDirection``; what is
/// internal to them, or of others, has none.
public struct TrafficMessageDecoder {
    /// What was met so far.
    public private(set) var counters = FlowMessageCounters()
    /// Times of reception that are taken, in seconds since 1970 UTC.
    public var times: ClosedRange<UInt32> = 0...UInt32.max

    /// Makes one.
    public init() {}

    /// Adds a message's flow behind a batch's rows, which have room for one; nothing when it throws.
    ///
    /// - Parameter received: TimeReceived, in seconds since 1970 UTC, of a message without a time.
    public mutating func decode(
        _ payload: RawSpan,
        into batch: FlowBatch,
        received: UInt32
    ) throws(FlowMessageError) {
        guard batch.room > 0 else { throw .tooLarge }
        var data = TrafficData()
        // A message of Protocol Buffers can't begin so: 123 is a field's end in a form that proto3 doesn't have.
        let isJSON = payload.byteCount > 0 && payload.number(at: 0, as: UInt8.self) == UInt8(ascii: "{")
        if isJSON { try data.read(json: payload) } else { try data.read(protobuf: payload) }
        counters.unknownFields += data.unknownFields
        guard data.packets > 0 || data.octets > 0 else { throw .notAFlow }
        let time = data.seconds == 0 ? UInt64(received) : data.seconds
        guard let seconds = UInt32(exactly: time), times.contains(seconds) else {
            counters.implausibleTimes += 1
            return
        }
        store(data, seconds, batch)
        counters.flows += 1
    }

    private mutating func store(_ data: TrafficData, _ seconds: UInt32, _ batch: FlowBatch) {
        let rows = batch.reserve(1)
        // The moment with its milliseconds, where they are told and fit to the seconds.
        let hasMilliseconds = data.milliseconds / 1000 == UInt64(seconds)
        let nanoseconds = hasMilliseconds ? UInt32(data.milliseconds % 1000) * 1_000_000 : 0
        batch.fill(.timeReceived, rows, with: seconds)
        batch.fill(.timeFlowStart, rows, with: seconds)
        batch.fill(.timeFlowEnd, rows, with: seconds)
        batch.fill(.timeFlowStartNs, rows, with: nanoseconds)
        batch.fill(.timeFlowEndNs, rows, with: nanoseconds)
        batch.fill(.flowType, rows, with: FlowType.fastNetMon.rawValue)
        batch.fill(.samplerAddress, rows, with: data.agent)
        batch.fill(.samplingRate, rows, with: max(1, fitting(data.samplingRatio, UInt32.self)))
        let isTold = data.samplingRatio > 0
        batch.fill(.samplingRateSource, rows, with: (isTold ? SamplingSource.record : .unknown).rawValue)
        batch.fill(.flowDirection, rows, with: data.flowDirection)
        batch.fill(.bytes, rows, with: data.octets)
        batch.fill(.packets, rows, with: data.packets)
        batch.fill(.srcAddr, rows, with: data.source)
        batch.fill(.dstAddr, rows, with: data.destination)
        batch.fill(.eType, rows, with: data.etherType)
        batch.fill(.proto, rows, with: fitting(data.proto, UInt8.self))
        batch.fill(.srcPort, rows, with: fitting(data.sourcePort, UInt16.self))
        batch.fill(.dstPort, rows, with: fitting(data.destinationPort, UInt16.self))
        batch.fill(.ipTTL, rows, with: fitting(data.ttl, UInt8.self))
        // Nine bits may be set, of which the store keeps those that TCP itself has used for long.
        batch.fill(.tcpFlags, rows, with: UInt8(truncatingIfNeeded: data.tcpFlags))
        batch.fill(.inIf, rows, with: fitting(data.input, UInt32.self))
        batch.fill(.outIf, rows, with: fitting(data.output, UInt32.self))
        batch.fill(.srcAS, rows, with: fitting(data.sourceAS, UInt32.self))
        batch.fill(.dstAS, rows, with: fitting(data.destinationAS, UInt32.self))
        batch.note(rows)
    }

    /// A number that its column has room for; 0 and counted when it hasn't.
    private mutating func fitting<Number: FixedWidthInteger>(_ value: UInt64, _ type: Number.Type) -> Number {
        if let number = Number(exactly: value) { return number }
        counters.badValues += 1
        return 0
    }
}

extension FlowBatch {
    /// Notes which message gave a row, where that is asked for.
    fileprivate func note(_ rows: Range<Int>) {
        guard keepsOrigins else { return }
        let nobody = IPEndpoint(address: .unspecified, port: 0)
        origins.append(RowOrigin(rows: rows, exporter: nobody, domain: 0, template: 0))
    }
}

/// One message of FastNetMon.
private struct TrafficData {
    var seconds: UInt64 = 0
    var milliseconds: UInt64 = 0
    var version: UInt64 = 0
    var direction: UInt64 = 0
    var samplingRatio: UInt64 = 0
    var proto: UInt64 = 0
    var source = IPAddress.unspecified
    var destination = IPAddress.unspecified
    var sourcePort: UInt64 = 0
    var destinationPort: UInt64 = 0
    var packets: UInt64 = 0
    var octets: UInt64 = 0
    var ttl: UInt64 = 0
    var tcpFlags: UInt64 = 0
    var input: UInt64 = 0
    var output: UInt64 = 0
    var sourceAS: UInt64 = 0
    var destinationAS: UInt64 = 0
    var agent = IPAddress.unspecified
    var unknownFields: UInt64 = 0

    /// What it is measured by, and whether it is, or mustn't be, a fragment: there is no column for these.
    private static let ignored: Set<Int> = [3, 16, 17]
    private static let addresses: Set<Int> = [8, 9, 22]
    /// The fields' names in JSON, in their numbers' order.
    private static let names: [StaticString] = [
        "timestamp_seconds", "timestamp_milliseconds", "telemetry_type", "ip_version", "traffic_direction",
        "sampling_ratio", "protocol", "source_ip", "destination_ip", "source_port", "destination_port", "packets",
        "octets", "ttl", "tcp_flags", "ip_fragmented", "ip_dont_fragment", "input_interface", "output_interface",
        "source_asn", "destination_asn", "agent_address",
    ]

    /// Its numbers of directions: 1 incoming, 2 outgoing, 3 other, 4 internal. NetMeta once took them for
    /// FlowDirection as they are, where 1 is out.
    var flowDirection: UInt8 {
        switch direction {
        case 1: 0
        case 2: 1
        default: 255
        }
    }

    var etherType: UInt16 {
        switch version {
        case 4: 0x0800
        case 6: 0x86DD
        default: 0
        }
    }

    /// Takes the number of a field.
    ///
    /// - Returns: whether there is such a field, and it is one of a number.
    private mutating func take(_ value: UInt64, of field: Int) -> Bool {
        switch field {
        case 1: seconds = value
        case 2: milliseconds = value
        case 4: version = value
        case 5: direction = value
        case 6: samplingRatio = value
        case 7: proto = value
        case 10: sourcePort = value
        case 11: destinationPort = value
        case 12: packets = value
        case 13: octets = value
        case 14: ttl = value
        case 15: tcpFlags = value
        case 18: input = value
        case 19: output = value
        case 20: sourceAS = value
        case 21: destinationAS = value
        default: return Self.ignored.contains(field)
        }
        return true
    }

    private mutating func take(_ address: IPAddress, of field: Int) {
        switch field {
        case 8: source = address
        case 9: destination = address
        default: agent = address
        }
    }

    // MARK: - Protocol Buffers

    mutating func read(protobuf payload: RawSpan) throws(FlowMessageError) {
        var reader = ProtobufReader(payload)
        while !reader.isAtEnd {
            let (field, wireType) = try reader.readTag()
            switch wireType {
            case .varint:
                if !take(try reader.readVarint(), of: field) { unknownFields += 1 }
            case .bytes where Self.addresses.contains(field):
                take(try Self.address(reader.takeBytes()), of: field)
            default:
                unknownFields += 1
                try reader.skip(wireType)
            }
        }
    }

    private static func address(_ bytes: RawSpan) throws(FlowMessageError) -> IPAddress {
        switch bytes.byteCount {
        case 0: .unspecified
        case 4: IPAddress(v4: bytes.number(at: 0))
        case 16: IPAddress(high: bytes.number(at: 0), low: bytes.number(at: 8))
        default: throw .badAddress
        }
    }

    // MARK: - JSON

    mutating func read(json payload: RawSpan) throws(FlowMessageError) {
        let copy = (0..<payload.byteCount).map { payload.number(at: $0, as: UInt8.self) }
        do throws(CloudLogError) {
            try read(json: copy.span)
        } catch {
            throw error == .badAddress ? .badAddress : .notAFlow
        }
    }

    private mutating func read(json bytes: Span<UInt8>) throws(CloudLogError) {
        var reader = JSONReader(bytes)
        guard try reader.readValue() == .object else { throw .badJSON }
        var isFirst = true
        while let name = try reader.readName(&isFirst) {
            let field = Self.field(name, reader)
            let value = try reader.readValue()
            switch value {
            case .number(let range), .string(let range):
                if Self.addresses.contains(field) {
                    take(try Self.address(bytes, range), of: field)
                } else if !take(Self.number(bytes, range, reader), of: field) {
                    unknownFields += 1
                }
            default:
                if !Self.ignored.contains(field) { unknownFields += 1 }
                try reader.skipRest(of: value)
            }
        }
    }

    /// The number of a field that has this name; 0 when there is none.
    private static func field(_ name: Range<Int>, _ reader: borrowing JSONReader) -> Int {
        for index in names.indices where reader.isEqual(name, names[index]) { return index + 1 }
        return 0
    }

    private static func address(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(CloudLogError) -> IPAddress {
        guard !range.isEmpty else { return .unspecified }
        guard let address = ByteText.address(bytes, range) else { throw .badAddress }
        return address
    }

    /// A number, also of a direction, a version or a protocol that is told by its name.
    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>, _ reader: borrowing JSONReader) -> UInt64 {
        if let number = ByteText.number(bytes, range) { return number }
        for (word, number) in words where reader.isEqual(range, word) { return number }
        return 0
    }

    private static let words: [(StaticString, UInt64)] = [
        ("incoming", 1), ("outgoing", 2), ("other", 3), ("internal", 4), ("ipv4", 4), ("ipv6", 6), ("tcp", 6),
        ("udp", 17), ("icmp", 1),
    ]
}
