/// Cuts a filter's text into tokens; comments and spaces fall away.
struct FilterLexer {
    /// One token and the bytes it came from.
    struct Token {
        var kind: Kind
        var range: Range<Int>
    }

    enum Kind: Hashable {
        /// A name, number, address, prefix or keyword, as written.
        case word(String)
        /// A string, without its quotes and escapes.
        case string(String)
        /// An operator or a bracket.
        case symbol(String)
        case end
    }

    private let bytes: [UInt8]
    /// The byte that the next token or space begins with.
    private(set) var index = 0
    /// Whether the text ends within a comment, which the next token of a longer text would be behind.
    private(set) var endsInComment = false

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// All tokens, with `end` last.
    static func tokens(of text: String) throws(QueryError) -> [Token] {
        guard text.utf8.count <= Filter.Limits.textBytes else {
            throw QueryError("the filter is longer than \(Filter.Limits.textBytes) bytes", parameter: "filter")
        }
        var lexer = FilterLexer(text)
        var tokens: [Token] = []
        repeat {
            tokens.append(try lexer.next())
        } while tokens.last?.kind != .end
        return tokens
    }

    /// The next token; `end` when nothing is left.
    mutating func next() throws(QueryError) -> Token {
        try skipSpace()
        guard index < bytes.count else { return Token(kind: .end, range: bytes.count..<bytes.count) }
        let start = index
        let byte = bytes[index]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            let string = try string(quote: byte)
            return Token(kind: .string(string), range: start..<index)
        }
        for symbol in ["!<<", "<<", "!=", "<>", "<=", ">=", "==", "!~", "=~", "<", ">", "=", "~", "(", ")", ",", "+"]
        where has(symbol) {
            index += symbol.utf8.count
            return Token(kind: .symbol(symbol), range: start..<index)
        }
        while index < bytes.count, Self.isWord(bytes[index]), !has("--"), !has("/*") { index += 1 }
        guard index > start else {
            throw error("this character has no meaning here", start..<start + 1)
        }
        return Token(kind: .word(String(decoding: bytes[start..<index], as: UTF8.self)), range: start..<index)
    }

    /// Letters and digits, and what addresses, prefixes, MAC addresses, times and service names consist of.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"),
            UInt8(ascii: "/"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Skips white space and the comments `-- ...`, `# ...` and `/* ... */`.
    mutating func skipSpace() throws(QueryError) {
        while index < bytes.count {
            if [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) {
                index += 1
            } else if has("--") || has("#") {
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
                endsInComment = index == bytes.count
            } else if has("/*") {
                let start = index
                index += 2
                while index < bytes.count, !has("*/") { index += 1 }
                guard index < bytes.count else {
                    endsInComment = true
                    throw error("this comment has no end", start..<start + 2)
                }
                index += 2
            } else {
                return
            }
        }
    }

    /// Reads a string: a backslash takes the special meaning from a quote or a backslash, and is itself else.
    private mutating func string(quote: UInt8) throws(QueryError) -> String {
        let start = index
        index += 1
        var content: [UInt8] = []
        while index < bytes.count, bytes[index] != quote {
            if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count,
                bytes[index + 1] == UInt8(ascii: "\\") || bytes[index + 1] == quote
            {
                index += 1
            }
            content.append(bytes[index])
            index += 1
        }
        guard index < bytes.count else { throw error("this string has no end", start..<bytes.count) }
        index += 1
        guard content.count <= Filter.Limits.patternBytes else {
            throw error("this string is longer than \(Filter.Limits.patternBytes) bytes", start..<index)
        }
        return String(decoding: content, as: UTF8.self)
    }

    private func has(_ text: String) -> Bool {
        bytes[index...].starts(with: text.utf8)
    }

    private func error(_ message: String, _ range: Range<Int>) -> QueryError {
        .filter(message, in: String(decoding: bytes, as: UTF8.self), range)
    }
}

extension QueryError {
    /// An error in a filter, with its place turned from UTF-8 bytes to UTF-16 units.
    static func filter(
        _ message: String,
        in text: String,
        _ range: Range<Int>,
        suggestion: String? = nil
    ) -> QueryError {
        func units(_ count: Int) -> Int {
            String(decoding: text.utf8.prefix(count), as: UTF8.self).utf16.count
        }
        let start = units(range.lowerBound)
        return QueryError(
            message,
            parameter: "filter",
            position: start,
            length: units(range.upperBound) - start,
            suggestion: suggestion
        )
    }
}
