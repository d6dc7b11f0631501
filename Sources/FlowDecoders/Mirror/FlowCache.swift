import FlowSchema
import NetTypes

/// Gathers packets into flows, as a probe does: what several packets have in
/// common is told once, with their sums.
///
/// A flow ends when no packet of it came for a while, when it has lasted for
/// long enough, or when its place is needed for another one; nothing of it is
/// lost then. Its memory is bounded, and taken as flows come.
struct FlowCache: Sendable {
    /// What flows it gathers, and for how long.
    let options: FlowCacheOptions
    /// Flows that went before their time, to make room.
    private(set) var early: UInt64 = 0

    private var flows: [CachedFlow] = []
    /// When each flow had a packet first and last; apart from ``flows``, since all are looked at every second.
    private var spans: [Span] = []
    /// The first flow of each chain of equal hashes, plus one; 0 for none.
    private var heads: [UInt32]
    /// Where the search for a flow that may go begins.
    private var hand = 0
    /// How many flows were not looked at yet since the second began, and which second that is.
    private var left = 0
    private var lookedAt: UInt32 = 0
    /// What hashes begin with, so that nobody can send flows that all have the same one.
    private let seed: UInt64

    /// Milliseconds since 1970, without the bits that differences don't need.
    private struct Span {
        var first: UInt32
        var last: UInt32
    }

    /// Flows that are looked at for the one that goes when there is no room: the longest without a packet.
    private static let candidates = 8
    /// Milliseconds that a packet may seem to be ahead of the clock; beyond them somebody has set it back.
    private static let patience: Int32 = 5000

    /// An empty one. Tests give a seed.
    init(_ options: FlowCacheOptions, seed: UInt64 = .random(in: .min ... .max)) {
        self.options = options
        self.seed = seed
        // A chain has one flow on the average when it is full.
        var chains = 1
        while chains < options.entries { chains *= 2 }
        heads = Array(repeating: 0, count: chains)
    }

    /// Flows that it holds.
    var count: Int { flows.count }

    /// Adds a packet to its flow.
    ///
    /// - Returns: a flow that had to go for it.
    mutating func add(_ packet: CachedFlow) -> CachedFlow? {
        let hash = packet.hash(seed)
        let chain = Int(truncatingIfNeeded: hash) & (heads.count - 1)
        var place = Int(heads[chain]) - 1
        while place >= 0 {
            if flows[place].hash == hash, flows[place].hasSameKey(packet) {
                flows[place].add(packet)
                spans[place].last = packet.end.milliseconds
                return nil
            }
            place = Int(flows[place].next) - 1
        }
        var gone: CachedFlow?
        if flows.count >= options.entries {
            early += 1
            gone = remove(longestSilent())
        }
        var new = packet
        new.hash = hash
        new.next = heads[chain]
        flows.append(new)
        spans.append(Span(first: packet.start.milliseconds, last: packet.end.milliseconds))
        heads[chain] = UInt32(flows.count)
        return gone
    }

    /// Takes out flows whose time is over, at most so many; goes on with the rest when it is called again.
    ///
    /// - Parameter body: is given each.
    /// - Returns: how many these were.
    mutating func takeEnded(at now: HostTime, most: Int, _ body: (inout CachedFlow) -> Void) -> Int {
        if left == 0, now.seconds != lookedAt {
            lookedAt = now.seconds
            left = flows.count
        }
        var taken = 0
        // From the end: the flow that fills a gap was looked at already. Flows may have gone meanwhile.
        left = min(left, flows.count)
        while left > 0, taken < most {
            left -= 1
            let span = spans[left]
            let silence = Int32(bitPattern: now.milliseconds &- span.last)
            let age = Int32(bitPattern: now.milliseconds &- span.first)
            let isOver =
                silence >= 1000 * Int32(options.inactive) || age >= 1000 * Int32(options.active)
                || silence < -Self.patience
            guard isOver else { continue }
            var flow = remove(left)
            body(&flow)
            taken += 1
        }
        return taken
    }

    /// Takes out flows whether their time is over or not.
    ///
    /// - Returns: how many these were; 0 when there is none left.
    mutating func takeAny(most: Int, _ body: (inout CachedFlow) -> Void) -> Int {
        var taken = 0
        while taken < most, !flows.isEmpty {
            var flow = remove(flows.count - 1)
            body(&flow)
            taken += 1
        }
        return taken
    }

    /// Of a few flows the one whose last packet is the longest ago; the next time it is the next few's turn.
    private mutating func longestSilent() -> Int {
        var best = hand % flows.count
        for step in 1..<Self.candidates {
            let place = (hand + step) % flows.count
            if Int32(bitPattern: spans[place].last &- spans[best].last) < 0 { best = place }
        }
        hand = (hand + Self.candidates) % flows.count
        return best
    }

    /// Takes a flow out; the last one takes its place.
    private mutating func remove(_ place: Int) -> CachedFlow {
        redirect(place, to: flows[place].next)
        let last = flows.count - 1
        if place < last { redirect(last, to: UInt32(place + 1)) }
        spans.swapAt(place, last)
        spans.removeLast()
        flows.swapAt(place, last)
        return flows.removeLast()
    }

