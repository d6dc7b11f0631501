import NetTypes
import Testing

@testable import VirtualExporters

@Suite struct NetFlow5Tests {
    @Test func writesEachByteOfTheFormat() {
        var exporter = NetFlow5Exporter(profile: profile(samplingRate: 100))
        var writer = DatagramWriter()
        let totals = exporter.export([flow()], now: noon, into: &writer)
        let expected = hex(
            """
            0005 0001 0036ee80 6b042ac0 0ee6b280 00000000 01 07 4064
            c0000201 c6336402 cb007103 0001 0002 00000003 000005dc 0036e6b0 0036ea98
            01bb c350 00 1b 06 00 fbf4 5ba0 18 10 0000
            """
        )
        #expect(writer.datagrams() == [expected])
        #expect(totals.flows == 1)
        #expect(totals.bytes == 1500)
        #expect(totals.packets == 3)
    }

    @Test func countsFlowsInItsSequenceAndStopsAtThirty() {
        var exporter = NetFlow5Exporter(profile: profile())
        var writer = DatagramWriter()
        let first = exporter.export(Array(repeating: flow(), count: 40), now: noon, into: &writer)
        let second = exporter.export([flow(), flow(isV4: false)], now: noon, into: &writer)
        let datagrams = writer.datagrams()
        #expect(first.flows == 30)
        #expect(second.flows == 1)
        #expect(datagrams.map(\.count) == [24 + 30 * 48, 24 + 48])
        #expect(datagrams.map { number($0, at: 16, length: 4) } == [0, 30])
    }

    @Test func uptimeWrapsAfterThirtyTwoBits() {
        // Booted 2^32 ms and half a second ago: the flow began before the wrap, the datagram is from after it.
        var exporter = NetFlow5Exporter(profile: profile(uptime: 1 << 32 + 500))
        var writer = DatagramWriter()
        _ = exporter.export([flow()], now: noon, into: &writer)
        let bytes = writer.datagrams()[0]
        #expect(number(bytes, at: 4, length: 4) == 500)
        #expect(number(bytes, at: 24 + 24, length: 4) == 1 << 32 - 1_500)
        #expect(number(bytes, at: 24 + 28, length: 4) == 1 << 32 - 500)
    }
}
