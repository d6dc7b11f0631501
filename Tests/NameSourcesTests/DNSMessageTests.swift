import NetTypes
import Testing
import WireFormat

@testable import NameSources

@Suite("DNS messages")
struct DNSMessageTests {
    @Test("names of addresses, and the message that asks for one")
    func question() {
        #expect(DNSName(reverse: IPAddress(192, 0, 2, 7)).text == "7.2.0.192.in-addr.arpa")
        let v6 = DNSName(reverse: IPAddress(high: 0x2001_0db8_0000_0000, low: 0xA))
        let expected = "a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        #expect(v6.text == expected)
        let bytes: [UInt8] =
            [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x37, 1, 0x32, 1, 0x30, 3, 0x31, 0x39, 0x32]
            + [7] + Array("in-addr".utf8) + [4] + Array("arpa".utf8) + [0, 0, 12, 0, 1]
        #expect(DNSBytes.question.bytes == bytes)
    }

    @Test("one name, and the lowest of several, whatever the case of the letters")
    func names() throws {
        var message = DNSBytes(answers: [DNSBytes.pointer("www.example.net", seconds: 900)])
        #expect(try message.read() == .name("www.example.net", seconds: 900))
        message.answers += [DNSBytes.pointer("mail.example.net", seconds: 60), DNSBytes.pointer("x.example.net")]
        #expect(try message.read() == .name("mail.example.net", seconds: 60))
        message.answers = [DNSBytes.pointer("a.example.net", owner: DNSBytes.name("7.2.0.192.IN-ADDR.arpa"))]
        message.questions = [DNSBytes.name("7.2.0.192.In-Addr.Arpa") + [0, 12, 0, 1]]
        #expect(try message.read() == .name("a.example.net", seconds: 3600))
        // A time with its highest bit set is 0 (RFC 2181 section 8).
        message.answers = [DNSBytes.pointer("a.example.net", seconds: 0x8000_0001)]
        #expect(try message.read() == .name("a.example.net", seconds: 0))
        // Records of other names and other types, and the root, are no names.
        message.answers = [
            DNSBytes.pointer("b.example.net", owner: DNSBytes.name("8.2.0.192.in-addr.arpa")),
            DNSBytes.record(16, [3, 0x61, 0x62, 0x63]), DNSBytes.record(12, [0]),
        ]
        #expect(try message.read() == .nothing(seconds: nil))
    }

    @Test("aliases are followed, eight and no more, and asked for where the answer ends with one")
    func aliases() throws {
        func chain(_ length: Int) -> [[UInt8]] {
            (0..<length).map { step in
                DNSBytes.alias(
                    step == 0 ? DNSBytes.asked : DNSBytes.name("n\(step).example"),
                    to: "n\(step + 1).example",
                    seconds: step == 2 ? 77 : 3600
                )
            }
        }
        func host(_ length: Int) -> [UInt8] {
            DNSBytes.pointer("h.example", owner: DNSBytes.name("n\(length).example"))
        }
        #expect(try DNSBytes(answers: [host(1)] + chain(1)).read() == .name("h.example", seconds: 3600))
        #expect(try DNSBytes(answers: chain(8) + [host(8)]).read() == .name("h.example", seconds: 77))
        #expect(try DNSBytes(answers: chain(9) + [host(9)]).read() == .nothing(seconds: nil))
        guard case .alias(let next, steps: 2)? = try DNSBytes(answers: chain(2)).read() else {
            Issue.record("two aliases lead on")
            return
        }
        #expect(next.text == "n2.example")
        let circle = [DNSBytes.alias(to: "a.example"), DNSBytes.alias(DNSBytes.name("a.example"), to: "a.example")]
        #expect(try DNSBytes(answers: circle).read() == .nothing(seconds: nil))
        let negative = DNSBytes(answers: chain(1), authorities: [DNSBytes.soa(seconds: 100, minimum: 50)])
        #expect(try negative.read() == .nothing(seconds: 50))
    }

    @Test("no name, for as long as the zone says")
    func nothing() throws {
        let soa = DNSBytes.soa(seconds: 100, minimum: 200)
        #expect(try DNSBytes(flags: 0x8183, authorities: [soa]).read() == .nothing(seconds: 100))
        #expect(try DNSBytes(flags: 0x8180, authorities: [soa]).read() == .nothing(seconds: 100))
        #expect(try DNSBytes(flags: 0x8183).read() == .nothing(seconds: nil))
        #expect(try DNSBytes(flags: 0x8182).read() == .failure(code: 2))
        #expect(try DNSBytes(flags: 0x8185).read() == .failure(code: 5))
        #expect(try DNSBytes(flags: 0x8380).read() == .cut)
    }

