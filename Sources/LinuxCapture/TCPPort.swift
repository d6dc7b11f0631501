import Glibc
public import NetTypes

/// Looks whether a TCP port can be had.
public enum TCPPort {
    /// Binds the port and lets it go again.
    ///
    /// - Throws: ``SocketError`` when it is in use or not allowed.
    public static func probe(_ endpoint: IPEndpoint) throws(SocketError) {
        let operation = "listen on \(endpoint)/tcp"
        let family = endpoint.address.isV4 ? AF_INET : AF_INET6
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(operation: operation, code: errno) }
        defer { close(descriptor) }
        // As the server does: a port whose old connections time out can be had.
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = unsafe SocketAddress(endpoint, family: family).withPointer { unsafe bind(descriptor, $0, $1) }
        guard bound == 0 else { throw SocketError(operation: operation, code: errno) }
    }
}
