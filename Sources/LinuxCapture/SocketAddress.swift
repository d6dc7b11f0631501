import Glibc
import NetTypes

/// A `sockaddr` of either family, made from an endpoint.
struct SocketAddress {
    private var storage = sockaddr_in6()
    private let length: socklen_t

    /// - Parameter family: AF_INET or AF_INET6; IPv4 endpoints fit both, as mapped addresses in the second.
    init(_ endpoint: IPEndpoint, family: Int32) {
        if family == AF_INET {
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = endpoint.port.bigEndian
            // `::` stands for every address of either family.
            v4.sin_addr.s_addr = endpoint.address.isV4 ? endpoint.address.v4.bigEndian : 0
            unsafe withUnsafeMutableBytes(of: &storage) { target in
                unsafe withUnsafeBytes(of: v4) { unsafe target.copyMemory(from: $0) }
            }
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
        } else {
            storage.sin6_family = sa_family_t(AF_INET6)
            storage.sin6_port = endpoint.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &storage.sin6_addr) { target in
                let halves = (endpoint.address.high.bigEndian, endpoint.address.low.bigEndian)
                unsafe withUnsafeBytes(of: halves) { unsafe target.copyMemory(from: $0) }
            }
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    /// Hands the address to a system call.
    @unsafe
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        unsafe withUnsafeBytes(of: storage) { bytes in
            // MemoryLayout<sockaddr_in6> begins with what every sockaddr begins with.
            unsafe body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), length)
        }
    }
}
