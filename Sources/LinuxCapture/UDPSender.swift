import CLinuxCapture
import Glibc
public import NetTypes

/// A connected UDP socket that sends many datagrams with one call.
public final class UDPSender: @unchecked Sendable {
    // Used by one thread at a time: hence Sendable.
    private let descriptor: Int32
    private let segmented: Bool

    /// Connects a socket.
    ///
    /// - Parameters:
    ///   - source: the address and port to send from; nil lets the system choose.
    ///   - target: where to send to.
    public init(source: IPEndpoint?, target: IPEndpoint) throws(SocketError) {
        let family = target.address.isV4 ? AF_INET : AF_INET6
        // Only there is the MTU known to hold any datagram.
        segmented = target.address.isLoopback
        descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SocketError(operation: "open a socket", code: errno) }
        if let source {
            let bound = unsafe SocketAddress(source, family: family).withPointer { unsafe bind(descriptor, $0, $1) }
            guard bound == 0 else { throw SocketError(operation: "send from \(source)", code: errno) }
        }
        let connected = unsafe SocketAddress(target, family: family).withPointer { unsafe connect(descriptor, $0, $1) }
        guard connected == 0 else { throw SocketError(operation: "send to \(target)", code: errno) }
    }

    deinit { close(descriptor) }

    /// Sends datagrams in order, at most 1024 of them.
    ///
    /// A refusal of an earlier datagram (ICMP port unreachable) is not an error of this one and is tried again.
    ///
    /// - Returns: how many were taken by the kernel.
    @unsafe
    public func send(_ datagrams: [UnsafeRawBufferPointer]) throws(SocketError) -> Int {
        let outgoing = unsafe datagrams.map { datagram in
            unsafe netmeta_outgoing(bytes: datagram.baseAddress, length: UInt32(datagram.count))
        }
        for _ in 0..<2 {
            let sent = unsafe netmeta_send(descriptor, outgoing, UInt32(outgoing.count), segmented)
            if sent >= 0 { return Int(sent) }
            guard sent == -ECONNREFUSED else { throw SocketError(operation: "send", code: -sent) }
        }
        throw SocketError(operation: "send", code: ECONNREFUSED)
    }
}
