import Testing
import WireFormat

@Suite("IPFIX over TCP out of captures")
struct CaptureStreamTests {
    private static let start: UInt32 = 0xFFFF_FFF0

    /// A segment from a port of 192.0.2.1 to one of 192.0.2.2, in an IPv4 packet.
    private static func segment(
        _ offset: Int,
        _ payload: [UInt8],
        flags: UInt8 = 0x18,
        from port: UInt8 = 1,
        to target: UInt16 = 4739
    ) -> [UInt8] {
        // Numbers wrap within the stream: the SYN's is just below 2^32.
        let sequence = start &+ 1 &+ UInt32(truncatingIfNeeded: offset)
        let number = stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: sequence >> UInt32($0)) }
        let tcp: [UInt8] =
            [0xC0, port, UInt8(target >> 8), UInt8(target & 255)] + number
            + [0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]
        var packet = CaptureDatagramTests.ipv4(tcp + payload)
        packet[9] = 6
        return packet
    }

    private static let messages = (1...5).map { number in
        // A template set fills the message, so that it looks like one.
        [0, 10, 0, 32] + Array(repeating: UInt8(number), count: 12) + [0, 2, 0, 16]
            + Array(repeating: UInt8(number), count: 12)
    }
    private static let bytes = messages.flatMap { $0 }

    private func read(
        _ packets: [[UInt8]],
        snap: Int = .max
    ) throws -> ([CaptureDatagram], CaptureDatagrams.Counts, ended: [Int]) {
        var builder = CaptureBuilder(isBigEndian: true)
        builder.pcapHeader(link: 101)
        for packet in packets { builder.pcapPacket(Array(packet.prefix(snap))) }
        var datagrams = CaptureDatagrams(try CaptureReader(builder.file))
        var found: [CaptureDatagram] = []
        var ended: [Int] = []
        while let datagram = try datagrams.next() {
            found.append(datagram)
            ended += datagrams.takeEndedStreams()
        }
        return (found, datagrams.counts, ended + datagrams.takeEndedStreams())
    }

    /// The stream in segments of ten bytes, behind a SYN.
    private static var segments: [[UInt8]] {
        [segment(-1, [], flags: 0x02)]
            + stride(from: 0, to: bytes.count, by: 10).map { segment($0, Array(bytes[$0..<min($0 + 10, bytes.count)])) }
    }

    @Test("in order, backwards, twice, overlapping: the same messages")
    func orders() throws {
        let inOrder = Self.segments
        let overlapping =
            [inOrder[0]]
            + stride(from: 0, to: Self.bytes.count, by: 10).map { offset in
                Self.segment(offset, Array(Self.bytes[offset..<min(offset + 17, Self.bytes.count)]))
            }
        let doubled = inOrder.flatMap { [$0, $0] }
        let backwards = [inOrder[0]] + inOrder.dropFirst().reversed()
        for packets in [inOrder, doubled, backwards, overlapping] {
            let (found, counts, ended) = try read(packets)
            #expect(found.map { Array($0.payload) } == Self.messages)
            #expect(found.allSatisfy { $0.stream == 1 && $0.source.port == 0xC001 })
            #expect(counts.streams == 1)
            #expect(counts.streamMessages == 5)
            #expect(counts.streamBytesLost == 0)
            #expect(counts.others == 0)
            #expect(ended == [1])
        }
    }

    @Test("a capture from the middle begins with the next message")
    func middle() throws {
        let packets = [
            Self.segment(20, Array(Self.bytes[20..<32])), Self.segment(32, Array(Self.bytes[32..<96])),
            Self.segment(96, Array(Self.bytes[96...])),
        ]
        let (found, counts, _) = try read(packets)
        #expect(found.map { Array($0.payload) } == Array(Self.messages.dropFirst()))
        #expect(counts.streamBytesLost == 12)
    }

    @Test("bytes that never come are skipped and what is lost with them counted")
    func hole() throws {
        var packets = [Self.segment(-1, [], flags: 0x02)]
        for number in 0..<5 where number != 2 { packets.append(Self.segment(number * 32, Self.messages[number])) }
        let (found, counts, _) = try read(packets)
        #expect(found.map { Array($0.payload) } == [0, 1, 3, 4].map { Self.messages[$0] })
        #expect(counts.streamBytesLost == 0)
        // Half of the third message is there, of no use.
        let (more, lost, _) = try read(
            packets.dropLast(2) + [Self.segment(64, Array(Self.bytes[64..<80]))] + packets.suffix(2)
        )
        #expect(more.count == 4)
        #expect(lost.streamBytesLost == 16)
    }

    @Test("a bad header is counted, and a later message read")
    func badHeader() throws {
        let packets = [
            Self.segment(-1, [], flags: 0x02), Self.segment(0, Self.messages[0] + [0, 10, 0, 3, 1]),
            Self.segment(37, [9, 9, 9]), Self.segment(40, Self.messages[1]),
        ]
        let (found, counts, _) = try read(packets)
        #expect(found.map { Array($0.payload) } == [Self.messages[0], Self.messages[1]])
        #expect(counts.streamErrors == 1)
        #expect(counts.streamBytesLost == 8)
    }

    @Test("any port whose bytes look like IPFIX, and no other")
    func ports() throws {
        let (found, counts, _) = try read([
            Self.segment(0, Self.messages[0], to: 9995), Self.segment(0, Array("GET / HTTP/1.1\r\n\r\n".utf8), to: 80),
            Self.segment(0, [], flags: 0x10, to: 9996),
            Self.segment(0, [0, 10, 0, 12] + Array(repeating: 0, count: 20), to: 53),
        ])
        #expect(found.map(\.destination.port) == [9995])
        #expect(counts.others == 3)
    }

    @Test("a FIN, or a new SYN of the same ends, ends the session")
    func sessions() throws {
        let one = [Self.segment(-1, [], flags: 0x02), Self.segment(0, Self.messages[0])]
        let again = Self.segment(999, [], flags: 0x02)
        let (found, counts, ended) = try read(one + [again, Self.segment(1000, Self.messages[1])])
        #expect(found.map(\.stream) == [1, 2])
        #expect(counts.streams == 2)
        #expect(ended == [1, 2])
        // The FIN overtakes the data; the session ends when all of it was read.
        let late = [one[0], Self.segment(32, Self.messages[1], flags: 0x19), one[1], Self.segment(64, [], flags: 0x10)]
        let (both, _, over) = try read(late)
        #expect(both.map { Array($0.payload) } == Array(Self.messages.prefix(2)))
        #expect(over.first == 1)
    }

    @Test("connections, and what waits in one, are bounded")
    func floods() throws {
        let many = (0..<2000).map { number in
            Self.segment(0, Self.messages[0], from: UInt8(number % 250), to: UInt16(5000 + number / 250))
        }
        let (found, _, ended) = try read(many)
        #expect(found.count == 2000)
        #expect(ended.count == 2000)
        // The first byte never comes: what waits is given up piece by piece.
        let gaps =
            [Self.segment(-1, [], flags: 0x02)] + (0..<3000).map { Self.segment(100 + $0 * 64, Self.messages[0]) }
        let (late, counts, _) = try read(gaps)
        #expect(late.count == 3000)
        #expect(counts.streamBytesLost == 0)
    }

    @Test("a capture that cuts packets loses the messages that it cuts")
    func cut() throws {
        let (found, counts, _) = try read(
            [
                Self.segment(-1, [], flags: 0x02), Self.segment(0, Self.messages[0]),
                Self.segment(32, Self.messages[1] + Self.messages[2]),
            ],
            snap: 80
        )
        #expect(found.map { Array($0.payload) } == Array(Self.messages.prefix(2)))
        #expect(counts.streamBytesLost == 8)
    }
}
