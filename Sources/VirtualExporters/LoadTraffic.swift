import NetTypes

/// Synthetic traffic in which every flow follows from its index: no memory
/// per flow, the same flows for the same seed, and exactly as many distinct
/// five-tuples as asked for.
public struct LoadTraffic: Sendable {
    /// How many distinct flows there are; after them they come again.
    public let distinct: UInt64
    private let seed: UInt64
    private let permutation: Permutation
    private let clientBits: UInt64

    /// Source ports of clients: 32768 and the 2^15 above (RFC 6056 section 3.2 on ephemeral ports).
    private static let portBits: UInt64 = 15
    /// Sixteen flows a client on average, 2^22 clients at most: 100.64.0.0/10 holds no more.
    private static let flowsPerClient: UInt64 = 16
    private static let clientBitsRange: ClosedRange<UInt64> = 6...22
    private static let servers: UInt64 = 50_000

    /// The most distinct flows there can be: every client from every port.
    public static let maximumDistinct: UInt64 = 1 << (clientBitsRange.upperBound + portBits)

    /// Prepares traffic of `distinct` flows, 1 to ``maximumDistinct``.
    public init(distinct: UInt64, seed: UInt64) {
        self.distinct = min(max(distinct, 1), Self.maximumDistinct)
        self.seed = seed
        let wanted = max(self.distinct / Self.flowsPerClient, 1)
        let bits = UInt64(64 - wanted.leadingZeroBitCount)
        // Wide enough in any case that client and port together number the flows.
        let needed = UInt64(64 - self.distinct.leadingZeroBitCount)
        let least = needed > Self.portBits ? needed - Self.portBits : 0
        clientBits = min(max(bits, least, Self.clientBitsRange.lowerBound), Self.clientBitsRange.upperBound)
        permutation = Permutation(bits: Int(clientBits + Self.portBits), seed: seed)
    }

    /// The flow of that index as an exporter with `interfaces` interfaces
    /// sees it, ended within the last second before `now`.
    @inline(__always)
    func flow(_ index: UInt64, isV4: Bool, interfaces: UInt32, now: UInt64) -> FlowRecord {
        let place = permutation(index % distinct)
        let random = mix(seed ^ place &* 0x9FB2_1C65_1E98_DF25)
        let more = mix(random)
        let client = place >> Self.portBits
        // A cubed uniform number: few servers get most of the flows.
        let uniform = random & 0xFFFF
        let cube = (uniform * uniform * uniform) >> 32
        let server = (cube * Self.servers) >> 16
        var flow = FlowRecord()
        fillEnds(&flow, client: client, server: server, isV4: isV4)
        let clientPort = UInt16(truncatingIfNeeded: 32_768 + place & 0x7FFF)
        fillService(&flow, clientPort: clientPort, choice: random >> 16 & 0xFF)
        let isDownload = random >> 24 & 3 != 0  // three of four
        if isDownload { flow.reverse() }
        flow.inIf = 1 + UInt32(random >> 28 & 0xFFFF) % interfaces
        flow.outIf = 1 + (flow.inIf + UInt32(more & 0xFF) % max(interfaces - 1, 1)) % interfaces
        flow.direction = UInt8(random >> 44 & 1)
        flow.vlan = UInt16(100 + random >> 45 & 31)
        fillVolume(&flow, random: more, isDownload: isDownload, now: now)
        return flow
    }

    private func fillEnds(_ flow: inout FlowRecord, client: UInt64, server: UInt64, isV4: Bool) {
        if isV4 {
            flow.source = IPAddress(v4: 0x6440_0000 | UInt32(truncatingIfNeeded: client))  // 100.64.0.0/10
            flow.destination = IPAddress(v4: 0xC612_0000 | UInt32(truncatingIfNeeded: server))  // 198.18.0.0/15
            flow.nextHop = IPAddress(v4: 0xCB00_7100 | UInt32(truncatingIfNeeded: server & 7))  // 203.0.113.0/24
        } else {
            flow.source = IPAddress(high: 0x2001_0DB8_1000_0000 | client, low: 0x0200_5EFF_FE00_0001)
            flow.destination = IPAddress(high: 0x2001_0DB8_2000_0000 | server >> 6, low: server)
            flow.nextHop = IPAddress(high: 0x2001_0DB8_0000_0000, low: 1 + server & 7)
        }
        flow.sourceMask = isV4 ? 10 : 36
        flow.destinationMask = isV4 ? 24 : 48
        flow.sourceAS = Self.clientAS
        flow.destinationAS = Self.serverAS[Int(truncatingIfNeeded: server % 8)]
    }

    private static let clientAS: UInt32 = 64_500
    private static let serverAS: [UInt32] = [15_169, 2_906, 13_335, 16_509, 32_934, 20_940, 4_200_000_077, 8_075]

    private func fillService(_ flow: inout FlowRecord, clientPort: UInt16, choice: UInt64) {
        flow.sourcePort = clientPort
        switch choice {
        case 0..<130: (flow.destinationPort, flow.ipProtocol, flow.tcpFlags) = (443, 6, 0x1B)
        case 130..<190: (flow.destinationPort, flow.ipProtocol, flow.tcpFlags) = (443, 17, 0)
        case 190..<215: (flow.destinationPort, flow.ipProtocol, flow.tcpFlags) = (80, 6, 0x1B)
        case 215..<245: (flow.destinationPort, flow.ipProtocol, flow.tcpFlags) = (53, 17, 0)
        case 245..<250: (flow.destinationPort, flow.ipProtocol, flow.tcpFlags) = (22, 6, 0x18)
        default: (flow.destinationPort, flow.ipProtocol, flow.tcpFlags) = (123, 17, 0)
        }
    }

    /// 1 to about 1,000 packets, small sizes upward and large ones downward,
    /// durations up to 16 s.
    private func fillVolume(_ flow: inout FlowRecord, random: UInt64, isDownload: Bool, now: UInt64) {
        let magnitude = random >> 8 & 7 + random >> 11 & 3  // 0 to 10
        flow.packets = 1 + (random >> 16 & (1 << magnitude - 1))
        let size = isDownload ? 600 + random >> 32 & 0x37F : 40 + random >> 32 & 0xFF
        flow.bytes = flow.packets * size
        flow.ttl = UInt8(50 + random >> 42 & 7)
        flow.tos = random >> 45 & 15 == 0 ? 0xB8 : 0
        flow.end = now - random >> 50 & 0x3FF
        flow.start = flow.packets == 1 ? flow.end : flow.end - random >> 49 & 0x3FFF
    }
}

extension FlowRecord {
    /// Swaps the ends, for the answering direction.
    mutating func reverse() {
        swap(&source, &destination)
        swap(&sourcePort, &destinationPort)
        swap(&sourceAS, &destinationAS)
        swap(&sourceMask, &destinationMask)
    }
}
