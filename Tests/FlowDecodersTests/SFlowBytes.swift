import FlowDecoders
import FlowSchema
import NetTypes

/// Builds wire bytes, most significant first.
struct SFlowBytes {
    var bytes: [UInt8] = []

    mutating func u8(_ values: UInt8...) { bytes += values }
    mutating func u16(_ values: UInt16...) { for value in values { bytes += [UInt8(value >> 8), UInt8(value & 255)] } }
    mutating func u32(_ values: UInt32...) {
        for value in values { u16(UInt16(value >> 16), UInt16(value & 0xFFFF)) }
    }
    mutating func add(_ more: [UInt8]) { bytes += more }

    static func words(_ values: UInt32...) -> [UInt8] {
        var built = SFlowBytes()
        for value in values { built.u32(value) }
        return built.bytes
    }

    /// Format, length and body of a sample or record, the body filled up to a multiple of four.
    static func framed(_ format: UInt32, _ body: [UInt8], length: UInt32? = nil) -> [UInt8] {
        words(format, length ?? UInt32(body.count)) + body + Array(repeating: 0, count: -body.count & 3)
    }

    /// A datagram of the agent 192.0.2.1, sub-agent 3, sequence 77, uptime 1000.
    static func datagram(_ samples: [[UInt8]], count: UInt32? = nil) -> [UInt8] {
        words(5, 1, 0xC000_0201, 3, 77, 1000, count ?? UInt32(samples.count)) + samples.flatMap { $0 }
    }

    /// A compact flow sample of data source 7, rate 100.
    static func flowSample(
        source: UInt32 = 7,
        rate: UInt32 = 100,
        drops: UInt32 = 0,
        input: UInt32 = 7,
        output: UInt32 = 9,
        records: [[UInt8]],
        count: UInt32? = nil
    ) -> [UInt8] {
        framed(
            1,
            words(1, source, rate, 1000, drops, input, output, count ?? UInt32(records.count)) + records.flatMap { $0 }
        )
    }

    /// A raw packet header record.
    static func rawHeader(_ frame: [UInt8], length: UInt32 = 1400, link: UInt32 = 1, claims: UInt32? = nil) -> [UInt8] {
        framed(1, words(link, length, 4, claims ?? UInt32(frame.count)) + frame)
    }

    /// Destination 02:00:00:00:00:02, source 02:00:00:00:00:01, then an Ethertype and what it announces.
    static func ethernet(_ type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        var frame = SFlowBytes()
        frame.u8(2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1)
        frame.u16(type)
        return frame.bytes + payload
    }

    /// An IPv4 packet from 198.51.100.1 to 203.0.113.5.
    static func ipv4(proto: UInt8, fragment: UInt16 = 0x4000, options: [UInt8] = [], _ payload: [UInt8]) -> [UInt8] {
        var packet = SFlowBytes()
        packet.u8(0x45 + UInt8(options.count / 4), 0xB8)
        packet.u16(UInt16(20 + options.count + payload.count), 0x1234, fragment)
        packet.u8(61, proto, 0, 0, 198, 51, 100, 1, 203, 0, 113, 5)
        return packet.bytes + options + payload
    }

    /// An IPv6 packet from 2001:db8::1 to 2001:db8::2, flow label 0x12345, class 0x2E.
    static func ipv6(next: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var packet = SFlowBytes()
        packet.u32(0x62E1_2345)
        packet.u16(UInt16(payload.count))
        packet.u8(next, 55)
        packet.u32(0x2001_0DB8, 0, 0, 1, 0x2001_0DB8, 0, 0, 2)
        return packet.bytes + payload
    }

    /// A TCP header with the given ports, flags SYN and ACK.
    static func tcp(_ source: UInt16 = 443, _ destination: UInt16 = 50000) -> [UInt8] {
        var header = SFlowBytes()
        header.u16(source, destination)
        header.u32(1, 2)
        header.u8(0x50, 0x12)
        header.u16(8192, 0, 0)
        return header.bytes
    }
}

/// What decoding one datagram gave.
struct SFlowDecoded {
    var header: SFlowHeader?
    var batch: FlowBatch
    var counters: DecodeCounters

    init(_ datagram: [UInt8], capacity: Int = 4096, view: TunnelView = .outer) {
        var decoder = SFlowDecoder()
        self.init(datagram, &decoder, capacity: capacity, view: view)
    }

    init(_ datagram: [UInt8], _ decoder: inout SFlowDecoder, capacity: Int = 4096, view: TunnelView = .outer) {
        batch = FlowBatch(capacity: capacity)
        counters = DecodeCounters()
        header = decoder.decode(
            datagram.span.bytes,
            context: DatagramContext(
                source: IPEndpoint(address: IPAddress(10, 1, 2, 3), port: 6343),
                receivedAt: 1_790_000_000
            ),
            into: batch,
            counters: &counters,
            view: view
        )
        batch.seal()
    }

    func number(_ column: FlowColumn, _ row: Int = 0) -> UInt64 { batch.number(column, row: row) }
    func address(_ column: FlowColumn, _ row: Int = 0) -> String { batch.address(column, row: row).description }
}
