import FlowQuery
import FlowSchema
import Testing

struct FilterCompletionTests {
    /// The labels at the bar, the first few.
    private func labels(_ text: String, seen: [FilterCompletion.SeenValue] = [], most: Int = 4) throws -> [String] {
        try complete(text, seen: seen).candidates.prefix(most).map(\.label)
    }

    private func complete(
        _ text: String,
        seen: [FilterCompletion.SeenValue] = []
    ) throws -> (completion: FilterCompletion, candidates: [FilterCompletion.Candidate]) {
        let bar = try #require(text.firstIndex(of: "|"))
        let position = text.utf16.distance(from: text.startIndex, to: bar)
        let completion = try FilterCompletion(text.replacing("|", with: ""), at: position)
        return (completion, completion.candidates(names: SomeNames(), seen: seen))
    }

    @Test(arguments: [
        ("|", ["SrcAddr", "DstAddr", "Addr", "SrcAS"]),
        ("srca|", ["SrcAddr", "SrcAS", "SrcAddrEncap", "SrcAddrNAT"]),
        ("SrcAS = 1 and dstp|", ["DstPort", "DstPortEncap", "DstPortNAT"]),
        ("SrcAS |", ["=", "!=", "<", "<="]),
        ("SrcAddr |", ["=", "!=", "<<", "!<<"]),
        ("SrcAS = 1 |", ["and", "or"]),
        ("(SrcAS = 1 |", ["and", "or", ")"]),
        ("SrcAS = 1 a|", ["and"]),
        ("SrcAS not |", ["in", "between", "like"]),
        ("TCPFlags |", ["=", "!=", "not", "in"]),
        ("TCPFlags has |", ["(", "FIN", "SYN", "RST"]),
        ("TCPFlags has S|", ["SYN"]),
        ("TCPFlags has SYN|", []),
        ("TCPFlags has SYN |", ["+", "and", "or"]),
        ("Proto = t|", ["TCP"]),
        ("Proto in (TCP, u|", ["unknown", "UDP", "UDPLite"]),
        ("Proto in (TCP |", [",", ")"]),
        ("DstPort = htt|", ["http", "https", "http-alt"]),
        ("DstPort = 44|", ["https", "microsoft-ds"]),
        ("SrcCountry = ger|", ["DE", "DZ", "NE", "NG"]),
        ("SrcAS = exa|", ["Example Networks"]),
        ("SrcAS = \"exa|", ["Example Networks"]),
        ("InIf = |", ["xe-0/0/1", "unknown"]),
        ("Bytes between |", []),
        ("Bytes between 1 |", ["and"]),
        ("SrcAddr << 10|", ["10.0.0.0/8"]),
        ("SrcPort ~ \"8|", []),
        ("SrcPort ~ |", []),
        ("SrcAS = 1 -- and |", []),
        ("SrcAS = 1 /* |", []),
        ("SrcAS = 1) |", []),
        ("SrcAZ |", []),
        // Values that nobody knows don't stand in the way of what follows.
        ("InIf = nowhere and Prot|", ["Proto", "ProtoEncap"]),
        ("Bytes between 9 and 3 |", ["and", "or"]),
    ])
    func offers(text: String, expected: [String]) throws {
        let found = try labels(text, most: max(expected.count, 1))
        #expect(found == expected, "\(text)")
    }

    /// What stands in the word's place: the word may go on behind the cursor, and names need quotes.
    @Test(arguments: [
        ("src|Port = 1", "SrcPort", 0, 7, "SrcPort "),
        ("/* ä🙂 */ Pro|", "Proto", 10, 3, "Proto "),
        ("Proto in (tc|)", "TCP", 10, 2, "TCP"),
        ("Proto = tc|", "TCP", 8, 2, "TCP "),
        ("AS = tw|", "Two \"Systems\"", 5, 2, "\"Two \\\"Systems\\\"\" "),
        ("AS = \"tw|o\" and SrcPort = 1", "Two \"Systems\"", 5, 5, "\"Two \\\"Systems\\\"\" "),
        ("AS = \"tw| and SrcNetName = \"x\"", "Two \"Systems\"", 5, 3, "\"Two \\\"Systems\\\"\" "),
        ("InIf = xe-|", "xe-0/0/1", 7, 3, "xe-0/0/1 "),
        ("SrcPort !|", "!=", 8, 1, "!= "),
        ("SrcPort = |", "unknown", 10, 0, "unknown "),
    ])
    func replaces(text: String, label: String, position: Int, length: Int, insert: String) throws {
        let (completion, candidates) = try complete(text)
        #expect(completion.position == position && completion.length == length)
        #expect(candidates.first { $0.label == label }?.insert == insert)
    }

