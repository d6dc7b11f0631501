import FlowQuery
import FlowSchema
import NetTypes

/// Made-up traffic of a small ISP over 20 minutes, with something planted into the second half; the same for the same seed.
///
/// 40 flow records a second from four routers with three uplinks each: hosts, systems and ports by Zipf's law, sizes
/// over four orders of magnitude, a seventh of it IPv6, one of 1000 packets sampled.
struct PlantedTraffic {
    /// What is planted.
    enum Kind: String, CaseIterable {
        /// One host asks for thousands of ports of another, or for one port of thousands.
        case portScan
        /// Thousands of hosts send to one of ours.
        case attack
        /// An uplink carries nothing any more; its traffic is lost, or goes over another one.
        case lostUplink
        /// A server begins to send to another one, which it never did.
        case backup
        /// One of the larger hosts sends and gets twice as much.
        case doubledHost
        /// Nothing.
        case control
        /// Nothing but that all grows by a tenth, as in the morning.
        case growth

        var isChange: Bool { self != .control && self != .growth }
    }

    var kind: Kind
    var seed: UInt64
    /// The start of the reference.
    var start: UInt64

    static let half: UInt64 = 600
    private static let rows: UInt64 = 48_000

    var reference: TimeRange { get throws { try TimeRange(from: start, to: start + Self.half) } }
    var selection: TimeRange { get throws { try TimeRange(from: start + Self.half, to: start + 2 * Self.half) } }

    /// In what the change is looked for.
    var unit: TrafficUnit { kind == .portScan ? .flows : .bits }

    /// A number that the seed decides, below a bound.
    private func chosen(_ purpose: UInt64, below bound: UInt64) -> UInt64 {
        var z = (seed &* 64 &+ purpose) &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return (z ^ z >> 31) % bound
    }

    // MARK: - What is planted

    private var router: UInt64 { chosen(1, below: 4) }
    private var uplink: UInt64 { 1 + chosen(2, below: 3) }
    private var isOdd: Bool { chosen(3, below: 2) == 1 }
    /// One of ours; the smaller the number, the larger the host.
    private var host: UInt64 { kind == .doubledHost ? chosen(4, below: 4) : 20 + chosen(4, below: 2000) }
    private var scanner: IPAddress { IPAddress(v4: 0x5DB8_0000 + UInt32(chosen(5, below: 65_000))) }

    /// Whether a value is one of what was planted.
    func isCause(_ value: ExplainValue) -> Bool {
        let column = value.subject.column
        switch kind {
        case .portScan: return column == .srcAddr && value.values == [.address(scanner)]
        case .attack: return column == .dstAddr && value.values == [.address(Self.local(host))]
        case .lostUplink:
            return [.inIf, .outIf].contains(column)
                && value.values == [.address(Self.exporter(router)), .number(uplink)]
        case .backup:
            let ends = [KeyValue.address(Self.local(5000)), .address(Self.local(5001))]
            return ends.contains { [$0] == value.values } || value.values == [.number(6), .number(873)]
        case .doubledHost:
            return [.srcAddr, .dstAddr].contains(column) && value.values == [.address(Self.local(host))]
        case .control, .growth: return false
        }
    }

    private static func local(_ host: UInt64) -> IPAddress { IPAddress(v4: 0x6440_0000 + UInt32(host)) }
    private static func exporter(_ router: UInt64) -> IPAddress { IPAddress(v4: 0xC000_0201 + UInt32(router)) }

    // MARK: - SQL

    private static let columns = """
        TimeReceived, FlowType, SamplingRate, SamplingRateSource, SamplerAddress, Bytes, Packets, SrcAddr, DstAddr, EType, \
        Proto, SrcPort, DstPort, InIf, OutIf, SrcMac, SrcVlan, IPTTL, TCPFlags, SrcAS, DstAS, NextHop
        """

