import NetTypes
import Testing

@testable import VirtualExporters

@Suite struct SFlowExporterTests {
    /// Walks the samples and their records by their lengths; returns
    /// (sample format, record format, body) of each record.
    private func records(_ datagram: [UInt8]) -> [(sample: UInt64, record: UInt64, body: [UInt8])] {
        var result: [(UInt64, UInt64, [UInt8])] = []
        var at = 28
        for _ in 0..<number(datagram, at: 24, length: 4) {
            let format = number(datagram, at: at, length: 4)
            let end = at + 8 + Int(number(datagram, at: at + 4, length: 4))
            var inner = at + 8 + (format == 1 ? 28 : 8)
            let count = number(datagram, at: inner, length: 4)
            inner += 4
            for _ in 0..<count {
                let record = number(datagram, at: inner, length: 4)
                let length = Int(number(datagram, at: inner + 4, length: 4))
                #expect(length % 4 == 0 && inner + 8 + length <= end)
                result.append((format, record, Array(datagram[inner + 8..<inner + 8 + length])))
                inner += 8 + length
            }
            #expect(inner == end)
            at = end
        }
        #expect(at == datagram.count)
        return result
    }

    @Test(arguments: [true, false])
    func samplesHangTogether(isV4: Bool) {
        var exporter = SFlowExporter(profile: profile(samplingRate: 1024), localAS: 64_500)
        var writer = DatagramWriter()
        let totals = exporter.export(
            Array(repeating: flow(isV4: isV4, bytes: 3_000, packets: 3), count: 6),
            now: noon,
            into: &writer
        )
        let datagram = writer.datagrams()[0]
        #expect(Array(datagram[0..<28]) == hex("00000005 00000001 7f000009 00000007 00000001 0036ee80 00000006"))
        let all = records(datagram)
        #expect(all.map(\.record) == Array(repeating: [1, 1001, 1002, 1003], count: 6).flatMap { $0 })
        // 1,000 bytes of IP, 14 of Ethernet, 4 of VLAN tag, 4 of check sequence.
        #expect(number(all[0].body, at: 4, length: 4) == 1_022)
        #expect(totals.bytes == 6 * 1_022 && totals.packets == 6 && totals.flows == 6)
        let header = Array(all[0].body[16...])
        #expect(number(header, at: 12, length: 2) == 0x8100 && number(header, at: 14, length: 2) == 100)
        #expect(number(header, at: 16, length: 2) == (isV4 ? 0x0800 : 0x86DD))
        #expect(number(header, at: isV4 ? 20 : 22, length: 2) == (isV4 ? 1_000 : 960))
        #expect(number(header, at: isV4 ? 38 : 58, length: 2) == 443)
        if isV4 {
            let sum = stride(from: 18, to: 38, by: 2).reduce(0) { $0 + number(header, at: $1, length: 2) }
            #expect(sum & 0xFFFF + sum >> 16 == 0xFFFF)
        }
    }

    @Test func countersAndSequencesGrow() {
        var exporter = SFlowExporter(profile: profile(samplingRate: 10), localAS: nil)
        var writer = DatagramWriter()
        _ = exporter.export([flow(bytes: 1_000, packets: 1)], now: noon, into: &writer)
        _ = exporter.export([flow(bytes: 1_000, packets: 1)], now: noon, into: &writer)
        exporter.announce(now: noon, into: &writer)
        let datagrams = writer.datagrams()
        #expect(datagrams.map { number($0, at: 16, length: 4) } == [1, 2, 3])
        // Sample sequence and pool of the second datagram.
        #expect(number(datagrams[1], at: 36, length: 4) == 2)
        #expect(number(datagrams[1], at: 48, length: 4) == 20)
        let counters = records(datagrams[2])
        #expect(counters.map(\.sample) == [2, 2] && counters.allSatisfy { $0.body.count == 88 })
        #expect(number(counters[0].body, at: 24, length: 8) == 2 * 1_022 * 10)
        #expect(number(counters[1].body, at: 56, length: 8) == 2 * 1_022 * 10)
    }
}
