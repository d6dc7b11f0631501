import Foundation
import NetTypes

/// Where a scamper takes commands: `scamper -U PATH`, or `scamper -P PORT` on 127.0.0.1.
enum ScamperSocket: Hashable, Sendable, CustomStringConvertible {
    case path(String)
    case endpoint(IPEndpoint)

    /// Bytes of a path that fit into an address of a socket, with the zero at the end.
    static let mostPathBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// Reads `/run/scamper.sock` or `127.0.0.1:31337`; nil where it is neither.
    init?(_ text: String) {
        if text.hasPrefix("/"), text.utf8.count < Self.mostPathBytes {
            self = .path(text)
        } else if let endpoint = IPEndpoint(text), endpoint.port > 0 {
            self = .endpoint(endpoint)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .path(let path): path
        case .endpoint(let endpoint): "\(endpoint)"
        }
    }

    /// Seconds until who doesn't answer, or reads no command, is given up: a stop has to wait for no more.
    private static let patience = 3

    /// A connection, which the caller closes.
    ///
    /// - Throws: ``Failure`` with the system's words.
    func connect() throws(Failure) -> Int32 {
        switch self {
        case .path(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            return try Self.connect(&address, AF_UNIX)
        case .endpoint(let endpoint) where endpoint.address.isV4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = endpoint.port.bigEndian
            address.sin_addr.s_addr = UInt32(truncatingIfNeeded: endpoint.address.low).bigEndian
            return try Self.connect(&address, AF_INET)
        case .endpoint(let endpoint):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = endpoint.port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                bytes.storeBytes(of: endpoint.address.high.bigEndian, as: UInt64.self)
                bytes.storeBytes(of: endpoint.address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return try Self.connect(&address, AF_INET6)
        }
    }

    private static func connect<Address>(_ address: inout Address, _ family: Int32) throws(Failure) -> Int32 {
        let file = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard file >= 0 else { throw Failure("no socket: \(String(cString: strerror(errno)))") }
        var timeout = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let length = socklen_t(MemoryLayout<Address>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Foundation.connect(file, $0, length) }
        }
        guard result == 0 else {
            // Linux says so of a time that is over (socket(7), SO_SNDTIMEO).
            let isLate = errno == EINPROGRESS
            let words = isLate ? "no answer within \(patience) s" : String(cString: strerror(errno))
            close(file)
            throw Failure("\(words); start one with `scamper -U PATH` or `scamper -P PORT`")
        }
        return file
    }
}