    /// The statements that store it.
    var statements: [String] {
        let insert = "INSERT INTO netmeta.flows_raw (\(Self.columns)) SELECT \(Self.columns) FROM "
        let base = Self.base(seed: seed, start: start, growth: kind == .growth ? 1.1 : 1)
        let isLater = "TimeReceived >= \(start + Self.half)"
        let mine = "SrcAddr = toIPv6('\(Self.local(host))') OR DstAddr = toIPv6('\(Self.local(host))')"
        let router = "SamplerAddress = toIPv6('\(Self.exporter(router))')"
        switch kind {
        case .control, .growth: return [insert + "(\(base))"]
        case .doubledHost:
            return [insert + "(\(base))", insert + "(\(base)) WHERE \(isLater) AND (\(mine))"]
        case .lostUplink where isOdd:
            return [
                insert + "(\(base)) WHERE NOT (\(isLater) AND \(router) AND (InIf = \(uplink) OR OutIf = \(uplink)))"
            ]
        case .lostUplink:
            let other = uplink % 3 + 1
            let moved = { (column: String) in
                "if(\(isLater) AND \(router) AND \(column) = \(uplink), \(other), \(column))::UInt32 AS \(column)"
            }
            return [insert + "(SELECT * REPLACE (\(moved("InIf")), \(moved("OutIf"))) FROM (\(base)))"]
        case .portScan: return [insert + "(\(base))", insert + "(\(scan))"]
        case .attack: return [insert + "(\(base))", insert + "(\(flood))"]
        case .backup: return [insert + "(\(base))", insert + "(\(job))"]
        }
    }

    /// Rows of the selection that are like no other, of which a part says what they have.
    private func planted(_ count: UInt64, _ part: String, _ proto: Int, flags: Int) -> String {
        """
        WITH cityHash64(number, \(seed)) AS h
        SELECT toDateTime(\(start + Self.half) + number * \(Self.half) / \(count), 'UTC') AS TimeReceived, \
        'IPFIX' AS FlowType, 1000::UInt32 AS SamplingRate, 'options' AS SamplingRateSource, \
        toIPv6('\(Self.exporter(router))') AS SamplerAddress, 2048::UInt16 AS EType, \(proto)::UInt8 AS Proto, \
        \(flags)::UInt8 AS TCPFlags, toIPv6('192.0.2.254') AS NextHop, 100::UInt16 AS SrcVlan, 1::UInt64 AS SrcMac, \
        \(part) FROM numbers(\(count))
        """
    }

    private var scan: String {
        let target = "toIPv6('\(Self.local(host))')"
        let ends =
            isOdd
            ? "\(target) AS DstAddr, toUInt16(number % 65535) AS DstPort"
            : "CAST(toUInt32(\(0x6440_0000) + h % 16384), 'IPv4')::IPv6 AS DstAddr, 445::UInt16 AS DstPort"
        return planted(
            3000 + chosen(6, below: 6000),
            """
            toIPv6('\(scanner)') AS SrcAddr, \(ends), toUInt16(40000 + h % 20000) AS SrcPort, 40::UInt64 AS Bytes, \
            1::UInt64 AS Packets, \(uplink)::UInt32 AS InIf, 20::UInt32 AS OutIf, 51::UInt8 AS IPTTL, \
            60000::UInt32 AS SrcAS, 64500::UInt32 AS DstAS
            """,
            6,
            flags: 2
        )
    }

    private var flood: String {
        // A twentieth of the traffic to half as much again.
        let count = 2000 + chosen(6, below: 6000)
        let port = isOdd ? "123" : "h % 65536"
        return planted(
            count,
            """
            CAST(toUInt32(h % 3000000000 + 16777216), 'IPv4')::IPv6 AS SrcAddr, toIPv6('\(Self.local(host))') AS DstAddr, \
            toUInt16(\(port)) AS SrcPort, toUInt16(intDiv(h, 7) % 65536) AS DstPort, \
            toUInt64(\(20 + chosen(7, below: 100)) * 468) AS Bytes, \(20 + chosen(7, below: 100))::UInt64 AS Packets, \
            toUInt32(1 + h % 3) AS InIf, 20::UInt32 AS OutIf, toUInt8(40 + h % 80) AS IPTTL, \
            toUInt32(1000 + h % 4000) AS SrcAS, 64500::UInt32 AS DstAS
            """,
            17,
            flags: 0
        )
    }

    private var job: String {
        // An exporter tells of a long flow every few seconds.
        let count = 60 + chosen(6, below: 120)
        return planted(
            count,
            """
            toIPv6('\(Self.local(5000))') AS SrcAddr, toIPv6('\(Self.local(5001))') AS DstAddr, 41234::UInt16 AS SrcPort, \
            873::UInt16 AS DstPort, toUInt64(\(150_000_000 / count)) AS Bytes, toUInt64(\(100_000 / count)) AS Packets, \
            21::UInt32 AS InIf, 22::UInt32 AS OutIf, 64::UInt8 AS IPTTL, 64500::UInt32 AS SrcAS, 64500::UInt32 AS DstAS
            """,
            6,
            flags: 24
        )
    }

