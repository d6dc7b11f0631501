import FlowDecoders
import FlowSchema
import NetTypes
import Testing
import WireFormat

@Suite("sFlow counter samples")
struct SFlowCounterTests {
    typealias Wire = SFlowBytes

    static let generic = Wire.framed(
        1,
        Wire.words(12, 6, 2, 0x540B_E400, 1, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 2)
    )
    static let ethernet = Wire.framed(2, Wire.words(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13))

    static func sample(_ records: [[UInt8]], source: UInt32 = 12) -> [UInt8] {
        Wire.framed(2, Wire.words(77, source, UInt32(records.count)) + records.flatMap { $0 })
    }

    @Test("an interface's counters")
    func interface() throws {
        let decoded = SFlowDecoded(Wire.datagram([Self.sample([Self.generic, Self.ethernet])]))
        let counters = try #require(decoded.batch.interfaceCounters)
        #expect((counters.count, decoded.counters.counterSamples, decoded.counters.records) == (1, 1, 0))
        #expect(counters.samplerAddress(row: 0) == IPAddress(192, 0, 2, 1))
        let numbers = InterfaceCounterColumn.allCases.map { counters.number($0, row: 0) }
        #expect(
            numbers == [
                1_790_000_000, 0, 77, 12, 6, 10_000_000_000, 1, 3, 1 << 32 | 2, 3, 4, 5, 6, 7, 8,
                9 << 32 | 10, 11, 12, 13, 14, 15, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
            ]
        )
    }

    @Test("the expanded form, and a sample that tells its interface only as the source")
    func expanded() throws {
        let expanded = Wire.framed(4, Wire.words(78, 0, 70_000, 1) + Self.ethernet)
        let decoded = SFlowDecoded(Wire.datagram([expanded, Self.sample([Self.ethernet], source: 2 << 24 | 9)]))
        let counters = try #require(decoded.batch.interfaceCounters)
        #expect((0..<2).map { counters.number(.ifIndex, row: $0) } == [70_000, 0])
        #expect((0..<2).map { counters.number(.sequenceNum, row: $0) } == [78, 77])
        #expect(counters.number(.symbolErrors, row: 0) == 13)
        #expect(counters.number(.inOctets, row: 0) == 0)
    }

    @Test("counters of other things are counted, not stored")
    func others() {
        let host = Self.sample([Wire.framed(2000, Wire.words(1, 2, 3)), Wire.framed(2003, Wire.words(1))])
        let decoded = SFlowDecoded(Wire.datagram([host, Self.sample([])]))
        #expect((decoded.counters.counterSamples, decoded.counters.skippedRecords) == (2, 2))
        #expect(decoded.batch.interfaceCounters == nil && decoded.counters.malformed.total == 0)
        #expect(decoded.batch.isEmpty)
    }

    @Test("what is broken in a counter sample is counted, what came before is kept")
    func broken() throws {
        var cut = Self.sample([Self.generic, Array(Self.ethernet.dropLast(4))])
        #expect(SFlowDecoded(Wire.datagram([cut])).counters.malformed[.badLength] == 1)
        cut = Self.sample([Self.generic, Wire.framed(2, Wire.words(1, 2))])
        let decoded = SFlowDecoded(Wire.datagram([cut, Self.sample([Self.generic])]))
        #expect((decoded.batch.interfaceCounters?.count, decoded.counters.malformed[.truncated]) == (2, 1))
        let madeUp = Wire.framed(2, Wire.words(1, 2, .max) + Self.generic)
        #expect(SFlowDecoded(Wire.datagram([madeUp])).counters.malformed[.badCount] == 1)
        #expect(SFlowDecoded(Wire.datagram([Wire.framed(2, Wire.words(1, 2))])).counters.malformed[.truncated] == 1)
    }

    @Test("what has no room is counted, and there is room again after the batch")
    func bounded() {
        let batch = FlowBatch(capacity: 16)
        var decoder = SFlowDecoder()
        var counters = DecodeCounters()
        let datagram = Wire.datagram(Array(repeating: Self.sample([Self.generic]), count: 100))
        let context = DatagramContext(source: IPEndpoint(address: .unspecified, port: 1), receivedAt: 1)
        for _ in 0..<50 { _ = decoder.decode(datagram.span.bytes, context: context, into: batch, counters: &counters) }
        #expect(batch.interfaceCounters?.count == InterfaceCounterBatch.capacity)
        #expect(counters.lostCounterSamples == 5000 - UInt64(InterfaceCounterBatch.capacity))
        #expect(counters.counterSamples == 5000)
        #expect(batch.hasManyCounters)
        batch.clear()
        #expect(batch.isEmpty)
        _ = decoder.decode(datagram.span.bytes, context: context, into: batch, counters: &counters)
        #expect(batch.interfaceCounters?.count == 100 && !batch.hasManyCounters)
    }

    @Test("every prefix of a datagram, and flipped bits")
    func laws() {
        let datagram = Wire.datagram([Self.sample([Self.generic, Self.ethernet]), Self.sample([Self.generic])])
        for length in 0..<datagram.count {
            let decoded = SFlowDecoded(Array(datagram.prefix(length)))
            #expect(decoded.counters.malformed.total > 0)
            #expect(decoded.batch.interfaceCounters?.count ?? 0 <= decoded.counters.counterSamples)
        }
        var random = SplitMix(state: 3)
        for _ in 0..<5000 {
            var bytes = datagram
            for _ in 0...(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
            }
            let decoded = SFlowDecoded(bytes, capacity: 64)
            #expect(decoded.batch.interfaceCounters?.count ?? 0 <= decoded.counters.counterSamples)
        }
    }
}
