import NetTypes

// Formats that nest: maps from names to values, and groups of settings.

extension ValueFormat {
    /// A format of maps. All that is wrong in one is told at once, each at its place.
    ///
    /// - Parameter example: the map in words, with an example: "a map such as {192.0.2.1: {}}".
    static func map<Name: Hashable & Comparable & Sendable, Element: Sendable>(
        _ example: String,
        names: ValueFormat<Name>,
        values: ValueFormat<Element>
    ) -> ValueFormat where Value == [Name: Element] {
        let entries: @Sendable (Value) -> [String] = { map in
            map.sorted { $0.key < $1.key }.map { "\(names.text($0.key)): \(values.text($0.value))" }
        }
        return ValueFormat(
            expected: example,
            shape: .map,
            parse: { raw throws(ValueProblem) in
                var result: [Name: Element] = [:]
                var seen: Set<Name> = []
                var problems: [ValueProblem] = []
                for entry in try raw.entries(expected: example) {
                    let name = read({ () throws(ValueProblem) in try names.parse(.text(entry.name)) }) {
                        problems.append(ValueProblem($0.message, at: entry.namePlace))
                    }
                    let value = read({ () throws(ValueProblem) in try values.parse(entry.value) }) {
                        problems.append($0.within(entry))
                    }
                    guard let name else { continue }
                    if !seen.insert(name).inserted {
                        problems.append(ValueProblem("\(entry.name) is there twice", at: entry.namePlace))
                    }
                    result[name] = value
                }
                guard problems.isEmpty else { throw ValueProblem(problems) }
                return result
            },
            text: { "{" + entries($0).joined(separator: ", ") + "}" },
            entries: entries,
            members: values.members
        )
    }

    /// A format of groups of settings; what isn't written keeps its default.
    static func settings(_ settings: [Setting<Value>], default standard: Value) -> ValueFormat
    where Value: Sendable {
        let names = settings.map(\.name)
        let expected = "settings (\(names.joined(separator: ", ")))"
        return ValueFormat(
            expected: expected,
            shape: .map,
            parse: { raw throws(ValueProblem) in
                var result = standard
                var problems: [ValueProblem] = []
                for entry in try raw.entries(expected: expected) {
                    guard let setting = settings.first(where: { $0.name == entry.name }) else {
                        let near = nearest(to: entry.name, among: names).map { "did you mean '\($0)'?" }
                        let hint = near ?? "there are \(names.joined(separator: ", "))"
                        problems.append(ValueProblem("unknown key '\(entry.name)'; \(hint)", at: entry.namePlace))
                        continue
                    }
                    do throws(ValueProblem) {
                        try setting.set(entry.value, &result)
                    } catch {
                        problems.append(error.within(entry))
                    }
                }
                guard problems.isEmpty else { throw ValueProblem(problems) }
                return result
            },
            text: { value in
                let changed = settings.filter { $0.text(value) != $0.text(standard) }
                return "{" + changed.map { "\($0.name): \($0.text(value))" }.joined(separator: ", ") + "}"
            },
            members: settings.map { $0.summary(default: standard) }
        )
    }
}

extension RawValue {
    /// The entries of a map; a key behind which all is commented out has none.
    fileprivate func entries(expected: String) throws(ValueProblem) -> [Entry] {
        switch self {
        case .map(let entries): return entries
        case .nothing: return []
        case .text, .list, .items: throw ValueProblem("expected \(expected), found \(kind)")
        }
    }
}

/// What `body` gives, or nil once its problem is told.
private func read<Result>(
    _ body: () throws(ValueProblem) -> Result,
    problem: (ValueProblem) -> Void
) -> Result? {
    do throws(ValueProblem) {
        return try body()
    } catch {
        problem(error)
        return nil
    }
}
