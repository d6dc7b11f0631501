import CLinuxCapture
import Glibc
public import NetTypes
import Synchronization

/// A bound UDP socket that hands out datagrams in bunches, for one thread.
///
/// Blocking `recvmmsg` on a thread of its own beats an event loop here: large
/// kernel buffers (SO_RCVBUFFORCE), and back-pressure by simply not reading.
/// What the kernel dropped meanwhile stands in ``queue``.
@safe
public final class UDPReceiver: @unchecked Sendable {
    // Made on one thread; the receiver's buffers are then used by its thread only, the rest by any: hence Sendable.
    private let descriptor: Int32
    private let receiver: OpaquePointer
    /// Where the socket is bound, with the port that the system chose for port 0.
    public let endpoint: IPEndpoint
    /// Bytes of the kernel's receive buffer that were really granted.
    public let receiveBuffer: Int
    /// The kernel's counter of drops, which has 32 bits, widened.
    private let drops = Mutex((last: UInt32(0), total: UInt64(0)))
    /// Bytes of memory that the datagrams of one call may take.
    static let maximumDatagram: UInt32 = 65_536
    /// Datagrams taken with one call.
    private let batch: Int

    /// Binds a socket; `[::]` takes IPv4 too, and falls back to IPv4 alone
    /// where the kernel has no IPv6.
    ///
    /// - Parameters:
    ///   - endpoint: address and port.
    ///   - receiveBuffer: bytes of kernel buffer to ask for.
    ///   - batch: datagrams taken with one call.
    /// - Throws: ``SocketError`` in words for the operator.
    public init(_ endpoint: IPEndpoint, receiveBuffer: Int, batch: UInt32 = 64) throws(SocketError) {
        let operation = "listen on \(endpoint)/udp"
        var family = endpoint.address.isV4 ? AF_INET : AF_INET6
        var socket = Self.open(family)
        if socket < 0, errno == EAFNOSUPPORT, endpoint.address == .unspecified {
            family = AF_INET
            socket = Self.open(family)
        }
        guard socket >= 0 else { throw SocketError(operation: operation, code: errno) }
        if family == AF_INET6 { Self.set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0) }
        let bytes = Int32(clamping: receiveBuffer)
        // Root may exceed net.core.rmem_max; others get what that allows.
        if !Self.set(socket, SOL_SOCKET, SO_RCVBUFFORCE, bytes) { Self.set(socket, SOL_SOCKET, SO_RCVBUF, bytes) }
        var timeout = timeval(tv_sec: 0, tv_usec: 100_000)
        unsafe setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let bound = unsafe SocketAddress(endpoint, family: family).withPointer { unsafe bind(socket, $0, $1) }
        guard bound == 0 else {
            let code = errno
            close(socket)
            throw SocketError(operation: operation, code: code)
        }
        guard let receiver = unsafe netmeta_receiver_create(socket, batch, Self.maximumDatagram) else {
            close(socket)
            throw SocketError(operation: operation, code: ENOMEM)
        }
        descriptor = socket
        unsafe self.receiver = receiver
        self.batch = Int(batch)
        self.endpoint = IPEndpoint(address: endpoint.address, port: Self.port(of: socket))
        // The kernel reports twice what is usable for payload bookkeeping.
        self.receiveBuffer = Int(Self.get(socket, SOL_SOCKET, SO_RCVBUF)) / 2
    }

    deinit {
        unsafe netmeta_receiver_destroy(receiver)
        close(descriptor)
    }

    /// A socket's receive queue at one moment.
    public struct Queue: Equatable, Sendable {
        /// Bytes that it may hold.
        public var bytes: Int
        /// Bytes that it holds.
        public var used: Int
        /// Datagrams that the kernel dropped at this socket so far, for want of room.
        public var drops: UInt64

        /// An empty one.
        public init(bytes: Int = 0, used: Int = 0, drops: UInt64 = 0) {
            self.bytes = bytes
            self.used = used
            self.drops = drops
        }
    }

    /// The receive queue now, exact to the datagram; to be asked for once in a while, so that the counter's wrap is
    /// seen. Empty on kernels before Linux 4.12, which don't tell.
    public var queue: Queue {
        drops.withLock { drops in
            var now = netmeta_socket_queue()
            guard unsafe netmeta_queue(descriptor, &now) == 0 else { return Queue() }
            drops.total += UInt64(now.drops &- drops.last)
            drops.last = now.drops
            // The kernel reckons twice what is usable for payload.
            return Queue(bytes: Int(now.size) / 2, used: Int(now.used) / 2, drops: drops.total)
        }
    }

    /// Waits up to 100 ms and hands each datagram that came to `body`.
    ///
    /// - Returns: how many came.
    /// - Throws: ``SocketError`` when the socket is broken.
    public func receive(_ body: (RawSpan, IPEndpoint) -> Void) throws(SocketError) -> Int {
        let count = unsafe netmeta_receive(receiver)
        guard count >= 0 else { throw SocketError(operation: "receive on \(endpoint)/udp", code: -count) }
        let datagrams = unsafe UnsafeBufferPointer(start: netmeta_datagrams(receiver), count: Int(count))
        for index in 0..<Int(count) {
            let datagram = unsafe datagrams[index]
            let bytes = unsafe RawSpan(_unsafeStart: datagram.bytes, byteCount: Int(datagram.length))
            let high = unsafe UInt64(bigEndian: datagram.address_high)
            let low = unsafe UInt64(bigEndian: datagram.address_low)
            body(bytes, IPEndpoint(address: IPAddress(high: high, low: low), port: unsafe datagram.port))
        }
        if isBusy(after: Int(count)) { usleep(Self.napMicroseconds) }
        return Int(count)
    }

    /// Whether more datagrams come at once than are worth a waking each: a thread that sleeps a moment finds them
    /// together. A small kernel buffer may not hold that many.
    private func isBusy(after count: Int) -> Bool {
        (Self.busyDatagrams..<batch).contains(count) && receiveBuffer >= Self.napBuffer
    }

    /// A few may just have come together.
    private static let busyDatagrams = 4
    private static let napMicroseconds: UInt32 = 1000
    /// Bytes that no nap fills: the kernel reckons 768 or more for a datagram, so that is ten million of them a second.
    private static let napBuffer = 8 << 20

    // MARK: - Socket options

    private static func open(_ family: Int32) -> Int32 {
        socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }

    @discardableResult
    private static func set(_ socket: Int32, _ level: some BinaryInteger, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return unsafe setsockopt(socket, Int32(level), option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }

    private static func get(_ socket: Int32, _ level: Int32, _ option: Int32) -> Int32 {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(socket, level, option, &value, &length)
        return value
    }

    private static func port(of socket: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe withUnsafeMutableBytes(of: &address) { bytes in
            _ = unsafe getsockname(socket, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
        }
        // The port lies at the same place in both families' structures.
        return UInt16(bigEndian: address.sin6_port)
    }
}
