import FlowSchema

/// The values of a column that are offered: those seen in the traffic, those with names, and `unknown`.
struct FilterValues {
    private let subject: Filter.Subject
    private let kind: FieldKind
    private let inList: Bool
    private let isQuoted: Bool

    init(_ subject: Filter.Subject, inList: Bool, isQuoted: Bool) {
        self.subject = subject
        self.kind = subject.field.kind
        self.inList = inList
        self.isQuoted = isQuoted
    }

    /// - Parameter typed: the beginning of the value, by which names are looked for.
    func candidates(
        _ names: (any FilterNames)?,
        _ seen: [FilterCompletion.SeenValue],
        typed: String
    ) -> [FilterCompletion.Candidate] {
        var all = seen.map { candidate($0.text, $0.detail, share: $0.share) }
        let known = names?.names(in: subject.columns[0], like: typed, limit: FilterCompletion.most) ?? []
        all += known.map { candidate($0.text, $0.detail) }
        // A value that was seen says how much there was of it, and isn't offered again without.
        var labels = Set(all.map { $0.label.lowercased() })
        if !isQuoted, KeyValue.unknown(kind) != nil, labels.insert("unknown").inserted {
            all.append(.init(kind: "value", label: "unknown", detail: "nobody told", insert: "unknown" + tail))
        }
        for entry in ValueNames.entries(kind) where !labels.contains(entry.value.lowercased()) {
            let (label, detail) = shown(entry)
            if labels.insert(label.lowercased()).inserted { all.append(candidate(label, detail)) }
        }
        if kind == .tcpFlags { all += ValueNames.tcpFlags.map { candidate($0, "TCP flag") } }
        return all
    }

    /// What is written for a name that everybody knows: the name, but of countries the letters.
    private func shown(_ entry: (name: String, value: String)) -> (label: String, detail: String) {
        switch kind {
        case .country: (entry.value, entry.name)
        case .boundary: (entry.name, "")
        default: (entry.name, entry.value)
        }
    }

    private func candidate(_ text: String, _ detail: String, share: Double? = nil) -> FilterCompletion.Candidate {
        let isBare = !isQuoted && kind != .text && Self.isBare(text)
        return .init(
            kind: "value",
            label: text,
            detail: detail,
            insert: (isBare ? text : Filter.Match.quote(text)) + tail,
            share: share
        )
    }

    /// In a list a comma or a parenthesis follows, else a word.
    private var tail: String { inList ? "" : " " }

    /// Whether the language reads the text as one word that is no other.
    private static func isBare(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(FilterLexer.isWord) && !text.contains("--") && !text.contains("/*")
            && !["unknown", "and", "or", "not", "in", "between", "like", "has"].contains(text.lowercased())
    }
}
