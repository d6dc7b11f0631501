import CLinuxCapture
public import NetTypes
import WireFormat

/// The sockets of a network namespace by their ends, as the kernel tells them (sock_diag(7)), and whose they are.
public struct SocketTable: Sendable {
    private struct Ends: Hashable {
        var proto: UInt8
        var local: IPEndpoint
        var remote: IPEndpoint
    }

    /// Numbers of sockets, as the links in /proc/PID/fd have them.
    private var inodes: [Ends: UInt32] = [:]

    /// A process of this host.
    public struct Owner: Hashable, Sendable {
        /// Its number.
        public var process: UInt32
        /// Its name, as in /proc/PID/comm: up to 15 bytes, which it may choose.
        public var name: String
    }

    /// Sockets that are remembered of a host at most; beyond them some aren't found.
    private static let most = 500_000
    /// Descriptors that are looked at in search of owners at most.
    private static let mostDescriptors: UInt32 = 200_000
    private static let nobody = IPEndpoint(address: .unspecified, port: 0)

    /// Asks the kernel about TCP and UDP in the calling thread's network namespace.
    public static func read() throws(SourceError) -> SocketTable {
        let socket = try NetlinkSocket(.sockets, receiveBuffer: 4 << 20, purpose: "ask for the host's sockets")
        var table = SocketTable()
        for proto: UInt8 in [6, 17] {
            for family: UInt8 in [2, 10] {
                // struct inet_diag_req_v2: family, protocol, extensions, then a mask of states: all but TIME_WAIT, of which
                // no process has a socket. SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST and NLM_F_DUMP.
                let states = unsafe withUnsafeBytes(of: ~(UInt32(1) << 6)) { unsafe Array($0) }
                let payload = [family, proto, 0, 0] + states + [UInt8](repeating: 0, count: 48)
                let request = netlinkRequest(type: 20, flags: 0x301, sequence: UInt32(proto), payload)
                try socket.list(request) { table.take($0.payload, proto) }
            }
        }
        return table
    }

    /// Takes a socket's `struct inet_diag_msg` in.
    private mutating func take(_ bytes: RawSpan, _ proto: UInt8) {
        guard bytes.byteCount >= 72, inodes.count < Self.most else { return }
        let isV4 = unsafe bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 2
        func number<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: T.Type) -> T {
            T(bigEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
        }
        func address(_ offset: Int) -> IPAddress {
            guard isV4 else {
                return IPAddress(high: number(offset, UInt64.self), low: number(offset + 8, UInt64.self))
            }
            let bits = number(offset, UInt32.self)
            return bits == 0 ? .unspecified : IPAddress(v4: bits)
        }
        let inode = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: 68, as: UInt32.self)
        guard inode != 0 else { return }
        let remotePort = number(6, UInt16.self)
        let ends = Ends(
            proto: proto,
            local: IPEndpoint(address: address(8), port: number(4, UInt16.self)),
            remote: remotePort == 0 ? Self.nobody : IPEndpoint(address: address(24), port: remotePort)
        )
        inodes[ends] = inode
    }

    /// The number of the socket that a connection's packets go to: its own, else one that takes packets of anybody.
    public func socket(proto: UInt8, local: IPEndpoint, remote: IPEndpoint) -> UInt32? {
        let anywhere = IPEndpoint(address: .unspecified, port: local.port)
        return inodes[Ends(proto: proto, local: local, remote: remote)]
            ?? inodes[Ends(proto: proto, local: local, remote: Self.nobody)]
            ?? inodes[Ends(proto: proto, local: anywhere, remote: Self.nobody)]
    }

    /// The processes that have sockets, by the sockets' numbers; those of other users take CAP_SYS_PTRACE and
    /// CAP_DAC_READ_SEARCH.
    public static func owners(of sockets: Set<UInt32>) -> [UInt32: Owner] {
        let sorted = sockets.sorted()
        var processes = [UInt32](repeating: 0, count: sorted.count)
        guard unsafe netmeta_process_sockets(sorted, UInt32(sorted.count), &processes, mostDescriptors) == 0 else {
            return [:]
        }
        var owners: [UInt32: Owner] = [:]
        for (socket, process) in zip(sorted, processes) where process != 0 {
            guard let name = HostThread.text("/proc/\(process)/comm") else { continue }
            owners[socket] = Owner(process: process, name: name)
        }
        return owners
    }
}
