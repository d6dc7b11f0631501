import FlowQuery
import Testing

/// Regular expressions and patterns that can't be: refused with their place before the engine sees them.
struct FilterPatternTests {
    @Test(arguments: [
        (#"SrcPort ~ "(80""#, 11, 1), (#"SrcPort ~ "80)""#, 13, 1), (#"SrcPort ~ "[80""#, 11, 1),
        (#"SrcPort ~ "[9-0]""#, 12, 3), (#"SrcPort ~ "*8""#, 11, 1), (#"SrcPort ~ "8**""#, 13, 1),
        (#"SrcPort ~ "8{2,1}""#, 12, 5), (#"SrcPort ~ "8{1001}""#, 12, 6), (#"SrcPort ~ "(?:8{40}){40}""#, 20, 4),
        (#"SrcPort ~ "\1""#, 11, 2), (#"SrcPort ~ "\y""#, 11, 2), (#"SrcPort ~ "a\\""#, 12, 2),
        (#"SrcPort ~ "(?=8)""#, 11, 3), (#"SrcPort ~ "(?P<a>8)(?P<a>9)""#, 19, 6), (#"SrcPort ~ "[[:nix:]]""#, 12, 7),
        (#"SrcPort ~ "ä🙂(""#, 14, 1), (#"SrcPort ~ "\"(""#, 13, 1), (#"SrcPort like "8\\""#, 15, 2),
        (#"SrcPort ~ "\x{110000}""#, 11, 10), (#"SrcPort ~ "a|*""#, 13, 1),
    ])
    func haveAPlace(text: String, position: Int, length: Int) throws {
        let error = try #require(throws: QueryError.self) { try Filter.parse(text) }
        #expect(error.parameter == "filter")
        #expect(error.position == position && error.length == length, "\(error)")
    }

    @Test(arguments: [
        "^10\\.", "a{2}b{2,}c{0,5}?", "a{,3}", "a{", "[]a]", "[^]a-c-]", "[a\\-z]", "[\\d.-]", "\\bx\\B",
        "\\p{Greek}\\PN",
        "(?i)abc", "(?i:abc)(?-s:.)", "(?P<name>a)(?P<other>b)", "\\x41\\x{1F642}\\012", "(\\Q(((\\E)?", "a??b*?c+?",
        "", "|", "()", "(|a)", "[[:alpha:][:^digit:]]", "a|b|", "^*", "[a-\\x7f]", "\\.\\/", "\\n\\t",
    ])
    func ofRE2ArePassed(pattern: String) {
        let quoted = pattern.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(throws: Never.self) { try Filter.parse("SrcPort ~ \"\(quoted)\"") }
    }

    @Test func likeTakesBackslashesInPairs() {
        #expect(throws: Never.self) { try Filter.parse(#"SrcPort like "8\\\\""#) }
        #expect(throws: Never.self) { try Filter.parse(#"SrcPort like "8\%""#) }
    }
}
