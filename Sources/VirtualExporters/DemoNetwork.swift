public import NetTypes

/// A router's place in the demo's provider, which decides the interfaces that
/// a flow passes.
enum DemoRole: Sendable {
    case edge1, edge2, core, access, exchange

    typealias Interface = ExporterProfile.Interface

    private static let core1: UInt32 = 10
    // The networks with a port of their own on an edge router.
    private static let video = RemoteNetwork.all[0]
    private static let streaming = RemoteNetwork.all[1]
    private static let content = RemoteNetwork.all[2]

    private static func transit(_ network: RemoteNetwork.Other) -> String {
        "transit: \(network.name) AS\(network.number)"
    }

    private static func peering(_ network: RemoteNetwork) -> String {
        "peering: \(network.name) AS\(network.number)"
    }

    var interfaces: [Interface] {
        switch self {
        case .edge1:
            [
                Interface(index: 1, name: "et-0/0/1", description: Self.transit(.transit1)),
                Interface(index: 2, name: "et-0/0/2", description: Self.peering(Self.video)),
                Interface(index: 3, name: "et-0/0/3", description: Self.peering(Self.streaming)),
                Interface(index: 10, name: "ae0", description: "core: core-1", speed: 400_000_000_000),
            ]
        case .edge2:
            [
                Interface(index: 1, name: "Hu0/0/0/1", description: Self.transit(.transit2)),
                Interface(index: 2, name: "Hu0/0/0/2", description: Self.peering(Self.content)),
                Interface(index: 3, name: "Hu0/0/0/3", description: "exchange: ixp-sw1"),
                Interface(index: 10, name: "Bundle-Ether1", description: "core: core-1", speed: 400_000_000_000),
            ]
        case .core:
            [
                Interface(index: 1, name: "ae1", description: "edge-1", speed: 400_000_000_000),
                Interface(index: 2, name: "ae2", description: "edge-2", speed: 400_000_000_000),
                Interface(index: 3, name: "ae3", description: "access-1", speed: 200_000_000_000),
                Interface(index: 4, name: "ae4", description: "hosting", speed: 200_000_000_000),
            ]
        case .access:
            [Interface(index: 1, name: "te0/1", description: "core-1", speed: 20_000_000_000)]
                + (101...108).map {
                    Interface(index: $0, name: "pon0/\($0 - 100)", description: "homes", speed: 10_000_000_000)
                }
        case .exchange:
            RemoteNetwork.all.map {
                Interface(index: 1 + $0.slot, name: "swp\(1 + $0.slot)", description: "\($0.name) AS\($0.number)")
            } + [Interface(index: 49, name: "swp49", description: "edge-2 AS\(DemoTraffic.providerAS)")]
        }
    }

    /// The other network behind a port, and how it is connected; nil for ports within the provider.
    func behind(_ index: UInt32) -> (provider: String, connectivity: String)? {
        switch (self, index) {
        case (.edge1, 1): (RemoteNetwork.Other.transit1.name, "transit")
        case (.edge1, 2): (Self.video.name, "peering")
        case (.edge1, 3): (Self.streaming.name, "peering")
        case (.edge2, 1): (RemoteNetwork.Other.transit2.name, "transit")
        case (.edge2, 2): (Self.content.name, "peering")
        case (.exchange, _): RemoteNetwork.all.first { $0.slot + 1 == index }.map { ($0.name, "peering") }
        default: nil
        }
    }

