import NetTypes
import WireFormat

@testable import NameSources

/// Answers as servers would write them.
struct DNSBytes {
    static let question = DNSQuestion(id: 0x1234, name: DNSName(reverse: IPAddress(192, 0, 2, 7)))
    /// A pointer to the question's name, which stands behind the header.
    static let asked: [UInt8] = [0xC0, 12]

    var id: UInt16 = 0x1234
    var flags: UInt16 = 0x8180
    var questions: [[UInt8]] = [question.name.bytes + [0, 12, 0, 1]]
    var answers: [[UInt8]] = []
    var authorities: [[UInt8]] = []
    /// What the header says, should it lie.
    var answerCount: UInt16?

    var bytes: [UInt8] {
        let said = answerCount ?? UInt16(answers.count)
        let header: [UInt16] = [id, flags, UInt16(questions.count), said, UInt16(authorities.count), 0]
        var result: [UInt8] = header.flatMap(Self.big)
        for part in questions + answers + authorities { result += part }
        return result
    }

    /// What reading makes of it.
    func read() throws(DecodeError) -> DNSAnswer? { try Self.read(bytes) }

    static func read(_ bytes: [UInt8]) throws(DecodeError) -> DNSAnswer? {
        try DNSAnswer.read(bytes.span.bytes, to: question)
    }

    static func big(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }

    /// A name such as "www.example.net", uncompressed.
    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func record(
        _ type: UInt16,
        _ data: [UInt8],
        owner: [UInt8] = asked,
        seconds: UInt32 = 3600
    ) -> [UInt8] {
        let head = [type, 1, UInt16(seconds >> 16), UInt16(seconds & 0xFFFF), UInt16(data.count)]
        return owner + head.flatMap(big) + data
    }

    static func pointer(_ text: String, owner: [UInt8] = asked, seconds: UInt32 = 3600) -> [UInt8] {
        record(12, name(text), owner: owner, seconds: seconds)
    }

    static func alias(_ owner: [UInt8] = asked, to text: String, seconds: UInt32 = 3600) -> [UInt8] {
        record(5, name(text), owner: owner, seconds: seconds)
    }

    static func soa(seconds: UInt32, minimum: UInt32) -> [UInt8] {
        let numbers: [UInt32] = [1, 2, 3, 4, minimum]
        let words = numbers.flatMap { [UInt16($0 >> 16), UInt16($0 & 0xFFFF)] }
        let data = name("ns.example.net") + name("hostmaster.example.net") + words.flatMap(big)
        return record(6, data, owner: name("2.0.192.in-addr.arpa"), seconds: seconds)
    }
}