    @Test("what answers another question is no answer")
    func foreign() throws {
        let answer = DNSBytes.pointer("www.example.net")
        #expect(try DNSBytes(id: 0x1235, answers: [answer]).read() == nil)
        #expect(try DNSBytes(flags: 0x0100, answers: [answer]).read() == nil)
        #expect(try DNSBytes(flags: 0x8980, answers: [answer]).read() == nil)
        #expect(try DNSBytes(questions: [], answers: [answer]).read() == nil)
        let other = DNSBytes.name("8.2.0.192.in-addr.arpa")
        #expect(try DNSBytes(questions: [other + [0, 12, 0, 1]]).read() == nil)
        #expect(try DNSBytes(questions: [DNSBytes.question.name.bytes + [0, 1, 0, 1]]).read() == nil)
        #expect(try DNSBytes(questions: [DNSBytes.question.name.bytes + [0, 12, 0, 3]]).read() == nil)
    }

    @Test("names are printable, whatever their bytes")
    func sanitised() throws {
        let data: [UInt8] = [6, 0x3C, 0x62, 0x3E, 0x2E, 0x00, 0x5C, 3, 0xC3, 0xA4, 0x20, 0]
        let message = DNSBytes(answers: [DNSBytes.record(12, data)])
        #expect(try message.read() == .name("<b>???.???", seconds: 3600))
        let long = (0..<4).flatMap { [UInt8($0 < 3 ? 63 : 61)] + [UInt8](repeating: 0x61, count: $0 < 3 ? 63 : 61) }
        guard case .name(let name, _)? = try DNSBytes(answers: [DNSBytes.record(12, long + [0])]).read() else {
            Issue.record("the longest name is one")
            return
        }
        #expect(name.utf8.count == 253)
        let longer = DNSBytes(answers: [DNSBytes.record(12, [1, 0x61] + long + [0])])
        #expect(throws: DecodeError.badLength) { try longer.read() }
    }

    @Test("compression goes back and never round")
    func compression() throws {
        // The record's data begin behind header, question and 12 bytes of the record.
        let start = UInt8(12 + DNSBytes.question.name.bytes.count + 4 + 12)
        func read(_ data: [UInt8]) throws(DecodeError) -> DNSAnswer? {
            try DNSBytes(answers: [DNSBytes.record(12, data)]).read()
        }
        #expect(try read([1, 0x61, 0xC0, 12]) == .name("a.7.2.0.192.in-addr.arpa", seconds: 3600))
        let wrong: [[UInt8]] = [
            [0xC0, start], [1, 0x61, 0xC0, start], [0xC0, start + 2, 0xC0, start], [0xC0, start + 2, 0],
            [0xFF, 0xFF], [0x40, 0], [0x80, 0], [0xC0],
        ]
        for data in wrong { #expect(throws: DecodeError.self, "\(data)") { try read(data) } }
        // A staircase of pointers, each to the one before: bounded, though there is no circle.
        var stairs: [UInt8] = [0]
        for step in 0..<40 { stairs += DNSBytes.big(0xC000 | UInt16(step == 0 ? 0 : step * 2 - 1)) }
        func climb(_ step: Int) throws(DecodeError) -> DNSName {
            try DNSName.read(stairs.span.bytes, at: step * 2 + 1).name
        }
        #expect(try climb(15).labels.isEmpty)
        #expect(throws: DecodeError.badStructure) { try climb(16) }
    }

    @Test("data that are shorter or longer than what is in them are no message")
    func lengths() throws {
        let name = DNSBytes.name("www.example.net")
        #expect(throws: DecodeError.self) { try DNSBytes(answers: [DNSBytes.record(12, name + [0])]).read() }
        var short = DNSBytes.record(12, name)
        short[11] -= 1
        #expect(throws: DecodeError.self) { try DNSBytes(answers: [short]).read() }
        #expect(throws: DecodeError.truncated) {
            try DNSBytes(answers: [DNSBytes.pointer("a.example")], answerCount: 65_535).read()
        }
        // More records than are looked at still give a name.
        let many = [[UInt8]](repeating: DNSBytes.record(16, [0]), count: 1200)
        #expect(
            try DNSBytes(answers: [DNSBytes.pointer("a.example")] + many).read() == .name("a.example", seconds: 3600)
        )
    }

    @Test("cut anywhere, it is no message; changed anywhere, it does no harm", arguments: [1, 2, 3, 4] as [UInt64])
    func hostile(_ seed: UInt64) throws {
        let message = DNSBytes(
            answers: [
                DNSBytes.alias(to: "n.example"), DNSBytes.pointer("www.example.net", owner: DNSBytes.name("n.example")),
                DNSBytes.record(12, [1, 0x61, 0xC0, 14]),
            ],
            authorities: [DNSBytes.soa(seconds: 100, minimum: 200)]
        ).bytes
        let negative = DNSBytes(flags: 0x8183, authorities: [DNSBytes.soa(seconds: 100, minimum: 200)]).bytes
        for count in 0..<negative.count {
            #expect(throws: DecodeError.truncated) { try DNSBytes.read(Array(negative[..<count])) }
        }
        var random = SeededRandom(seed: seed)
        for _ in 0..<20_000 {
            var bytes = Bool.random(using: &random) ? message : negative
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0 ... .max, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            if case .name(let name, _)? = try? DNSBytes.read(bytes) {
                #expect(name.utf8.count <= 253 && name.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            }
        }
    }
}
