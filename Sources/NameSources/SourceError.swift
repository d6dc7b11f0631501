/// A file of names or routes couldn't be read.
public struct SourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// Why, in words.
    public var reason: String

    /// A sentence for people.
    public var description: String { "cannot read \(path): \(reason)" }

    /// Makes an error.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}
