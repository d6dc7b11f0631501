import Glibc

/// A socket call that failed.
public struct SocketError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was being done: "bind [::]:2055/udp".
    public var operation: String
    /// The system's error number.
    public var code: Int32

    /// Describes a failure.
    public init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// The operation, the system's words, and what to do where that is known.
    public var description: String {
        let reason = unsafe String(cString: strerror(code))
        return switch code {
        case EADDRINUSE: "cannot \(operation): the port is in use by another program (`ss -tulpn` shows which)"
        case EACCES, EPERM: "cannot \(operation): no permission; ports below 1024 need root or CAP_NET_BIND_SERVICE"
        case EADDRNOTAVAIL: "cannot \(operation): this machine has no such address"
        default: "cannot \(operation): \(reason)"
        }
    }
}