    /// Sets interfaces, next hop, VLAN and direction. The direction is that
    /// of the outer interface: what comes in from there is ingress, what
    /// leaves there egress.
    func fillInterfaces(
        _ flow: inout FlowRecord,
        isInbound: Bool,
        network: RemoteNetwork,
        subscriber: UInt32,
        random: inout SplitMix
    ) {
        let outer = outerInterface(to: network)
        let inner = innerInterface(of: isInbound ? flow.destination : flow.source, subscriber: subscriber)
        (flow.inIf, flow.outIf) = isInbound ? (outer, inner) : (inner, outer)
        flow.direction = isInbound ? 0 : 1
        flow.vlan = self == .exchange ? 600 : 0
        let hop = UInt64(isInbound ? inner : outer)
        flow.nextHop =
            flow.isV4
            ? IPAddress(198, 51, 100, UInt8(truncatingIfNeeded: hop))
            : IPAddress(high: 0x2001_0DB8_0000_0000, low: hop)
    }

    private func outerInterface(to network: RemoteNetwork) -> UInt32 {
        switch self {
        case .edge1: network.number == Self.video.number ? 2 : network.number == Self.streaming.number ? 3 : 1
        case .edge2: network.number == Self.content.number ? 2 : network.kind == .eyeball ? 1 : 3
        case .core: network.slot % 2 == 0 ? 1 : 2
        case .access: 1
        case .exchange: 1 + network.slot
        }
    }

    private func innerInterface(of address: IPAddress, subscriber: UInt32) -> UInt32 {
        let isHosted = address.isV4 && address.v4 >> 8 == 0xCB_0071 || address.high == 0x2001_0DB8_01FF_0000
        return switch self {
        case .edge1, .edge2: Self.core1
        case .core: isHosted ? 4 : 3
        case .access: 101 + subscriber % 8
        case .exchange: 49
        }
    }
}

/// A small internet provider as its collector sees it: five routers, a day
/// curve, and an attack every few minutes. Pure: it is told the time and
/// writes datagrams.
public struct DemoNetwork: Sendable {
    /// One of the provider's routers.
    public struct Router: Sendable {
        /// What it sends with.
        public fileprivate(set) var exporter: any VirtualExporter
        /// The collector's UDP port for it.
        public let port: UInt16
        /// The protocol, for people.
        public let protocolName: String
        let role: DemoRole
        /// Its part of all flows.
        fileprivate let share: Double
        fileprivate var owed = 0.0
        fileprivate var lastExport: UInt64
        fileprivate var lastAnnouncement: UInt64?

        /// Its facts.
        public var profile: ExporterProfile { exporter.profile }
    }

    /// The routers.
    public private(set) var routers: [Router]
    private let rate: Double
    private let seed: UInt64
    private let start: UInt64
    private var traffic: DemoTraffic
    private var scratch: [FlowRecord] = []

    private static let announcementInterval: UInt64 = 30_000
    /// What a machine that slept makes up for; longer pauses are pauses.
    private static let longestStep: UInt64 = 1_000
    /// Twelve records of the widest kind stay below 1,472 bytes, and so do five samples.
    private static let recordsPerDatagram = 12
    private static let samplesPerDatagram = 5
    /// During an attack the edges see so many times their flows.
    private static let attackFactor = 2.5

