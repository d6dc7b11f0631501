/// What a map was made of: which sources in which state. It stands in the
/// compiled map's file, so that the next start knows whether that is up to date.
struct ASMapStamp: Hashable, Sendable {
    /// A source and the state that it was in.
    struct Entry: Hashable, Sendable {
        /// As in the configuration.
        var location: String
        /// Changes whenever the file does; ``missing`` when there was none.
        var version: String
        /// Whether the map has what is in it.
        var isUsed: Bool
    }

    /// The version of a file that isn't there.
    static let missing = "-"

    /// In the configuration's order.
    var entries: [Entry]

    /// Which sources, in which order, in whatever state.
    var locations: [String] { entries.map(\.location) }

    /// In which state they were.
    var versions: [String] { entries.map(\.version) }

    /// Whether none of them was there.
    var isMissing: Bool { entries.allSatisfy { $0.version == Self.missing } }

    /// Makes a stamp.
    init(_ entries: [Entry]) {
        self.entries = entries
    }

    /// Reads what ``text`` wrote; nil when it is something else.
    init?(_ text: String) {
        entries = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", maxSplits: 2).map(String.init)
            guard fields.count == 3, fields[0] == "used" || fields[0] == "unused" else { return nil }
            entries.append(Entry(location: fields[2], version: fields[1], isUsed: fields[0] == "used"))
        }
    }

    /// A line for each source.
    var text: String {
        entries.map { "\($0.isUsed ? "used" : "unused")\t\($0.version)\t\($0.location)" }.joined(separator: "\n")
    }

    /// The sources that this has and another, made later of the same sources, lacks.
    func lost(in later: ASMapStamp) -> [String] {
        zip(entries, later.entries).filter { $0.isUsed && !$1.isUsed }.map(\.0.location)
    }
}
