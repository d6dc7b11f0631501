import FlowDecoders
import FlowSchema
import Foundation
import NetTypes
import Testing
import WireFormat

// Frames of Tests/Fixtures/host/mirror, beside what tshark says of the same.

private let sampler = IPAddress(127, 0, 0, 1)

/// Frames of a capture of Ethernet.
private struct Recorded {
    let bytes: [UInt8]
    var frames: [(bytes: Range<Int>, frame: MirrorDecoder.Frame)] = []

    init() throws {
        let folder = Self.folder
        bytes = [UInt8](try Data(contentsOf: folder.appending(path: "frames.pcap")))
        var reader = try CaptureReader(bytes)
        while let packet = try reader.next() {
            let time = HostTime(
                seconds: UInt32(packet.timestamp / 1_000_000_000),
                nanoseconds: UInt32(packet.timestamp % 1_000_000_000)
            )
            frames.append((packet.bytes, .init(time: time, length: UInt32(packet.originalLength), interface: 3)))
        }
    }

    static var folder: URL {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return tests.appending(path: "Fixtures/host/mirror")
    }

    func decode(into batch: FlowBatch, by decoder: inout MirrorDecoder) {
        for (range, frame) in frames { decoder.decode(bytes.span.bytes.extracting(range), frame, into: batch) }
    }

    var last: UInt32 { frames.map(\.frame.time.seconds).max() ?? 0 }
}

/// A row in the words of the fixture's flows.txt.
private func line(_ batch: FlowBatch, _ row: Int) -> String {
    func number(_ column: FlowColumn) -> UInt64 { batch.number(column, row: row) }
    func end(_ address: FlowColumn, _ port: FlowColumn) -> String {
        "\(batch.address(address, row: row)):\(number(port))"
    }
    return "\(number(.proto)) \(end(.srcAddr, .srcPort))>\(end(.dstAddr, .dstPort)) type \(number(.icmpType)) "
        + "class \(number(.ipTos)) \(number(.packets))/\(number(.bytes))"
}

private func sum(_ batch: FlowBatch, _ column: FlowColumn) -> UInt64 {
    (0..<batch.count).reduce(0) { $0 + batch.number(column, row: $1) }
}

/// A frame of UDP from a port, 60 bytes long, at a second.
private func send(
    _ port: UInt16,
    at second: UInt32,
    to decoder: inout MirrorDecoder,
    _ batch: FlowBatch,
    tag: UInt16? = nil,
    isOutgoing: Bool = false
) {
    let bytes: [UInt8] =
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00]
        + [0x45, 0, 0, 46, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]
        + [UInt8(port >> 8), UInt8(port & 255), 0, 53, 0, 26, 0, 0] + [UInt8](repeating: 0, count: 18)
    let frame = MirrorDecoder.Frame(
        time: HostTime(seconds: second),
        length: UInt32(bytes.count),
        tag: tag,
        isOutgoing: isOutgoing,
        interface: 3
    )
    decoder.decode(bytes.span.bytes, frame, into: batch)
}

@Suite("Flow cache")
struct FlowCacheTests {
    private func decoder(active: UInt32 = 60, inactive: UInt32 = 15, entries: Int = 1024) -> MirrorDecoder {
        MirrorDecoder(
            sampler: sampler,
            rate: 1,
            gathering: FlowCacheOptions(active: active, inactive: inactive, entries: entries)
        )
    }

    @Test("frames become the flows that tshark sees")
    func recorded() throws {
        let recorded = try Recorded()
        let told = try String(contentsOf: Recorded.folder.appending(path: "flows.txt"), encoding: .utf8)
        var decoder = decoder()
        let batch = FlowBatch(capacity: 256)
        recorded.decode(into: batch, by: &decoder)
        #expect(batch.count == 0 && decoder.gatheredFlows == 8)
        let end = HostTime(seconds: recorded.last + 16)
        #expect(decoder.tellEnded(at: end, most: 256, into: batch) == 8)
        batch.seal()
        let lines = told.split(separator: "\n").map(String.init)
        #expect((0..<batch.count).map { line(batch, $0) }.sorted() == lines.sorted())

        let counters = decoder.exporter.counters
        #expect(counters.datagrams == UInt64(recorded.frames.count) && counters.flows == 8)
        #expect(counters.isBalanced && counters.bytesUnaccounted == 0)
        #expect(decoder.exporter.scaledBytes == sum(batch, .bytes))
        for row in 0..<batch.count {
            #expect(batch.number(.timeReceived, row: row) == UInt64(end.seconds))
            #expect(batch.number(.inIf, row: row) == 3 && batch.number(.samplingRate, row: row) == 1)
        }
        // From the handshake to the end, with all flags between: FIN, SYN, PSH and ACK.
        let tcp = try #require((0..<batch.count).first { batch.number(.dstPort, row: $0) == 5202 })
        #expect(batch.number(.tcpFlags, row: tcp) & 0x1B == 0x1B)
        func moment(_ second: FlowColumn, _ fraction: FlowColumn) -> UInt64 {
            batch.number(second, row: tcp) * 1_000_000_000 + batch.number(fraction, row: tcp)
        }
        let length = moment(.timeFlowEnd, .timeFlowEndNs) - moment(.timeFlowStart, .timeFlowStartNs)
        #expect(length > 0 && length < 1_000_000_000)
    }

