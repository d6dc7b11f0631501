/// A password or the like: what is printed, logged or dumped of it is a word in its place.
public struct Secret: Hashable, Sendable {
    /// What it is. Nothing that people see may be made of it.
    public let value: String
    /// The file that it was read from; nil when it stood in the configuration.
    public let file: String?

    /// What stands where it would.
    public static let placeholder = "(hidden)"

    /// Keeps a secret.
    public init(_ value: String, file: String? = nil) {
        self.value = value
        self.file = file
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The placeholder.
    public var description: String { Self.placeholder }
    /// The placeholder.
    public var debugDescription: String { Self.placeholder }
    /// Nothing inside.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
