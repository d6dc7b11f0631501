/// A line of a text that couldn't be read.
public struct LineProblem: Hashable, Sendable, CustomStringConvertible {
    /// Its number, the first line being 1.
    public var line: Int
    /// What is wrong with it.
    public var message: String

    /// A sentence for people.
    public var description: String { "line \(line): \(message)" }

    /// As many are kept of a text; all are counted.
    static let mostKept = 20
}
