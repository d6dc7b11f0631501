/// The word that is being written at the end of a text, and the tokens before it.
struct WordAtCursor {
    /// Its bytes; empty at the end of the text when none is being written.
    private(set) var range: Range<Int>
    /// What it says, without quotes.
    private(set) var text = ""
    /// Whether it began with a quote that isn't closed.
    private(set) var isQuoted = false
    /// The tokens before it, `end` last; nil where nothing is to be said, as within a comment.
    private(set) var before: [FilterLexer.Token]?

    init(_ bytes: [UInt8]) {
        range = bytes.count..<bytes.count
        var lexer = FilterLexer(String(decoding: bytes, as: UTF8.self))
        var tokens: [FilterLexer.Token] = []
        while true {
            // Where the token would begin, to be known when there is none.
            do throws(QueryError) { try lexer.skipSpace() } catch { return }
            guard !lexer.endsInComment else { return }
            let start = lexer.index
            do throws(QueryError) {
                let token = try lexer.next()
                tokens.append(token)
                if token.kind == .end { break }
            } catch {
                guard Self.begins(bytes[start...]) else { return }
                // The last token is a string without end, or half an operator.
                isQuoted = bytes[start] != UInt8(ascii: "!")
                take(start..<bytes.count, String(decoding: bytes[(start + (isQuoted ? 1 : 0))...], as: UTF8.self))
                break
            }
        }
        if tokens.last?.kind == .end { tokens.removeLast() }
        if text.isEmpty, !isQuoted, let last = tokens.last, case .word(let word) = last.kind,
            last.range.upperBound == bytes.count
        {
            take(last.range, word)
            tokens.removeLast()
        }
        before = tokens + [.init(kind: .end, range: range.lowerBound..<range.lowerBound)]
    }

    private mutating func take(_ range: Range<Int>, _ text: String) {
        self.range = range
        self.text = text
    }

    /// Whether the bytes are the beginning of a token, rather than something that is none.
    private static func begins(_ bytes: ArraySlice<UInt8>) -> Bool {
        switch bytes.first {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): true
        case UInt8(ascii: "!"): bytes.count == 1
        default: false
        }
    }

    /// Adds what of the word stands behind the place, in the whole text.
    mutating func extend(into bytes: [UInt8]) {
        guard !range.isEmpty else { return }
        var end = range.upperBound
        if isQuoted {
            // A quote behind a space may belong to the next string.
            let quote = bytes[range.lowerBound]
            while end < bytes.count, bytes[end] != quote, bytes[end] != 0x20, bytes[end] != 0x0A { end += 1 }
            if end < bytes.count, bytes[end] == quote { range = range.lowerBound..<end + 1 }
        } else if text.utf8.allSatisfy(FilterLexer.isWord) {
            while end < bytes.count, FilterLexer.isWord(bytes[end]) { end += 1 }
            range = range.lowerBound..<end
        }
    }
}
