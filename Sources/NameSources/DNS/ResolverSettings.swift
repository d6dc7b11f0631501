public import NetTypes

/// Who is asked for the names of addresses, and how often. Nobody, unless servers are named.
public struct ResolverSettings: Hashable, Sendable {
    /// Resolvers for public addresses, in the order in which they are tried.
    public var servers: [IPEndpoint] = []
    /// Servers for the addresses within a prefix; the longest counts.
    public var zones: [Prefix: [IPEndpoint]] = [:]
    /// Messages to all servers together, in a second.
    public var queriesPerSecond = 20
    /// For how many of the addresses with most traffic names are learnt although nobody looks at them.
    public var talkers = 100

    /// Nobody is asked.
    public init() {}

    /// Whether anybody is asked.
    public var isOn: Bool { !servers.isEmpty || !zones.isEmpty }

    /// Who is asked, in one line: what others said is not what these say.
    var stamp: String {
        let zones = zones.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return "\(servers) \(zones)".filter { !$0.isNewline }
    }

    /// The servers for an address, in the order in which they are tried; none where nobody is to be asked.
    ///
    /// A private address is asked for where a zone within the private range says so, and nowhere else: a public
    /// server knows nothing of it, and should learn nothing (RFC 6303, RFC 6761 section 6.1).
    public func servers(for address: IPAddress) -> [IPEndpoint] {
        guard !Self.nameless.contains(where: { $0.contains(address) }) else { return [] }
        let range = Self.privateRanges.first { $0.contains(address) }
        let zone = zones.filter { zone, _ in
            zone.contains(address) && (range.map { $0.bits <= zone.bits } ?? true)
        }.max { $0.key.bits < $1.key.bits }
        if let zone { return zone.value }
        return range == nil ? servers : []
    }

    /// What no host has as its address: this network, multicast, reserved.
    private static let nameless = prefixes("0.0.0.0/8 224.0.0.0/4 240.0.0.0/4 ::/128 ff00::/8")
    /// RFC 1918, RFC 6598 (carriers' NAT), RFC 3927, RFC 1122 (loopback); RFC 4193, RFC 4291, RFC 3879.
    private static let privateRanges = prefixes(
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 127.0.0.0/8"
            + " ::1/128 fc00::/7 fe80::/10 fec0::/10"
    )

    private static func prefixes(_ text: String) -> [Prefix] {
        text.split(separator: " ").compactMap { Prefix(String($0)) }
    }
}
