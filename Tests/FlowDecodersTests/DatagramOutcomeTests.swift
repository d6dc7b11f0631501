import FlowDecoders
import FlowSchema
import NetMetaTesting
import NetTypes
import Testing
import WireFormat

/// What became of datagrams as a whole: each is decoded, rejected or refused, once, whatever is in it.
@Suite("Outcomes of datagrams")
struct DatagramOutcomeTests {
    private let template = Bytes.set(0, Bytes.template(256, [(8, 4), (1, 4)]))
    private let data = Bytes.set(256, [10, 0, 0, 1] + Bytes.u32(100))
    /// A set whose length reaches beyond the datagram.
    private let bad: [UInt8] = Bytes.u16(256, 2000)

    private func outcome(_ bytes: [UInt8]) -> DecodeCounters {
        let counters = Decoded([RecordedDatagram(bytes)]).counters
        let rejected = counters.rejectedDatagrams.total
        #expect(counters.decodedDatagrams + rejected + counters.refusedDatagrams == 1)
        #expect(counters.malformed.total >= rejected)
        return counters
    }

    @Test("one that can be read is decoded, also when its end is bad")
    func decoded() {
        #expect(outcome(Bytes.v9(template, data)).decodedDatagrams == 1)
        let cut = outcome(Bytes.v9(template, data, bad))
        #expect(cut.decodedDatagrams == 1 && cut.flows == 1 && cut.malformed[.badLength] == 1)
        #expect(outcome(Bytes.v9()).decodedDatagrams == 1)
        let ipfix = Bytes.set(2, Bytes.template(256, [(8, 4), (1, 4)]))
        #expect(outcome(Bytes.ipfix(ipfix, data, bad)).decodedDatagrams == 1)
    }

    @Test("one of which nothing could be read is rejected, with the reason")
    func rejected() {
        #expect(outcome([0, 99, 1, 2, 3, 4, 5, 6]).rejectedDatagrams[.unknownVersion] == 1)
        #expect(outcome([0, 9, 0]).rejectedDatagrams[.truncated] == 1)
        #expect(outcome(Bytes.v9(bad)).rejectedDatagrams[.badLength] == 1)
        #expect(outcome(Bytes.ipfix(bad)).rejectedDatagrams[.badLength] == 1)
        #expect(outcome(Bytes.u16(5, 30) + [UInt8](repeating: 0, count: 20)).rejectedDatagrams.total == 1)
        #expect(outcome(Bytes.u32(5, 1) + [1, 2]).rejectedDatagrams.total == 1)
    }

    @Test("several messages in one datagram are one datagram, whatever the later ones are")
    func several() {
        let two = outcome(Bytes.v9(template, data) + Bytes.v9(sequence: 2, data))
        #expect(two.datagrams == 2 && two.flows == 2 && two.decodedDatagrams == 1)
        let junk = outcome(Bytes.v9(template, data) + [0, 9, 1, 2] + [UInt8](repeating: 7, count: 30))
        #expect(junk.decodedDatagrams == 1 && junk.malformed.total > 0)
    }
}
