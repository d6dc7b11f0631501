import FlowDecoders
import FlowSchema
import Foundation
import NetTypes
import Testing
import WireFormat

/// Recordings of real agents whose traffic is known (about.md beside each):
/// samples times rate must come out near it, whatever the recording.
@Suite("sFlow recordings")
struct SFlowFixtureTests {
    /// UDP traffic that an agent sampled: how many datagrams of how many bytes on the wire.
    struct Expectation: Sendable {
        var fixture: String
        var source: String
        var ports: (UInt64, UInt64)
        var packets: Double
        var frameBytes: UInt64
    }

    // pmacct's frame length has 4 bytes of check sequence besides the Ethernet
    // header, Open vSwitch's too.
    static let expectations = [
        Expectation(fixture: "pmacctd-sflow", source: "10.99.0.2", ports: (4001, 5001), packets: 500, frameBytes: 246),
        Expectation(fixture: "pmacctd-sflow", source: "fd99::2", ports: (4002, 5002), packets: 300, frameBytes: 1066),
        Expectation(
            fixture: "openvswitch-sflow",
            source: "10.98.0.1",
            ports: (4003, 5003),
            packets: 400,
            frameBytes: 546
        ),
        Expectation(
            fixture: "openvswitch-sflow",
            source: "fd98::1",
            ports: (4004, 5004),
            packets: 200,
            frameBytes: 966
        ),
    ]

    static func capture(_ fixture: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/sflow/\(fixture)/capture.pcap")
    }

    @Test("samples times rate is near what was sent", arguments: expectations.indices)
    func traffic(index: Int) throws {
        let expected = Self.expectations[index]
        let (batch, counters) = try decode(expected.fixture)
        #expect(counters.malformed.total == 0)
        #expect(counters.bytesSkipped + counters.bytesRejected == 0)
        #expect(counters.records == counters.flows)
        let rows = (0..<batch.count).filter {
            batch.address(.srcAddr, row: $0).description == expected.source
                && batch.number(.srcPort, row: $0) == expected.ports.0
                && batch.number(.dstPort, row: $0) == expected.ports.1 && batch.number(.proto, row: $0) == 17
        }
        try #require(!rows.isEmpty)
        #expect(rows.allSatisfy { batch.number(.bytes, row: $0) == expected.frameBytes })
        let estimate = rows.reduce(0) { $0 + Double(batch.number(.samplingRate, row: $1)) }
        // Four standard deviations of a random sample.
        #expect(abs(estimate / expected.packets - 1) < 4 / Double(rows.count).squareRoot())
    }

    @Test("prefixes of recorded datagrams are decoded or rejected", arguments: ["pmacctd-sflow", "openvswitch-sflow"])
    func prefixes(fixture: String) throws {
        var datagrams = CaptureDatagrams(try CaptureReader([UInt8](Data(contentsOf: Self.capture(fixture)))))
        for _ in 0..<3 {
            guard let datagram = try datagrams.next() else { break }
            let bytes = Array(datagram.payload)
            for length in 0..<bytes.count {
                let decoded = SFlowDecoded(Array(bytes.prefix(length)), capacity: 64)
                #expect(decoded.counters.records == decoded.counters.flows + decoded.counters.rejectedRecords)
                #expect(decoded.counters.malformed.total > 0)
            }
        }
    }

    private func decode(_ fixture: String) throws -> (FlowBatch, DecodeCounters) {
        var datagrams = CaptureDatagrams(try CaptureReader([UInt8](Data(contentsOf: Self.capture(fixture)))))
        let batch = FlowBatch(capacity: 4096)
        var counters = DecodeCounters()
        var decoder = SFlowDecoder()
        while let datagram = try datagrams.next() {
            let source = IPAddress(high: datagram.source.high, low: datagram.source.low)
            _ = decoder.decode(
                datagram.payload.span.bytes,
                context: DatagramContext(
                    source: IPEndpoint(address: source, port: datagram.source.port),
                    receivedAt: UInt32(truncatingIfNeeded: datagram.timestamp / 1_000_000_000)
                ),
                into: batch,
                counters: &counters
            )
        }
        batch.seal()
        return (batch, counters)
    }
}
