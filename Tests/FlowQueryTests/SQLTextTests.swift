import FlowQuery
import FlowSchema
import NetTypes
import Testing

struct SQLTextTests {
    @Test func typedValues() {
        let inner: SQLText = "count()"
        let port: UInt16 = 443
        let sql: SQLText = "\(FlowColumn.srcAS) = \(-5) AND \(inner) \(port) \(1.5) \(IPAddress(192, 0, 2, 1))"
        #expect(sql.text == "SrcAS = -5 AND count() 443 1.5 toIPv6('::ffff:192.0.2.1')")
        let list: SQLText = "(\([inner, "x"], separator: ", "))"
        #expect(list.text == "(count(), x)")
        #expect(("\(Double.nan) \(-Double.infinity)" as SQLText).text == "nan -inf")
    }

    @Test func stringsAreLiterals() {
        #expect(("\(string: "it's")" as SQLText).text == #"'it\'s'"#)
        #expect(("\(string: "a\\' OR 1")" as SQLText).text == #"'a\\\' OR 1'"#)
        #expect(("\(string: "a\n\t\r\0b")" as SQLText).text == #"'a\n\t\r\0b'"#)
    }

    /// Reads a literal as ClickHouse does and gives what is left behind it.
    static func readLiteral(_ sql: Substring) -> (content: String, rest: Substring)? {
        var rest = sql.unicodeScalars[...]
        guard rest.popFirst() == "'" else { return nil }
        var content = String.UnicodeScalarView()
        let escapes: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "r": "\r", "t": "\t", "0": "\0"]
        while let scalar = rest.popFirst() {
            if scalar == "\\" {
                guard let next = rest.popFirst() else { return nil }
                content.append(escapes[next] ?? next)
            } else if scalar == "'" {
                return (String(content), Substring(rest))
            } else {
                content.append(scalar)
            }
        }
        return nil
    }

    @Test func noStringLeavesItsQuotes() throws {
        var source = RandomFilter(random: SeededRandom(seed: 1))
        for _ in 0..<5000 {
            let string = source.string()
            let sql: SQLText = "\(string: string)"
            let read = try #require(Self.readLiteral(sql.text[...]))
            #expect(Array(read.content.unicodeScalars) == Array(string.unicodeScalars))
            #expect(read.rest.isEmpty)
        }
    }

    /// Outside of its literals a filter's SQL holds nothing but words, numbers and operators of ours.
    @Test func filtersStayOutsideOfSQL() throws {
        var source = RandomFilter(random: SeededRandom(seed: 2))
        let words: Set<String> = [
            "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "match", "toString", "toIPv6", "toUInt8", "toDateTime",
            "bitAnd",
            "if", "substring", "lower", "MACNumToString",
            "reinterpretAsUInt16", "dictGet",
        ]
        for _ in 0..<3000 {
            var rest = source.filter().sql.text[...]
            var outside = ""
            while let quote = rest.firstIndex(of: "'") {
                outside += rest[..<quote] + " "
                rest = try #require(Self.readLiteral(rest[quote...])).rest
            }
            outside += rest
            let strange = outside.split { " ()=<>,\n".contains($0) }.filter { word in
                UInt64(word) == nil && !words.contains(String(word))
                    && !FlowColumn.allCases.contains { $0.name == word }
            }
            #expect(strange.isEmpty)
        }
    }
}
