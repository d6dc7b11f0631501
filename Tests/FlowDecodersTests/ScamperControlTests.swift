import FlowDecoders
import FlowSchema
import Foundation
import Testing

@Suite("scamper's control socket")
struct ScamperControlTests {
    private struct Heard {
        var objects: [[UInt8]] = []
        var ready = 0
        var refused: [String] = []
    }

    /// What a client hears that gets bytes in pieces of a size.
    private static func hear(
        _ bytes: [UInt8],
        pieces: Int = .max
    ) throws(ScamperControl.Problem) -> Heard {
        var control = ScamperControl()
        var heard = Heard()
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieces)
            rest = rest.dropFirst(pieces)
            try control.take(piece) { event in
                switch event {
                case .object(let object): heard.objects.append(object)
                case .ready: heard.ready += 1
                case .refused(let words): heard.refused.append(words)
                }
            }
        }
        return heard
    }

    /// As uuencode(5) has it, with a grave accent for zero.
    private static func encoded(_ object: [UInt8]) -> String {
        func character(_ six: Int) -> String { six == 0 ? "`" : String(UnicodeScalar(UInt8(six + 32))) }
        var text = ""
        for start in stride(from: 0, to: object.count, by: 45) {
            let line = object[start..<min(start + 45, object.count)]
            text += character(line.count)
            for group in stride(from: line.startIndex, to: line.endIndex, by: 3) {
                let three = (0..<3).map { group + $0 < line.endIndex ? Int(line[group + $0]) : 0 }
                let bits = three[0] << 16 | three[1] << 8 | three[2]
                for place in [18, 12, 6, 0] { text += character(bits >> place & 63) }
            }
            text += "\n"
        }
        return text + "`\n"
    }

    /// The objects of a recorded file.
    private static func recorded() throws -> [[UInt8]] {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = [UInt8](try Data(contentsOf: tests.appendingPathComponent("Fixtures/warts/diamond/capture.warts")))
        var reader = WartsReader()
        var objects: [[UInt8]] = []
        while true {
            let start = reader.offset
            guard case .object = reader.skip(in: file.span.bytes) else { return objects }
            objects.append(Array(file[start..<reader.offset]))
        }
    }

    @Test("objects come as they were sent, in whatever pieces", arguments: [1, 7, 64, Int.max])
    func objects(pieces: Int) throws {
        let objects = try Self.recorded()
        var text = "OK\nMORE\n"
        for object in objects {
            let data = Self.encoded(object)
            text += "OK id-1\nDATA \(data.utf8.count)\n\(data)MORE\n"
        }
        let heard = try Self.hear(Array(text.utf8), pieces: pieces)
        #expect(heard.objects == objects && heard.objects.count > 10)
        #expect(heard.ready == objects.count + 1 && heard.refused == [])
    }

    @Test("scamper's own words: the head of a list, a refusal")
    func words() throws {
        let said =
            "OK\r\nMORE\nDATA 44\n>$@4``@```!8````!`````0````%K`[=:`@`#=FT`\n`\n"
            + "ERR command not \u{1B}accepted\nsome\n"
        let heard = try Self.hear(Array(said.utf8))
        #expect(heard.objects.map { Array($0.prefix(4)) } == [[0x12, 0x05, 0, 2]])
        #expect(heard.ready == 1 && heard.refused == ["ERR command not ?accepted"])
    }

    @Test("what is none of scamper's ends the connection", arguments: hostileAnswers)
    func hostile(said: String, problem: ScamperControl.Problem) {
        #expect(throws: problem) { try Self.hear(Array(said.utf8)) }
    }
}

private let hostileAnswers: [(String, ScamperControl.Problem)] = [
    (String(repeating: "x", count: 2000), .longLine),
    ("DATA 0\n", .badSize), ("DATA -1\n", .badSize), ("DATA 99999999999\n", .badSize),
    ("DATA 99999999999999999999999\n", .badSize), ("DATA x\n", .badSize),
    // A line that says more bytes than it has, characters that are none, an end within a line.
    ("DATA 6\nM$@4`\n", .badText), ("DATA 6\n#abc~\n", .badText), ("DATA 3\nM$@4\n", .badText),
    ("DATA 5000\n" + String(repeating: "`", count: 4000), .longLine),
]