    /// The ordinary traffic.
    private static func base(seed: UInt64, start: UInt64, growth: Double) -> String {
        """
        WITH cityHash64(number, \(seed), 1) AS h1, cityHash64(number, \(seed), 2) AS h2, cityHash64(number, \(seed), 3) AS h3,
          (h1 % 65536) / 65536. AS u1, (intDiv(h1, 65536) % 65536) / 65536. AS u2,
          (intDiv(h1, 4294967296) % 65536) / 65536. AS u3, (h2 % 65536) / 65536. AS u4,
          (intDiv(h2, 65536) % 65536) / 65536. AS u5, h3 % 100 < 55 AS inbound, intDiv(h3, 100) % 100 < 15 AS v6,
          toUInt32(pow(3000, u1)) AS remote, toUInt32(pow(3000, u2) - 1) AS customer,
          toUInt32(pow(200, u3)) AS remoteHost, 1 + remote % 3 AS uplink, intDiv(remote, 3) % 4 AS router,
          CAST(toUInt32(335544320 + remote * 4096 + remoteHost), 'IPv4')::IPv6 AS remote4,
          CAST(toUInt32(\(0x6440_0000) + customer), 'IPv4')::IPv6 AS local4,
          CAST(bitShiftLeft(toUInt128(536939960 + remote), 96) + remoteHost, 'IPv6') AS remote6,
          CAST(bitShiftLeft(toUInt128(536939960), 96) + customer, 'IPv6') AS local6,
          intDiv(h3, 10000) % 100 AS p, multiIf(p < 80, 6, p < 98, 17, v6, 58, 1)::UInt8 AS proto,
          intDiv(h3, 1000000) % 100 AS s,
          multiIf(proto NOT IN (6, 17), 0, s < 55, 443, s < 65, 80, s < 75, 53, s < 77, 123,
            toUInt16(pow(60000, u4)))::UInt16 AS service,
          (proto IN (6, 17) ? 1024 + intDiv(h2, 4294967296) % 64000 : 0)::UInt16 AS client,
          toUInt64(pow(300, u5)) AS packets, intDiv(h3, 100000000) % 16 AS size,
          number * \(2 * half) / \(rows) AS x
        SELECT toDateTime(toUInt32(\(start) + x), 'UTC') AS TimeReceived, 'IPFIX' AS FlowType,
          1000::UInt32 AS SamplingRate, 'options' AS SamplingRateSource,
          CAST(toUInt32(3221225985 + router), 'IPv4')::IPv6 AS SamplerAddress,
          toUInt64(packets * multiIf(size < 6, 64 + size * 8, size < 10, 300 + size * 40, 1420)
            * (x >= \(half) ? \(growth) : 1)) AS Bytes, packets AS Packets,
          inbound ? (v6 ? remote6 : remote4) : (v6 ? local6 : local4) AS SrcAddr,
          inbound ? (v6 ? local6 : local4) : (v6 ? remote6 : remote4) AS DstAddr,
          toUInt16(v6 ? 34525 : 2048) AS EType, proto AS Proto,
          inbound ? service : client AS SrcPort, inbound ? client : service AS DstPort,
          toUInt32(inbound ? uplink : 10 + customer % 20) AS InIf,
          toUInt32(inbound ? 10 + customer % 20 : uplink) AS OutIf,
          cityHash64(InIf, router) % 281474976710656 AS SrcMac, toUInt16(100 + InIf) AS SrcVlan,
          toUInt8((h2 % 3 = 0 ? 128 : 64) - remote % 20) AS IPTTL,
          toUInt8(proto = 6 ? [16, 24, 27, 2, 18, 17, 31, 4][1 + h3 % 8] : 0) AS TCPFlags,
          toUInt32(inbound ? 1000 + remote : 64500 + customer % 40) AS SrcAS,
          toUInt32(inbound ? 64500 + customer % 40 : 1000 + remote) AS DstAS,
          CAST(toUInt32(3405803776 + (inbound ? customer % 8 : 16 + remote % 16)), 'IPv4')::IPv6 AS NextHop
        FROM numbers(\(rows))
        """
    }
}
