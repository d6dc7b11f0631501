/// The candidate that `word` is probably a slip of: at most a third of its
/// letters away and never more than three, or else begun by it. Nil when
/// none is near.
func nearest(to word: String, among candidates: [String]) -> String? {
    let limit = min(max(word.count / 3, 1), 3)
    let near =
        candidates
        .map { (name: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= limit }
        .min { $0.distance < $1.distance }?
        .name
    return near ?? candidates.first { word.count >= 3 && $0.lowercased().hasPrefix(word.lowercased()) }
}

/// Letters to insert, delete or replace, and neighbours to swap, that lead
/// from one word to the other (optimal string alignment).
private func editDistance(_ first: String, _ second: String) -> Int {
    let a = Array(first.utf8.prefix(64))
    let b = Array(second.utf8.prefix(64))
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = [i] + [Int](repeating: 0, count: b.count)
        for j in 1...b.count {
            let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            row[j] = min(last[j] + 1, row[j - 1] + 1, replaced)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                row[j] = min(row[j], beforeLast[j - 2] + 1)
            }
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
