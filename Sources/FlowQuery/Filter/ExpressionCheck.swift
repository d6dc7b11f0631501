/// Finds what makes a text no regular expression of RE2, and where.
///
/// The engine refuses such a pattern too, but only when it is asked, and
/// without the place. The rules are those of RE2's doc/syntax; what this
/// passes and the engine doesn't (Unicode classes of unknown names, patterns
/// that take too much memory) the engine still refuses.
struct ExpressionCheck {
    /// What is wrong.
    struct Problem: Error, Hashable {
        var message: String
        /// UTF-8 bytes of the pattern.
        var bytes: Range<Int>
    }

    /// RE2 repeats at most so often, all repetitions within each other taken together.
    private static let mostRepetitions = 1000

    private let bytes: [UInt8]
    private var index = 0
    private var names: Set<ArraySlice<UInt8>> = []

    private init(_ pattern: String) {
        bytes = Array(pattern.utf8)
    }

    /// The first problem of a pattern; nil when there is none.
    static func problem(in pattern: String) -> Problem? {
        var check = ExpressionCheck(pattern)
        do throws(Problem) {
            _ = try check.alternatives(depth: 0)
            if check.index < check.bytes.count {
                throw Problem(message: "this ) closes nothing", bytes: check.index..<check.index + 1)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Everything up to a `)` that isn't ours or the end; gives the most repetitions within each other.
    private mutating func alternatives(depth: Int) throws(Problem) -> Int {
        // What a repetition repeats: how often that itself repeats at most; nil where there is nothing yet.
        var atom: Int?
        var isRepeated = false
        var most = 1
        while let byte = peek(), byte != UInt8(ascii: ")") {
            let start = index
            if let count = try repetition() {
                guard let inner = atom else { throw problem("nothing stands before this repetition", from: start) }
                guard !isRepeated else {
                    throw problem("a repetition can't be repeated: put it into (?: )", from: start)
                }
                let product = count >= 2 ? inner * count : inner
                guard product <= Self.mostRepetitions else {
                    throw problem("more than \(Self.mostRepetitions) repetitions", from: start)
                }
                (atom, isRepeated) = (product, true)
                most = max(most, product)
                continue
            }
            isRepeated = false
            switch byte {
            case UInt8(ascii: "("):
                index += 1
                // Flags such as (?i) are no group, and repeat what stands before them.
                guard try groupStart(from: start) else { continue }
                let inner = try alternatives(depth: depth + 1)
                guard peek() == UInt8(ascii: ")") else {
                    throw problem("this ( is never closed", from: start, to: start + 1)
                }
                index += 1
                atom = inner
                most = max(most, inner)
            case UInt8(ascii: "|"):
                index += 1
                atom = nil
            case UInt8(ascii: "["):
                try characterClass()
                atom = 1
            case UInt8(ascii: "\\") where has("\\Q"):
                if quoted() { atom = 1 }
            case UInt8(ascii: "\\"):
                try escape(inClass: false)
                atom = 1
            default:
                index += 1
                atom = 1
            }
        }
        return most
    }

    // MARK: - Repetitions

    /// Takes `*`, `+`, `?`, `{2}`, `{2,}` or `{2,5}` and the `?` behind it; gives its bound, 1 where there is none.
    private mutating func repetition() throws(Problem) -> Int? {
        let start = index
        switch peek() {
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            index += 1
            take(UInt8(ascii: "?"))
            return 1
        case UInt8(ascii: "{"):
            index += 1
            guard let low = number() else { return back(to: start) }
            var high: Int? = low
            if take(UInt8(ascii: ",")) { high = peek() == UInt8(ascii: "}") ? nil : number() ?? -1 }
            guard high != -1, take(UInt8(ascii: "}")) else { return back(to: start) }
            guard max(low, high ?? 0) <= Self.mostRepetitions, low <= high ?? low else {
                throw problem("repetitions go from 0 to \(Self.mostRepetitions), and forward", from: start)
            }
            take(UInt8(ascii: "?"))
            return high ?? low
        default:
            return nil
        }
    }

    /// A brace that begins no repetition stands for itself.
    private mutating func back(to start: Int) -> Int? {
        index = start
        return nil
    }

    /// Digits; numbers too long to matter are more than any limit.
    private mutating func number() -> Int? {
        let start = index
        while let byte = peek(), (0x30...0x39).contains(byte) { index += 1 }
        guard index > start else { return nil }
        // RE2 takes no leading zeros for a number.
        if index - start > 1, bytes[start] == UInt8(ascii: "0") { return nil }
        return index - start > 6 ? Int(Int32.max) : bytes[start..<index].reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    // MARK: - Groups

    /// Reads what follows the `(`; false when it was flags, complete with their `)`.
    private mutating func groupStart(from start: Int) throws(Problem) -> Bool {
        guard take(UInt8(ascii: "?")) else { return true }
        if has("P<") || (has("<") && !has("<=") && !has("<!")) {
            index += has("P<") ? 2 : 1
            let first = index
            while let byte = peek(), Self.isWord(byte) || byte >= 0x80 { index += 1 }
            let name = bytes[first..<index]
            guard !name.isEmpty, take(UInt8(ascii: ">")) else {
                throw problem("a group's name is letters, digits and _ within < >", from: start)
            }
            guard names.insert(name).inserted else { throw problem("two groups have this name", from: start) }
            return true
        }
        var hasFlag = false
        var isNegated = false
        while let byte = peek() {
            index += 1
            switch byte {
            case UInt8(ascii: "i"), UInt8(ascii: "m"), UInt8(ascii: "s"), UInt8(ascii: "U"): hasFlag = true
            case UInt8(ascii: "-") where !isNegated: (isNegated, hasFlag) = (true, false)
            case UInt8(ascii: ":") where hasFlag || !isNegated: return true
            case UInt8(ascii: ")") where hasFlag || !isNegated: return false
            default: throw problem("RE2 knows no such group: (?: ), (?P<name> ) and the flags i, m, s, U", from: start)
            }
        }
        throw problem("this ( is never closed", from: start, to: start + 1)
    }

    // MARK: - Classes

    private static let classes: Set<String> = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
        "word", "xdigit",
    ]

    private mutating func characterClass() throws(Problem) {
        let start = index
        index += 1
        take(UInt8(ascii: "^"))
        var isFirst = true
        while let byte = peek(), byte != UInt8(ascii: "]") || isFirst {
            isFirst = false
            let from = index
            if try namedClass() { continue }
            if try perlClass() { continue }
            let low = try character()
            guard peek() == UInt8(ascii: "-"), index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "]") else {
                continue
            }
            index += 1
            guard try character() >= low else { throw problem("this range goes backwards", from: from) }
        }
        guard take(UInt8(ascii: "]")) else { throw problem("this [ is never closed", from: start, to: start + 1) }
    }

    /// `[:alpha:]` within a class.
    private mutating func namedClass() throws(Problem) -> Bool {
        guard has("[:") else { return false }
        let start = index
        var end = index + 2
        while end + 1 < bytes.count, !(bytes[end] == UInt8(ascii: ":") && bytes[end + 1] == UInt8(ascii: "]")) {
            end += 1
        }
        guard end + 1 < bytes.count else { return false }
        var name = bytes[index + 2..<end]
        if name.first == UInt8(ascii: "^") { name.removeFirst() }
        index = end + 2
        guard Self.classes.contains(String(decoding: name, as: UTF8.self)) else {
            throw problem("there is no such class of characters", from: start)
        }
        return true
    }

    /// `\d` and the like, which can't begin a range.
    private mutating func perlClass() throws(Problem) -> Bool {
        guard peek() == UInt8(ascii: "\\"), index + 1 < bytes.count else { return false }
        switch bytes[index + 1] {
        case UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "s"), UInt8(ascii: "S"), UInt8(ascii: "w"),
            UInt8(ascii: "W"):
            index += 2
            return true
        case UInt8(ascii: "p"), UInt8(ascii: "P"):
            try unicodeClass()
            return true
        default: return false
        }
    }

    /// One character of a class, as a number.
    private mutating func character() throws(Problem) -> UInt32 {
        if peek() == UInt8(ascii: "\\") { return try escape(inClass: true) }
        let start = index
        index += 1
        while let byte = peek(), byte & 0xC0 == 0x80 { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self).unicodeScalars.first?.value ?? 0
    }

    /// `\pN`, `\p{Greek}`; whether there is one of that name is the engine's to say.
    private mutating func unicodeClass() throws(Problem) {
        let start = index
        index += 2
        guard let byte = peek() else { throw problem("\\p needs the name of a class", from: start) }
        index += 1
        guard byte == UInt8(ascii: "{") else { return }
        while let byte = peek(), byte != UInt8(ascii: "}") {
            guard byte == UInt8(ascii: "^") || Self.isWord(byte), !(0x30...0x39).contains(byte) else {
                throw problem("the name of a class is letters and _", from: start)
            }
            index += 1
        }
        guard take(UInt8(ascii: "}")) else { throw problem("this { is never closed", from: start) }
    }

    // MARK: - Escapes

    /// Takes a backslash and what belongs to it; gives the character where it is one.
    @discardableResult
    private mutating func escape(inClass: Bool) throws(Problem) -> UInt32 {
        let start = index
        index += 1
        guard let byte = peek() else { throw problem("a pattern can't end with a single \\", from: start) }
        index += 1
        switch byte {
        case UInt8(ascii: "a"): return 7
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "v"): return 11
        case UInt8(ascii: "x"): return try hexadecimal(from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "7"): return try octal(from: start)
        case _ where byte < 0x80 && (!Self.isWord(byte) || byte == UInt8(ascii: "_")): return UInt32(byte)
        case _ where inClass: break
        case UInt8(ascii: "d"), UInt8(ascii: "D"), UInt8(ascii: "s"), UInt8(ascii: "S"), UInt8(ascii: "w"),
            UInt8(ascii: "W"), UInt8(ascii: "A"), UInt8(ascii: "z"), UInt8(ascii: "b"), UInt8(ascii: "B"),
            UInt8(ascii: "C"):
            return 0
        case UInt8(ascii: "p"), UInt8(ascii: "P"):
            index = start
            try unicodeClass()
            return 0
        default: break
        }
        throw problem("RE2 doesn't know this escape", from: start)
    }

