import FlowDecoders
import FlowSchema
import NetTypes
import Testing

/// Fields of FastNetMon's TrafficData by number: numbers, and bytes.
private func message(_ numbers: KeyValuePairs<UInt8, UInt64>, _ bytes: KeyValuePairs<UInt8, [UInt8]> = [:]) -> [UInt8] {
    func varint(_ value: UInt64) -> [UInt8] {
        var (rest, out) = (value, [UInt8]())
        while rest > 0x7F {
            out.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return out + [UInt8(rest)]
    }
    var out: [UInt8] = []
    for (number, value) in numbers { out += varint(UInt64(number) << 3) + varint(value) }
    for (number, value) in bytes { out += varint(UInt64(number) << 3 | 2) + varint(UInt64(value.count)) + value }
    return out
}

private func decode(_ bytes: [UInt8], _ decoder: inout TrafficMessageDecoder) throws -> FlowBatch {
    let batch = FlowBatch(capacity: 4)
    try decoder.decode(bytes.span.bytes, into: batch, received: 1_795_000_000)
    batch.seal()
    return batch
}

@Suite("FastNetMon's traffic messages")
struct TrafficMessageTests {
    @Test(
        "incoming is 0 in FlowDirection and outgoing 1, not its own numbers",
        arguments: [(1, 0), (2, 1), (3, 255), (4, 255), (0, 255)]
    )
    func direction(told: UInt64, expected: UInt64) throws {
        var decoder = TrafficMessageDecoder()
        let batch = try decode(message([5: told, 12: 1, 13: 100]), &decoder)
        #expect(batch.number(.flowDirection, row: 0) == expected)
    }

    @Test("time, addresses and sampling are those that it tells; what it doesn't tell is the message's time and 1")
    func values() throws {
        var decoder = TrafficMessageDecoder()
        let v6: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 12)
        let told = message(
            [1: 1_794_999_000, 2: 1_794_999_000_250, 4: 6, 6: 512, 12: 3, 13: 4000, 18: 1 << 33, 20: 4_200_000_001],
            [8: v6, 9: [192, 0, 2, 9], 22: [203, 0, 113, 5]]
        )
        let batch = try decode(told, &decoder)
        #expect(batch.address(.srcAddr, row: 0) == IPAddress("2001:db8::"))
        #expect(batch.address(.dstAddr, row: 0) == IPAddress(192, 0, 2, 9))
        #expect(batch.address(.samplerAddress, row: 0) == IPAddress(203, 0, 113, 5))
        #expect(batch.number(.timeReceived, row: 0) == 1_794_999_000)
        #expect(batch.number(.timeFlowEndNs, row: 0) == 250_000_000 && batch.number(.eType, row: 0) == 0x86DD)
        #expect(batch.number(.samplingRate, row: 0) == 512 && batch.number(.srcAS, row: 0) == 4_200_000_001)
        // An interface that no column has room for.
        #expect(batch.number(.inIf, row: 0) == 0 && decoder.counters.badValues == 1)

        let bare = try decode(message([12: 1, 13: 60]), &decoder)
        #expect(bare.number(.timeReceived, row: 0) == 1_795_000_000 && bare.number(.samplingRate, row: 0) == 1)
        #expect(decoder.counters.flows == 2 && decoder.counters.unknownFields == 0)
    }

    @Test("JSON tells the same by the fields' names")
    func json() throws {
        var decoder = TrafficMessageDecoder()
        let text = #"""
            {"timestamp_seconds": 1794999000, "traffic_direction": "outgoing", "ip_version": "ipv4", "sampling_ratio": 2,
             "protocol": 17, "source_ip": "192.0.2.1", "destination_ip": "2001:db8::7", "packets": "5", "octets": 700,
             "ip_fragmented": false, "new_field": {"a": [1, 2]}}
            """#
        let batch = try decode(Array(text.utf8), &decoder)
        #expect(batch.address(.srcAddr, row: 0) == IPAddress(192, 0, 2, 1))
        #expect(batch.address(.dstAddr, row: 0) == IPAddress("2001:db8::7"))
        #expect(batch.number(.packets, row: 0) == 5 && batch.number(.bytes, row: 0) == 700)
        #expect(batch.number(.flowDirection, row: 0) == 1 && batch.number(.eType, row: 0) == 0x0800)
        #expect(decoder.counters.unknownFields == 1)
    }

    @Test("what is no flow is refused with its reason, and nothing of it stays")
    func refused() {
        var decoder = TrafficMessageDecoder()
        let cases: [([UInt8], FlowMessageError)] = [
            ([], .notAFlow), (message([1: 5]), .notAFlow), (message([12: 1], [8: [1, 2, 3]]), .badAddress),
            ([0x68], .cutShort), ([0x6B], .badWireType), (Array("{\"packets\": 1".utf8), .notAFlow),
            (Array("{\"packets\": 1, \"source_ip\": \"x\"}".utf8), .badAddress),
        ]
        for (bytes, error) in cases {
            var found: FlowMessageError?
            do { _ = try decode(bytes, &decoder) } catch { found = error as? FlowMessageError }
            #expect(found == error)
        }
        decoder.times = 2_000_000_000...2_100_000_000
        #expect((try? decode(message([12: 1]), &decoder))?.count == 0)
        #expect(decoder.counters.implausibleTimes == 1 && decoder.counters.flows == 0)
    }

    @Test("cut or changed bytes never trap")
    func hostile() {
        let texts = [
            message([1: 1_794_999_000, 12: 3, 13: 4000, 18: 1 << 33], [8: [1, 2, 3, 4], 22: [203, 0, 113, 5]]),
            Array(#"{"packets": 1, "octets": 700, "source_ip": "192.0.2.1", "x": ["\u00e9\\"]}"#.utf8),
        ]
        var decoder = TrafficMessageDecoder()
        var state: UInt64 = 3
        let batch = FlowBatch(capacity: 4)
        for round in 0..<4000 {
            var bytes = Array(texts[round % 2].prefix(round % 90 + 1))
            for _ in 0..<(round % 3) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
            }
            batch.clear()
            let before = decoder.counters.flows
            try? decoder.decode(bytes.span.bytes, into: batch, received: 1)
            #expect(UInt64(batch.count) == decoder.counters.flows - before)
        }
    }
}
