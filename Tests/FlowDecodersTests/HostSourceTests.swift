import FlowDecoders
import FlowSchema
import Foundation
import NetTypes
import Testing
import WireFormat

// From what a kernel said in network namespaces, recorded by Tests/Lab/record_host.py; the numbers that are expected
// stand beside it as `conntrack -E` and `nft list` told them of the same traffic.

private func fixture(_ path: String) throws -> [UInt8] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return [UInt8](try Data(contentsOf: tests.appending(path: "Fixtures/host/\(path)")))
}

private let now = HostTime(seconds: 1_795_710_700, nanoseconds: 5)
private let sampler = IPAddress(127, 0, 0, 1)

/// A row in the words of `conntrack -L`.
private struct Row: Equatable, CustomStringConvertible {
    var text: String
    var description: String { text }

    init(_ batch: FlowBatch, _ row: Int) {
        func end(_ address: FlowColumn, _ port: FlowColumn) -> String {
            "\(batch.address(address, row: row)):\(batch.number(port, row: row))"
        }
        let nat = batch.address(.srcAddrNAT, row: row).isUnspecified
        text =
            "\(batch.number(.proto, row: row)) \(end(.srcAddr, .srcPort))>\(end(.dstAddr, .dstPort)) "
            + "\(batch.number(.packets, row: row))/\(batch.number(.bytes, row: row))"
            + (nat ? "" : " nat \(end(.srcAddrNAT, .srcPortNAT))>\(end(.dstAddrNAT, .dstPortNAT))")
    }

    init(_ text: String) { self.text = text }
}

private func rows(_ batch: FlowBatch) -> [Row] {
    batch.seal()
    return (0..<batch.count).map { Row(batch, $0) }
}

@Suite("Connection tracking")
struct ConntrackTests {
    private static let all = [
        "1 10.1.0.2:0>10.2.0.2:0 4/336", "1 10.2.0.2:0>10.1.0.2:0 4/336",
        "58 fd01::2:0>fd02::2:0 4/416", "58 fd02::2:0>fd01::2:0 4/416",
        "6 10.1.0.2:40001>10.2.0.2:5201 74/103856 nat 10.2.0.1:40001>10.2.0.2:5201",
        "6 10.2.0.2:5201>10.1.0.2:40001 27/1512 nat 10.2.0.2:5201>10.2.0.1:40001",
        // Nobody answered this one.
        "17 10.1.0.2:40002>10.2.0.2:53535 3/384",
    ].map(Row.init)

    @Test("events are what `conntrack -E` says, and the ends have all traffic")
    func events() throws {
        var decoder = ConntrackDecoder(sampler: sampler)
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        let recorded = try fixture("conntrack/events.bin")
        decoder.decodeEvents(recorded.span.bytes, at: now, into: batch)
        #expect(rows(batch) == Self.all)
        #expect(decoder.counts.new == 4 && decoder.counts.updated == 7 && decoder.counts.destroyed == 4)
        let counters = decoder.exporter.counters
        #expect(counters.isBalanced && counters.bytesUnaccounted == 0 && counters.malformed.total == 0)
        #expect(counters.flows == 7 && counters.reverseFlows == 3 && counters.eventRecords == 11)
        let tcp = 4
        #expect(batch.number(.mark, row: tcp) == 42 && batch.number(.mark, row: 0) == 0)
        #expect(batch.number(.sequenceNum, row: tcp) == 2_522_447_897)
        #expect(batch.number(.conntrackZone, row: 6) == 7)
        #expect(batch.number(.timeFlowStart, row: tcp) == 1_795_710_693)
        #expect(batch.number(.timeFlowEnd, row: tcp) == 1_795_710_693)
        #expect(batch.number(.timeReceived, row: tcp) == 1_795_710_700)
        #expect(batch.number(.flowType, row: tcp) == UInt64(FlowType.conntrack.rawValue))
        #expect(batch.number(.eType, row: 2) == 0x86DD && batch.number(.eType, row: tcp) == 0x0800)
        // Echo request and reply.
        #expect(batch.number(.icmpType, row: 0) == 8 && batch.number(.icmpType, row: 1) == 0)
        #expect(batch.number(.icmpType, row: 2) == 128 && batch.number(.icmpType, row: 3) == 129)
        // Confirmed, assured, answered, with source NAT that is done, and dying.
        #expect(batch.number(.conntrackStatus, row: tcp) & 0x1E == 0x1E)
    }

