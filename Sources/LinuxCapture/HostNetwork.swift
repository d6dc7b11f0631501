import Glibc
public import NetTypes
import WireFormat

/// The interfaces and addresses of a network namespace, as the kernel tells them.
public struct HostNetwork: Equatable, Sendable {
    /// One interface.
    public struct Interface: Equatable, Sendable {
        /// Its name: `eth0`.
        public var name: String
        /// What somebody noted about it (`ip link set eth0 alias …`), or nothing.
        public var alias: String
        /// Whether it is up.
        public var isUp: Bool
        /// Whether it is the one that leads nowhere.
        public var isLoopback: Bool
    }

    /// Interfaces by their index.
    public var interfaces: [UInt32: Interface] = [:]
    /// The host's addresses, each with the network that it is in.
    public var addresses: [IPAddress: Prefix] = [:]
    /// Whether it forwards others' packets.
    public var isRouter = false

    /// An empty one.
    public init() {}

    /// Asks the kernel about the calling thread's network namespace.
    public static func read() throws(SourceError) -> HostNetwork {
        let socket = try NetlinkSocket(.route, receiveBuffer: 1 << 20, purpose: "ask for the host's interfaces")
        var network = HostNetwork()
        // RTM_GETLINK with struct ifinfomsg, RTM_GETADDR with struct ifaddrmsg: NLM_F_REQUEST and NLM_F_DUMP.
        let links = netlinkRequest(type: 18, flags: 0x301, sequence: 1, [UInt8](repeating: 0, count: 16))
        try socket.list(links) { network.take(link: $0) }
        let addresses = netlinkRequest(type: 22, flags: 0x301, sequence: 2, [UInt8](repeating: 0, count: 8))
        try socket.list(addresses) { network.take(address: $0) }
        network.isRouter =
            HostThread.setting("ipv4/ip_forward") == 1 || HostThread.setting("ipv6/conf/all/forwarding") == 1
        return network
    }

    /// The networks that are the host's own: its addresses; of one that forwards, also the private networks that it is
    /// in (RFC 1918, RFC 4193), for whose hosts it forwards.
    public var localNetworks: [Prefix] {
        let own = addresses.keys.filter { !$0.isUnspecified }.map { Prefix($0, bits: 128) }
        let attached = isRouter ? addresses.values.filter(Self.isPrivate) : []
        return Set(own + attached).sorted()
    }

    /// What interfaces are called.
    public var names: [UInt32: String] {
        interfaces.mapValues { $0.alias.isEmpty ? $0.name : "\($0.name) (\($0.alias))" }
    }

    /// The index of an interface; nil when there is none of that name.
    public func index(of name: String) -> UInt32? { interfaces.first { $0.value.name == name }?.key }

    private static let privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
        .compactMap { Prefix($0) }

    private static func isPrivate(_ network: Prefix) -> Bool {
        privateNetworks.contains { $0.bits <= network.bits && $0.contains(network.first) }
    }

    /// RTM_NEWLINK: family, pad, type of two bytes, index, flags, change; then attributes.
    mutating func take(link message: borrowing NetlinkMessages) {
        let payload = message.payload
        guard message.type == 16, payload.byteCount >= 16 else { return }
        let part = WirePart(payload, length: 16)
        let index = part.value(at: 4, as: UInt32.self)
        let flags = part.value(at: 8, as: UInt32.self)
        var interface = Interface(name: "", alias: "", isUp: flags & 1 != 0, isLoopback: flags & 8 != 0)
        var attributes = NetlinkAttributes(payload, from: 16)
        while (try? attributes.next()) ?? false {
            switch attributes.type {
            case 3: interface.name = attributes.text()
            case 20: interface.alias = attributes.text()
            default: break
            }
        }
        if !interface.name.isEmpty { interfaces[index] = interface }
    }

    /// RTM_NEWADDR: family, length of the prefix, flags, scope, index; then attributes.
    mutating func take(address message: borrowing NetlinkMessages) {
        let payload = message.payload
        guard message.type == 20, payload.byteCount >= 8 else { return }
        let part = WirePart(payload, length: 8)
        let isV4 = part.value(at: 0, as: UInt8.self) == 2
        let bits = Int(part.value(at: 1, as: UInt8.self)) + (isV4 ? 96 : 0)
        var address: IPAddress?
        var attributes = NetlinkAttributes(payload, from: 8)
        while (try? attributes.next()) ?? false {
            // IFA_ADDRESS is the other end's on links of two; IFA_LOCAL, behind it, is ours.
            guard attributes.type == 1 || attributes.type == 2 else { continue }
            let value = attributes.value
            if isV4, value.byteCount == 4, let v4 = try? attributes.number(as: UInt32.self) {
                address = IPAddress(high: 0, low: 0xFFFF_0000_0000 | UInt64(v4))
            } else if !isV4, value.byteCount == 16, let high = try? attributes.number(as: UInt64.self),
                let low = try? attributes.number(at: 8, as: UInt64.self)
            {
                address = IPAddress(high: high, low: low)
            }
        }
        guard let address, bits <= 128 else { return }
        addresses[address] = Prefix(address, bits: bits)
    }
}
