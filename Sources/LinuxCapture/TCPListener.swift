import Glibc
public import NetTypes

/// A listening TCP socket, and the wait for it and its connections: one thread's.
///
/// Nothing blocks but ``wait(for:milliseconds:)``: not reading is what holds an
/// exporter back when the program is busy.
public final class TCPListener: @unchecked Sendable {
    // Made on one thread, then used by the receiver thread only: hence Sendable.
    private let descriptor: Int32
    /// Where the socket is bound, with the port that the system chose for port 0.
    public let endpoint: IPEndpoint
    /// Connections that may wait to be accepted.
    private static let backlog: Int32 = 128

    /// Binds a socket and listens; `[::]` takes IPv4 too, and falls back to IPv4
    /// alone where the kernel has no IPv6.
    ///
    /// - Throws: ``SocketError`` in words for the operator.
    public init(_ endpoint: IPEndpoint) throws(SocketError) {
        let operation = "listen on \(endpoint)/tcp"
        var family = endpoint.address.isV4 ? AF_INET : AF_INET6
        var socket = Self.open(family)
        if socket < 0, errno == EAFNOSUPPORT, endpoint.address == .unspecified {
            family = AF_INET
            socket = Self.open(family)
        }
        guard socket >= 0 else { throw SocketError(operation: operation, code: errno) }
        // A server that starts again must not wait for the old one's connections to time out.
        TCPOption.set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
        if family == AF_INET6 { TCPOption.set(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        let bound = unsafe SocketAddress(endpoint, family: family).withPointer { unsafe bind(socket, $0, $1) }
        guard bound == 0, listen(socket, Self.backlog) == 0 else {
            let code = errno
            close(socket)
            throw SocketError(operation: operation, code: code)
        }
        descriptor = socket
        self.endpoint = IPEndpoint(address: endpoint.address, port: TCPOption.ownPort(of: socket))
    }

    deinit { close(descriptor) }

    /// What ``wait(for:milliseconds:)`` saw.
    public struct Readiness: Sendable {
        /// Whether somebody wants to connect.
        public var hasNew: Bool
        /// The places of the connections that have bytes, or ended.
        public var readable: [Int]
    }

    /// Waits until a connection has bytes or ends, or somebody wants to connect.
    ///
    /// - Throws: ``SocketError`` when the system can't wait.
    public func wait(for connections: [TCPConnection], milliseconds: Int32) throws(SocketError) -> Readiness {
        var entries = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        for connection in connections {
            entries.append(pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0))
        }
        let count = unsafe poll(&entries, nfds_t(entries.count), milliseconds)
        guard count >= 0 else {
            if errno == EINTR { return Readiness(hasNew: false, readable: []) }
            throw SocketError(operation: "wait on \(endpoint)/tcp", code: errno)
        }
        let readable = connections.indices.filter { entries[$0 + 1].revents != 0 }
        return Readiness(hasNew: entries[0].revents != 0, readable: readable)
    }

    /// Takes the next connection; nil when none waits, or it has gone already.
    ///
    /// - Throws: ``SocketError`` when descriptors or memory ran out, or the socket is broken.
    public func accept() throws(SocketError) -> TCPConnection? {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let accepted = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = unsafe bytes.baseAddress.map { unsafe $0.assumingMemoryBound(to: sockaddr.self) }
            return unsafe Glibc.accept(descriptor, pointer, &length)
        }
        guard accepted >= 0 else {
            switch errno {
            case EMFILE, ENFILE, ENOMEM, ENOBUFS, EBADF, EINVAL, ENOTSOCK:
                throw SocketError(operation: "accept on \(endpoint)/tcp", code: errno)
            // The rest is about one connection that failed before it was taken.
            default: return nil
            }
        }
        // accept4 would set these at once, but Swift's Glibc module doesn't import it.
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
        return TCPConnection(descriptor: accepted, peer: TCPOption.endpoint(address))
    }

    private static func open(_ family: Int32) -> Int32 {
        let flags = Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        return socket(family, Int32(SOCK_STREAM.rawValue) | flags, 0)
    }
}

/// One accepted connection; it closes when it is let go.
public final class TCPConnection: @unchecked Sendable {
    // Belongs to the thread that accepted it: hence Sendable.
    let descriptor: Int32
    /// Who connected.
    public let peer: IPEndpoint

    init(descriptor: Int32, peer: IPEndpoint) {
        self.descriptor = descriptor
        self.peer = peer
        // A peer that vanished without a word is found out.
        TCPOption.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    }

    deinit { close(descriptor) }

    /// Has the kernel ask after so many seconds of silence whether the peer is still there, and give up after a
    /// minute without an answer.
    public func probe(afterSeconds seconds: Int32) {
        TCPOption.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, seconds)
        TCPOption.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
        TCPOption.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
    }

    /// What ``read(into:_:)`` found.
    public enum Outcome: Equatable, Sendable {
        /// So many bytes.
        case bytes(Int)
        /// None for now.
        case nothing
        /// The peer has ended the session.
        case ended
        /// The connection broke, with the system's error number.
        case broken(Int32)
    }

    /// Reads what has come, at most as much as fits, and hands it to `body`.
    public func read(into buffer: inout [UInt8], _ body: (RawSpan) -> Void) -> Outcome {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 {
            body(unsafe buffer.span.bytes.extracting(0..<count))
            return .bytes(count)
        }
        if count == 0 { return .ended }
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? .nothing : .broken(errno)
    }
}

/// Calls that the sockets of this file share.
enum TCPOption {
    static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The port that a socket is bound to.
    static func ownPort(of socket: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            guard let start = bytes.baseAddress else { return }
            _ = unsafe getsockname(socket, start.assumingMemoryBound(to: sockaddr.self), &length)
        }
        // The port lies at the same place in both families' structures.
        return UInt16(bigEndian: address.sin6_port)
    }

    /// Address and port of a peer of either family.
    static func endpoint(_ address: sockaddr_in6) -> IPEndpoint {
        let port = UInt16(bigEndian: address.sin6_port)
        if Int32(address.sin6_family) == AF_INET {
            // sockaddr_in has the address where sockaddr_in6 has the flow label.
            return IPEndpoint(address: IPAddress(v4: UInt32(bigEndian: address.sin6_flowinfo)), port: port)
        }
        let halves = unsafe withUnsafeBytes(of: address.sin6_addr) { bytes in
            unsafe (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        return IPEndpoint(
            address: IPAddress(high: UInt64(bigEndian: halves.0), low: UInt64(bigEndian: halves.1)),
            port: port
        )
    }
}
