/// Text of HTML, as far as lists of names have it.
enum HTMLText {
    private static let named: [Substring: Character] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ",
        "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß",
        "eacute": "é", "egrave": "è", "aacute": "á", "oacute": "ó", "iacute": "í", "uacute": "ú", "ntilde": "ñ",
        "ccedil": "ç", "atilde": "ã", "oslash": "ø", "aring": "å",
    ]

    /// The longest reference that is looked for: `&#x10FFFF;` without its ends.
    private static let longest = 8

    /// Replaces character references; what isn't one stays as it is.
    static func decode(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            let behind = rest[rest.index(after: ampersand)...]
            if let end = behind.prefix(longest + 1).firstIndex(of: ";"), let character = character(behind[..<end]) {
                result.append(character)
                rest = behind[behind.index(after: end)...]
            } else {
                result.append("&")
                rest = behind
            }
        }
        return result + rest
    }

    private static func character(_ reference: Substring) -> Character? {
        guard reference.first == "#" else { return named[reference] }
        let digits = reference.dropFirst()
        let isHex = digits.first == "x" || digits.first == "X"
        guard let number = UInt32(isHex ? digits.dropFirst() : digits, radix: isHex ? 16 : 10), number >= 0x20 else {
            return nil
        }
        return Unicode.Scalar(number).map(Character.init)
    }
}
