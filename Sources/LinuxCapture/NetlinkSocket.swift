import CLinuxCapture
import Glibc
public import WireFormat

/// A socket to the kernel's netlink: one thread's, but for ``queue``.
public final class NetlinkSocket: @unchecked Sendable {
    // Made and used on one thread; what others may ask for is behind the kernel's lock.
    private let descriptor: Int32
    /// Bytes of receive buffer that the kernel gives it.
    public let receiveBuffer: Int
    private var buffer: [UInt8]
    private var dropsSeen: UInt32 = 0
    private var drops: UInt64 = 0

    /// A netlink protocol.
    public enum Family: Int32, Sendable {
        /// Interfaces and addresses (NETLINK_ROUTE).
        case route = 0
        /// Sockets of processes (NETLINK_SOCK_DIAG).
        case sockets = 4
        /// Connection tracking, logged packets (NETLINK_NETFILTER).
        case netfilter = 12
    }

    /// What ``receive(_:)`` found.
    public enum Outcome: Equatable, Sendable {
        /// Messages, which were handed over.
        case messages
        /// None for now.
        case nothing
        /// The kernel had no room for some and dropped them: ``takeDrops()`` tells how many.
        case overrun
    }

    /// Bytes that are read at once; the kernel bundles no more.
    public static let mostBytes = 256 << 10

    /// Opens a socket in the calling thread's network namespace.
    ///
    /// - Parameters:
    ///   - groups: a bit for each group of events that it listens to.
    ///   - receiveBuffer: bytes that are asked for; without CAP_NET_ADMIN net.core.rmem_max bounds them.
    ///   - purpose: what it is for: "listen to connection tracking".
    public init(
        _ family: Family,
        groups: UInt32 = 0,
        receiveBuffer: Int,
        purpose: String
    ) throws(SourceError) {
        var size = UInt32(clamping: min(receiveBuffer, Int(Int32.max / 2)))
        let result = unsafe netmeta_netlink_open(family.rawValue, groups, &size)
        guard result >= 0 else { throw SourceError(purpose, code: -result, needing: .netAdmin) }
        descriptor = result
        self.receiveBuffer = Int(size)
        buffer = [UInt8](repeating: 0, count: Self.mostBytes)
    }

    deinit { close(descriptor) }

    /// Sends a request.
    public func send(_ request: [UInt8]) throws(SourceError) {
        let result = unsafe netmeta_netlink_send(descriptor, request, UInt32(request.count))
        guard result == 0 else { throw SourceError("ask the kernel by netlink", code: -result, needing: .netAdmin) }
    }

    /// Waits up to 100 ms and hands the messages that came to `body`.
    ///
    /// - Throws: ``SourceError`` when the socket is broken.
    public func receive(_ body: (RawSpan) -> Void) throws(SourceError) -> Outcome {
        let count = unsafe netmeta_netlink_receive(descriptor, &buffer, UInt32(buffer.count))
        if count == -ENOBUFS { return .overrun }
        guard count >= 0 else { throw SourceError("read netlink", code: -count) }
        guard count > 0 else { return .nothing }
        unsafe buffer.withUnsafeBytes { bytes in
            let span = unsafe RawSpan(_unsafeStart: bytes.baseAddress!, byteCount: Int(count))
            body(span)
        }
        return .messages
    }

    /// Messages that the kernel dropped at this socket so far, since its receive buffer was full.
    public func takeDrops() -> UInt64 {
        var now = netmeta_socket_queue()
        guard unsafe netmeta_queue(descriptor, &now) == 0 else { return drops }
        drops += UInt64(now.drops &- dropsSeen)
        dropsSeen = now.drops
        return drops
    }

    /// Asks for something and waits for the kernel's yes or no.
    ///
    /// - Returns: the system's error number; 0 when it was done.
    public func request(_ bytes: [UInt8]) throws(SourceError) -> Int32 {
        try send(bytes)
        // Two seconds: the kernel answers at once, or not at all.
        for _ in 0..<20 {
            var answer: Int32?
            let outcome = try receive { bytes in
                var messages = NetlinkMessages(bytes)
                while (try? messages.next()) ?? false {
                    if messages.type == NetlinkMessages.error { answer = messages.code }
                }
            }
            if let answer { return answer }
            if outcome == .overrun { return ENOBUFS }
        }
        return ETIMEDOUT
    }

    /// Asks for a list and hands all of it to `body`, part by part.
    public func list(_ request: [UInt8], _ body: (borrowing NetlinkMessages) -> Void) throws(SourceError) {
        try send(request)
        for _ in 0..<10_000 {
            var isDone = false
            let outcome = try receive { bytes in
                var messages = NetlinkMessages(bytes)
                while (try? messages.next()) ?? false {
                    if messages.type == NetlinkMessages.done || messages.type == NetlinkMessages.error { isDone = true }
                    if !isDone { body(messages) }
                }
            }
            if isDone || outcome != .messages { return }
        }
    }
}
