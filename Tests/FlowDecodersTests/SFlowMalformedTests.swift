import FlowDecoders
import FlowSchema
import Testing
import WireFormat

@Suite("sFlow that breaks the rules")
struct SFlowMalformedTests {
    typealias Wire = SFlowBytes

    private static let frame = Wire.ethernet(0x0800, Wire.ipv4(proto: 6, Wire.tcp()))

    @Test("a broken sample loses only itself")
    func brokenSample() {
        let good = Wire.flowSample(records: [Wire.rawHeader(Self.frame)])
        let short = Wire.framed(1, Wire.words(1, 7, 100))
        let decoded = SFlowDecoded(Wire.datagram([good, short, good]))
        #expect(decoded.counters.records == 3)
        #expect(decoded.counters.flows == 2)
        #expect(decoded.counters.rejectedRecords == 1)
        #expect(decoded.counters.malformed[.truncated] == 1)
    }

    @Test("a cut datagram keeps the samples before the cut")
    func cutDatagram() {
        let good = Wire.flowSample(records: [Wire.rawHeader(Self.frame)])
        let datagram = Wire.datagram([good, good])
        let inSample = SFlowDecoded(Array(datagram.dropLast(8)))
        #expect(inSample.counters.records == 2)
        #expect(inSample.counters.flows == 1)
        #expect(inSample.counters.rejectedRecords == 1)
        #expect(inSample.counters.malformed[.truncated] == 1)
        let between = SFlowDecoded(Wire.datagram([good], count: 2))
        #expect(between.counters.flows == 1)
        #expect(between.counters.rejectedRecords == 0)
        #expect(between.counters.malformed[.badCount] == 1)
    }