    /// Takes `\Q...\E`, within which everything stands for itself; false when that is nothing.
    private mutating func quoted() -> Bool {
        index += 2
        let start = index
        while index < bytes.count, !has("\\E") { index += 1 }
        defer { index = min(bytes.count, index + 2) }
        return index > start
    }

    private mutating func hexadecimal(from start: Int) throws(Problem) -> UInt32 {
        let isLong = take(UInt8(ascii: "{"))
        let first = index
        while let byte = peek(), index - first < (isLong ? 8 : 2), Character(Unicode.Scalar(byte)).isHexDigit {
            index += 1
        }
        let digits = String(decoding: bytes[first..<index], as: UTF8.self)
        let isWhole = isLong ? !digits.isEmpty && take(UInt8(ascii: "}")) : digits.count == 2
        guard isWhole, let value = UInt32(digits, radix: 16), value <= 0x10FFFF else {
            throw problem("\\x is followed by two hexadecimal digits, or by more within { }", from: start)
        }
        return value
    }

    /// `\0`, `\17`; a single digit would be a back-reference, which RE2 hasn't.
    private mutating func octal(from start: Int) throws(Problem) -> UInt32 {
        func isOctal(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x37).contains($0) } ?? false }
        guard bytes[index - 1] == UInt8(ascii: "0") || isOctal(peek()) else {
            throw problem("RE2 has no back-references", from: start)
        }
        var value = UInt32(bytes[index - 1] - 0x30)
        for _ in 0..<2 where isOctal(peek()) {
            value = value * 8 + UInt32(bytes[index] - 0x30)
            index += 1
        }
        return value
    }

    // MARK: - Bytes

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    @discardableResult
    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        index += 1
        return true
    }

    private func has(_ text: String) -> Bool { bytes[index...].starts(with: text.utf8) }

    private func problem(_ message: String, from start: Int, to end: Int? = nil) -> Problem {
        Problem(message: message, bytes: start..<min(bytes.count, end ?? max(index, start + 1)))
    }
}
