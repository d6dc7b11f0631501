/// A line of InfluxDB's line protocol: `measurement,tag=a,tag=b field="text",field=1i 1700000000000000000`.
struct LinePoint: Hashable {
    var measurement: String
    var tags: [String: String] = [:]
    /// Values as they stand there, texts without their quotes.
    var fields: [String: String] = [:]
    /// As it stands there, in the precision of the request; nil is now.
    var time: Int64?

    /// Members of one line.
    static let mostMembers = 256

    /// Reads a body of lines; blank lines and comments count as nothing.
    ///
    /// - Returns: the points, and the numbers of the lines (from 1) that aren't understood.
    static func read(_ text: String) -> (points: [LinePoint], malformed: [Int]) {
        var reader = Reader(bytes: Array(text.utf8))
        var points: [LinePoint] = []
        var malformed: [Int] = []
        while !reader.isAtEnd {
            let line = reader.line
            if reader.skipBlank() { continue }
            if let point = reader.readPoint() { points.append(point) } else { malformed.append(line) }
            reader.skipLine()
        }
        return (points, malformed)
    }
}

/// Goes through the bytes once.
private struct Reader {
    let bytes: [UInt8]
    var place = 0
    var line = 1

    var isAtEnd: Bool { place >= bytes.count }
    private var next: UInt8? { isAtEnd ? nil : bytes[place] }
    private var isAtLineEnd: Bool { next == nil || next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r") }

    /// Skips a blank line or a comment; false when there is something to read.
    mutating func skipBlank() -> Bool {
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { place += 1 }
        guard isAtLineEnd || next == UInt8(ascii: "#") else { return false }
        skipLine()
        return true
    }

    mutating func skipLine() {
        while let byte = next, byte != UInt8(ascii: "\n") { place += 1 }
        if next != nil {
            place += 1
            line += 1
        }
    }

    mutating func readPoint() -> LinePoint? {
        guard let measurement = readWord(until: ", "), !measurement.isEmpty else { return nil }
        var point = LinePoint(measurement: measurement)
        while take(",") {
            guard point.tags.count < LinePoint.mostMembers, let name = readWord(until: "="), take("="),
                let value = readWord(until: ", "), !name.isEmpty
            else { return nil }
            point.tags[name] = value
        }
        guard take(" ") else { return nil }
        repeat {
            guard point.fields.count < LinePoint.mostMembers, let name = readWord(until: "="), take("="),
                !name.isEmpty, let value = next == UInt8(ascii: "\"") ? readQuoted() : readWord(until: ", ")
            else { return nil }
            point.fields[name] = value
        } while take(",")
        if take(" "), !isAtLineEnd {
            guard let text = readWord(until: " "), let time = Int64(text) else { return nil }
            point.time = time
        }
        return isAtLineEnd ? point : nil
    }

    private mutating func take(_ letter: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: letter) else { return false }
        place += 1
        return true
    }

    /// Up to one of these letters or the end of the line; a backslash takes the meaning of commas, spaces and equals signs.
    private mutating func readWord(until ends: StaticString) -> String? {
        var word: [UInt8] = []
        while !isAtLineEnd, let byte = next {
            if byte == UInt8(ascii: "\\"), place + 1 < bytes.count, Self.isEscaped(bytes[place + 1]) {
                place += 1
                word.append(bytes[place])
            } else if ends.withUTF8Buffer({ $0.contains(byte) }) {
                break
            } else {
                word.append(byte)
            }
            place += 1
        }
        return String(validating: word, as: UTF8.self)
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "=")
    }

    /// Between quotes, where line breaks are part of the text and a backslash takes the meaning of quotes and backslashes.
    private mutating func readQuoted() -> String? {
        place += 1
        var text: [UInt8] = []
        while let byte = next {
            place += 1
            if byte == UInt8(ascii: "\"") { return String(validating: text, as: UTF8.self) }
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == UInt8(ascii: "\\"), let escaped = next,
                escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\")
            {
                text.append(escaped)
                place += 1
            } else {
                text.append(byte)
            }
        }
        return nil
    }
}
