/// The names of ClickHouse's Enum types.
enum EnumNames {
    /// `Enum8('a' = 0, 'b' = 1)`, or what is in its parentheses, as a table.
    static func table(_ type: Substring) -> [Int: String] {
        var names: [Int: String] = [:]
        var rest = type.drop { $0 != "'" }
        while rest.first == "'" {
            rest.removeFirst()
            var name = ""
            while let character = rest.popFirst(), character != "'" {
                name.append(character == "\\" ? rest.popFirst() ?? character : character)
            }
            let number = rest.drop { !$0.isNumber && $0 != "-" }.prefix { $0.isNumber || $0 == "-" }
            if let value = Int(number) { names[value] = name }
            rest = rest.drop { $0 != "'" }
        }
        return names
    }
}
