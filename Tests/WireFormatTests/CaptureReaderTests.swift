import Testing
import WireFormat

/// Builds capture files in either byte order.
struct CaptureBuilder {
    var isBigEndian: Bool
    var file: [UInt8] = []

    init(isBigEndian: Bool) {
        self.isBigEndian = isBigEndian
    }

    mutating func u16(_ values: UInt16...) {
        for value in values {
            file += isBigEndian ? [UInt8(value >> 8), UInt8(value & 255)] : [UInt8(value & 255), UInt8(value >> 8)]
        }
    }

    mutating func u32(_ values: UInt32...) {
        for value in values {
            let halves = [UInt16(value >> 16), UInt16(value & 0xFFFF)]
            for half in isBigEndian ? halves : halves.reversed() { u16(half) }
        }
    }

    mutating func pcapHeader(magic: UInt32 = 0xA1B2_C3D4, link: UInt32 = 1) {
        u32(magic)
        u16(2, 4)
        u32(0, 0, 65535, link)
    }

    mutating func pcapPacket(_ bytes: [UInt8], seconds: UInt32 = 1_700_000_000, fraction: UInt32 = 5) {
        u32(seconds, fraction, UInt32(bytes.count), UInt32(bytes.count))
        file += bytes
    }

    /// A pcapng block around what `body` writes.
    mutating func block(_ type: UInt32, _ body: (inout CaptureBuilder) -> Void) {
        var inner = CaptureBuilder(isBigEndian: isBigEndian)
        body(&inner)
        while inner.file.count % 4 != 0 { inner.file.append(0) }
        let length = UInt32(inner.file.count + 12)
        u32(type, length)
        file += inner.file
        u32(length)
    }

    mutating func section() {
        block(0x0A0D_0D0A) {
            $0.u32(0x1A2B_3C4D)
            $0.u16(1, 0)
            $0.u32(.max, .max)
        }
    }

    mutating func interface(link: UInt16, options: (inout CaptureBuilder) -> Void = { _ in }) {
        block(1) {
            $0.u16(link, 0)
            $0.u32(0)
            options(&$0)
        }
    }

    mutating func enhanced(_ bytes: [UInt8], interface: UInt32 = 0, time: UInt64) {
        block(6) {
            $0.u32(interface, UInt32(time >> 32), UInt32(time & 0xFFFF_FFFF), UInt32(bytes.count), UInt32(bytes.count))
            $0.file += bytes
        }
    }
}

@Suite("capture files")
struct CaptureReaderTests {
    private func packets(_ file: [UInt8]) throws -> [CapturePacket] {
        var reader = try CaptureReader(file)
        var found: [CapturePacket] = []
        while let packet = try reader.next() { found.append(packet) }
        return found
    }

    @Test("pcap in either byte order, with micro- and nanoseconds", arguments: [true, false], [true, false])
    func pcap(isBigEndian: Bool, isNano: Bool) throws {
        var builder = CaptureBuilder(isBigEndian: isBigEndian)
        builder.pcapHeader(magic: isNano ? 0xA1B2_3C4D : 0xA1B2_C3D4, link: 0xF000_0071)
        builder.pcapPacket([1, 2, 3])
        builder.pcapPacket([], seconds: .max, fraction: 999_999)
        let found = try packets(builder.file)
        #expect(found.count == 2)
        #expect(found[0].timestamp == 1_700_000_000_000_000_000 + (isNano ? 5 : 5000))
        #expect(found[0].link == .linuxSLL)
        #expect(Array(builder.file[found[0].bytes]) == [1, 2, 3])
        #expect(found[1].bytes.isEmpty)
        #expect(CaptureReader.isCapture(builder.file))
    }

