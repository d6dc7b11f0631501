/// Finds what somebody probably meant to write.
enum NameDistance {
    /// The candidate with the fewest edits from `name`, at most a third of its letters, in whatever case. Of equals,
    /// the one that begins alike for longest, then the first by name: people rarely slip on the first letter.
    static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let wanted = Array(name.lowercased().utf8)
        let limit = max(1, wanted.count / 3)
        var best: (name: String, edits: Int, unlike: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().utf8)
            let edits = edits(wanted, letters)
            guard edits <= limit else { continue }
            let unlike = -zip(wanted, letters).prefix { $0 == $1 }.count
            guard let known = best else {
                best = (candidate, edits, unlike)
                continue
            }
            if (edits, unlike, candidate) < (known.edits, known.unlike, known.name) {
                best = (candidate, edits, unlike)
            }
        }
        return best?.name
    }

    /// Insertions, deletions, substitutions and swaps of neighbours between two texts.
    private static func edits(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var older = [Int](repeating: 0, count: b.count + 1)
        var old = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(old[j + 1] + 1, row[j] + 1, old[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, older[j - 1] + 1) }
                row.append(cost)
            }
            (older, old) = (old, row)
        }
        return old[b.count]
    }
}
