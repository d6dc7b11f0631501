import FlowDecoders
import FlowSchema
import Foundation
import NetMetaTesting
import NetTypes
import Testing

/// Recordings of real exporters against what they are known to hold, and laws that hold for each of them.
@Suite("Fixtures")
struct GoldenTests {
    @Test("are there, so that the tests below have something to say")
    func present() {
        #expect(Fixture.all("netflow").count >= 14)
        #expect(Fixture.all("sflow").count >= 18)
    }

    /// `UPDATE_GOLDENS=1 swift test` writes expected.json anew; review the difference.
    @Test("decode as expected", arguments: Fixture.all("netflow") + Fixture.all("sflow"))
    func golden(_ fixture: Fixture) throws {
        let decoded = Decoded(try fixture.datagrams())
        let text = decoded.rows.map { $0 + "\n" }.joined()
        let expected = fixture.folder.appendingPathComponent("expected.json")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
            try text.write(to: expected, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: expected, encoding: .utf8) == text)
        #expect(decoded.counters.malformed.total == 0)
        #expect(decoded.counters.bytesUnaccounted == 0)
        #expect(decoded.counters.isBalanced)
        #expect(decoded.rows.count == Int(decoded.counters.flows))
    }

    @Test(
        "every prefix of every datagram decodes or is rejected",
        arguments: Fixture.all("netflow") + Fixture.all("sflow")
    )
    func prefixes(_ fixture: Fixture) throws {
        let datagrams = try fixture.datagrams()
        let whole = Decoded(datagrams)
        for datagram in datagrams {
            for length in stride(from: 0, to: datagram.bytes.count, by: 7) {
                let cut = RecordedDatagram(bytes: Array(datagram.bytes.prefix(length)), context: datagram.context)
                let decoded = Decoded([cut])
                #expect(decoded.counters.flows <= whole.counters.flows)
                #expect(decoded.counters.isBalanced)
            }
        }
    }

    @Test("twice in is twice out", arguments: Fixture.all("netflow") + Fixture.all("sflow"))
    func twice(_ fixture: Fixture) throws {
        let datagrams = try fixture.datagrams()
        // The first round teaches templates, so that rounds two and three are alike.
        let one = Decoded(datagrams + datagrams)
        let two = Decoded(datagrams + datagrams + datagrams)
        let first = Decoded(datagrams)
        #expect(two.rows.count - one.rows.count == one.rows.count - first.rows.count)
        #expect(
            Array(two.rows.suffix(one.rows.count - first.rows.count)) == Array(one.rows.dropFirst(first.rows.count))
        )
    }

    @Test("a flipped bit does no harm", arguments: Fixture.all("netflow") + Fixture.all("sflow"))
    func flips(_ fixture: Fixture) throws {
        let datagrams = try fixture.datagrams()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let flipped = datagrams.map { datagram in
                var bytes = datagram.bytes
                let bit = Int.random(in: 0..<(bytes.count * 8), using: &random)
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                return RecordedDatagram(bytes: bytes, context: datagram.context)
            }
            let decoded = Decoded(flipped)
            #expect(decoded.counters.isBalanced)
        }
    }
}

/// The reference traffic of the lab, whatever exporter reported it: 500
/// packets / 114000 B over IPv4 and 300 / 314400 B over IPv6.
@Suite("Reference traffic")
struct ReferenceTrafficTests {
    @Test(
        "adds up exactly",
        arguments: Fixture.all("netflow").filter {
            $0.description.hasPrefix("softflowd") || $0.description.hasPrefix("pmacctd")
        }
    )
    func sums(_ fixture: Fixture) throws {
        let batch = Decoded(try fixture.datagrams()).batch
        var v4 = (packets: UInt64(0), bytes: UInt64(0))
        var v6 = v4
        let isSampled = fixture.description.contains("sampled")
        for row in 0..<batch.count {
            let scale = batch.number(.samplingRate, row: row)
            let traffic = (batch.number(.packets, row: row) * scale, batch.number(.bytes, row: row) * scale)
            if batch.address(.srcAddr, row: row) == IPAddress(10, 99, 0, 2), batch.number(.srcPort, row: row) == 4001 {
                (v4.packets, v4.bytes) = (v4.packets + traffic.0, v4.bytes + traffic.1)
            } else if batch.address(.srcAddr, row: row) == IPAddress("fd99::2"),
                batch.number(.srcPort, row: row) == 4002
            {
                (v6.packets, v6.bytes) = (v6.packets + traffic.0, v6.bytes + traffic.1)
            }
        }
        guard !isSampled else { return }
        #expect(v4 == (500, 114_000))
        let knowsIPv6 = !fixture.description.contains("v5") && !fixture.description.contains("v1")
        if knowsIPv6 { #expect(v6 == (300, 314_400)) }
    }
}
