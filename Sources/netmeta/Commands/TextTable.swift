import WebAPI

/// A table for a terminal: columns as wide as their widest text.
struct TextTable {
    /// One column.
    struct Column {
        var name: String
        /// Figures stand on the right, texts on the left.
        var isRight: Bool

        init(_ name: String, isRight: Bool = false) {
            self.name = name
            self.isRight = isRight
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; what isn't visible in a text becomes `?`, since names are told by strangers.
    mutating func add(_ texts: [String]) {
        rows.append(
            texts.map { text in
                String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isVisible($0) ? $0 : "?" }))
            }
        )
    }

    /// All lines, the names first.
    var text: String {
        let lines = [columns.map(\.name)] + rows
        let widths = columns.indices.map { index in lines.reduce(0) { max($0, $1[index].count) } }
        return lines.map { line in
            let cells = columns.indices.map { index in
                let space = String(repeating: " ", count: widths[index] - line[index].count)
                return columns[index].isRight ? space + line[index] : line[index] + space
            }
            let text = cells.joined(separator: "  ")
            return text[..<(text.lastIndex { $0 != " " }.map(text.index(after:)) ?? text.startIndex)] + "\n"
        }.joined()
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

/// Numbers with SI prefixes: `999`, `1.23 k`, `45.6 M`.
enum SINumber {
    /// Three figures, rounded half up.
    static func text(_ number: Double) -> String {
        guard number.isFinite else { return "-" }
        let prefixes = ["", "k", "M", "G", "T", "P", "E"]
        var (value, place) = (number, 0)
        // What rounds to 1000 is one of the next prefix.
        while value.magnitude >= (place == 0 ? 999.95 : 999.5), place < prefixes.count - 1 {
            value /= 1000
            place += 1
        }
        let isWhole = place == 0 && value == value.rounded()
        let digits = isWhole || value.magnitude >= 99.95 ? 0 : value.magnitude >= 9.995 ? 1 : 2
        let scale = [1.0, 10, 100][digits]
        let scaled = Int((value.magnitude * scale).rounded())
        let whole = scaled / Int(scale)
        let fraction = digits == 0 ? "" : "." + padded(scaled % Int(scale), digits)
        return (value < 0 ? "-" : "") + "\(whole)\(fraction) \(prefixes[place])"
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

/// A line of CSV (RFC 4180).
enum CSVLine {
    /// The texts with commas between them and a line feed behind; those that need it in quotes.
    static func text(_ texts: [String]) -> String { texts.map(CSVCell.text).joined(separator: ",") + "\n" }
}
