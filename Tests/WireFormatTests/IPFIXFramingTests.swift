import Testing
import WireFormat

@Suite("IPFIX messages out of a stream")
struct IPFIXFramingTests {
    /// A message of that length, whose bytes behind the header tell its number.
    static func message(_ number: UInt8, length: Int = 24) -> [UInt8] {
        [0, 10, UInt8(length >> 8), UInt8(length & 255)] + Array(repeating: number, count: length - 4)
    }

    static func feed(_ framing: inout IPFIXFraming, _ piece: ArraySlice<UInt8>) throws(IPFIXFramingError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        let bytes = Array(piece)
        try framing.feed(bytes.span.bytes) { message in found.append(message.withUnsafeBytes { Array($0) }) }
        return found
    }

    @Test("every way to cut the stream in two or three gives the same messages")
    func splits() throws {
        let messages = [Self.message(1), Self.message(2, length: 16), Self.message(3, length: 31)]
        let stream = messages.flatMap { $0 }
        for first in 0...stream.count {
            for second in first...stream.count {
                var framing = IPFIXFraming()
                var found = try Self.feed(&framing, stream[..<first])
                found += try Self.feed(&framing, stream[first..<second])
                found += try Self.feed(&framing, stream[second...])
                #expect(found == messages)
                #expect(framing.pending == 0)
            }
        }
    }

    @Test("byte by byte, and the longest message there is")
    func bytewise() throws {
        let messages = [Self.message(7, length: 65_535), Self.message(8)]
        let stream = messages.flatMap { $0 }
        var framing = IPFIXFraming()
        var found: [[UInt8]] = []
        for index in stream.indices { found += try Self.feed(&framing, stream[index...index]) }
        #expect(found == messages)
    }

    @Test("a bad header ends the stream behind the messages before it")
    func badHeader() {
        let cases: [([UInt8], DecodeError)] = [
            ([0, 10, 0, 15], .badLength), ([0, 10, 0, 0], .badLength), ([0, 9, 0, 24], .unknownVersion),
            ([22, 3, 1, 2], .unknownVersion),
        ]
        for (header, reason) in cases {
            let stream = Self.message(1) + header + [1, 2, 3]
            for cut in 0...stream.count {
                var framing = IPFIXFraming()
                var found: [[UInt8]] = []
                var lost = 0
                do throws(IPFIXFramingError) {
                    found += try Self.feed(&framing, stream[..<cut])
                    lost = stream.count - cut
                    found += try Self.feed(&framing, stream[cut...])
                    Issue.record("no error for \(header) cut at \(cut)")
                } catch {
                    #expect(error.reason == reason)
                    // With what was never fed, all but the good message.
                    if lost == 0 { lost = stream.count - cut + error.bytes } else { lost = error.bytes }
                    #expect(lost == header.count + 3)
                }
                #expect(found.isEmpty || found == [Self.message(1)])
                #expect(framing.pending == 0)
            }
        }
    }

    @Test("the beginning of a message is held, and can be given up")
    func partial() throws {
        var framing = IPFIXFraming()
        #expect(try Self.feed(&framing, Self.message(1).prefix(20)).isEmpty)
        #expect(framing.pending == 20)
        #expect(framing.reset() == 20)
        #expect(try Self.feed(&framing, Self.message(2)[...]) == [Self.message(2)])
    }
}
