import WireFormat

/// Reads names of ASes from text, line by line in whichever form a line is:
///
/// - RIPE's asnames.txt: `3320 DTAG Internet service provider operations, DE`;
/// - potaroo's autnums.html: `<a href="...">AS3320 </a> DTAG ..., DE`;
/// - comma-separated values: `3320,"DTAG, Germany",DE`.
///
/// A name may have commas itself; the country is what stands behind the last one.
public struct ASNameReader: Sendable {
    /// The names so far.
    public private(set) var names = ASNames()
    /// Lines that named an AS.
    public private(set) var named = 0
    /// Lines that didn't: HTML around the list, comments, damage.
    public private(set) var skipped = 0
    /// The first lines that began with an AS number and couldn't be read.
    public private(set) var problems: [LineProblem] = []

    private var splitter = LineSplitter()

    /// Makes a reader at the beginning of a file.
    public init() {}

    /// Reads the next bytes of the file.
    public mutating func read(_ bytes: RawSpan) {
        for line in splitter.feed(bytes) { read(line) }
    }

    /// Ends the file.
    public mutating func finish() {
        if let line = splitter.finish() { read(line) }
    }

    private mutating func read(_ line: String) {
        if let (asn, name, country) = Self.parse(line), asn != 0, !name.isEmpty {
            names.set(asn, name: name, country: country)
            named += 1
            return
        }
        skipped += 1
        guard let first = line.utf8.first, (0x30...0x39).contains(first), problems.count < LineProblem.mostKept else {
            return
        }
        let number = named + skipped
        problems.append(LineProblem(line: number, message: "'\(line.prefix(60))' is no AS number with a name"))
    }

    private static func parse(_ line: String) -> (UInt32, String, String)? {
        if line.hasPrefix("<") { return parseAnchor(line) }
        // A list has a blank behind the number, comma-separated values a comma.
        guard let end = line.firstIndex(where: { $0 == " " || $0 == "\t" || $0 == "," }) else { return nil }
        if line[end] == "," { return parseValues(line) }
        guard let asn = CSVLine.asn(line[..<end]) else { return nil }
        return split(asn, line[end...])
    }

    /// `<a href="/cgi-bin/as-report?as=AS1&view=2.0">AS1    </a> LVLT-1, US`.
    private static func parseAnchor(_ line: String) -> (UInt32, String, String)? {
        guard let open = line.firstIndex(of: ">") else { return nil }
        let inner = line[line.index(after: open)...]
        guard let close = inner.firstIndex(of: "<"), inner[close...].hasPrefix("</a>"),
            let asn = CSVLine.asn(trimmed(inner[..<close]))
        else { return nil }
        return split(asn, Substring(HTMLText.decode(inner[close...].dropFirst(4))))
    }

    private static func parseValues(_ line: String) -> (UInt32, String, String)? {
        guard let fields = CSVLine.fields(line), fields.count >= 2, let asn = CSVLine.asn(fields[0]) else { return nil }
        return (asn, fields[1], fields.count > 2 ? CSVLine.country(fields[2]) : "")
    }

    /// Parts a name from the country behind its last comma.
    private static func split(_ asn: UInt32, _ text: Substring) -> (UInt32, String, String) {
        let text = trimmed(text)
        guard let comma = text.lastIndex(of: ",") else { return (asn, String(text), "") }
        let code = trimmed(text[text.index(after: comma)...])
        // "Example, Inc" has no country.
        guard code.utf8.count == 2, code.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            return (asn, String(text), "")
        }
        return (asn, String(trimmed(text[..<comma])), CSVLine.country(code))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
