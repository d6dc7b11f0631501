/// Where a format has the totals, as ClickHouse writes it.
enum TotalsPlace: Equatable {
    /// Behind the rows and some text, in a format of their own.
    case behind(String, format: String)
    /// A member between `data` and `rows`.
    case member

    /// - Returns: nil for formats in which ClickHouse writes no totals.
    /// - Throws: ``StoreError`` 48 for those in which it does, and we don't.
    static func of(_ format: String) throws(StoreError) -> TotalsPlace? {
        if ["JSON", "JSONStrings", "JSONCompact", "JSONCompactStrings"].contains(format) { return .member }
        if ["TSV", "TabSeparated", "CSV"].contains(where: format.hasPrefix) {
            // Names and types are told once.
            let end = format.firstRange(of: "With")?.lowerBound ?? format.endIndex
            return .behind("\n", format: String(format[..<end]))
        }
        if format.hasPrefix("Pretty"), !format.contains("JSON") { return .behind("\nTotals:\n", format: format) }
        guard !unwritten.contains(format) else {
            throw StoreError(
                code: 48,
                message: "WITH TOTALS is not in answers of the embedded store in the format \(format): ask for JSON, "
                    + "JSONCompact, TSV, CSV or Pretty"
            )
        }
        return nil
    }

    private static let unwritten: Set<String> = [
        "JSONColumnsWithMetadata", "XML", "Vertical", "JSONCompactEachRowWithNames",
        "JSONCompactEachRowWithNamesAndTypes", "JSONCompactStringsEachRowWithNames",
        "JSONCompactStringsEachRowWithNamesAndTypes",
    ]
}

/// An answer with the totals that were asked for before it.
final class TotalledAnswer: FormattedAnswer, @unchecked Sendable {
    /// The most that totals may take.
    private static let mostBytes = 16 << 20
    /// Between `data` and `rows`. Within a value of JSON there is no line break.
    private static let seam = Array("\n\t],\n\n\t\"rows\":".utf8)
    private static let dataEnd = Array("\n\t],".utf8)

    private let answer: any FormattedAnswer
    /// What is put in front of the rest at the seam, or behind all; nil when it has been given. One caller at a time.
    private var totals: [UInt8]?
    private let isMember: Bool
    private var held: [UInt8] = []

    /// - Parameters:
    ///   - answer: the rows, not compressed.
    ///   - row: the totals as an answer of one row, in the format that the place says.
    init(_ answer: any FormattedAnswer, row: [UInt8], at place: TotalsPlace) throws(StoreError) {
        self.answer = answer
        switch place {
        case .behind(let text, format: _):
            isMember = false
            totals = Array(text.utf8) + row
        case .member:
            isMember = true
            totals = try Self.member(row)
        }
    }

    /// The whole of an answer that has one row.
    static func row(of answer: any FormattedAnswer) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await answer.next() {
            bytes += piece
            guard bytes.count <= mostBytes else {
                answer.cancel()
                throw StoreError(code: 396, message: "the totals are larger than \(mostBytes >> 20) MB")
            }
        }
        return bytes
    }

    var rows: UInt64? { answer.rows }
    var compression: ResultCompression? { nil }
    func cancel() { answer.cancel() }

    func next() async throws -> [UInt8]? {
        while let piece = try await answer.next() {
            guard isMember, totals != nil else { return piece }
            held += piece
            let given = takeHeld()
            if !given.isEmpty { return given }
        }
        guard let totals else { return nil }
        guard !isMember else { throw StoreError(message: "the engine's answer has no place for the totals") }
        self.totals = nil
        return totals
    }

    /// What is held, with the totals if their place has come; what may be the beginning of it stays.
    private func takeHeld() -> [UInt8] {
        if let seam = held.firstRange(of: Self.seam), let totals {
            let end = seam.lowerBound + Self.dataEnd.count
            let given = held[..<end] + totals + held[end...]
            held = []
            self.totals = nil
            return Array(given)
        }
        let given = Array(held.dropLast(Self.seam.count - 1))
        held.removeFirst(given.count)
        return given
    }

    /// `"totals": {...},` of the only element of `data`.
    private static func member(_ answer: [UInt8]) throws(StoreError) -> [UInt8] {
        let text = String(decoding: answer, as: UTF8.self)
        guard let start = text.firstRange(of: "\"data\":\n\t[\n"),
            let end = text.firstRange(of: String(decoding: seam, as: UTF8.self)), start.upperBound <= end.lowerBound
        else {
            throw StoreError(message: "the engine's totals can't be read")
        }
        // An object stands on lines of its own, a list on that of its name.
        let row = text[start.upperBound..<end.lowerBound].replacing("\n\t", with: "\n").dropFirst()
        let separator = row.hasPrefix("\t{") ? "\n" : " "
        let value = separator == "\n" ? row : row.drop { $0 == "\t" }
        return Array("\n\n\t\"totals\":\(separator)\(value),".utf8)
    }
}
