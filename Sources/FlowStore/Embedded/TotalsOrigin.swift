/// Which SELECT of a statement the totals of its answer come from.
///
/// WITH TOTALS of an inner SELECT goes on to the answer by way of FROM, JOIN and UNION, as one more row that has what is
/// around it done to it, up to a SELECT that sums up: that one drops it. IN and scalar subqueries have none.
enum TotalsOrigin {
    /// The answer has none.
    case none
    /// The outermost has them itself.
    case outermost
    /// They are made from those of an inner one.
    case inner

    /// - Parameter tree: lines of the engine's EXPLAIN QUERY TREE.
    init(tree: [Substring]) {
        let hasOwn = tree.first.map(Self.isTotalled) ?? false
        self = hasOwn ? .outermost : Self.reachAnswer(tree[...]) ? .inner : .none
    }

    /// Whether a query or union has totals, which is its first line and those that are further in.
    private static func reachAnswer(_ node: ArraySlice<Substring>) -> Bool {
        guard let head = node.first else { return false }
        if isTotalled(head) { return true }
        let sections = blocks(node.dropFirst()) { indentation($0) == indentation(head) + 2 }
        // A union has its queries in one.
        guard !sections.contains(where: sumsUp) else { return false }
        return sections.contains { section in
            guard let name = section.first?.drop(while: { $0 == " " }), name == "JOIN TREE" || name == "QUERIES" else {
                return false
            }
            return blocks(section.dropFirst(), begin: isQuery).contains(where: reachAnswer)
        }
    }

    /// Whether by a section of it a query groups rows, or has aggregates without it.
    private static func sumsUp(_ section: ArraySlice<Substring>) -> Bool {
        guard let name = section.first?.drop(while: { $0 == " " }) else { return false }
        if name == "GROUP BY" { return true }
        guard name == "PROJECTION" else { return false }
        let inner = blocks(section, begin: isQuery)
        return section.indices.contains { index in
            section[index].contains("function_type: aggregate") && !inner.contains { $0.indices.contains(index) }
        }
    }

    /// Lines that begin something, each with those behind it that are further in; not what is within another of them.
    private static func blocks(
        _ lines: ArraySlice<Substring>,
        begin isFirst: (Substring) -> Bool
    ) -> [ArraySlice<Substring>] {
        var found: [ArraySlice<Substring>] = []
        var rest = lines
        while let start = rest.firstIndex(where: isFirst) {
            let end = rest[(start + 1)...].firstIndex { indentation($0) <= indentation(rest[start]) } ?? rest.endIndex
            found.append(rest[start..<end])
            rest = rest[end...]
        }
        return found
    }

    private static func isQuery(_ line: Substring) -> Bool {
        let text = line.drop { $0 == " " }
        return text.hasPrefix("QUERY id: ") || text.hasPrefix("UNION id: ")
    }

    private static func isTotalled(_ line: Substring) -> Bool {
        isQuery(line) && line.contains("is_group_by_with_totals: 1")
    }

    private static func indentation(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }
}