    /// A provider with `rate` flows a second on the day's average.
    ///
    /// - Parameters:
    ///   - rate: flow records a second, all routers together.
    ///   - seed: the same seed and times give the same datagrams.
    ///   - now: the start, milliseconds since 1970.
    public init(rate: Double, seed: UInt64, now: UInt64) {
        self.rate = rate
        self.seed = seed
        start = now
        traffic = DemoTraffic(seed: seed)
        let day: UInt64 = 86_400_000
        func profile(_ name: String, _ host: UInt8, _ role: DemoRole, rate: UInt32, days: UInt64) -> ExporterProfile {
            ExporterProfile(
                name: name,
                address: IPAddress(127, 0, 0, host),
                domain: UInt32(host),
                samplingRate: rate,
                bootTime: now - min(days * day + UInt64(host) * 1_234_567, now),
                interfaces: role.interfaces
            )
        }
        let edge1 = profile("edge-1", 11, .edge1, rate: 512, days: 21)
        let edge2 = profile("edge-2", 12, .edge2, rate: 1_000, days: 12)
        let core = profile("core-1", 13, .core, rate: 1, days: 40)
        let access = profile("access-1", 14, .access, rate: 100, days: 5)
        let exchange = profile("ixp-sw1", 15, .exchange, rate: 1_024, days: 33)
        func router(
            _ exporter: any VirtualExporter,
            _ role: DemoRole,
            port: UInt16,
            _ name: String,
            share: Double
        ) -> Router {
            Router(exporter: exporter, port: port, protocolName: name, role: role, share: share, lastExport: now)
        }
        routers = [
            router(
                TemplateExporter(version: .ipfix, profile: edge1, layout: .router),
                .edge1,
                port: 4739,
                "IPFIX",
                share: 0.3
            ),
            router(
                TemplateExporter(version: .v9, profile: edge2, layout: .router),
                .edge2,
                port: 2055,
                "NetFlow v9",
                share: 0.2
            ),
            router(
                TemplateExporter(version: .v9, profile: core, layout: .switched),
                .core,
                port: 2055,
                "NetFlow v9",
                share: 0.2
            ),
            router(NetFlow5Exporter(profile: access), .access, port: 2055, "NetFlow v5", share: 0.1),
            router(
                SFlowExporter(profile: exchange, localAS: DemoTraffic.providerAS),
                .exchange,
                port: 6343,
                "sFlow",
                share: 0.2
            ),
        ]
    }

    /// Whether an attack runs at that time.
    public func isUnderAttack(at now: UInt64) -> Bool {
        attack(at: now) != nil
    }

    /// What the attack of that time goes to, for a status line.
    public func attackTarget(at now: UInt64) -> IPAddress? {
        attack(at: now)?.target
    }

    private func attack(at now: UInt64) -> DemoAttack? {
        DemoAttack.running(elapsed: now - min(start, now), seed: seed)
    }

    /// Writes the datagrams that a router owes since the last call: templates
    /// when they are due, then the flows of the time that passed.
    public mutating func advance(router index: Int, to now: UInt64, into writer: inout DatagramWriter) -> FlowTotals {
        var router = routers[index]
        let attack = router.role == .access || router.role == .exchange ? nil : attack(at: now)
        if router.lastAnnouncement.map({ now >= $0 + Self.announcementInterval }) ?? true {
            router.exporter.announce(now: now, into: &writer)
            router.lastAnnouncement = now
        }
        let passed = Double(min(now - min(router.lastExport, now), Self.longestStep)) / 1000
        let level = DayCurve.level(at: now, seed: seed) * (attack == nil ? 1 : Self.attackFactor)
        router.owed += rate * router.share * level * passed
        router.lastExport = now
        let full = router.exporter is SFlowExporter ? Self.samplesPerDatagram : Self.recordsPerDatagram
        var totals = FlowTotals()
        while router.owed >= 1, writer.hasRoom(for: 2_048) {
            let count = min(full, Int(router.owed))
            fill(count, router: router, attack: attack, now: now)
            totals += router.exporter.export(scratch, now: now, into: &writer)
            router.owed -= Double(count)
        }
        routers[index] = router
        return totals
    }

    private mutating func fill(_ count: Int, router: Router, attack: DemoAttack?, now: UInt64) {
        let sampling = router.profile.samplingRate
        // One sFlow sample is one packet, whatever the flow's size.
        let rate = router.exporter is SFlowExporter ? 1 : sampling
        scratch.removeAll(keepingCapacity: true)
        for place in 0..<count {
            // Three of five: what the attack adds to the usual traffic.
            if let attack, place % 5 < 3 {
                scratch.append(traffic.flow(of: attack, role: router.role, samplingRate: rate, now: now))
            } else {
                let canBeV6 = router.exporter.carriesIPv6
                scratch.append(
                    traffic.flow(role: router.role, samplingRate: rate, canBeV6: canBeV6, now: now)
                )
            }
        }
    }
}