    @Test("the view of the wire has the addresses that packets have")
    func wire() throws {
        var decoder = ConntrackDecoder(sampler: sampler, view: .wire)
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        let recorded = try fixture("conntrack/events.bin")
        decoder.decodeEvents(recorded.span.bytes, at: now, into: batch)
        let found = rows(batch)
        #expect(found[4] == Row("6 10.1.0.2:40001>10.2.0.2:5201 74/103856"))
        #expect(found[5] == Row("6 10.2.0.2:5201>10.2.0.1:40001 27/1512"))
    }

    @Test("a first listing tells nothing, a second only what came since, and an end the rest")
    func differences() throws {
        var decoder = ConntrackDecoder(sampler: sampler)
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        let listing = try fixture("conntrack/listing.bin")
        decoder.beginListing()
        #expect(decoder.decodeListing(listing.span.bytes, at: now, into: batch) == .ended(wasInterrupted: false))
        #expect(batch.count == 0 && decoder.followed == 4)
        decoder.beginListing()
        _ = decoder.decodeListing(listing.span.bytes, at: now, into: batch)
        #expect(batch.count == 0)

        // 1,000 bytes and 7 packets more to the server: the counters of the original direction are the first.
        let grown = replacing(UInt64(103_856), with: 104_856, in: replacing(UInt64(74), with: 81, in: listing))
        decoder.beginListing()
        _ = decoder.decodeListing(grown.span.bytes, at: now, into: batch)
        #expect(
            rows(batch) == [Row("6 10.1.0.2:40001>10.2.0.2:5201 7/1000 nat 10.2.0.1:40001>10.2.0.2:5201")]
        )
        #expect(batch.number(.timeFlowStart, row: 0) == UInt64(now.seconds))

