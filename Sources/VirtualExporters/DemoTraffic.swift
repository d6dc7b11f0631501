import NetTypes

/// Makes the flows that a router of the demo's provider sees.
///
/// The provider (AS 64500) has homes in 198.19.0.0/16 and 2001:db8:1000::/36
/// and hosted servers in 203.0.113.0/24 and 2001:db8:1ff::/48. The three /24 of
/// RFC 5737 hold 768 addresses, so what needs more has the range for
/// benchmarks, 198.18.0.0/15 (RFC 2544).
struct DemoTraffic: Sendable {
    private var random: SplitMix
    private let networkShares: [Double]
    private let applicationShares: [RemoteNetwork.Kind: [Double]]

    static let providerAS: UInt32 = 64_500
    private static let homes = 20_000
    /// The last parts of the hosted servers' addresses.
    static let servers: Range<Int> = 10..<50
    static let homePrefixes = [Prefix(home(0, isV4: true), bits: 96 + 16), Prefix(home(0, isV4: false), bits: 36)]
    static let hostedPrefixes = [server(0, isV4: true), server(0, isV4: false)].map {
        Prefix($0, bits: $0.isV4 ? 96 + 24 : 48)
    }
    private static let v6Share = 0.4
    private static let hostedShare = 0.12
    private static let downloadShare = 0.6
    private static let activeTimeout = 60_000.0

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        networkShares = Self.running(RemoteNetwork.all.map(\.weight))
        var shares: [RemoteNetwork.Kind: [Double]] = [:]
        for kind in RemoteNetwork.all.map(\.kind) {
            shares[kind] = Self.running(DemoApplication.all.map { $0.weight(kind) })
        }
        applicationShares = shares
    }

    /// Running sums that end in one.
    private static func running(_ weights: [Double]) -> [Double] {
        let total = weights.reduce(0, +)
        var sum = 0.0
        return weights.map { weight in
            sum += weight / total
            return sum
        }
    }

    private mutating func choose(_ shares: [Double]) -> Int {
        let place = random.unit()
        return shares.firstIndex { place < $0 } ?? shares.count - 1
    }

    /// One flow as `role` sees it, its counters divided by `samplingRate`.
    mutating func flow(role: DemoRole, samplingRate: UInt32, canBeV6: Bool, now: UInt64) -> FlowRecord {
        let network = RemoteNetwork.all[choose(networkShares)]
        let shares = applicationShares[network.kind] ?? []
        let application = DemoApplication.all[choose(shares)]
        let isV4 = !canBeV6 || !random.chance(Self.v6Share)
        let isHosted = random.chance(Self.hostedShare)
        let isDownload = random.chance(Self.downloadShare)

        var flow = FlowRecord()
        let home = UInt32(random.unit() * random.unit() * Double(Self.homes))
        flow.source = isHosted ? hosted(isV4: isV4) : Self.home(home, isV4: isV4)
        // Popular hosts of a network get most of its flows.
        let remoteHost = UInt32(random.unit() * random.unit() * random.unit() * 4_096)
        flow.destination = network.host(remoteHost, isV4: isV4)
        // The access router has no BGP, so it knows no AS.
        flow.sourceAS = role == .access ? 0 : Self.providerAS
        flow.destinationAS = role == .access ? 0 : network.number
        flow.sourceMask = isV4 ? (isHosted ? 24 : 18) : (isHosted ? 48 : 56)
        flow.destinationMask = isV4 ? 20 : 48
        fillPorts(&flow, application: application, isHosted: isHosted, isV4: isV4)
        // The bulk goes from servers to clients, whichever end the server is at.
        let fromServer = isDownload != isHosted
        let median = fromServer ? application.download : application.upload
        fillVolume(&flow, median: median, duration: application.duration, now: now)
        if isDownload { flow.reverse() }
        role.fillInterfaces(&flow, isInbound: isDownload, network: network, subscriber: home, random: &random)
        flow.sample(one: samplingRate, random: &random)
        return flow
    }

    /// One flow of an attack, always inbound and IPv4.
    mutating func flow(of attack: DemoAttack, role: DemoRole, samplingRate: UInt32, now: UInt64) -> FlowRecord {
        let network = RemoteNetwork.all[random.below(RemoteNetwork.all.count)]
        var flow = FlowRecord()
        flow.source = network.host(UInt32(random.below(4_096)), isV4: true)
        flow.destination = attack.target
        flow.sourceAS = network.number
        flow.destinationAS = Self.providerAS
        flow.sourceMask = 20
        flow.destinationMask = 24
        flow.ipProtocol = 17
        flow.sourcePort = attack.port
        flow.destinationPort = UInt16(1_024 + random.below(64_000))
        flow.packets = UInt64(200 + random.below(1_800))
        flow.bytes = flow.packets * attack.packetSize
        flow.ttl = UInt8(44 + random.below(16))
        flow.end = now - UInt64(random.below(1_000))
        flow.start = flow.end - UInt64(2_000 + random.below(8_000))
        role.fillInterfaces(&flow, isInbound: true, network: network, subscriber: 0, random: &random)
        flow.sample(one: samplingRate, random: &random)
        return flow
    }

    private mutating func hosted(isV4: Bool) -> IPAddress {
        Self.server(Self.servers.lowerBound + random.below(Self.servers.count), isV4: isV4)
    }

    /// One of the hosted servers.
    static func server(_ number: Int, isV4: Bool) -> IPAddress {
        isV4
            ? IPAddress(203, 0, 113, UInt8(truncatingIfNeeded: number))
            : IPAddress(high: 0x2001_0DB8_01FF_0000, low: UInt64(number))
    }

    private static func home(_ number: UInt32, isV4: Bool) -> IPAddress {
        isV4
            ? IPAddress(v4: 0xC613_0000 | number)
            : IPAddress(high: 0x2001_0DB8_1000_0000 | UInt64(number) << 8, low: mix(UInt64(number)))
    }

    private mutating func fillPorts(_ flow: inout FlowRecord, application: DemoApplication, isHosted: Bool, isV4: Bool)
    {
        flow.ipProtocol = application.ipProtocol
        flow.ttl = UInt8(52 + random.below(12))
        if application.ipProtocol == 1 {
            // Echo request; in IPv6 protocol 58, type 128.
            flow.ipProtocol = isV4 ? 1 : 58
            flow.destinationPort = isV4 ? 0x0800 : 0x8000
            return
        }
        let ephemeral = UInt16(32_768 + random.below(28_232))
        (flow.sourcePort, flow.destinationPort) =
            isHosted ? (application.port, ephemeral) : (ephemeral, application.port)
        guard application.ipProtocol == 6 else { return }
        // Whole connections mostly, pieces of long ones, a few that only knock.
        let kind = random.unit()
        flow.tcpFlags = kind < 0.7 ? 0x1B : kind < 0.95 ? 0x18 : kind < 0.98 ? 0x02 : 0x14
        if application.port == 22 { flow.tos = 0x10 }
    }

    private mutating func fillVolume(_ flow: inout FlowRecord, median: Double, duration: Double, now: UInt64) {
        let isKnock = flow.ipProtocol == 6 && flow.tcpFlags & 0x10 == 0
        let bytes = isKnock ? 60 : max(random.longTail(median: median, spread: 1.1), 40)
        let isBulk = bytes > 10_000
        let size = isBulk ? Double(900 + random.below(550)) : min(bytes, Double(60 + random.below(440)))
        flow.packets = max(UInt64((bytes / size).rounded(.up)), 1)
        flow.bytes = max(UInt64(bytes), flow.packets * 40)
        let lasted = flow.packets == 1 ? 0 : min(random.longTail(median: duration, spread: 0.8), Self.activeTimeout)
        flow.end = now - UInt64(random.below(1_000))
        flow.start = flow.end - UInt64(lasted)
    }
}

extension FlowRecord {
    /// Leaves what a sampler that takes one packet in `rate` would have seen
    /// of the flow, at least one packet: it wouldn't be reported otherwise.
    fileprivate mutating func sample(one rate: UInt32, random: inout SplitMix) {
        guard rate > 1 else { return }
        let size = max(bytes / packets, 40)
        let expected = Double(packets) / Double(rate)
        packets = max(UInt64(expected + random.unit()), 1)
        bytes = packets * size
        if packets == 1 { start = end }
    }
}