    @Test("a record that overruns its sample is read as far as it goes")
    func overrun() {
        var record = Wire.rawHeader(Self.frame)
        record[7] += 4
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [record])]))
        #expect(decoded.counters.flows == 1)
        #expect(decoded.number(.srcPort) == 443)
        #expect(decoded.counters.malformed[.badLength] == 1)
        // Without the packet there is nothing to make a row of.
        let router = Wire.framed(1002, Wire.words(1, 1, 24, 16), length: 64)
        let rejected = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [router])]))
        #expect(rejected.counters.flows == 0)
        #expect(rejected.counters.rejectedRecords == 1)
    }

    @Test("a header that claims more bytes than there are is read as far as it goes")
    func lyingHeaderLength() {
        let record = Wire.rawHeader(Self.frame, claims: .max)
        let decoded = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [record])]))
        #expect(decoded.counters.malformed.total == 0)
        #expect(decoded.number(.dstPort) == 50000)
    }

    @Test("a sample longer than its records is skipped to its end")
    func paddedSample() {
        var sample = Wire.flowSample(records: [Wire.rawHeader(Self.frame)]) + [1, 2, 3, 4]
        sample[7] += 4
        let decoded = SFlowDecoded(Wire.datagram([sample, Wire.flowSample(rate: 9, records: [])]))
        #expect(decoded.counters.flows == 2)
        #expect(decoded.number(.samplingRate, 1) == 9)
        #expect(decoded.counters.malformed.total == 0)
    }

    @Test("an AS path of four thousand million segments takes no memory and no time")
    func hugeCounts() {
        let paths = [
            Wire.words(1, 1, 65001, 65002, 65003, .max),
            Wire.words(1, 1, 65001, 65002, 65003, 1, 2, .max, 1, 2),
            Wire.words(1, 1, 65001, 65002, 65003, .max, 2, 0, 2, 0),
        ]
        for path in paths {
            let sample = Wire.flowSample(records: [Wire.framed(1003, path), Wire.rawHeader(Self.frame)])
            let decoded = SFlowDecoded(Wire.datagram([sample]))
            #expect(decoded.counters.flows == 1)
            #expect(decoded.number(.srcAS) == 65002)
            #expect(decoded.number(.srcPort) == 443)
            #expect(decoded.counters.malformed[.truncated] == 1)
        }
        let records = SFlowDecoded(Wire.datagram([Wire.flowSample(records: [], count: .max)], count: .max))
        #expect(records.counters.records == 1)
        #expect(records.counters.malformed.total == 2)
    }

    @Test("headers that can't be read")
    func badHeaders() {
        #expect(SFlowDecoded(Wire.words(4, 1, 1, 0, 0, 0, 0)).counters.malformed[.unknownVersion] == 1)
        #expect(SFlowDecoded(Wire.words(5, 3, 1, 0, 0, 0, 0)).counters.malformed[.badStructure] == 1)
        #expect(SFlowDecoded(Wire.words(5, 2, 1, 0, 0, 0, 0)).counters.malformed[.truncated] == 1)
        #expect(SFlowDecoded([]).header == nil)
    }

    @Test("bytes behind the last sample are counted unless they are zeros")
    func trailing() {
        let datagram = Wire.datagram([Wire.flowSample(records: [])])
        #expect(SFlowDecoded(datagram + [0, 0, 0, 0]).counters.bytesPadding == 4)
        #expect(SFlowDecoded(datagram + [0, 0, 1, 0, 9]).counters.bytesSkipped == 5)
    }

    /// One datagram with every kind of sample and record.
    static let everything: [UInt8] = {
        let v6 = Wire.ipv6(
            next: 0,
            [43, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 9] + Wire.tcp()
        )
        let gateway = Wire.words(1, 1, 65001, 65002, 65003, 2, 2, 2, 65010, 65011, 1, 1, 65020, 1, 77, 100)
        let records = [
            Wire.rawHeader(Wire.ethernet(0x8100, [0, 5, 0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x21, 64] + v6)),
            Wire.framed(1001, Wire.words(100, 0, 200, 0)), Wire.framed(1002, Wire.words(1, 1, 24, 16)),
            Wire.framed(1003, gateway), Wire.framed(2, Wire.words(64, 1, 2, 3, 4, 0x800)),
            Wire.framed(3, Wire.words(500, 1, 1, 2, 3, 4, 5, 6)), Wire.framed(1007, Wire.words(1, 1, 2, 1, 2, 3, 4)),
            Wire.framed(1006, Wire.words(1, 1, 1, 0x30140, 1, 0x40140)), Wire.framed(1020, Wire.words(3, 4)),
            Wire.framed(1012, Wire.words(2, 0x88A8_00C8, 0x8100_0064)), Wire.framed(1030, Wire.words(9)),
            Wire.framed(1023, Wire.words(1400, 17, 1, 2, 3, 4789, 0, 0)), Wire.framed(1004, Wire.words(3, 1, 2)),
        ]
        let expanded =
            Wire.words(1, 0, 7, 10, 1, 0, 0, 7, 1, 9, 2)
            + Wire.rawHeader(Wire.ethernet(0x0800, Wire.ipv4(proto: 1, options: [1, 1, 1, 0], [3, 4, 0, 0])))
            + Wire.framed(4, Wire.words(600, 58, 1, 2, 3, 4, 5, 6, 7, 8, 128, 0, 0, 0))
        return Wire.datagram([
            Wire.framed(2, Wire.words(1, 2, 0)), Wire.flowSample(records: records), Wire.framed(3, expanded),
            Wire.framed(
                5,
                Wire.words(1, 0, 7, 2, 7, 9, 258, 1) + Wire.rawHeader(TunnelTests.cases[0].packet, link: 11)
            ),
            Wire.flowSample(records: [Wire.rawHeader(frame)]),
        ])
    }()

    @Test("every prefix of a datagram is decoded or rejected, and adds up")
    func prefixes() {
        #expect(SFlowDecoded(Self.everything).counters.flows == 4)
        for length in 0...Self.everything.count {
            let decoded = SFlowDecoded(Array(Self.everything.prefix(length)))
            let counters = decoded.counters
            #expect(counters.records == counters.flows + counters.rejectedRecords)
            #expect(counters.flows == UInt64(decoded.batch.count))
            #expect(length == Self.everything.count || counters.malformed.total > 0)
        }
    }

    @Test("flipped bits are decoded or rejected, and add up")
    func flippedBits() {
        var random = SplitMix(state: 5)
        var decoder = SFlowDecoder()
        for _ in 0..<20_000 {
            var datagram = Self.everything
            for _ in 0...(random.next() % 6) {
                datagram[Int(random.next() % UInt64(datagram.count))] ^= 1 << UInt8(random.next() % 8)
            }
            let decoded = SFlowDecoded(datagram, &decoder, capacity: 64)
            #expect(decoded.counters.records == decoded.counters.flows + decoded.counters.rejectedRecords)
        }
    }
}

/// The same numbers on every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
