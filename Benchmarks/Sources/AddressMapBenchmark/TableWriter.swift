import Foundation
import NetTypes
import VirtualExporters

/// Writes a made-up table as TABLE_DUMP_V2 (RFC 6396) to standard output.
///
/// A peer has one path, and one set of communities, to all that an AS originates, as it mostly is in the world; so a
/// dump of many peers can be compressed about as well as a collector's.
struct TableWriter {
    private var bytes: [UInt8] = []
    private let peers: Int

    init(peers: Int) {
        self.peers = peers
    }

    mutating func write(_ table: FullTable) {
        record(subtype: 1) { writer in
            writer.number(1, 4)
            writer.number(0, 2)
            writer.number(writer.peers, 2)
            for peer in 0..<writer.peers {
                writer.number(2, 1)
                writer.number(peer + 1, 4)
                writer.number(0xC000_0200 + peer, 4)
                writer.number(64500 + peer, 4)
            }
        }
        for (number, route) in (table.v4 + table.v6).enumerated() {
            record(subtype: route.prefix.isV4 ? 2 : 4) { writer in
                writer.number(number, 4)
                writer.address(route.prefix)
                writer.number(writer.peers, 2)
                for peer in 0..<writer.peers { writer.entry(route.prefix, route.asn, peer) }
            }
        }
        flush()
    }

    private mutating func entry(_ prefix: Prefix, _ asn: UInt32, _ peer: Int) {
        number(peer, 2)
        number(1_790_000_000, 4)
        let lengthAt = bytes.count
        number(0, 2)
        var random = SplitMix(seed: UInt64(peer) << 32 | UInt64(asn))
        // ORIGIN, AS_PATH of three to six, NEXT_HOP or MP_REACH_NLRI, COMMUNITIES of a few.
        bytes += [0x40, 1, 1, 0]
        let hops = 3 + random.below(4)
        bytes += [0x40, 2, UInt8(2 + hops * 4), 2, UInt8(hops)]
        number(64500 + peer, 4)
        for _ in 0..<(hops - 2) { number(1 + random.below(70_000), 4) }
        number(Int(asn), 4)
        if prefix.isV4 {
            bytes += [0x40, 3, 4, 192, 0, 2, UInt8(truncatingIfNeeded: peer)]
        } else {
            bytes += [0x80, 14, 17, 16, 0x20, 1, 0xD, 0xB8] + [UInt8](repeating: 0, count: 11) + [UInt8(peer)]
        }
        let communities = random.below(6)
        if communities > 0 {
            bytes += [0xC0, 8, UInt8(communities * 4)]
            for _ in 0..<communities { number(Int(truncatingIfNeeded: random.next() >> 32), 4) }
        }
        let length = bytes.count - lengthAt - 2
        bytes[lengthAt] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[lengthAt + 1] = UInt8(truncatingIfNeeded: length)
    }

    private mutating func address(_ prefix: Prefix) {
        number(prefix.length, 1)
        let count = (prefix.length + 7) / 8
        let high = prefix.isV4 ? UInt64(prefix.first.v4) << 32 : prefix.first.high
        for index in 0..<count { number(Int(truncatingIfNeeded: high >> UInt64(56 - index * 8) & 255), 1) }
    }

    private mutating func record(subtype: Int, _ body: (inout TableWriter) -> Void) {
        number(1_790_000_000, 4)
        number(13, 2)
        number(subtype, 2)
        let lengthAt = bytes.count
        number(0, 4)
        body(&self)
        let length = bytes.count - lengthAt - 4
        for index in 0..<4 { bytes[lengthAt + index] = UInt8(truncatingIfNeeded: length >> (24 - index * 8)) }
        if bytes.count > 1 << 20 { flush() }
    }

    private mutating func number(_ value: Int, _ count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> ((count - 1 - index) * 8))) }
    }

    private mutating func flush() {
        FileHandle.standardOutput.write(Data(bytes))
        bytes.removeAll(keepingCapacity: true)
    }
}