    @Test("without a cache the same frames are a row each, with the same sums")
    func raw() throws {
        let recorded = try Recorded()
        var (gathering, plain) = (decoder(), MirrorDecoder(sampler: sampler, rate: 1))
        let (flows, frames) = (FlowBatch(capacity: 256), FlowBatch(capacity: 256))
        recorded.decode(into: flows, by: &gathering)
        recorded.decode(into: frames, by: &plain)
        #expect(gathering.tellRest(at: HostTime(seconds: recorded.last), most: 256, into: flows) == 8)
        #expect(frames.count == recorded.frames.count)
        for column in [FlowColumn.packets, .bytes] { #expect(sum(flows, column) == sum(frames, column)) }
    }

    @Test("a flow is over when it is silent for long enough, and not before")
    func inactive() {
        var decoder = decoder()
        let batch = FlowBatch(capacity: 16)
        send(1000, at: 100, to: &decoder, batch)
        send(1000, at: 110, to: &decoder, batch)
        #expect(decoder.tellEnded(at: HostTime(seconds: 124), most: 16, into: batch) == 0)
        #expect(decoder.tellEnded(at: HostTime(seconds: 125), most: 16, into: batch) == 1)
        #expect(batch.number(.packets, row: 0) == 2 && batch.number(.bytes, row: 0) == 120)
        #expect(batch.number(.timeFlowStart, row: 0) == 100 && batch.number(.timeFlowEnd, row: 0) == 110)
        #expect(decoder.gatheredFlows == 0 && decoder.earlyFlows == 0)
    }

    @Test("a flow that goes on is told each time that it has lasted for long enough")
    func active() {
        var decoder = decoder(active: 60)
        let batch = FlowBatch(capacity: 16)
        for second in UInt32(1000)..<1200 {
            send(1000, at: second, to: &decoder, batch)
            _ = decoder.tellEnded(at: HostTime(seconds: second), most: 16, into: batch)
        }
        #expect((0..<batch.count).map { batch.number(.packets, row: $0) } == [61, 61, 61])
        #expect(decoder.tellRest(at: HostTime(seconds: 1200), most: 16, into: batch) == 1)
        #expect(sum(batch, .packets) == 200)
    }

    @Test("when there is no room the flow that is silent for the longest goes, is counted, and nothing is lost")
    func early() {
        var decoder = decoder(entries: 4)
        let batch = FlowBatch(capacity: 256)
        for number in 0..<100 { send(UInt16(1000 + number), at: 100 + UInt32(number), to: &decoder, batch) }
        #expect(batch.count == 96 && decoder.earlyFlows == 96 && decoder.gatheredFlows == 4)
        #expect((0..<96).allSatisfy { batch.number(.srcPort, row: $0) == UInt64(1000 + $0) })
        #expect(decoder.tellRest(at: HostTime(seconds: 300), most: 256, into: batch) == 4)
        #expect(Set((0..<100).map { batch.number(.srcPort, row: $0) }).count == 100)
        #expect(decoder.exporter.counters.isBalanced)
    }

    @Test("whatever comes in whichever order, each flow's packets are told once", arguments: [16, 64, 1024])
    func sums(entries: Int) {
        var decoder = decoder(active: 30, inactive: 5, entries: entries)
        let batch = FlowBatch(capacity: 40_000)
        var state: UInt64 = 11
        var sent: [UInt64: UInt64] = [:]
        for step in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let port = UInt16(1000 + (state >> 33) % 500 * ((state >> 50) % 3))
            let second = 1000 + UInt32(step / 100)
            send(port, at: second, to: &decoder, batch)
            sent[UInt64(port), default: 0] += 1
            if step % 37 == 0 { _ = decoder.tellEnded(at: HostTime(seconds: second), most: 7, into: batch) }
            #expect(decoder.gatheredFlows <= entries)
        }
        while decoder.tellRest(at: HostTime(seconds: 2000), most: 100, into: batch) > 0 {}
        var told: [UInt64: UInt64] = [:]
        for row in 0..<batch.count {
            told[batch.number(.srcPort, row: row), default: 0] += batch.number(.packets, row: row)
        }
        #expect(told == sent && decoder.gatheredFlows == 0)
        #expect(entries == 1024 ? decoder.earlyFlows == 0 : decoder.earlyFlows > 0)
        // What came later is a row of its own.
        let before = batch.count
        send(7, at: 2001, to: &decoder, batch)
        #expect(batch.count == before + 1)
    }

    @Test("VLANs and directions are flows of their own")
    func keys() {
        var decoder = decoder()
        let batch = FlowBatch(capacity: 16)
        for tag in [UInt16?.none, 5, 6] {
            for isOutgoing in [false, true] {
                send(1000, at: 100, to: &decoder, batch, tag: tag, isOutgoing: isOutgoing)
                send(1000, at: 101, to: &decoder, batch, tag: tag, isOutgoing: isOutgoing)
            }
        }
        #expect(decoder.tellRest(at: HostTime(seconds: 102), most: 16, into: batch) == 6)
        batch.seal()
        #expect((0..<6).allSatisfy { batch.number(.packets, row: $0) == 2 })
        #expect(Set((0..<6).map { batch.number(.vlanId, row: $0) }) == [0, 5, 6])
    }

    @Test("a batch takes what it has room for; the rest is told later; a clock that is set back holds nothing")
    func rooms() {
        var decoder = decoder()
        let batch = FlowBatch(capacity: 16)
        for port in UInt16(1000)..<1010 { send(port, at: 5000, to: &decoder, batch) }
        var told: [Int] = []
        for _ in 0..<4 { told.append(decoder.tellEnded(at: HostTime(seconds: 5015), most: 4, into: batch)) }
        #expect(told == [4, 4, 2, 0])
        send(1000, at: 5016, to: &decoder, batch)
        #expect(decoder.tellEnded(at: HostTime(seconds: 5014), most: 4, into: batch) == 0)
        #expect(decoder.tellEnded(at: HostTime(seconds: 1000), most: 4, into: batch) == 1)
    }
}
