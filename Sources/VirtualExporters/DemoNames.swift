import NetTypes

extension DemoNetwork {
    /// What the demo's networks, routers, ports and servers are called: a list
    /// of names as `enrichment.names` takes it (Docs/names.md).
    ///
    /// All of it is invented. Hosts are in example.net (RFC 2606).
    public var names: String {
        let head = "# What netmeta demo has invented.\nkind,sampler,id,name,role,site,provider,connectivity"
        return ([head] + systems + networks + routers.flatMap(Self.lines)).joined(separator: "\n") + "\n"
    }

    private var systems: [String] {
        let others = [RemoteNetwork.Other.provider, .transit1, .transit2].map { "as,,\($0.number),\($0.name)" }
        return others + RemoteNetwork.all.map { "as,,\($0.number),\($0.name)" }
    }

    private var networks: [String] {
        let own =
            DemoTraffic.homePrefixes.map { "prefix,,\($0),Homes,homes" }
            + DemoTraffic.hostedPrefixes.map { "prefix,,\($0),Hosted servers,hosting" }
        return own
            + RemoteNetwork.all.flatMap { network in
                network.prefixes.map { "prefix,,\($0),\(network.name),\(network.kind.rawValue)" }
            }
    }

    private static func lines(of router: Router) -> [String] {
        let address = router.profile.address
        let exporter = "sampler,\(address),,\(router.profile.name),\(router.role.kind),\(router.role.site)"
        return [exporter] + router.profile.interfaces.compactMap { line(of: $0, router) } + servers(seenBy: address)
    }

    /// A port's name only where the router doesn't tell it itself in options; who is behind it where that is known.
    private static func line(of interface: ExporterProfile.Interface, _ router: Router) -> String? {
        let name = router.exporter is TemplateExporter ? "" : "\(interface.name): \(interface.description)"
        let behind = router.role.behind(interface.index)
        if name.isEmpty, behind == nil { return nil }
        return "interface,\(router.profile.address),\(interface.index),\(name),,"
            + ",\(behind?.provider ?? ""),\(behind?.connectivity ?? "")"
    }

    private static func servers(seenBy router: IPAddress) -> [String] {
        let kinds = ["www", "mail", "shop", "api", "files", "games", "vpn", "ns"]
        return DemoTraffic.servers.flatMap { number in
            [true, false].map { isV4 in
                let name = "\(kinds[number % kinds.count])-\(number).example.net"
                return "host,\(router),\(DemoTraffic.server(number, isV4: isV4)),\(name)"
            }
        }
    }
}

extension DemoRole {
    fileprivate var kind: String {
        switch self {
        case .edge1, .edge2: "edge"
        case .core: "core"
        case .access: "access"
        case .exchange: "exchange"
        }
    }

    fileprivate var site: String {
        switch self {
        case .edge1, .core: "north"
        case .edge2, .access, .exchange: "south"
        }
    }
}
