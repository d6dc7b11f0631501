/// One named value of a `Root`: what it means, how it is read and how it is written.
struct Setting<Root>: Sendable {
    let name: String
    /// One or two sentences.
    let documentation: String
    /// What a value looks like: "a number of days such as 7".
    let expected: String
    /// How its values are nested.
    let shape: ValueShape
    /// The settings of each entry, where the value is a map of such.
    let members: [SettingSummary]
    /// Sets the value, or throws what is wrong with it.
    let set: @Sendable (RawValue, inout Root) throws(ValueProblem) -> Void
    /// Whether the values in two are different, which their texts don't tell of secrets.
    let differs: @Sendable (Root, Root) -> Bool
    /// The value as YAML on one line.
    let text: @Sendable (Root) -> String
    /// The entries of a map, each as YAML on one line.
    let entries: @Sendable (Root) -> [String]

    init<Value: Equatable & Sendable>(
        _ name: String,
        _ property: any WritableKeyPath<Root, Value> & Sendable,
        _ format: ValueFormat<Value>,
        _ documentation: String
    ) {
        self.name = name
        self.documentation = documentation
        expected = format.expected
        shape = format.shape
        members = format.members
        set = { raw, root throws(ValueProblem) in
            root[keyPath: property] = try format.parse(raw)
        }
        differs = { $0[keyPath: property] != $1[keyPath: property] }
        text = { format.text($0[keyPath: property]) }
        entries = { format.entries($0[keyPath: property]) }
    }
}

/// A setting in words, for people.
struct SettingSummary: Sendable {
    let name: String
    let documentation: String
    let expected: String
    /// The default as YAML on one line.
    let standard: String
}

extension Setting {
    /// The setting in words.
    func summary(default root: Root) -> SettingSummary {
        SettingSummary(name: name, documentation: documentation, expected: expected, standard: text(root))
    }
}