        let events = try fixture("conntrack/events.bin")
        let ended = replacing(UInt64(103_856), with: 104_866, in: replacing(UInt64(74), with: 82, in: events))
        let rest = FlowBatch(capacity: FlowDecoder.mostRows)
        decoder.decodeEvents(ended.span.bytes, at: now, into: rest)
        #expect(rows(rest) == [Row("6 10.1.0.2:40001>10.2.0.2:5201 1/10 nat 10.2.0.1:40001>10.2.0.2:5201")])
        #expect(decoder.followed == 0 && decoder.exporter.counters.isBalanced)
    }

    @Test("a counter that somebody set to 0 begins anew")
    func resetCounters() throws {
        var decoder = ConntrackDecoder(sampler: sampler)
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        let listing = try fixture("conntrack/listing.bin")
        decoder.beginListing()
        _ = decoder.decodeListing(listing.span.bytes, at: now, into: batch)
        let reset = replacing(UInt64(103_856), with: 40, in: replacing(UInt64(74), with: 1, in: listing))
        decoder.beginListing()
        _ = decoder.decodeListing(reset.span.bytes, at: now, into: batch)
        #expect(rows(batch).map(\.text) == ["6 10.1.0.2:40001>10.2.0.2:5201 1/40 nat 10.2.0.1:40001>10.2.0.2:5201"])
    }

    @Test("what is new in a later listing is told whole, and what is missing from two has lost its end")
    func resync() throws {
        var decoder = ConntrackDecoder(sampler: sampler)
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        let empty = netlinkRequest(type: NetlinkMessages.done, flags: 0, sequence: 1, [0, 0, 0, 0])
        decoder.beginListing()
        _ = decoder.decodeListing(empty.span.bytes, at: now, into: batch)
        decoder.beginListing()
        let recorded = try fixture("conntrack/listing.bin")
        _ = decoder.decodeListing(recorded.span.bytes, at: now, into: batch)
        #expect(batch.count == 7)
        for _ in 0..<2 {
            decoder.beginListing()
            _ = decoder.decodeListing(empty.span.bytes, at: now, into: batch)
        }
        #expect(decoder.counts.lostEnds == 4 && decoder.followed == 0 && batch.count == 7)
        let refused = netlinkRequest(type: NetlinkMessages.error, flags: 0, sequence: 1, [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(decoder.decodeListing(refused.span.bytes, at: now, into: batch) == .failed(1))
    }

    @Test("cut or changed bytes are counted, and never trap")
    func hostile() throws {
        for path in ["conntrack/events.bin", "conntrack/listing.bin", "nflog/packets.bin"] {
            let whole = try fixture(path)
            var state: UInt64 = 7
            let batch = FlowBatch(capacity: 4096)
            for round in 0..<600 {
                var bytes = Array(whole.prefix(round % 200 == 0 ? whole.count : round * whole.count / 600))
                for _ in 0..<(round % 4) where !bytes.isEmpty {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 20)
                }
                var conntrack = ConntrackDecoder(sampler: sampler)
                var nflog = NFLogDecoder(sampler: sampler, groups: [:])
                batch.clear()
                conntrack.decodeEvents(bytes.span.bytes, at: now, into: batch)
                conntrack.beginListing()
                _ = conntrack.decodeListing(bytes.span.bytes, at: now, into: batch)
                nflog.decode(bytes.span.bytes, at: now, into: batch)
                #expect(conntrack.exporter.counters.isBalanced && nflog.exporter.counters.isBalanced)
                let written = conntrack.exporter.counters.flows + nflog.exporter.counters.flows
                #expect(written == UInt64(batch.count))
            }
        }
    }

    /// Replaces the first number that has a value, big-endian.
    private func replacing(_ value: UInt64, with new: UInt64, in bytes: [UInt8]) -> [UInt8] {
        func encoded(_ value: UInt64) -> [UInt8] {
            (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
        }
        var result = bytes
        let place = bytes.indices.first { bytes[$0...].starts(with: encoded(value)) }
        if let place { result.replaceSubrange(place..<place + 8, with: encoded(new)) }
        return result
    }
}

@Suite("NFLOG")
struct NFLogTests {
    @Test("packets are those that the rules counted, by what prefixes say")
    func packets() throws {
        var decoder = NFLogDecoder(sampler: sampler, groups: [:])
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        let recorded = try fixture("nflog/packets.bin")
        decoder.decode(recorded.span.bytes, at: now, into: batch)
        batch.seal()
        // 26, 26 and 2 packets by the rules' own counters.
        var sums: [String: (packets: Int, bytes: UInt64)] = [:]
        for row in 0..<batch.count {
            let rate = batch.number(.samplingRate, row: row)
            let key = "\(batch.number(.flowDirection, row: row)) \(rate)"
            sums[key, default: (0, 0)].packets += 1
            sums[key, default: (0, 0)].bytes += batch.number(.bytes, row: row)
        }
        // Forwarded packets without a direction in the prefix have none.
        #expect(sums["0 1"]?.packets == 26 && sums["0 1"]?.bytes == 21_676)
        #expect(sums["255 1"]?.packets == 26 && sums["255 1"]?.bytes == 1776)
        #expect(sums["1 10"]?.packets == 2 && sums["1 10"]?.bytes == 168)
        #expect(sums.count == 3 && decoder.counts.unknownPrefixes == 26 && decoder.counts.missing == 0)
        let counters = decoder.exporter.counters
        #expect(counters.isBalanced && counters.bytesUnaccounted == 0 && counters.records == 54)
    }

    @Test("a row has ports, flags, addresses of the frame, interfaces and the kernel's time")
    func row() throws {
        var decoder = NFLogDecoder(sampler: sampler, groups: [:])
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        let recorded = try fixture("nflog/packets.bin")
        decoder.decode(recorded.span.bytes, at: now, into: batch)
        batch.seal()
        let syn = try #require((0..<batch.count).first { batch.number(.tcpFlags, row: $0) == 2 })
        #expect(batch.address(.srcAddr, row: syn) == IPAddress(10, 1, 0, 2))
        #expect(batch.number(.srcPort, row: syn) == 40_003 && batch.number(.dstPort, row: syn) == 5202)
        #expect(batch.number(.proto, row: syn) == 6 && batch.number(.bytes, row: syn) == 60)
        #expect(batch.number(.srcMac, row: syn) != 0 && batch.number(.dstMac, row: syn) != 0)
        #expect(batch.number(.inIf, row: syn) != 0 && batch.number(.outIf, row: syn) != 0)
        #expect(batch.number(.timeReceived, row: syn) < UInt64(now.seconds))
        #expect(batch.number(.samplingRateSource, row: syn) == UInt64(SamplingSource.record.rawValue))
    }

    @Test("the configuration counts before prefix and hook, and outside tells the direction of forwarded packets")
    func settings() throws {
        let bytes = try fixture("nflog/packets.bin")
        let group = NFLogDecoder.Group(rate: 7, direction: 1)
        var decoder = NFLogDecoder(sampler: sampler, groups: [5: group])
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        decoder.decode(bytes.span.bytes, at: now, into: batch)
        #expect((0..<batch.count).allSatisfy { batch.number(.samplingRate, row: $0) == 7 })
        #expect((0..<batch.count).allSatisfy { batch.number(.flowDirection, row: $0) == 1 })

        var outside = NFLogDecoder(sampler: sampler, groups: [:])
        let forwarded = try #require((0..<batch.count).first { batch.number(.inIf, row: $0) != 0 })
        outside.outside = [UInt32(batch.number(.outIf, row: forwarded))]
        let again = FlowBatch(capacity: FlowDecoder.mostRows)
        outside.decode(bytes.span.bytes, at: now, into: again)
        // The client's are told by the prefix; answers come in by the interface that is outside.
        #expect((0..<again.count).filter { again.number(.flowDirection, row: $0) == 0 }.count == 52)
    }

    @Test("numbers that are left out are packets that were lost")
    func gaps() throws {
        let bytes = try fixture("nflog/packets.bin")
        var starts: [(Int, Int)] = []
        var offset = 0
        while offset < bytes.count {
            let length = Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
            starts.append((offset, length))
            offset += (length + 3) & ~3
        }
        var decoder = NFLogDecoder(sampler: sampler, groups: [:])
        let batch = FlowBatch(capacity: FlowDecoder.mostRows)
        for (index, part) in starts.enumerated() where index != 3 && index != 4 {
            let message = Array(bytes[part.0..<part.0 + part.1])
            decoder.decode(message.span.bytes, at: now, into: batch)
        }
        let kept = UInt64(batch.count)
        #expect(decoder.counts.missing + kept == 54)
    }
}

@Suite("Port mirror")
struct MirrorTests {
    /// An Ethernet frame of TCP over IPv4 with a payload of so many bytes.
    private func frame(payload: Int, tag: Bool = false) -> [UInt8] {
        let total = 40 + payload
        return [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + (tag ? [0x81, 0x00, 0x00, 0x07] : []) + [0x08, 0x00]
            + [0x45, 0, UInt8(total >> 8), UInt8(total & 255), 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]
            + [0, 80, 1, 187, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0]
            + [UInt8](repeating: 0, count: payload)
    }

    private func decode(_ bytes: [UInt8], _ frame: MirrorDecoder.Frame, rate: UInt32 = 1) -> FlowBatch {
        var decoder = MirrorDecoder(sampler: sampler, rate: rate)
        let batch = FlowBatch(capacity: 16)
        decoder.decode(bytes.span.bytes, frame, into: batch)
        batch.seal()
        #expect(decoder.exporter.counters.isBalanced && decoder.exporter.counters.bytesUnaccounted == 0)
        return batch
    }

    @Test("a frame's row has its length on the wire, its direction and its interface")
    func plain() {
        let bytes = frame(payload: 100)
        let received = decode(bytes, .init(time: now, length: 154, interface: 3), rate: 100)
        #expect(rows(received) == [Row("6 192.0.2.1:80>198.51.100.2:443 1/154")])
        #expect(received.number(.samplingRate, row: 0) == 100 && received.number(.tcpFlags, row: 0) == 0x18)
        #expect(received.number(.inIf, row: 0) == 3 && received.number(.outIf, row: 0) == 0)
        #expect(received.number(.flowDirection, row: 0) == 0)
        let sent = decode(bytes, .init(time: now, length: 154, isOutgoing: true, interface: 3))
        #expect(sent.number(.outIf, row: 0) == 3 && sent.number(.flowDirection, row: 0) == 1)
    }

    @Test("the tag that the kernel took off counts, as the outer of two")
    func tags() {
        let one = decode(frame(payload: 0), .init(time: now, length: 54, tag: 0x2064))
        #expect(one.number(.vlanId, row: 0) == 100 && one.number(.bytes, row: 0) == 58)
        let two = decode(frame(payload: 0, tag: true), .init(time: now, length: 58, tag: 200))
        #expect(two.number(.vlanId, row: 0) == 200 && two.number(.customerVlanId, row: 0) == 7)
        #expect(two.number(.bytes, row: 0) == 62 && two.number(.eType, row: 0) == 0x0800)
    }

    @Test("a super-frame counts as the packets that it stands for", arguments: [(1448, 1), (1449, 2), (14_480, 10)])
    func superFrames(payload: Int, packets: UInt64) {
        let bytes = Array(frame(payload: payload).prefix(128))
        let batch = decode(bytes, .init(time: now, length: UInt32(54 + payload), segment: 1448))
        #expect(batch.number(.packets, row: 0) == packets && batch.number(.bytes, row: 0) == UInt64(54 + payload))
    }

    @Test("frames without an Ethernet header begin with IP")
    func bare() {
        let batch = decode(Array(frame(payload: 5).dropFirst(14)), .init(time: now, length: 45, isBare: true))
        #expect(rows(batch) == [Row("6 192.0.2.1:80>198.51.100.2:443 1/45")])
    }
}
