/// Names for the columns of an answer of which some have the same.
enum UniqueNames {
    /// The names with a number behind those that were there before (`x`, `x_2`, `x_3`); nil when all differ.
    static func of(_ names: [String]) -> [String]? {
        let all = Set(names)
        guard all.count < names.count else { return nil }
        var given: Set<String> = []
        return names.map { name in
            var candidate = name
            var number = 1
            while given.contains(candidate) || (number > 1 && all.contains(candidate)) {
                number += 1
                candidate = "\(name)_\(number)"
            }
            given.insert(candidate)
            return candidate
        }
    }

    /// A name as the engine reads it within backticks.
    static func quoted(_ name: String) -> String {
        "`" + name.replacing("\\", with: "\\\\").replacing("`", with: "\\`") + "`"
    }
}