    /// Lets what led to a flow lead elsewhere.
    private mutating func redirect(_ place: Int, to target: UInt32) {
        let own = UInt32(place + 1)
        let chain = Int(truncatingIfNeeded: flows[place].hash) & (heads.count - 1)
        if heads[chain] == own {
            heads[chain] = target
            return
        }
        var before = Int(heads[chain]) - 1
        while flows[before].next != own { before = Int(flows[before].next) - 1 }
        flows[before].next = target
    }
}

extension HostTime {
    /// Milliseconds since 1970, modulo 2^32: differences of less than 24 days are right.
    fileprivate var milliseconds: UInt32 { seconds &* 1000 &+ nanoseconds / 1_000_000 }
}

/// How packets are gathered into flows.
public struct FlowCacheOptions: Hashable, Sendable {
    /// Seconds after which a flow that goes on is told, and begins anew.
    public var active: UInt32
    /// Seconds without a packet after which a flow is over.
    public var inactive: UInt32
    /// Flows that are held at most; about 300 bytes each.
    public var entries: Int

    /// By itself as routers and probes have it.
    public init(active: UInt32 = 60, inactive: UInt32 = 15, entries: Int = 65_536) {
        self.active = active
        self.inactive = inactive
        self.entries = entries
    }
}

/// A packet, or what the packets of a flow have in common and in sum.
struct CachedFlow: Sendable {
    /// Headers of the first packet; flags of TCP of all.
    var packet: PacketHeader
    var interface: UInt32
    var isOutgoing: Bool
    var start: HostTime
    var end: HostTime
    var bytes: UInt64
    var packets: UInt64
    /// Frames that were captured of it; fewer than packets where one stood for several.
    var frames: UInt64 = 1
    fileprivate var hash: UInt64 = 0
    fileprivate var next: UInt32 = 0

    init(
        packet: PacketHeader,
        interface: UInt32,
        isOutgoing: Bool,
        time: HostTime,
        bytes: UInt64,
        packets: UInt64
    ) {
        self.packet = packet
        self.interface = interface
        self.isOutgoing = isOutgoing
        start = time
        end = time
        self.bytes = bytes
        self.packets = packets
    }

    fileprivate mutating func add(_ other: CachedFlow) {
        packet.tcpFlags |= other.packet.tcpFlags
        // Each packet has its own.
        packet.fragmentId = 0
        packet.fragmentOffset = 0
        packet.ipTTL = min(packet.ipTTL, other.packet.ipTTL)
        end = other.end
        bytes &+= other.bytes
        packets &+= other.packets
        frames &+= 1
    }

    /// Whether both are packets of one flow: of one interface and direction, and with the same headers.
    fileprivate func hasSameKey(_ other: CachedFlow) -> Bool {
        guard interface == other.interface, isOutgoing == other.isOutgoing else { return false }
        return packet.hasSameKey(other.packet)
    }

    /// A hash of what tells nearly all flows apart.
    fileprivate func hash(_ seed: UInt64) -> UInt64 {
        var state = seed
        func mix(_ word: UInt64) {
            let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            state = product.high ^ product.low
        }
        let (source, target) = (packet.srcAddr.address, packet.dstAddr.address)
        mix(source.high)
        mix(source.low)
        mix(target.high)
        mix(target.low)
        mix(
            UInt64(packet.srcPort) << 48 | UInt64(packet.dstPort) << 32 | UInt64(packet.proto) << 24
                | UInt64(packet.ipTos) << 16 | UInt64(packet.vlanId)
        )
        mix(UInt64(interface) << 32 | UInt64(packet.icmpType) << 16 | UInt64(packet.eType))
        mix(packet.srcMac ^ packet.dstMac << 16)
        if packet.tunnel.typeNumber != 0 {
            mix(packet.tunnel.srcAddr.address.low)
            mix(packet.tunnel.dstAddr.address.low)
            mix(
                UInt64(packet.tunnel.id) << 32 | UInt64(packet.tunnel.srcPort) << 16 | UInt64(packet.tunnel.dstPort)
            )
        }
        return state
    }
}

extension PacketHeader {
    /// Whether MAC addresses and VLANs, addresses, protocol, ports or ICMP's type, type of service, MPLS labels and
    /// the packet inside of a tunnel are the same.
    fileprivate func hasSameKey(_ other: PacketHeader) -> Bool {
        guard
            srcAddr == other.srcAddr, dstAddr == other.dstAddr, srcPort == other.srcPort, dstPort == other.dstPort,
            proto == other.proto, ipTos == other.ipTos, srcMac == other.srcMac, dstMac == other.dstMac,
            eType == other.eType, vlanId == other.vlanId, customerVlanId == other.customerVlanId,
            icmpType == other.icmpType, icmpCode == other.icmpCode, labels.count == other.labels.count,
            tunnel.typeNumber == other.tunnel.typeNumber
        else { return false }
        return (labels.count == 0 || labels.hasSameKey(other.labels))
            && (tunnel.typeNumber == 0 || tunnel.hasSameKey(other.tunnel))
    }
}

extension PacketLabels {
    fileprivate func hasSameKey(_ other: PacketLabels) -> Bool {
        label1 == other.label1 && label2 == other.label2 && label3 == other.label3 && lastLabel == other.lastLabel
    }
}

extension PacketTunnel {
    fileprivate func hasSameKey(_ other: PacketTunnel) -> Bool {
        id == other.id && srcAddr == other.srcAddr && dstAddr == other.dstAddr && proto == other.proto
            && srcPort == other.srcPort && dstPort == other.dstPort
    }
}