    @Test("pcapng in either byte order", arguments: [true, false])
    func pcapng(isBigEndian: Bool) throws {
        var builder = CaptureBuilder(isBigEndian: isBigEndian)
        builder.section()
        builder.interface(link: 1)
        builder.interface(link: 101) {
            $0.u16(2, 3)
            $0.file += [101, 116, 104, 0]
            $0.u16(9, 1)
            $0.file += [9, 0, 0, 0]
            $0.u16(14, 8)
            if isBigEndian { $0.u32(0, 10) } else { $0.u32(10, 0) }
            $0.u16(0, 0)
        }
        builder.interface(link: 113) {
            $0.u16(9, 1)
            $0.file += [0x80 | 10, 0, 0, 0]
        }
        builder.block(0x0BAD) { $0.u32(1) }
        builder.enhanced([1, 2, 3], time: 1_700_000_000_000_001)
        builder.enhanced([4, 5], interface: 1, time: 1_700_000_000_000_000_001)
        builder.enhanced([6], interface: 2, time: 1_700_000_000 << 10 | 512)
        builder.enhanced([7], interface: 3, time: 0)
        builder.block(3) {
            $0.u32(2)
            $0.file += [8, 9]
        }
        // A new section forgets the interfaces; its byte order is its own.
        var other = CaptureBuilder(isBigEndian: !isBigEndian)
        other.section()
        other.interface(link: 228)
        other.enhanced([10], time: 3_000_000)
        let file = builder.file + other.file
        let found = try packets(file)
        #expect(found.map { Array(file[$0.bytes]) } == [[1, 2, 3], [4, 5], [6], [8, 9], [10]])
        #expect(found.map(\.link) == [.ethernet, .raw, .linuxSLL, .ethernet, .ipv4])
        #expect(
            found.map(\.timestamp) == [
                1_700_000_000_000_001_000, 1_700_000_010_000_000_001, 1_700_000_000_500_000_000, 0, 3_000_000_000,
            ]
        )
    }

    @Test("what is no capture, or a broken one")
    func broken() throws {
        for file in [[], [0xD4], Array(repeating: 0, count: 64), Array("GET / HTTP/1.1".utf8)] as [[UInt8]] {
            #expect(throws: CaptureError.notACapture) { try CaptureReader(file) }
        }
        var builder = CaptureBuilder(isBigEndian: false)
        builder.pcapHeader()
        builder.pcapPacket([1, 2, 3])
        let good = builder.file.count
        builder.pcapPacket([4, 5, 6])
        var reader = try CaptureReader(Array(builder.file.dropLast()))
        #expect(try reader.next() != nil)
        #expect(throws: CaptureError.truncated(offset: good)) { try reader.next() }
        #expect(try reader.next() == nil)
        builder.u32(0, 0, .max, 0)
        #expect(throws: CaptureError.badLength(offset: good + 19)) { try packets(builder.file) }
        #expect(CaptureError.truncated(offset: 7).description == "The capture ends within a packet, at byte 7.")
    }

    @Test("prefixes and flipped bits of captures")
    func hostile() throws {
        var pcap = CaptureBuilder(isBigEndian: true)
        pcap.pcapHeader()
        pcap.pcapPacket(CaptureDatagramTests.frame)
        pcap.pcapPacket(CaptureDatagramTests.frame)
        var pcapng = CaptureBuilder(isBigEndian: false)
        pcapng.section()
        pcapng.interface(link: 1) {
            $0.u16(9, 1)
            $0.file += [6, 0, 0, 0]
        }
        pcapng.enhanced(CaptureDatagramTests.frame, time: 1)
        pcapng.block(3) {
            $0.u32(60)
            $0.file += CaptureDatagramTests.frame
        }
        var state: UInt64 = 3
        for whole in [pcap.file, pcapng.file] {
            #expect(drain(whole)?.datagrams == 2)
            for length in 0..<whole.count { #expect(drain(Array(whole.prefix(length)))?.datagrams ?? 0 <= 2) }
            for _ in 0..<5000 {
                var file = whole
                for _ in 0..<3 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    file[Int(state >> 33) % file.count] ^= 1 << UInt8(state >> 30 & 7)
                }
                guard let counts = drain(file) else { continue }
                #expect(counts.packets >= counts.datagrams + counts.others)
            }
        }
    }

    /// Reads until the end or the first error.
    private func drain(_ file: [UInt8]) -> CaptureDatagrams.Counts? {
        guard let reader = try? CaptureReader(file) else { return nil }
        var datagrams = CaptureDatagrams(reader)
        while let found = try? datagrams.next() { _ = found.payload.count }
        return datagrams.counts
    }
}
