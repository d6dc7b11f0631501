extension SQLGate {
    /// Takes `FORMAT x` off the end of a statement.
    ///
    /// It looks at the last two words alone. Where they are no such clause (in a comment, say) the tree of what is left
    /// tells, so that nothing is misread: a FORMAT that is left over is refused by ``check(tree:)``'s caller.
    ///
    /// - Returns: the statement without it, and the name of the format, if there is one.
    public static func splitFormat(_ statement: String) -> (sql: String, format: String?) {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        let bytes = Array(statement.utf8)
        var end = bytes.count
        while end > 0, isSpace(bytes[end - 1]) || bytes[end - 1] == UInt8(ascii: ";") { end -= 1 }
        var nameStart = end
        while nameStart > 0, isWord(bytes[nameStart - 1]) { nameStart -= 1 }
        var wordEnd = nameStart
        while wordEnd > 0, isSpace(bytes[wordEnd - 1]) { wordEnd -= 1 }
        var wordStart = wordEnd
        while wordStart > 0, isWord(bytes[wordStart - 1]) { wordStart -= 1 }
        let word = String(decoding: bytes[wordStart..<wordEnd], as: UTF8.self).lowercased()
        guard nameStart < end, wordEnd < nameStart, word == "format", wordStart > 0 else {
            return (String(decoding: bytes[..<end], as: UTF8.self), nil)
        }
        let name = String(decoding: bytes[nameStart..<end], as: UTF8.self)
        return (String(decoding: bytes[..<wordStart], as: UTF8.self), name)
    }
}
