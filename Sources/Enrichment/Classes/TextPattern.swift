/// A pattern for names: `*` stands for any text, `?` for one character, all
/// else for itself in whatever case; it has to fit the whole name.
///
/// Names come from exporters, so whoever sends them could make a regular
/// expression that backtracks run for ages. This takes at most the product of
/// both lengths.
public struct TextPattern: Hashable, Sendable {
    /// As it was written.
    public let text: String

    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        case character(String)
        case anyCharacter
        case anyText
    }

    /// Bytes of the longest pattern, and of a name that is looked at.
    public static let mostBytes = 256

    /// Reads a pattern; nil when it is empty, too long or has control characters.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.mostBytes,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        self.text = text
        parts = text.map { character in
            switch character {
            case "*": .anyText
            case "?": .anyCharacter
            default: .character(character.lowercased())
            }
        }
    }

    /// What each `*` stands for in a name that fits, as short as can be from the left; nil when it doesn't fit.
    public func match(_ name: String) -> [String]? {
        let name = Array(name.prefix(Self.mostBytes))
        let folded = name.map { $0.lowercased() }
        var part = 0
        var place = 0
        // Where each star's text begins and ends.
        var stars: [Range<Int>] = []
        // The last star's part; only its text ever has to grow.
        var last: Int?
        while place < name.count {
            if part < parts.count, case .anyText = parts[part] {
                last = part
                stars.append(place..<place)
                part += 1
            } else if part < parts.count, Self.fits(parts[part], folded[place]) {
                part += 1
                place += 1
            } else if let star = last, let text = stars.last {
                stars[stars.count - 1] = text.lowerBound..<(text.upperBound + 1)
                place = text.upperBound + 1
                part = star + 1
            } else {
                return nil
            }
        }
        while part < parts.count, case .anyText = parts[part] {
            stars.append(name.count..<name.count)
            part += 1
        }
        return part == parts.count ? stars.map { String(name[$0]) } : nil
    }

    private static func fits(_ part: Part, _ character: String) -> Bool {
        switch part {
        case .character(let wanted): wanted == character
        case .anyCharacter: true
        case .anyText: false
        }
    }
}
