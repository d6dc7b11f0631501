/// Cells of CSV files (RFC 4180).
public enum CSVCell {
    /// A text as a cell: in quotes where it must be, and with an apostrophe before what a spreadsheet would run.
    ///
    /// Names come from exporters and from anybody's DNS. A spreadsheet takes a
    /// cell for a formula when it begins with `=`, `+`, `-` or `@`, also
    /// behind a tab or a line feed, and quotes don't keep it from that.
    public static func text(_ text: String) -> String {
        let runs = text.unicodeScalars.first.map { ["=", "+", "-", "@", "\t", "\r", "\n"].contains($0) } ?? false
        return quoted(runs && !isNumber(text) ? "'" + text : text)
    }

    /// A text in quotes where it must be, and else as it is.
    static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// A number below zero is one.
    private static func isNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
            && Double(text) != nil
    }
}
