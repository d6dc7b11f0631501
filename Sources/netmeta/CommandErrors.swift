/// A command was called in a way it can't do: exit code 2.
struct UsageError: Error, CustomStringConvertible, Sendable {
    /// What is wrong and what would be right, in one line.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A command couldn't do what it was asked to: exit code 1.
struct Failure: Error, CustomStringConvertible, Sendable {
    /// What failed, why, and what to do where that is known, in one line.
    let description: String
    /// Whether the same may succeed later as it is: nothing is wrong with what was asked.
    let isTemporary: Bool

    init(_ description: String, isTemporary: Bool = false) {
        self.description = description
        self.isTemporary = isTemporary
    }
}
