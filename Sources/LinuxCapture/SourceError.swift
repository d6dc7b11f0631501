import Glibc

/// A source of this host that can't be had, in words for the operator.
public struct SourceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do.
    public var description: String

    /// Says it.
    public init(_ description: String) { self.description = description }

    /// A call of the system that failed.
    ///
    /// - Parameters:
    ///   - code: the system's error number.
    ///   - capability: the one that the call needs.
    public init(_ operation: String, code: Int32, needing capability: Capability? = nil) {
        if let capability, code == EPERM || code == EACCES {
            description =
                "cannot \(operation): no permission; run as root or with \(capability.name) (setcap, or "
                + "AmbientCapabilities in a systemd unit)"
        } else {
            description = "cannot \(operation): \(Self.words(code))"
        }
    }

    /// The system's words for an error.
    static func words(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