    @Test func valuesThatWereSeenComeFirst() throws {
        let seen = [FilterCompletion.SeenValue(text: "443", detail: "443 https", share: 0.41)]
        let (completion, candidates) = try complete("DstPort = |", seen: seen)
        #expect(completion.valueColumn == .dstPort)
        let first = try #require(candidates.first)
        #expect(first.kind == "value" && first.label == "443" && first.insert == "443 ")
        #expect(first.detail == "443 https" && first.share == 0.41)
        #expect(candidates.count <= FilterCompletion.most)
        #expect(try complete("DstPort |").completion.valueColumn == nil)
        let texts = [FilterCompletion.SeenValue(text: "edge", detail: "", share: 0.01)]
        #expect(try complete("ExporterRole = e|", seen: texts).candidates.first?.insert == "\"edge\" ")
    }

    /// What is offered behind a column is what the parser takes there, no more and no less.
    @Test func operatorsAreTheParsers() throws {
        let columns = FlowColumn.queryable.filter(\.isComparable).map(\.name) + Filter.Pair.allCases.map(\.rawValue)
        let operations = ["=", "!=", "<", "<=", ">", ">=", "<<", "!<<", "~", "!~", "in", "between", "like", "has"]
        for column in columns {
            let offered = try FilterCompletion("\(column) ", at: 100).candidates().map(\.label)
            for operation in operations {
                let isTaken = Self.values.contains { value in
                    let text =
                        switch operation {
                        case "in": "in (\(value))"
                        case "between": "between \(value) and \(value)"
                        default: "\(operation) \(value)"
                        }
                    return (try? Filter.parse("\(column) \(text)")) != nil
                }
                #expect(offered.contains(operation) == isTaken, "\(column) \(operation)")
            }
        }
    }

    private static let values = [
        "1", "192.0.2.1", "10.0.0.0/8", "\"a\"", "SYN", "TCP", "IPv4", "yes", "ingress", "IPFIX", "options", "VXLAN",
        "DE", "external", "00:11:22:33:44:55", "unknown",
    ]

    /// What is offered can be taken: the text with it is the beginning of a filter again.
    @Test func candidatesLeadOn() throws {
        let texts = [
            "", "SrcAS ", "SrcAS = 1 ", "(SrcAS = 1 ", "Proto in (", "TCPFlags has ", "SrcAddr << ", "If = ",
            "not ", "SrcCountry = ", "Bytes between 1 ",
        ]
        for text in texts {
            let completion = try FilterCompletion(text, at: 1000)
            for candidate in completion.candidates(names: SomeNames()) {
                let next = text + candidate.insert
                let isFilter = (try? Filter.parse(next, names: SomeNames())) != nil
                let isPattern = candidate.insert.hasSuffix("\"") && candidate.kind == "operator"
                let goesOn = try !FilterCompletion(next, at: 10_000).hints.isEmpty
                #expect(isFilter || isPattern || goesOn, "\(next)")
            }
        }
    }

    /// No place in no text is too strange.
    @Test func noPlaceTraps() throws {
        var random = SeededRandom(seed: 14)
        var source = RandomFilter(random: SeededRandom(seed: 15))
        for _ in 0..<1500 {
            var scalars = Array(source.filter(depth: 1).description.unicodeScalars)
            for _ in 0..<Int.random(in: 0...3, using: &random) where !scalars.isEmpty {
                let place = Int.random(in: 0..<scalars.count, using: &random)
                scalars[place] =
                    ["\"", "\\", "(", "🙂", "\u{301}", "-", "/", "*", "\0", "!"].randomElement(using: &random) ?? "("
            }
            let text = String(String.UnicodeScalarView(scalars))
            let completion = try FilterCompletion(text, at: Int.random(in: -1...(text.utf16.count + 1), using: &random))
            #expect(completion.position >= 0 && completion.position + completion.length <= text.utf16.count)
            #expect(completion.candidates(names: SomeNames()).count <= FilterCompletion.most)
        }
        #expect(throws: QueryError.self) { try FilterCompletion(String(repeating: "a", count: 20_000), at: 0) }
    }
}
